"""The story of a session's end: the sheet of a day, and the number that staff entered on the platform."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import astuple, replace
from functools import partial

from kiosk.config import Settings
from kiosk.retention import key_day
from kiosk.rules.arrivals import per_gate, per_quarter_hour
from kiosk.rules.entries import EntryKind
from kiosk.rules.model import Moment
from kiosk.rules.presence import Counts
from kiosk.rules.queueing import State
from kiosk.rules.session import GateCount, ServiceCount, Sheet, entered_body, last_entered
from kiosk.store import days
from kiosk.store.days import KeySpan
from kiosk.store.log import Store
from kiosk.store.projections import counts_of
from kiosk.store.reading import Reader

_COLUMNS = {State.DONE: "served", State.MISSED: "missed", State.LEFT: "left", "": "present"}


class NoSession(Exception):  # noqa: N818  # a state of the log, not a fault of the caller
    """The log knows no such day; one sentence says so."""


def session_days(reader: Reader, settings: Settings) -> dict[str, list[KeySpan]]:
    """Every day of the log (ISO), the newest first, with its day keys: one, but for a lost key or a wrong clock."""
    return reader.ask(partial(_days, settings=settings))


def _days(db: sqlite3.Connection, settings: Settings) -> dict[str, list[KeySpan]]:
    found: defaultdict[str, list[KeySpan]] = defaultdict(list)
    spans = days.key_spans(db)
    for span, began_ms in zip(spans, days.began_ms(db, spans), strict=True):
        found[key_day(began_ms, settings.zone, settings.vault.turn_at)].append(span)
    return dict(found)


def sheet(reader: Reader, settings: Settings, day: str, now_ms: int) -> Sheet:
    """The sheet of *day* (ISO; empty for the newest), as of *now_ms*. Raises NoSession."""
    return reader.ask(partial(_sheet, settings=settings, day=day, now_ms=now_ms))


def _sheet(db: sqlite3.Connection, settings: Settings, day: str, now_ms: int) -> Sheet:
    known = _days(db, settings)
    day = day or next(iter(known), "")
    spans = known.get(day)
    if not spans:
        raise NoSession(f"no session of {day or 'any day'} is in the log")
    said = [(at_ms, body) for _, at_ms, body in days.bodies(db, EntryKind.SESSION)]
    found = Sheet(
        day=day,
        today=key_day(now_ms, settings.zone, settings.vault.turn_at),
        kept=all(span.kept for span in spans),
        calls=bool(settings.counters),
        counts=_sum(counts_of(db, span.key_id) for span in spans),
        entered=last_entered(said, day),
    )
    if not found.kept:
        return found
    gaps = [body for span in spans for *_, body in days.bodies(db, EntryKind.GAP, span.first, span.last)]
    stays = [some for span in spans for some in days.stays(db, span)]
    names = {gate.id: gate.name for gate in settings.gates}
    return replace(
        found,
        unrecorded=sum(body["count"] for body in gaps),
        quarters=tuple(per_quarter_hour(stays)),
        gates=tuple(GateCount(names.get(gate, gate), *passed) for gate, passed in per_gate(stays).items()),
        services=_services(db, spans, settings),
    )


def _sum(each: Iterable[Counts]) -> Counts:
    return Counts(*map(sum, zip(*map(astuple, each), strict=True)))


def _services(db: sqlite3.Connection, spans: Iterable[KeySpan], settings: Settings) -> tuple[ServiceCount, ...]:
    became: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    names = {service.id: service.name for service in settings.plan().services}
    tickets = days.tickets if settings.counters else days.tickets_given
    for service, state, count in (row for span in spans for row in tickets(db, span)):
        became[service][_COLUMNS[state]] += count
    ordered = [*names, *(service for service in became if service not in names)]
    return tuple(ServiceCount(names.get(one, one), **became[one]) for one in ordered if one in became)


def enter(store: Store, settings: Settings, day: str, count: int, now: Moment) -> None:
    """Record that staff have entered *count* for *day* on the platform; what was said before stays in the log.

    Raises NoSession and StoreError.
    """
    if day not in _days(store.db, settings):
        raise NoSession(f"no session of {day} is in the log")
    with store.writing(None) as writing:
        writing.append(EntryKind.SESSION, "", now, entered_body(day, count))
