"""Which devices work: said once when one fails and once when it returns."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Collection
from contextlib import closing
from pathlib import Path

from kiosk.store import schema
from kiosk.store.reading import DeviceState, begin_devices, set_device_state
from kiosk.store.schema import StoreError

log = logging.getLogger(__name__)

# What may be wired to a kiosk, or not; all else that is told of is the kiosk's own work.
HARDWARE = (
    *("camera", "keyboard", "serial", "lamps", "buzzer", "relay", "button", "panel", "voice"),
    *("printer", "paper", "spool"),
)

RETRY_S = 1.0
CLOSING_S = 2.0


class Health:
    """Remembers the state of each device and tells the log and the pages when it changes.

    The pages are told by a thread of its own, again and again until the database takes it: nobody at
    the door waits for that.
    """

    def __init__(self, database: Path, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._now_ms = now_ms
        self._states: dict[str, bool] = {}
        self._untold: dict[str, DeviceState] = {}
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._tell_pages, name="health", daemon=True)
        self._thread.start()

    def begin(self, wired: Collection[str], over: str) -> None:
        """The door begins with the devices *wired*: a trouble of one that is gone is over, as is one that was noted as
        *over*, and new ones are shown."""
        try:
            with closing(schema.connect(self._database)) as db:
                begin_devices(db, wired, HARDWARE, self._now_ms(), over)
        except (sqlite3.Error, StoreError) as error:
            log.warning("the pages could not be told which devices there are: %s", error)

    def failed(self, name: str, note: str) -> None:
        """*name* does not work, for the reason *note*."""
        self._change(name, note, ok=False)

    def works(self, name: str) -> None:
        """*name* works."""
        self._change(name, "", ok=True)

    def close(self) -> None:
        """Tell the pages what they have not been told yet, waiting at most two seconds."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join(CLOSING_S)

    def _change(self, name: str, note: str, *, ok: bool) -> None:
        with self._changed:
            before = self._states.get(name)
            if before is ok:
                return
            self._states[name] = ok
            self._untold[name] = DeviceState(name, ok, self._now_ms(), note)
            self._changed.notify_all()
        if not ok:
            log.error("%s: %s", name, note)
        elif before is not None:
            log.warning("%s works again", name)

    def _tell_pages(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._untold or self._closed)
                news, self._untold = self._untold, {}
            told = self._save(news)
            with self._changed:
                if not told:
                    self._untold = news | self._untold
                    self._changed.wait_for(lambda: self._closed, RETRY_S)
                if self._closed and not (told and self._untold):
                    return

    def _save(self, news: dict[str, DeviceState]) -> bool:
        if not news:
            return True
        try:
            with closing(schema.connect(self._database)) as db:
                for state in news.values():
                    set_device_state(db, state)
        except (sqlite3.Error, StoreError) as error:
            log.debug("the pages could not be told: %s", error)
            return False
        return True
