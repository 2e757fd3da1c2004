"""Waiting for what must happen: a test waits far longer than it takes, for a busy machine has not failed."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_S = 30.0


def eventually(truth: Callable[[], object], within_s: float = PATIENCE_S) -> bool:
    """Whether *truth* holds within that time; looked at again and again."""
    until_s = time.monotonic() + within_s
    while not truth():
        if time.monotonic() > until_s:
            return False
        time.sleep(0.005)
    return True
