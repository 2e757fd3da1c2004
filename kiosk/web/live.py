"""News for pages that stay open: server-sent events, resumed by the sequence of the last entry seen.

One thread reads the log, however many pages follow; each page's own thread only waits and writes.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from kiosk.heartbeat import Heart
from kiosk.store.news import NewsListener
from kiosk.web.lines import KEPT_LINES, Lines, Update
from kiosk.web.now import SiteNow, State
from kiosk.web.queue_lines import QueueLines, QueueState

log = logging.getLogger(__name__)

# A page that hears nothing for three pulses says so; a page that left is noticed by a pulse that cannot be written.
PULSE_S = 2.0
LISTEN_S = 0.5  # so soon the feed ends when it is asked to
RETRY_MS = 1000
LOOK_AGAIN_S = 5.0
BOUND_S = 300.0  # a dying card is told of; what hangs for longer does not come back by itself
STUCK_S = 6.0  # a dying card keeps whoever reads it waiting; old numbers must not look fresh meanwhile


def event(name: str, data: Any, sequence: int | None = None) -> bytes:
    """One server-sent event. JSON has no bare line ends, so no text can begin an event of its own."""
    number = "" if sequence is None else f"id: {sequence}\n"
    return f"{number}event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


@dataclass(frozen=True, slots=True)
class Message:
    """One entry's change, ready to be sent to every page."""

    sequence: int
    data: bytes
    anew: bool


class Places:
    """The bounded number of pages that may follow live."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._free = threading.BoundedSemaphore(number)

    def take(self) -> bool:
        """Take a place; False when there is none."""
        return self._free.acquire(blocking=False)

    def give_back(self) -> None:
        """Leave the place."""
        self._free.release()


class Feed:
    """The latest changes of the log and the state now, in memory, with a bell for those who wait."""

    def __init__(self, lines: Lines, now: SiteNow, queue: QueueLines, news: NewsListener) -> None:
        self._lines = lines
        self._now = now
        self._queue = queue
        self._news = news
        self._changed = threading.Condition()
        self._latest: deque[Message] = deque(maxlen=KEPT_LINES)
        self._last = 0
        self._state: State | None = None
        self._queue_state: QueueState | None = None
        self._looked_s = 0.0
        self._fault = ""
        self._read_s = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)
        self.closed = threading.Event()
        self.heart = Heart("feed", BOUND_S)

    def start(self) -> None:
        """Begin to read the log."""
        self._last = max(0, self._lines.log()[1] - KEPT_LINES)
        self._read()
        self._thread.start()

    def close(self) -> None:
        """End every follower, the reading, and the listening for news."""
        self.closed.set()
        with self._changed:
            self._changed.notify_all()
        self._thread.join()
        self._news.close()

    def follow(self, sequence: int) -> Iterator[bytes]:
        """Events for a page that has all up to *sequence*: its changes in order, the state, and a pulse in silence.

        Ends with ``anew`` where the page must be made anew, or when the feed is closed.
        """
        state = None
        yield f"retry: {RETRY_MS}\n\n".encode()
        while not self.closed.is_set():
            with self._changed:
                self._changed.wait_for(partial(self._has_news, sequence, state), PULSE_S)
                messages, now = self._after(sequence), self._state
            if messages is None or any(message.anew for message in messages):
                yield event("anew", {})
                return
            yield from (message.data for message in messages)
            sequence = messages[-1].sequence if messages else sequence
            if now is not None and now is not state:
                state = now
                yield event("state", asdict(now))
            yield self.pulse()

    def follow_queue(self, told: Callable[[QueueState], Any] = asdict) -> Iterator[bytes]:
        """Events for a page that shows the queue: what is *told* of it at each change, and a pulse in silence."""
        state = None
        yield f"retry: {RETRY_MS}\n\n".encode()
        while not self.closed.is_set():
            with self._changed:
                self._changed.wait_for(partial(self._has_called, state), PULSE_S)
                now = self._queue_state
            if now is not None and now is not state:
                state = now
                yield event("queue", told(now))
            yield self.pulse()

    def now(self) -> tuple[State | None, QueueState | None]:
        """The state of site and queue: the same two objects while nothing changed; None before ``start``."""
        with self._changed:
            return self._state, self._queue_state

    def pulse(self) -> bytes:
        """A sign of life: the local time, and what keeps the log from being read."""
        stuck = "the log does not answer" if time.monotonic() - self._read_s > STUCK_S else ""
        return event("pulse", {"at": self._lines.clock(), "fault": self._fault or stuck})

    def _has_called(self, state: QueueState | None) -> bool:
        return self.closed.is_set() or self._queue_state is not state

    def _has_news(self, sequence: int, state: State | None) -> bool:
        return self.closed.is_set() or self._last > sequence or self._state is not state

    def _after(self, sequence: int) -> list[Message] | None:
        """The changes after *sequence*; None where memory does not reach back so far."""
        first = self._latest[0].sequence if self._latest else self._last + 1
        if sequence + 1 < first:
            return None
        return [message for message in self._latest if message.sequence > sequence]

    def _run(self) -> None:
        while not self.closed.is_set():
            self.heart.beat()
            try:
                self._news.wait(LISTEN_S)
                self._read()
                self._read_s = time.monotonic()
                self._tell_fault("")
            except Exception as error:  # noqa: BLE001  # whatever broke, the pages must say that they hear nothing
                self._tell_fault(str(error) or type(error).__name__)
                self.closed.wait(PULSE_S)

    def _read(self) -> None:
        while updates := self._lines.updates_after(self._last):
            self._keep(updates)
        state, queue_state = self._now.state(), self._queue_now()
        with self._changed:
            if state != self._state or queue_state != self._queue_state:
                self._state, self._queue_state = state, queue_state
                self._changed.notify_all()

    def _queue_now(self) -> QueueState:
        """Read again once the log has grown, and now and then, for waits change with time alone."""
        old, now_s = self._queue_state, time.monotonic()
        if old is None or old.sequence != self._last or now_s - self._looked_s > LOOK_AGAIN_S:
            self._looked_s, old = now_s, self._queue.state()
        return old

    def _keep(self, updates: list[Update]) -> None:
        messages = [Message(one.sequence, event("entry", asdict(one), one.sequence), one.anew) for one in updates]
        with self._changed:
            if any(message.anew for message in messages):
                # Names of a day that is over must not outlive its key in our memory.
                self._latest.clear()
            self._latest.extend(messages)
            self._last = messages[-1].sequence
            self._changed.notify_all()

    def _tell_fault(self, fault: str) -> None:
        if fault and not self._fault:
            log.error("the log cannot be read: %s", fault)
        elif self._fault and not fault:
            log.warning("the log can be read again")
        with self._changed:
            self._fault = fault
