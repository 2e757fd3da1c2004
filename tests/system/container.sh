#!/bin/bash
# What containers.py does as root. Each command has mounts of its own, which are gone with it.
#   hold PLACE                        a file system in memory at PLACE, and a tree of control groups, until stdin ends
#   boot PLACE LOWER [OPTION...]      boots the root LOWER; what it writes goes to PLACE; OPTIONs are systemd-nspawn's, PLACE in them PLACE
set -euo pipefail
cd /

hold() {
  mkdir -p "$1"
  mountpoint --quiet / && held "$1"
  # In a chroot / is no mount point, which systemd-nspawn needs.
  mount --rbind / "$1"
  exec chroot "$1" "$0" held "$1"
}

held() {
  if [[ $(stat -f -c %T /sys/fs/cgroup) != cgroup2fs ]]; then
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
  fi
  mount -t tmpfs -o mode=755 tmpfs "$1"
  echo held
  exec cat
}

boot() {
  place=$1
  lower=$2
  options=("${@:3}")
  mkdir -p "$place"/{upper,work,root,more}
  mount -t overlay -o "lowerdir=$lower,upperdir=$place/upper,workdir=$place/work" overlay "$place"/root
  group=/sys/fs/cgroup/kiosk-$$
  mkdir "$group"
  trap 'echo 0 >/sys/fs/cgroup/cgroup.procs; find "$group" -depth -type d -exec rmdir {} + 2>/dev/null' EXIT
  echo 0 >"$group"/cgroup.procs
  status=133 # it asks to be started again
  while ((status == 133)); do
    status=0
    SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 setpriv --pdeathsig KILL systemd-nspawn --quiet --directory "$place"/root \
      --boot --register=no --keep-unit --console=pipe --link-journal=no --private-network --machine "kiosk-$$" \
      "${options[@]//PLACE/$place}" </dev/null || status=$?
  done
}

"$@"
