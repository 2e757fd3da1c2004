#!/bin/bash
# place.sh ROOT: puts the kiosk's files for the operating system under ROOT (/ is this machine) and prints each.
# Package and install.sh both use it, so that what is added to a folder here comes with both. DRY_RUN=1 only prints.
set -euo pipefail
cd "$(dirname "$0")/.."
root=${1%/}

# put MODE DESTINATION FILE...
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
put 755 /usr/sbin firmware_config/sbin/*
put 755 /usr/lib/kiosk/tools firmware_config/tools/*
put 644 /usr/lib/systemd/system systemd/*.{target,service,socket,timer,mount,path}
put 644 /usr/share/kiosk/systemd systemd/*.conf
for folder in systemd/*.d firmware_config/system/*.d; do
  put 644 "/usr/lib/systemd/system/${folder##*/}" "$folder"/*
done
for folder in system.conf.d journald.conf.d logind.conf.d coredump.conf.d timesyncd.conf.d; do
  put 644 /usr/lib/systemd/$folder firmware_config/$folder/*
done
for folder in sysusers.d tmpfiles.d sysctl.d; do
  put 644 /usr/lib/$folder firmware_config/$folder/*
done
put 644 /usr/lib/udev/rules.d firmware_config/udev/*
put 644 /usr/share/polkit-1/rules.d firmware_config/polkit/*
put 644 /usr/lib/NetworkManager/conf.d firmware_config/NetworkManager/conf.d/*
# NetworkManager takes no connection that others may read.
put 600 /usr/lib/NetworkManager/system-connections firmware_config/NetworkManager/system-connections/*
put 644 /etc/NetworkManager/dnsmasq-shared.d firmware_config/NetworkManager/dnsmasq-shared.d/*
put 644 /etc/avahi/services firmware_config/avahi/*
put 644 /etc/apt/apt.conf.d firmware_config/apt/*
put 644 /usr/share/kiosk/boot firmware_config/boot/*
put 644 /usr/share/kiosk/nftables firmware_config/nftables/*
