"""Whether a kiosk has to be set up, asked at each start before the door opens."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from kiosk.vault.files import replace_whole
from kiosk.vault.tracing import PUBLIC_FILE

DRAFT_FILE = "set-up.json"
WHY_FILE = "set-up.why"
ASKING_FILE, ASKED_FILE = "kiosk-setup", "set-up.asked"


class Why(Enum):
    """What a look before a start found."""

    FIRST = "first"  # the kiosk was not set up
    AGAIN = "again"  # it was, and somebody asked for it


def note_why(run: Path, why: Why | None) -> None:
    """Leave in *run* what the look found, for the set-up that begins. Raises OSError."""
    if why:
        (run / WHY_FILE).write_text(why.value, encoding="ascii")
    else:
        (run / WHY_FILE).unlink(missing_ok=True)


def is_again(run: Path, settings_file: Path, data: Path) -> bool:
    """Whether a set-up goes on though the kiosk is set up: so said the look, or it is by hand and was so before."""
    try:
        return (run / WHY_FILE).read_text(encoding="ascii") == Why.AGAIN.value
    except OSError:
        return not is_needed(settings_file, data)


def is_needed(settings_file: Path, data: Path) -> bool:
    """Whether a kiosk has still to be set up: no settings, no tracing keys, or a set-up that was not finished."""
    return not settings_file.exists() or not (data / PUBLIC_FILE).exists() or (data / DRAFT_FILE).exists()


def is_asked(boot: Path, data: Path) -> bool:
    """Whether somebody put a new file into *boot* that asks for setting up again."""
    asked = _asked_at_ns(boot)
    try:
        return asked is not None and (data / ASKED_FILE).read_text(encoding="ascii") != str(asked)
    except OSError:
        return True


def note_asked(boot: Path, data: Path) -> None:
    """The file in *boot* has been obeyed: it lies where this process may not remove it. Raises VaultError."""
    asked = _asked_at_ns(boot)
    if asked is not None:
        replace_whole(data / ASKED_FILE, str(asked).encode())


def _asked_at_ns(boot: Path) -> int | None:
    """When the newest such file was written. Windows hides the end of a name, so that people make it NAME.txt."""
    found = [boot / name for name in (ASKING_FILE, f"{ASKING_FILE}.txt")]
    return max((file.stat().st_mtime_ns for file in found if file.exists()), default=None)
