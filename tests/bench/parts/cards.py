"""A memory card of one's own: a loop device with an ext4, which says what it was told to write. For root alone."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SECTOR_BYTES = 512
CARD_BYTES = 1 << 30  # of which what is not written takes no room


class Written(NamedTuple):
    """What a device was told to write."""

    writes: int
    size: int
    flushes: int

    def since(self, before: Written) -> Written:
        """What was added to *before*."""
        return Written(*(now - then for now, then in zip(self, before, strict=True)))


def written(device: Path | None) -> Written:
    """What *device* was told to write since it was made (Linux, Documentation/block/stat.rst)."""
    if device is None:
        return Written(0, 0, 0)
    counts = [int(word) for word in (Path("/sys/block") / device.name / "stat").read_text().split()]
    return Written(counts[4], counts[6] * SECTOR_BYTES, counts[15] if len(counts) > 15 else 0)


@contextlib.contextmanager
def own_card(folder: Path, block_bytes: int = 4096, options: str = "noatime") -> Iterator[tuple[Path, Path | None]]:
    """A folder on an ext4 of its own and its device; *folder* itself and None where that cannot be had."""
    image, mounted = folder / "card.img", folder / "card"
    mounted.mkdir()
    with contextlib.ExitStack() as undo:
        try:
            with image.open("wb") as file:
                file.truncate(CARD_BYTES)
            # Nothing lazy: mkfs must not leave writing behind that would be counted as ours.
            lazy = "lazy_itable_init=0,lazy_journal_init=0"
            run("mkfs.ext4", "-q", "-b", str(block_bytes), "-E", lazy, str(image))
            device = Path(run("losetup", "--find", "--show", str(image)))
            undo.callback(run, "losetup", "--detach", str(device))
            run("mount", "-o", options, str(device), str(mounted))
            undo.callback(run, "umount", str(mounted))
        except (OSError, subprocess.CalledProcessError):
            yield folder, None
        else:
            yield mounted, device


def run(*command: str) -> str:
    """What a command that must succeed prints."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
