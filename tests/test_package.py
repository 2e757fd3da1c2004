"""The Debian package: what is in it, where it goes, and what its scripts may do."""

from __future__ import annotations

import re
import struct
import subprocess
from functools import cache
from pathlib import Path

import pytest
from packages import PYTHONS, ROOT, listing, package, tool

from kiosk import __version__

SUITE, ARCHITECTURE, AARCH64 = "trixie", "arm64", 183  # EM_AARCH64 of elf(5)
LIBRARIES = f"/usr/lib/kiosk/lib/python{PYTHONS[SUITE]}/site-packages/"

# What the libraries want of the system, and the package that has it on both suites.
SYSTEM = {
    "libc6": {"libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libmvec.so.1"},
    "libgcc-s1": {"libgcc_s.so.1"},
    "libstdc++6": {"libstdc++.so.6"},
    "zlib1g": {"libz.so.1"},
}

CONFIG = ROOT / "firmware_config"
SCRIPTS = [
    *(CONFIG / name for name in ("install.sh", "place.sh", "debian/build.sh")),
    *(CONFIG / "debian" / name for name in ("preinst", "postinst", "prerm", "postrm")),
    *(path for folder in ("bin", "sbin", "tools") for path in sorted((CONFIG / folder).iterdir())),
]


@cache
def modes() -> dict[str, str]:
    """The mode of each file in the package."""
    files = listing(package(SUITE, ARCHITECTURE))
    return {name.partition(" -> ")[0].removeprefix("."): mode for mode, _, _, _, _, name in files}


def field(name: str) -> str:
    shown = subprocess.run(
        ["dpkg-deb", "--field", package(SUITE, ARCHITECTURE), name], capture_output=True, text=True, check=True
    )
    return shown.stdout.strip()


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package's files."""
    root = tmp_path_factory.mktemp("package")
    subprocess.run(["dpkg-deb", "--extract", package(SUITE, ARCHITECTURE), root], check=True)
    return root


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_no_shell_script_has_a_known_mistake(script: Path) -> None:
    checked = subprocess.run([tool("shellcheck", "shellcheck"), script], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_the_newest_line_of_its_changes_has_the_version() -> None:
    newest = (CONFIG / "debian/changelog").read_text(encoding="utf-8").splitlines()[0]
    assert newest.startswith(f"kiosk ({__version__}-")


@pytest.mark.slow
def test_every_file_for_the_operating_system_is_in_it() -> None:
    placed = subprocess.run(
        [CONFIG / "place.sh", "/"],
        env={"DRY_RUN": "yes", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert {"/usr/bin/kiosk", "/usr/lib/systemd/system/kiosk-door.service"} <= set(placed) <= set(modes())


@pytest.mark.slow
def test_the_folders_of_the_operating_system_are_all_placed() -> None:
    """A file that somebody adds and nobody places would be missing on every kiosk."""
    placed = {Path(name).name for name in modes()}
    ours = [path for folder in ("systemd", "firmware_config") for path in (ROOT / folder).rglob("*") if path.is_file()]
    apart = ("debian", "image", "cloud-init")
    left_out = sorted(
        path.name
        for path in ours
        if path.relative_to(ROOT).parts[1] not in apart and path.name not in placed | {"install.sh", "place.sh"}
    )
    assert not left_out


@pytest.mark.slow
def test_the_log_is_no_file_of_the_package() -> None:
    assert not [name for name in modes() if name.startswith(("/var", "/run", "/etc/kiosk"))]


@pytest.mark.slow
def test_only_its_own_programs_may_be_run() -> None:
    outside = {name for name, mode in modes().items() if mode.startswith("-rwx") and not name.startswith(LIBRARIES)}
    assert outside == {
        "/usr/bin/kiosk",
        "/usr/sbin/kiosk-go-back",
        *(f"/usr/lib/kiosk/tools/{path.name}" for path in (CONFIG / "tools").iterdir()),
    }


@pytest.mark.slow
def test_its_libraries_are_those_of_the_lock() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock, re.MULTILINE)) | {"kiosk": __version__}
    inside = re.findall(rf"^{LIBRARIES}([^/]+)-([^/-]+)\.dist-info/$", "\n".join(modes()), re.MULTILINE)
    for name, version in inside:
        assert pinned.pop(re.sub(r"[._]", "-", name).lower()) == version
    assert set(pinned) == {"colorama"}  # of Windows


@pytest.mark.slow
def test_what_is_in_it_is_for_its_processor_and_finds_what_it_needs(unpacked: Path) -> None:
    shared = [path for path in unpacked.rglob("*.so*") if path.is_file() and path.read_bytes()[:4] == b"\x7fELF"]
    machines = {path.name: struct.unpack_from("<H", path.read_bytes(), 18)[0] for path in shared}
    assert len(shared) > 50
    assert set(machines.values()) == {AARCH64}
    shown = subprocess.run(["readelf", "--dynamic", *shared], capture_output=True, text=True, check=True).stdout
    needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", shown)) - {path.name for path in shared}
    depended = {name.split()[0] for name in field("Depends").split(", ")}
    provided = set().union(*(names for name, names in SYSTEM.items() if name in depended))
    assert needed <= provided | {"ld-linux-aarch64.so.1"}


@pytest.mark.slow
def test_it_is_for_one_suites_python() -> None:
    assert "python3 (>= 3.13~), python3 (<< 3.14~)" in field("Depends")
    assert "python3-lgpio (>= 0.2.2~)" in field("Recommends")


@pytest.mark.slow
def test_debians_own_examination_finds_nothing() -> None:
    tried = "uses-no-compression-for-control-tarball,uses-no-compression-for-data-tarball"  # only that of the tests
    found = subprocess.run(
        [
            *("nice", tool("lintian", "lintian"), "--fail-on", "error,warning", "--suppress-tags", tried),
            package(SUITE, ARCHITECTURE),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout
