"""Small disks for the tests, and how they become full."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MountDisk = Callable[[str], Path]


@contextmanager
def mounting_in(tmp_path: Path, name: str = "disk", size_mb: int = 16) -> Iterator[MountDisk]:
    """Mounts a disk at *name*: tmpfs, or ext4 in a file. Skips loudly where nobody may."""
    place = tmp_path / name
    place.mkdir()

    def mount(kind: str) -> Path:
        if os.geteuid() or not shutil.which("mount"):
            pytest.skip("only root may mount a small disk")
        what = ["-t", "tmpfs", "-o", f"size={size_mb}m", "tmpfs"]
        if kind == "ext4":
            image = tmp_path / "image"
            with image.open("wb") as file:
                file.truncate(size_mb << 20)
            what = ["-o", "loop", str(image)]
            run_or_skip(["mkfs.ext4", "-q", str(image)])
        run_or_skip(["mount", *what, str(place)])
        return place

    try:
        yield mount
    finally:
        subprocess.run(["umount", "--lazy", str(place)], capture_output=True, check=False)


def run_or_skip(command: list[str]) -> None:
    """Run *command*, without which there is no small disk."""
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no small disk here: {getattr(error, 'stderr', '') or error}")


def fill_disk(disk: Path, name: str) -> None:
    """Take every byte that is left."""
    with (disk / name).open("wb", buffering=0) as file:
        for size in (65_536, 4096, 1):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                continue
