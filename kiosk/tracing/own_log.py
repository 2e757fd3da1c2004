"""A kiosk's own log as engine: the same stays as a hub's lake has, made when they are asked for."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from kiosk.rules.plain_engine import PlainEngine
from kiosk.rules.plain_sealed import PlainSealed
from kiosk.rules.tracing import SealedPerson
from kiosk.store.clocks import true_times
from kiosk.store.days import KeySpan, key_spans
from kiosk.store.lake_day import Day, project
from kiosk.store.reading import Reader
from kiosk.store.shown_people import shown_people


@dataclass(frozen=True, slots=True)
class OwnLog:
    """What the log that *reader* reads has of people: a kiosk's of *site*.

    *believed*: on a kiosk for trying out, the machine's clock counts as set. No stay is longer than *longest_ms*.
    """

    reader: Reader
    site: str
    longest_ms: int
    believed: bool

    def since(self, from_ms: int) -> tuple[PlainEngine, PlainSealed]:
        """Everybody from the day in which *from_ms* lies on, with what was sealed of them."""
        return _engines([day for _, day in self.reader.ask(lambda db: list(self._days(db, from_ms)))])

    def today(self) -> tuple[PlainEngine, PlainSealed]:
        """Everybody of the day in use, with what staff see of them."""
        return self.reader.ask(self._today)

    def _today(self, db: sqlite3.Connection) -> tuple[PlainEngine, PlainSealed]:
        span, day = next(self._days(db, 0))
        seen = [(SealedPerson(self.site, span.key_id, who, shown), 0) for who, shown in shown_people(db, span)]
        return _engines([Day(day.stays, day.keys, seen, day.leads)])

    def _days(self, db: sqlite3.Connection, from_ms: int) -> Iterator[tuple[KeySpan, Day]]:
        """The days that are kept, the newest first, back to the one in which *from_ms* lies."""
        times = true_times(db, believed=self.believed)
        for span in key_spans(db):
            if span.kept:
                day = project(db, times, span, self.site, self.longest_ms)
                yield span, day
                if day.keys and all(key.until_ms < from_ms for key in day.keys):
                    return


def _engines(days: list[Day]) -> tuple[PlainEngine, PlainSealed]:
    keys = [key for day in days for key in day.keys]
    people = [person for day in days for person, _ in day.people]
    leads = [(one.key_id, one.alias, one.who) for day in days for one in day.leads]
    return PlainEngine(known.stay for day in days for known in day.stays), PlainSealed(keys, people, leads)
