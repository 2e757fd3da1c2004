"""Times as people read them: repaired, and marked where they are not sure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, tzinfo

from kiosk.config import Settings
from kiosk.devices import clock
from kiosk.rules.entries import Entry
from kiosk.rules.true_times import Sureness, TrueTime
from kiosk.store.reading import Reader, VisitRow
from kiosk.times import Times
from kiosk.vault import Vault

GONE = "—"
UNSURE = "~"  # stands before a time of which the clock was not set, and is explained wherever it stands


def local_time(at_ms: int | None, zone: tzinfo, *, seconds: bool = False) -> str:
    """The time of day at the site, with the date where that is not today's."""
    if at_ms is None:
        return GONE
    at, now = (datetime.fromtimestamp(ms / 1000, zone) for ms in (at_ms, clock.now().wall_ms))
    day = "" if at.date() == now.date() else "%d/%m "
    return at.strftime(f"{day}%H:%M:%S" if seconds else f"{day}%H:%M")


def mark(time: TrueTime) -> str:
    """What stands before *time*, and before whatever follows from it."""
    return "" if time.sureness is Sureness.SURE else UNSURE


class SaidTimes:
    """Says the times of the log that *reader* reads; threads may share it."""

    def __init__(self, reader: Reader, vault: Vault, settings: Settings) -> None:
        self.times = Times(reader, believed=vault.demo)
        self._zone = settings.zone

    def entry(self, entry: Entry, *, seconds: bool = False) -> str:
        """When *entry* was recorded."""
        return self._said(self.times.of([entry])[0], seconds=seconds)

    def visits(self, rows: Iterable[VisitRow]) -> list[tuple[str, str]]:
        """When those visits began, and when they ended; empty while somebody is inside."""
        return [
            (self._said(time.entered), self._said(time.left) if time.left else "")
            for time in self.times.of_visits(rows)
        ]

    def shown(self, at_ms: int | None) -> str:
        """A time that was shown, or reckoned from one, as it is in truth."""
        return GONE if at_ms is None else self._said(self.times.of_shown(at_ms))

    def shown_dated(self, at_ms: int) -> str:
        """The same with its date, whichever day it is."""
        return self.dated(self.times.of_shown(at_ms))

    def dated(self, time: TrueTime, form: str = "%H:%M %d/%m") -> str:
        """*time* as it stands where today's have their date, too."""
        return mark(time) + datetime.fromtimestamp(time.at_ms / 1000, self._zone).strftime(form)

    def _said(self, time: TrueTime | None, *, seconds: bool = False) -> str:
        if time is None:
            return GONE
        return mark(time) + local_time(time.at_ms, self._zone, seconds=seconds)
