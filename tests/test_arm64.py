"""A Raspberry Pi's processor: every library has a wheel for it, and the package reads a code on it, emulated."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packages import PYTHONS, ROOT, package, tool
from pictures_of_codes import code_picture, on_canvas

from kiosk.rules import invented

# Debian 12 or 13, whose Python is as the one here, which then compiles for it what postinst would: its own is emulated.
HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"
SUITE = next((suite for suite, python in PYTHONS.items() if python == HERE), "trixie")
PLATFORMS = ("manylinux_2_34_aarch64", "manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64")
OF_DEBIAN = ("base-files", "python3", "libzbar0", "fonts-dejavu-core", "libstdc++6", "zlib1g")

# Every library that is made for a processor, and a code read by both decoders. ctypes would ask ldconfig where libzbar
# is, and of that processor's programs only Python is emulated.
READ = """
import ctypes.util, sys
ctypes.util.find_library = "lib{}.so.0".format
import _cffi_backend, av, cbor2, cryptography.hazmat.bindings._rust, markupsafe._speedups, re2, yaml._yaml
import PIL._imagingft, zxingcpp
from kiosk import cli
sys.exit(cli.main(["--data", "/tmp/data", "read", "--json", "/tmp/photo.png"]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("python", PYTHONS.values())
def test_every_library_of_the_lock_has_a_wheel_for_it(python: str, tmp_path: Path) -> None:
    """The package registry is asked; each wheel must have a hash of the lock. Nothing is emulated or installed."""
    found = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--dry-run"),
            *("--no-deps", "--only-binary", ":all:", "--require-hashes", "--python-version", python),
            *(word for platform in PLATFORMS for word in ("--platform", platform)),
            *(
                "--target",
                tmp_path / "none",
                "--report",
                tmp_path / "report",
                "--requirement",
                ROOT / "requirements.lock",
            ),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    wheels = [
        Path(row["download_info"]["url"]).name for row in json.loads((tmp_path / "report").read_text())["install"]
    ]
    assert all(wheel.endswith(("_aarch64.whl", "-any.whl")) for wheel in wheels)
    assert sum("aarch64" in wheel for wheel in wheels) >= 5


@pytest.fixture(scope="module")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Debian for aarch64 with the package in it: unpacked, not set up, for nothing in it could run by itself."""
    if os.geteuid():
        pytest.skip("only root unpacks a Debian and changes into it")
    qemu = tool("qemu-aarch64-static", "qemu-user-static")
    root = tmp_path_factory.mktemp("arm64") / "root"
    subprocess.run(
        [
            *("nice", tool("mmdebstrap", "mmdebstrap"), "--quiet", "--mode=root", "--variant=extract"),
            *("--architectures=arm64", "--components=main", "--format=directory", f"--include={','.join(OF_DEBIAN)}"),
            *("--aptopt=Acquire::Retries 3", SUITE, root),
        ],
        check=True,
    )
    subprocess.run(["dpkg-deb", "--extract", package(SUITE, "arm64"), root], check=True)
    if PYTHONS[SUITE] == HERE:
        compiled = [root / "usr/lib/kiosk/lib", root / f"usr/lib/python{HERE}"]
        subprocess.run([sys.executable, "-m", "compileall", "-qq", "-s", root, *compiled], check=False)
    shutil.copy(qemu, root / "usr/bin")
    return root


@pytest.mark.slow
def test_the_package_imports_its_libraries_and_reads_a_code_on_it(emulated: Path) -> None:
    person = invented.person(100)
    on_canvas(code_picture(person.id_card_text.encode(), scale=4)).save(emulated / "tmp/photo.png")
    read = subprocess.run(
        ["chroot", emulated, "/usr/bin/qemu-aarch64-static", "/usr/lib/kiosk/bin/python3", "-sP", "-c", READ],
        env={"KIOSK_BOOT_ID": "emulated", "PATH": "/usr/sbin:/usr/bin"},
        capture_output=True, text=True, timeout=1200, check=False,
    )  # fmt: skip
    assert read.returncode == 0, read.stderr
    answer = json.loads(read.stdout)
    assert answer["kind"] == "cccd"
    assert answer["check"] == "unsigned"
