#!/bin/bash
# disk.sh DIRECTORY PACKAGE: makes disk.img of DIRECTORY's tree.tar with the kiosk's PACKAGE installed, as on an appliance.
# Needs to be root, or sudo.
set -euo pipefail
out=$(realpath "$1")
package=$(realpath "$2")
((EUID == 0)) || exec sudo "$0" "$out" "$package"

root=$(mktemp -d -p "$out")
trap 'rm -rf "$root"' EXIT
tar -C "$root" -xf "$out"/tree.tar
cp "$package" "$root"/kiosk.deb
chroot "$root" dpkg --install /kiosk.deb
rm "$root"/kiosk.deb
# Most tests open the devices themselves; who wants the kiosk at work enables it.
chroot "$root" systemctl --quiet disable kiosk.target
mke2fs -q -F -t ext4 -E lazy_itable_init=0,lazy_journal_init=0 -d "$root" "$out"/disk.part 3G
chown --reference "$out"/tree.tar "$out"/disk.part
mv "$out"/disk.part "$out"/disk.img
echo $SECONDS >"$out"/seconds.disk
