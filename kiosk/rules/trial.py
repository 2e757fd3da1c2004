"""What lamp, buzzer and display say when they are tried: that it is a test, and to nobody."""

from __future__ import annotations

from kiosk.rules.model import Announcement, Lamp, Outcome, Reason, Sound

HOLD_S = 3.0


def trial(lamp: Lamp = Lamp.AMBER, sound: Sound = Sound.ASK) -> Announcement:
    """A test of *lamp* and *sound*; no relay lets anybody pass for it."""
    return Announcement(Outcome.ASK_STAFF, Reason.HELP, lamp, sound, "Đang thử máy.", "This is a test.", hold_s=HOLD_S)
