"""Lamp, buzzer, display and button on a screen: for the simulator page, the door's display and tests."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
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


@dataclass(slots=True)
class _Screen:
    """What is to be seen at one gate, until when its lamp is lit."""

    state: PanelState = PanelState(0, Lamp.OFF, None)
    dark_at_s: float = 0.0

    def become(self, lamp: Lamp, announcement: Announcement | None) -> None:
        self.state = PanelState(self.state.change + 1, lamp, announcement)

    def settled(self, now_s: float) -> PanelState:
        if self.state.lamp is not Lamp.OFF and now_s >= self.dark_at_s:
            self.become(Lamp.OFF, self.state.announcement)
        return self.state


class SimulatedPanel:
    """An Output that remembers what it was told (the latest thousand), and lets pages wait for news.

    A page may look at one *gate*, where only its own people are answered, or at all of them together (empty).
    """

    def __init__(self, name: str = "panel", now_s: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self.announcements: deque[Announcement] = deque(maxlen=REMEMBERED)
        self._now_s = now_s
        self._changed = threading.Condition()
        self._screens: defaultdict[str, _Screen] = defaultdict(_Screen)

    def show(self, announcement: Announcement) -> None:
        """Show *announcement* in place of the one before, at its gate or, where it names none, at every gate."""
        with self._changed:
            self.announcements.append(announcement)
            for gate in {"", announcement.gate} if announcement.gate else {"", *self._screens}:
                self._screens[gate].dark_at_s = self._now_s() + announcement.hold_s
                self._screens[gate].become(announcement.lamp, announcement)
            self._changed.notify_all()

    def state(self, gate: str = "") -> PanelState:
        """What is to be seen now."""
        with self._changed:
            return self._screens[gate].settled(self._now_s())

    def wait(self, since: int, wait_s: float, gate: str = "") -> PanelState:
        """What is to be seen as soon as it differs from change *since*, or after *wait_s*."""
        until_s = self._now_s() + wait_s
        with self._changed:
            screen = self._screens[gate]
            while screen.settled(self._now_s()).change == since and (left_s := until_s - self._now_s()) > 0:
                lit_s = screen.dark_at_s - self._now_s() if screen.state.lamp is not Lamp.OFF else left_s
                self._changed.wait(min(left_s, lit_s))
            return screen.state

    def close(self) -> None:
        """Put the lamps out; what was shown stays in memory."""
        with self._changed:
            for screen in self._screens.values():
                if screen.state.lamp is not Lamp.OFF:
                    screen.become(Lamp.OFF, screen.state.announcement)
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
