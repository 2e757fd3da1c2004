#!/bin/bash
# install.sh [--dry-run] [--uninstall]: puts this checkout on this machine, a Raspberry Pi or any Debian 12 or 13.
# Run it again after each change of the checkout. --uninstall keeps the log and the settings. `make deb` makes packages,
# which do the same and can be gone back on.
set -euo pipefail
cd "$(dirname "$0")/.."
home=/usr/lib/kiosk
placed=/usr/share/kiosk/placed
dry_run=''
uninstall=''
for option; do
  case $option in
  --dry-run) dry_run=yes ;;
  --uninstall) uninstall=yes ;;
  *) echo "install.sh: $option is not an option; known: --dry-run, --uninstall" >&2 && exit 2 ;;
  esac
done

say() { echo "== $*"; }

# Each step is shown; with --dry-run only shown.
run() {
  printf '   %s\n' "${*@Q}"
  [[ $dry_run ]] || "$@"
}

is_pi() { grep -aqs 'Raspberry Pi' /proc/device-tree/model; }

# Whether systemd runs here; in a chroot, as of an image that is made, it does not.
is_running() { [[ -d /run/systemd/system ]]; }

# Units that are enabled; all others they start.
units() { grep -lx '\[Install\]' systemd/*.{target,service,socket,timer,mount} | xargs -n 1 basename; }

# relations FIELD: the packages that the package of the kiosk names there.
relations() {
  sed -n "/^$1:/,/^[A-Z]/{s/^$1://;/^ /p}" firmware_config/debian/control |
    sed 's/([^)]*)//g; s/\[[^]]*\]//g; s/\${[^}]*},*//g; s/,/ /g'
}

packages() {
  relations Depends
  echo python3-venv
  is_pi || return 0
  relations Recommends
  echo i2c-tools
}

install_packages() {
  say "Debian's packages"
  local -a wanted
  read -ra wanted <<<"$(packages | tr '\n' ' ')"
  run apt-get -q update
  run env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends "${wanted[@]}"
}

# What is in requirements.lock by its hashes; camera, pins and NumPy are the system's own.
install_environment() {
  say "The kiosk and its libraries, in $home"
  if ! cmp -s requirements.lock $home/requirements.lock; then
    # Beside the one that is at work, which stays as it is where a download fails or has another hash.
    run /usr/bin/python3 -m venv --clear --system-site-packages $home.new
    run $home.new/bin/python -m pip -q --disable-pip-version-check install --require-hashes --no-deps \
      --only-binary :all: --requirement requirements.lock
    run cp requirements.lock $home.new/requirements.lock
    run rm -rf $home
    run mv $home.new $home
  fi
  local source
  source=$(mktemp -d)
  cp -r kiosk pyproject.toml README.md LICENSE "$source"
  run $home/bin/python -m pip -q --disable-pip-version-check install --no-index --no-deps --no-build-isolation \
    --force-reinstall "$source"
  rm -r "$source"
}

place_files() {
  say "Files for the operating system"
  if [[ $dry_run ]]; then
    DRY_RUN=yes firmware_config/place.sh / | sed 's/^/   /'
    return
  fi
  mkdir -p ${placed%/*}
  firmware_config/place.sh / | sort >$placed.new
  if [[ -e $placed ]]; then
    comm -23 $placed $placed.new | while read -r gone; do run rm -f "$gone"; done
  fi
  mv $placed.new $placed
}

tell_the_system() {
  say "Users, folders, devices, units"
  run systemd-sysusers
  run systemd-tmpfiles --create kiosk.conf
  if [[ -d /run/udev ]]; then
    run udevadm control --reload
    run udevadm trigger --subsystem-match=input --subsystem-match=usbmisc --subsystem-match=tty
  fi
  ! is_running || run systemctl daemon-reload
  # Whoever has come in by SSH is not locked out: the firewall is enabled by the image, or by a person.
  # shellcheck disable=SC2046  # words, one for each unit
  run systemctl enable $(units | grep -vx kiosk-firewall.service)
  ! is_running || run systemctl try-restart kiosk.target
}

prepare_a_pi() {
  command -v raspi-config >/dev/null || return 0
  say "The Raspberry Pi"
  run raspi-config nonint do_i2c 0 # the hardware clock
  run firmware_config/tools/boot-lines ${dry_run:+--dry-run}
}

install_all() {
  install_packages
  install_environment
  place_files
  tell_the_system
  prepare_a_pi
  say "Installed. Make the tracing keys (kiosk keys new --out FILE), then: systemctl start kiosk.target, or reboot a Pi"
}

uninstall_all() {
  say "Away with all but the log and the settings"
  # Firewall, hotspot and failure lamp are no part of the target.
  ! is_running || run systemctl stop 'kiosk*' 'media-kioskbackup*'
  # shellcheck disable=SC2046
  run systemctl disable $(units) || true
  [[ ! -e /boot/firmware/kiosk.txt ]] || run firmware_config/tools/boot-lines --undo ${dry_run:+--dry-run}
  local file
  while read -r file; do run rm -f "$file"; done < <(cat $placed 2>/dev/null || DRY_RUN=yes firmware_config/place.sh /)
  run find /usr/lib/systemd/system -name 'kiosk*.d' -empty -delete
  run rm -rf $home $home.new /usr/share/kiosk
  ! is_running || run systemctl daemon-reload
  say "The log stays in /var/lib/kiosk, the settings in /etc/kiosk; whoever may destroy them deletes these by hand."
}

if dpkg-query -W -f '${db:Status-Status}' kiosk 2>/dev/null | grep -qx installed; then
  echo "install.sh: the package kiosk is installed here; remove it first: apt-get remove kiosk" >&2
  exit 1
fi
if ((EUID != 0)) && [[ -z $dry_run ]]; then
  echo "install.sh: must be run as root: sudo $0" >&2
  exit 1
fi
if [[ $uninstall ]]; then uninstall_all; else install_all; fi
