#!/bin/bash
# place.sh ROOT: puts the kiosk's files for the operating system under ROOT (empty: this machine) and prints each.
# The package and install.sh both do it so. A folder that is not there yet is left out.
set -euo pipefail
cd "$(dirname "$0")/.."
root=${1%/}

# put MODE FOLDER-OF-DESTINATION FILE...
put() {
  local mode=$1 to=$2 file
  shift 2
  for file; do
    [[ -f $file ]] || continue
    echo "$to/${file##*/}"
    [[ ${DRY_RUN:-} ]] || install -D -m "$mode" "$file" "$root$to/${file##*/}"
  done
}

put 755 /usr/bin firmware_config/bin/*
put 644 /usr/lib/systemd/system systemd/*.*
for drop_in in systemd/*.d; do
  put 644 "/usr/lib/systemd/system/${drop_in##*/}" "$drop_in"/*
done
for folder in sysusers.d tmpfiles.d sysctl.d; do
  put 644 /usr/lib/$folder firmware_config/$folder/*
done
for folder in system.conf.d journald.conf.d logind.conf.d coredump.conf.d timesyncd.conf.d; do
  put 644 /usr/lib/systemd/$folder firmware_config/$folder/*
done
