"""Which devices work: said once when one fails and once when it returns."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from kiosk.store import reading, schema

log = logging.getLogger(__name__)


class Health:
    """Remembers the state of each device and tells the log and the pages when it changes."""

    def __init__(self, database: Path, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._now_ms = now_ms
        self._states: dict[str, tuple[bool, str]] = {}
        self._lock = threading.Lock()

    def failed(self, name: str, note: str) -> None:
        """*name* does not work, for the reason *note*."""
        self._change(name, note, ok=False)

    def works(self, name: str) -> None:
        """*name* works."""
        self._change(name, "", ok=True)

    def _change(self, name: str, note: str, *, ok: bool) -> None:
        with self._lock:
            if self._states.get(name, (None, ""))[0] is ok:
                return
            first = name not in self._states
            self._states[name] = (ok, note)
        if not ok:
            log.error("%s: %s", name, note)
        elif not first:
            log.warning("%s works again", name)
        self._save(name, note, ok=ok)

    def _save(self, name: str, note: str, *, ok: bool) -> None:
        try:
            db = schema.connect(self._database)
            try:
                reading.set_device_state(db, reading.DeviceState(name, ok, self._now_ms(), note))
            finally:
                db.close()
        except (sqlite3.Error, schema.StoreError) as error:
            log.error("the state of %s could not be written: %s", name, error)
