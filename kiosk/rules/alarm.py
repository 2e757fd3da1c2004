"""What lamp and buzzer say while the door is not there, and how long it pauses before it tries again."""

from __future__ import annotations

from kiosk.rules.model import Announcement, Lamp, Outcome, Reason, Sound

AGAIN_S = 60.0  # so often the buzzer sounds while nobody has come
LONGEST_PAUSE_S = 8.0
CALM_MS = 300_000


def alarm() -> Announcement:
    """Red, and a long tone; no relay lets anybody pass for it."""
    vi, en = "Cửa không hoạt động.", "The door does not work."
    return Announcement(Outcome.ASK_STAFF, Reason.HELP, Lamp.RED, Sound.REFUSED, vi, en, hold_s=AGAIN_S)


def faults_in_a_row(before: int, since_ms: int) -> int:
    """How many times the door has ended with a fault, after *before* of which the last was *since_ms* ago."""
    return before + 1 if since_ms < CALM_MS else 1


def pause_s(faults: int) -> float:
    """How long to pause after so many *faults* in a row: what is broken gets time, and nobody waits long for it."""
    return min(2.0 ** (min(faults, 10) - 1), LONGEST_PAUSE_S)
