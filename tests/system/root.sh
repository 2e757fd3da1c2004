#!/bin/bash
# root.sh SUITE DIRECTORY: a Debian with what the kiosk's package or install.sh asks for, and no kiosk, to boot containers on.
# What a kiosk works with where it is there, and without where it is not, is there and rests until a test starts it.
set -euo pipefail
cd "$(dirname "$0")/../.."
suite=$1
root=$2
depends=$(sed -n '/^Depends:/,/^[A-Z]/{/^Depends:/p;/^ /p}' firmware_config/debian/control |
  sed 's/^Depends://; s/([^)]*)//g; s/\${[^}]*}//g' | tr -d ' \n' | sed 's/,,*/,/g; s/^,//')

mkdir -p "$(dirname "$root")"
rm -rf "$root" "$root.part"
mmdebstrap --quiet --mode=root --variant=minbase --components=main --format=directory \
  --include="systemd-sysv,dbus,python3,python3-evdev,python3-venv,network-manager,avahi-daemon,systemd-coredump,systemd-timesyncd,$depends" \
  --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Retries "3"' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  --customize-hook=': >"$1"/etc/machine-id; echo nameserver 192.0.2.53 >"$1"/etc/resolv.conf; echo kiosk >"$1"/etc/hostname' \
  --customize-hook='chroot "$1" systemctl --quiet disable NetworkManager avahi-daemon' \
  "$suite" "$root.part"
mv "$root.part" "$root"
