"""Lamp, buzzer, display and button on a screen: for the simulator page, the door's display and tests."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from kiosk.rules.model import Announcement, Lamp, Sound

REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class PanelState:
    """What a person at the door sees. *change* grows with each change; the lamp goes off, the words stay."""

    change: int
    lamp: Lamp
    announcement: Announcement | None

    @property
    def sound(self) -> Sound:
        """The sound that came with the latest announcement."""
        return self.announcement.sound if self.announcement else Sound.NONE


class SimulatedPanel:
    """An Output that remembers what it was told (the latest thousand), and lets pages wait for news."""

    def __init__(self, name: str = "panel", now_s: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self.announcements: deque[Announcement] = deque(maxlen=REMEMBERED)
        self._now_s = now_s
        self._changed = threading.Condition()
        self._state = PanelState(0, Lamp.OFF, None)
        self._dark_at_s = 0.0

    def show(self, announcement: Announcement) -> None:
        """Show *announcement* in place of the one before."""
        with self._changed:
            self.announcements.append(announcement)
            self._dark_at_s = self._now_s() + announcement.hold_s
            self._become(announcement.lamp, announcement)

    def state(self) -> PanelState:
        """What is to be seen now."""
        with self._changed:
            return self._settled()

    def wait(self, since: int, wait_s: float) -> PanelState:
        """What is to be seen as soon as it differs from change *since*, or after *wait_s*."""
        until_s = self._now_s() + wait_s
        with self._changed:
            while self._settled().change == since and (left_s := until_s - self._now_s()) > 0:
                lit_s = self._dark_at_s - self._now_s() if self._state.lamp is not Lamp.OFF else left_s
                self._changed.wait(min(left_s, lit_s))
            return self._state

    def close(self) -> None:
        """Put the lamp out; what was shown stays in memory."""
        with self._changed:
            if self._state.lamp is not Lamp.OFF:
                self._become(Lamp.OFF, self._state.announcement)

    def _settled(self) -> PanelState:
        if self._state.lamp is not Lamp.OFF and self._now_s() >= self._dark_at_s:
            self._become(Lamp.OFF, self._state.announcement)
        return self._state

    def _become(self, lamp: Lamp, announcement: Announcement | None) -> None:
        self._state = PanelState(self._state.change + 1, lamp, announcement)
        self._changed.notify_all()


class SimulatedButton:
    """The assistance button, pressed from a page or a test."""

    def __init__(self, pressed: Callable[[], None], name: str = "button") -> None:
        self.name = name
        self._pressed = pressed

    def press(self) -> None:
        """As if a person had pressed it."""
        self._pressed()

    def close(self) -> None:
        """Nothing to let go."""
