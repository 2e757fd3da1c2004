"""Being told to end, by signals, without doing anything inside a signal handler that could block."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterable

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def told_to_end(signals: Iterable[signal.Signals]) -> int:
    """A descriptor that can be read from once one of *signals* has come.

    The handler only writes to a pipe: whatever takes a lock there, an Event too, may wait for ever for the
    thread that it interrupted. Where we were started by nohup, a terminal may go without us.
    """
    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    for number in signals:
        if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda number, frame: _write(writes))
    return reads


def when_told_to_end(signals: Iterable[signal.Signals], end: Callable[[], None]) -> None:
    """Call *end* in a thread of its own once one of *signals* has come."""
    reads = told_to_end(signals)

    def wait() -> None:
        os.read(reads, 1)
        end()

    threading.Thread(target=wait, name="endings", daemon=True).start()


def _write(descriptor: int) -> None:
    with contextlib.suppress(BlockingIOError):  # told thousands of times already
        os.write(descriptor, b".")
