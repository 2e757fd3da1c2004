#!/bin/bash
# image.sh SUITE DIRECTORY: makes the Debian of a machine for QEMU: tree.tar, vmlinuz, initrd.img and the key to its ssh.
# bookworm has pins, scanners and printers; trixie a camera. Needs to be root, or sudo: the files in it belong to root.
set -euo pipefail
cd "$(dirname "$0")/../.."
suite=$1
out=$(realpath -m "$2")
tree=tests/machine/tree.sh
as_root=()
((EUID == 0)) || as_root=(sudo)

packages=(linux-image-amd64 initramfs-tools zstd systemd-sysv udev kmod dbus openssh-server)
packages+=(python3 python3-pytest)
# What the kiosk's own package depends on.
packages+=(alsa-utils espeak-ng fonts-dejavu-core haproxy libatomic1 libzbar0)
case $suite in
bookworm)
  python=3.11
  packages+=(python3-evdev linux-headers-amd64 linux-source-6.1 make xz-utils)
  of_a_pi=(lgpio==0.2.2.0) # Raspberry Pi OS has a package of it, Debian has not; of picamera2 neither
  ;;
trixie)
  python=3.13
  packages+=(python3-libcamera libcamera-ipa python3-numpy python3-prctl python3-jsonschema python3-piexif python3-tqdm)
  packages+=(nftables) # the firewall's unit, tried here
  of_a_pi=(picamera2==0.3.38 simplejpeg==1.9.0 videodev2==0.0.4)
  ;;
esac

rm -rf "$out"
mkdir -p "$out"
ssh-keygen -q -t ed25519 -N '' -C machine -f "$out/key"
# For the machine's Python, whatever the Python here.
.venv/bin/python -m pip --disable-pip-version-check --quiet install --no-deps --only-binary :all: \
  --python-version $python --platform manylinux_2_34_x86_64 --platform manylinux_2_28_x86_64 \
  --platform manylinux2014_x86_64 --upgrade --target "$out/libraries" "${of_a_pi[@]}"

"${as_root[@]}" mmdebstrap --quiet --mode=root --variant=minbase --components=main --format=tar \
  --include="${packages[*]}" --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Retries "3"' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  --essential-hook="$tree prepare \"\$1\" $out" --customize-hook="$tree finish \"\$1\" $out" \
  "$suite" "$out"/tree.part
"${as_root[@]}" chown "$(id -u):$(id -g)" "$out"/*
mv "$out"/tree.part "$out"/tree.tar
echo $SECONDS >"$out"/seconds.image
