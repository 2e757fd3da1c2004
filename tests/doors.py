"""A door at work in a thread of its own, as its service has it in a process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from patience import PATIENCE_S

from kiosk.door_process import DoorProcess


@contextmanager
def at_work(process: DoorProcess) -> Iterator[DoorProcess]:
    """*process* running, and stopped in the end, whatever became of the test."""
    thread = threading.Thread(target=process.run)
    thread.start()
    try:
        yield process
    finally:
        process.stop()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
