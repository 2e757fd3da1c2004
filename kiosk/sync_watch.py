"""The door looks after the sync: staff are told when the hub does not get the log, and why."""

from __future__ import annotations

from pathlib import Path

from kiosk.config import Settings
from kiosk.joined import JoinError, SyncState, joined, state_of
from kiosk.rules.model import Moment
from kiosk.rules.ticket import local_time
from kiosk.store.reading import Reader
from kiosk.sync_round import behind


class SyncTrouble(Exception):  # noqa: N818  # it is what staff read
    """The hub does not get the log as it should; one sentence."""


class SyncWatch:
    """Looks at what the last rounds left behind in *data*, whose log *reader* reads."""

    def __init__(self, settings: Settings, data: Path, reader: Reader) -> None:
        self._settings = settings
        self._data = data
        self._reader = reader

    def look(self, now: Moment) -> None:
        """Raises SyncTrouble where staff should know."""
        try:
            hub = joined(self._data)
        except JoinError as error:
            raise SyncTrouble(str(error)) from error
        if hub is None:
            return
        state = state_of(self._data)
        if state.refused:
            raise SyncTrouble(f"the hub does not take the log: {state.fault}")
        if fresh := self._fresh(state, now):
            raise SyncTrouble(fresh)
        since_ms = state.acknowledged.at_ms if state.acknowledged else hub.at_ms
        if now.wall_ms - since_ms > self._alarm_ms and (count := behind(self._data, self._reader)):
            why = f": {state.fault}" if state.fault else ""
            since = local_time(since_ms, self._settings.zone)
            raise SyncTrouble(f"the hub has acknowledged nothing since {since}; {count} entries are only here{why}")

    @property
    def _alarm_ms(self) -> int:
        return round(self._settings.sync.alarm_s * 1000)

    def _fresh(self, state: SyncState, now: Moment) -> str:
        """What happened of late, and may be forgotten once it was seen."""
        if state.forked_ms is not None and now.wall_ms - state.forked_ms < self._alarm_ms:
            return "another card says that it is this kiosk: one of them is a copy; the hub has what both say"
        lost = state.lost[-1] if state.lost else None
        if lost and now.wall_ms - lost.at_ms < self._alarm_ms:
            return f"the hub has entry {lost.first} without what it says: {lost.why}"
        return ""
