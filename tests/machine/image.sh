#!/bin/bash
# image.sh DIRECTORY: makes a Debian 12 machine for QEMU in it: disk.img, vmlinuz, initrd.img and the key to its ssh.
# Needs to be root, or sudo, for the machine's files belong to its own root.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$(realpath -m "$1")
tree=tests/machine/tree.sh
as_root=()
((EUID == 0)) || as_root=(sudo)

boot=(linux-image-amd64 initramfs-tools zstd systemd-sysv udev kmod dbus openssh-server)
kiosk=(python3 python3-evdev python3-pytest libzbar0 fonts-dejavu-core)
gpio_sim=(linux-headers-amd64 linux-source-6.1 make xz-utils)

# The wheels for the machine's Python, whatever the Python here.
take() {
  .venv/bin/python -m pip --disable-pip-version-check --quiet install --no-deps --only-binary :all: --python-version 3.11 \
    --platform manylinux_2_34_x86_64 --platform manylinux_2_28_x86_64 --platform manylinux2014_x86_64 \
    --upgrade --target "$out/libraries" "$@"
}

rm -rf "$out"
mkdir -p "$out"
ssh-keygen -q -t ed25519 -N '' -C machine -f "$out/key"
take --require-hashes --requirement requirements.lock
take lgpio==0.2.2.0 # Debian 12 itself has none; Raspberry Pi OS has

packages="${boot[*]} ${kiosk[*]} ${gpio_sim[*]}"
"${as_root[@]}" mmdebstrap --quiet --mode=root --variant=minbase --components=main --format=null --include="$packages" \
  --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Retries "3"' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  --essential-hook="$tree prepare \"\$1\" $out" --customize-hook="$tree finish \"\$1\" $out" \
  bookworm /dev/null
"${as_root[@]}" chown "$(id -u):" "$out"/*
mv "$out"/disk.part "$out"/disk.img
