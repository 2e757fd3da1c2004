#!/bin/bash
# tree.sh prepare|finish ROOT OUT: what image.sh does to the machine's files before and after its packages are installed.
set -euo pipefail
root=$2
out=$3

# An initial RAM disk that finds the disk and nothing else: saves twenty seconds of an emulated boot.
prepare() {
  mkdir -p "$root"/etc/initramfs-tools/conf.d "$root"/usr/share/initramfs-tools/modules.d
  printf 'MODULES=list\nCOMPRESS=zstd\nCOMPRESSLEVEL=1\n' >"$root"/etc/initramfs-tools/conf.d/machine
  printf '%s\n' virtio_pci virtio_blk ext4 crc32c_generic >"$root"/usr/share/initramfs-tools/modules.d/machine
}

finish() {
  be_reachable
  keep_quiet
  [[ ! -e "$root"/usr/src/linux-source-6.1.tar.xz ]] || build_gpio_sim
  cp -r "$out"/libraries/. "$root"/usr/lib/python3/dist-packages
  rm -r "$out"/libraries
  mv "$root"/boot/vmlinuz-* "$out"/vmlinuz
  mv "$root"/boot/initrd.img-* "$out"/initrd.img
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
}

be_reachable() {
  echo kiosk-machine >"$root"/etc/hostname
  printf '127.0.0.1 localhost kiosk-machine\n' >"$root"/etc/hosts
  printf '[Match]\nName=eth0\n[Network]\nAddress=10.0.2.15/24\n' >"$root"/etc/systemd/network/machine.network
  printf 'UseDNS no\n' >"$root"/etc/ssh/sshd_config.d/machine.conf
  install -d -m 700 "$root"/root/.ssh
  install -m 600 "$out"/key.pub "$root"/root/.ssh/authorized_keys
  chroot "$root" systemctl --quiet enable systemd-networkd ssh
}

keep_quiet() {
  chroot "$root" systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer \
    e2scrub_all.timer e2scrub_reap.service fstrim.timer getty@tty1.service systemd-networkd-wait-online.service
  echo '/dev/vda / ext4 noatime 0 1' >"$root"/etc/fstab
  : >"$root"/etc/machine-id
}

# Debian's kernels come without gpio-sim: it is built from their own source, with the one part that it needs beside it.
build_gpio_sim() {
  local kernel source=linux-source-6.1 build=/usr/src/gpio-simulated
  kernel=$(basename "$root"/lib/modules/*)
  mkdir "$root$build"
  chroot "$root" tar -xf /usr/src/$source.tar.xz -C $build --strip-components 3 --occurrence=1 \
    $source/drivers/gpio/gpio-sim.c $source/drivers/gpio/gpiolib.h $source/kernel/irq/irq_sim.c
  # Modules may not call irq_to_desc; generic_handle_irq does the same for them.
  sed -i 's/handle_simple_irq(irq_to_desc(\(.*\)));/generic_handle_irq(\1);/' "$root$build"/irq_sim.c
  printf 'obj-m := gpio-simulated.o\ngpio-simulated-y := gpio-sim.o irq_sim.o\n' >"$root$build"/Kbuild
  chroot "$root" make --silent -C /usr/src/linux-headers-"$kernel" M=$build modules
  install -D -m 644 "$root$build"/gpio-simulated.ko "$root"/lib/modules/"$kernel"/extra/gpio-simulated.ko
  chroot "$root" depmod "$kernel"
  rm -r "$root$build" "$root"/usr/src/$source.tar.xz
}

"$1"
