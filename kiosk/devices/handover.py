"""Lets a source read on while the door is busy with what it read before."""

from __future__ import annotations

import logging
import threading
from collections import deque
from types import TracebackType
from typing import Any, Self

from kiosk.devices.base import Deliver

MOST_WAITING = 8  # codes; at a door more wait only while the disk stands still

log = logging.getLogger(__name__)


class Handover:
    """Hands readings to *deliver*, in their order, in a thread of its own; at most MOST_WAITING wait.

    One more drops the oldest, which is logged: its holder has gone, the newest stands at the door.
    At the end of ``with`` what still waits is delivered, unless *stop* is set: then it is dropped and
    logged. An exception of *deliver* ends the thread, and is raised there.
    """

    def __init__(self, source: str, deliver: Deliver, stop: threading.Event) -> None:
        self._source = source
        self._deliver = deliver
        self._stop = stop
        self._waiting: deque[Any] = deque()
        self._changed = threading.Condition()
        self._ended = False
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._work, name=f"{source} handover", daemon=True)

    @property
    def works(self) -> bool:
        """Whether what is put in is still delivered."""
        return self._thread.is_alive()

    def put(self, reading: Any) -> None:
        """Let *reading* be delivered; returns at once."""
        with self._changed:
            if len(self._waiting) == MOST_WAITING:
                self._waiting.popleft()
                log.warning("%s: the door is too slow; the oldest of %d codes was dropped", self._source, MOST_WAITING)
            self._waiting.append(reading)
            self._changed.notify()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify()
        self._thread.join()
        if self._waiting:
            log.warning("%s: the door ends; codes dropped: %d", self._source, len(self._waiting))
        if self._failure:
            raise self._failure from error

    def _work(self) -> None:
        try:
            while (reading := self._next()) is not None:
                self._deliver(reading)
        except Exception as error:  # noqa: BLE001 - raised in the source's own thread, which waits for this one
            self._failure = error

    def _next(self) -> Any:
        """The reading that has waited longest, or None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._ended)
            return self._waiting.popleft() if self._waiting and not self._stop.is_set() else None
