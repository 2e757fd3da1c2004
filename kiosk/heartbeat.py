"""The signs of life of the threads that do the work, and who looks at them: a process of which one hangs is ended.

Each thread has a heart, which is what it asks whether to stop, too: asking is the sign of life. Who looks is the main
thread, which waits for nothing else; it tells the service manager that all is well only while every heart beats.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable

from kiosk.devices import service_manager

log = logging.getLogger(__name__)

LOOK_S = 5.0  # a third of the shortest WatchdogSec= in systemd/, with room


class Heart(threading.Event):
    """Set where its thread is to stop; it must be asked at least every *bound_s* seconds."""

    def __init__(self, name: str, bound_s: float, now_s: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.name = name
        self._bound_s = bound_s
        self._now_s = now_s
        self._beat_s = now_s()

    def beat(self) -> None:
        """Show that the thread lives."""
        self._beat_s = self._now_s()

    def is_set(self) -> bool:
        """Whether to stop; who asks lives."""
        self.beat()
        return super().is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for being told to stop; who begins to wait, or goes on, lives. Wait for less than the bound."""
        self.beat()
        told = super().wait(timeout)
        self.beat()
        return told

    @property
    def stands_still(self) -> bool:
        """Whether there was no sign of life for longer than the bound."""
        return self._now_s() - self._beat_s > self._bound_s

    @property
    def sentence(self) -> str:
        """That it stands still."""
        return f"{self.name} gave no sign of life for more than {self._bound_s:g} s"


class Hearts:
    """The hearts of one process."""

    def __init__(self, hearts: Iterable[Heart] = (), now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._hearts = list(hearts)
        self._stopped = False

    def heart(self, name: str, bound_s: float) -> Heart:
        """A new heart, beating now, for the thread that *name* tells."""
        heart = Heart(name, bound_s, self._now_s)
        self._hearts.append(heart)
        if self._stopped:
            heart.set()
        return heart

    def stop(self) -> None:
        """Tell every thread to stop."""
        self._stopped = True
        for heart in self._hearts:
            heart.set()

    def standing_still(self) -> list[Heart]:
        """Those of which nobody knows whether they still live."""
        return [heart for heart in self._hearts if heart.stands_still]


class Keeper:
    """Looks at *hearts* for the service manager. *prompt* asks those for a sign whose threads only wait for work."""

    def __init__(self, hearts: Hearts, prompt: Callable[[], None] = lambda: None) -> None:
        self._hearts = hearts
        self._prompt = prompt
        self._told: list[str] = []

    def keep(self, stopped: threading.Event, status: str, look_s: float = LOOK_S) -> None:
        """Say that people can be served, and *status*; look every *look_s* until *stopped*; say that we end."""
        service_manager.tell(READY=1, STATUS=status)
        while not stopped.wait(look_s):
            self._prompt()
            self.look(status)
        service_manager.tell(STOPPING=1)

    def look(self, status: str) -> bool:
        """Whether all live: only then the service manager is told so. What stands still is logged once."""
        still = [heart.sentence for heart in self._hearts.standing_still()]
        if still and still != self._told:
            log.error("%s", "; ".join(still))
        elif self._told and not still:
            log.warning("every thread gives signs of life again")
        self._told = still
        if still:
            service_manager.tell(STATUS="; ".join(still))
        else:
            service_manager.tell(WATCHDOG=1, STATUS=status)
        return not still
