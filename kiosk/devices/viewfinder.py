"""What a camera sees, small and grey, for whoever aims a code before it. Never stored."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from kiosk.devices import pictures
from kiosk.devices.frames import Frame
from kiosk.devices.motion import MotionGate

# A hand and a card are seen, letters are not: through a lens that sees 66 degrees and is sharp from 100 mm on
# (Camera Module 3), a card's largest letters, 3 mm, are 1.5 pixels high; below 5 none is legible. Nor can a code
# be read out of it: the smallest on a card, 45 modules, has less than one pixel for each. At 80 pixels it could.
LONGER_SIDE_PX = 64
PAUSE_S = 0.25
ASKED_S = 2.0  # nobody asked for so long: nobody looks
FRESH_S = 1.0  # an older picture shows a camera that stands still
STILL_PICTURES = 20  # of the empty scene: five seconds


@dataclass(frozen=True, slots=True)
class Sight:
    """A picture as JPEG, its number, and whether something is held before the camera; number 0 is no picture."""

    number: int = 0
    jpeg: bytes = b""
    aiming: bool = False


NOTHING = Sight()


class Viewfinder:
    """The newest small picture of one camera, at most four a second, made only while somebody looks."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._changed = threading.Condition()
        self._asked_s = -ASKED_S
        self._taken_s = -PAUSE_S
        self._small: Frame | None = None
        self._sight = NOTHING
        self._scene = MotionGate(STILL_PICTURES)

    def offer(self, frame: Frame) -> None:
        """Look at *frame*, for the time of the call only, if a picture is due. The camera waits for this."""
        now_s = self._now_s()
        if now_s - self._asked_s > ASKED_S or now_s - self._taken_s < PAUSE_S:
            return
        small = pictures.small(frame, LONGER_SIDE_PX)
        with self._changed:
            self._taken_s, self._small = now_s, small
            self._changed.notify_all()

    def look(self, since: int = 0, wait_s: float = 0.0) -> Sight:
        """A picture newer than number *since*, waiting at most *wait_s* for it; NOTHING where none is fresh."""
        until_s = self._now_s() + wait_s
        with self._changed:
            while True:
                self._asked_s = now_s = self._now_s()
                self._develop()
                sight = self._sight if now_s - self._taken_s < FRESH_S else NOTHING
                if sight.number != since or now_s >= until_s:
                    return sight
                self._changed.wait(until_s - now_s)

    def _develop(self) -> None:
        """Make of what was taken last what pages show: once, and for all who look."""
        small, self._small = self._small, None
        if small is not None:
            self._sight = Sight(self._sight.number + 1, pictures.as_jpeg(small), self._scene.open(small))
