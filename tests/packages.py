"""The kiosk's Debian package, made once for all tests that look at it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PYTHONS = {"bookworm": "3.11", "trixie": "3.13"}
RELEASES = {"bookworm": 12, "trixie": 13}


def tool(name: str, package: str) -> str:
    """Where the program *name* is; where it is not, the test is skipped with what to install."""
    return shutil.which(name) or pytest.skip(f"{name} is not here: apt-get install {package}")


@cache
def package(suite: str, architecture: str) -> Path:
    """The package for a *suite* and *architecture*; made, in a minute of one processor, where it is not newer than all
    that goes into it."""
    made_at = {
        path.stat().st_mtime: path for path in (ROOT / "build/deb").glob(f"*~deb{RELEASES[suite]}_{architecture}.deb")
    }
    if made_at and max(made_at) > max(path.stat().st_mtime for path in _sources()):
        return made_at[max(made_at)]
    tool("dh", "debhelper")
    # Not compressed, which takes longer than all else, and with a name that no site installs by mistake.
    tried = {**os.environ, "DPKG_DEB_COMPRESSOR_TYPE": "none", "REVISION": "0tried"}
    made = subprocess.run(
        ["nice", ROOT / "firmware_config/debian/build.sh", suite, architecture],
        cwd=ROOT, env=tried, capture_output=True, text=True, timeout=1500, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return ROOT / made.stdout.split()[-1]


def _sources() -> Iterator[Path]:
    yield from (ROOT / "requirements.lock", ROOT / "pyproject.toml")
    for folder in ("kiosk", "systemd", "firmware_config"):
        yield from (path for path in (ROOT / folder).rglob("*") if path.is_file() and path.suffix != ".pyc")


def listing(of: Path) -> list[list[str]]:
    """Mode, owner, size, date, time and path of each file in a package; links end in ``-> target``."""
    shown = subprocess.run(["dpkg-deb", "--contents", of], capture_output=True, text=True, check=True)
    return [line.split(maxsplit=5) for line in shown.stdout.splitlines()]
