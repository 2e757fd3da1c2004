"""Waiting for what another process makes."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from kiosk.store.reading import Reader
from kiosk.store.schema import DATABASE, StoreError

LOOK_S = 0.1


def wait_for_log(data: Path, stopped: threading.Event) -> Reader:
    """The log's reader, once the door has made or migrated the tables; where it is *stopped* first, we end."""
    while True:
        try:
            return Reader(data / DATABASE)
        except StoreError:
            if stopped.wait(LOOK_S):
                sys.exit(0)
