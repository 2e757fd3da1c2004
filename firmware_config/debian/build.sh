#!/bin/bash
# build.sh SUITE ARCHITECTURE: makes build/deb/kiosk_VERSION_ARCHITECTURE.deb for bookworm or trixie, amd64 or arm64.
# REVISION=2 makes a newer package of the same version.
set -euo pipefail
cd "$(dirname "$0")/../.."
suite=$1
architecture=$2
case $suite in
bookworm) release=12 python=3.11 ;;
trixie) release=13 python=3.13 ;;
*) echo "There is no package for '$suite'; known: bookworm, trixie" >&2 && exit 2 ;;
esac

tree=build/deb/$suite-$architecture/kiosk
version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' kiosk/__init__.py)-${REVISION:-1}~deb$release
mkdir -p build/deb
exec {alone}>"build/deb/$suite-$architecture.lock"
flock "$alone"
rm -rf "$tree"
mkdir -p "$tree"
tar -c --exclude=__pycache__ kiosk systemd firmware_config pyproject.toml README.md LICENSE requirements.lock | tar -xC "$tree"
cp -r firmware_config/debian "$tree/debian"
sed -i "1s/(.*) unstable;/($version) $suite;/" "$tree/debian/changelog"

pip=$(realpath -s .venv/bin/python)
cd "$tree"
unset MAKEFLAGS MFLAGS MAKEOVERRIDES # of the make that calls us
export PYTHON=$python PIP="$pip -m pip --disable-pip-version-check"
# A quarter of the time of Debian's own choice, for a sixth more to download.
[[ ${DPKG_DEB_COMPRESSOR_TYPE:-} ]] || export DPKG_DEB_COMPRESSOR_TYPE=xz DPKG_DEB_COMPRESSOR_LEVEL=1
# Without the compiler that every build is taken to need: nothing is compiled.
DEB_BUILD_OPTIONS=noautodbgsym dpkg-buildpackage --no-check-builddeps --host-arch "$architecture" --build=binary \
  --no-sign >../build.log 2>&1 || {
  tail -n 30 ../build.log >&2
  exit 1
}
mv "../kiosk_${version}_$architecture.deb" ../..
echo "build/deb/kiosk_${version}_$architecture.deb"
