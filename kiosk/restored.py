"""The end of a restore: the new files take the place of the old ones, wherever a power cut comes in between.

All that is new lies in one folder, complete and on disk, before the first file of the data directory is moved. From
then on whoever opens the directory finishes what was begun.
"""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from pathlib import Path

from kiosk.files import flush

READY, MOVING = ".restored", ".restored-moving"
ASIDE = "before-"
_ENDS_WITH_ITS_DAY = re.compile(r"day\.key|list-[0-9a-f]{8}\.key")


def files_of(data: Path) -> list[Path]:
    """What a kiosk keeps in *data*; folders and sockets hold nothing that lasts."""
    return sorted(path for path in data.iterdir() if path.is_file() and not path.is_symlink())


def finish_restore(data: Path) -> None:
    """Finish a restore that was begun; where none was, nothing is done. Raises OSError."""
    ready, moving = data / READY, data / MOVING
    if ready.exists():
        aside = next(ready.glob(f"{ASIDE}*"))
        for path in files_of(data):
            _put_aside(path, aside)
        flush(aside)
        ready.rename(moving)
        flush(data)
    if moving.exists():
        for path in sorted(moving.iterdir()):
            path.rename(data / path.name)
        flush(data)
        moving.rmdir()
        for empty in data.glob(f"{ASIDE}*"):
            with suppress(OSError):
                empty.rmdir()


def _put_aside(path: Path, aside: Path) -> None:
    """Keep an old file; but what must end with its day would outlive it there."""
    if not _ENDS_WITH_ITS_DAY.fullmatch(path.name):
        path.rename(aside / path.name)
        return
    with path.open("r+b") as file:
        file.write(os.urandom(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def forget_asides(data: Path, purged_through: int) -> None:
    """Remove what was put aside before entries that are purged by now: its time is over, too."""
    for aside in data.glob(f"{ASIDE}*"):
        number = aside.name.removeprefix(ASIDE)
        if number.isdecimal() and int(number) <= purged_through:
            shutil.rmtree(aside, ignore_errors=True)
