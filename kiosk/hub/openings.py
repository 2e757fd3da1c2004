"""The story of an opening: asked for with case and reason, in the tamper log before anything is handed out, approved by
a second person where the hub wants one, counted while it is used, ended with what it found."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from kiosk.rules.contact_list import ALL_SITES, Gap, Missing
from kiosk.rules.contacts import Question
from kiosk.rules.entries import Body
from kiosk.rules.openings import (
    LASTS_MS,
    Fault,
    Opening,
    OpeningFault,
    Request,
    Search,
    State,
    checked,
    demand_within,
    usable,
)
from kiosk.rules.tracing import Asked, Scope
from kiosk.rules.tracing_wire import request_out
from kiosk.store import tamper_log
from kiosk.store.hub_database import HubDatabase
from kiosk.store.lateness import being_read, complete_until
from kiosk.store.openings import OpeningTables

Tell = Callable[[sqlite3.Connection, Opening, int], None]


def tell_nobody(_db: sqlite3.Connection, _opening: Opening, _now_ms: int) -> None:
    """For a hub without kiosks."""


SOON_MS = 900_000  # a kiosk that gave its log so lately is not called late
DAY_MS = 86_400_000
MOST_READ = 10  # more sites than that, of which something is being read, are not named one by one


@dataclass(frozen=True, slots=True)
class ExportMade:
    """A file that was made of an answer: its format, rows and SHA-256 (hexadecimal)."""

    format: str
    rows: int
    sha256: str


class Openings:
    """The openings in *database*. Threads may share it. Raises OpeningFault for what cannot be, and StoreError."""

    def __init__(self, database: HubDatabase, *, two_people: bool, tell: Tell = tell_nobody) -> None:
        """*tell* has the sites know of an opening, in the transaction in which it is open."""
        self._database = database
        self._two_people = two_people
        self._tell = tell

    def ask(self, request: Request, by: str, now_ms: int) -> Opening:
        """Have *request* of *by* recorded; open at once unless a second person must approve."""
        clean = checked(request)
        state = State.WAITING if self._two_people else State.OPEN
        with self._database.transaction() as db:
            tables = OpeningTables(db)
            tables.forget_found_before(now_ms - LASTS_MS)
            opening = Opening(tables.next_id(), clean, by, now_ms, state)
            tamper_log.append(db, now_ms, _said("opening", opening) | {"request": request_out(clean), "state": state})
            tables.save(opening)
            if state is State.OPEN:
                self._tell(db, opening, now_ms)
        return opening

    def decide(self, number: int, by: str, now_ms: int, *, approve: bool) -> Opening:
        """The second person, *by*, approves or refuses."""
        with self._database.transaction() as db:
            tables = OpeningTables(db)
            opening = _decidable(tables.opening(number), by)
            state = State.OPEN if approve else State.REFUSED
            decided = replace(opening, state=state, decided_by=by, decided_ms=now_ms)
            tamper_log.append(db, now_ms, _said("opening decided", decided) | {"by": by, "state": state})
            tables.save(decided)
            if state is State.OPEN:
                self._tell(db, decided, now_ms)
        return decided

    def of(self, number: int, by: str, now_ms: int) -> Opening:
        """The opening *number*, for *by* to ask under it now."""
        with self._database.transaction() as db:
            return usable(OpeningTables(db).opening(number), by, now_ms)

    def look(self, number: int) -> Opening | None:
        """The opening *number* as it stands."""
        with self._database.transaction() as db:
            return OpeningTables(db).opening(number)

    def newest(self, limit: int = 200, before: int | None = None) -> list[Opening]:
        """The newest openings first, at most *limit*; those older than *before* where given."""
        with self._database.transaction() as db:
            return OpeningTables(db).openings(limit, before)

    def acts(self, number: int) -> list[tuple[int, str, int]]:
        """When (ms) what was handed out under the opening *number*, and how many rows of it."""
        with self._database.transaction() as db:
            return OpeningTables(db).acts(number)

    def within(self, number: int, by: str, now_ms: int, scope: Scope, question: Question | None = None) -> Opening:
        """The opening *number*, for *by* to ask now about *scope* and *question*."""
        opening = self.of(number, by, now_ms)
        demand_within(opening.request, scope, question)
        return opening

    def handed_out(self, number: int, act: str, count: int, now_ms: int) -> None:
        """*count* rows of an answer are on their way."""
        with self._database.transaction() as db:
            OpeningTables(db).count(number, act, count, now_ms)

    def found(self, number: int, people: Iterable[tuple[bytes, bytes]], act: str, now_ms: int) -> None:
        """An answer names *people* (key id, pseudonym): their identities may be handed out from now on."""
        named = list(people)
        with self._database.transaction() as db:
            OpeningTables(db).add_found(number, named)
            OpeningTables(db).count(number, act, len(named), now_ms)

    def late(self, scope: Scope, now_ms: int) -> list[Gap]:
        """Sites of *scope* whose kiosks have not given all of its time yet, or of which the lake's files of a day that
        touches it are still to be made of what was given.
        """
        until_ms = min(scope.until_ms, now_ms)
        with self._database.transaction() as db:
            known = [(site, at_ms) for site, at_ms in complete_until(db) if not scope.sites or site in scope.sites]
            read = [(site, day) for site, day in being_read(db) if not scope.sites or site in scope.sites]
        late = [(site, max(at_ms, scope.from_ms)) for site, at_ms in known if at_ms < until_ms - SOON_MS]
        missing = [Gap(site, from_ms, until_ms, Missing.NOT_ARRIVED) for site, from_ms in late]
        return missing + _being_read(read, scope)

    def demand_found(self, opening: Opening, asked: Asked) -> None:
        """Raises OpeningFault unless all of *asked* were found; in a search by phone everybody may be looked at."""
        with self._database.transaction() as db:
            if opening.request.search is not Search.PHONE and not OpeningTables(db).are_found(opening.id, asked):
                raise OpeningFault(Fault.NOT_FOUND)

    def exported(self, opening: Opening, made: ExportMade, now_ms: int) -> None:
        """The tamper log has that a file was *made*."""
        said = {"format": made.format, "rows": made.rows, "sha256": made.sha256}
        with self._database.transaction() as db:
            tamper_log.append(db, now_ms, _said("export", opening) | said)

    def end(self, opening: Opening, now_ms: int, *, found: int, named: int, present: int) -> Opening:
        """Nothing more is asked: *found* people of *present*, *named* of them by name."""
        ended = replace(opening, state=State.ENDED, ended_ms=now_ms, found=found, named=named, present=present)
        with self._database.transaction() as db:
            numbers: Body = {"found": found, "named": named, "present": present}
            tamper_log.append(db, now_ms, _said("opening ended", ended) | numbers)
            OpeningTables(db).forget_found(opening.id)
            OpeningTables(db).save(ended)
        return ended


def _decidable(opening: Opening | None, by: str) -> Opening:
    if opening is None:
        raise OpeningFault(Fault.UNKNOWN)
    if opening.asked_by == by:
        raise OpeningFault(Fault.OWN)
    if opening.state is not State.WAITING:
        raise OpeningFault(Fault.OVER)
    return opening


def _being_read(read: Iterable[tuple[str, str]], scope: Scope) -> list[Gap]:
    """One gap for each site, or one for all, of the days in *read* with stays that may touch *scope*: a stay lies in
    the day in which it began, and may last into the next.
    """
    found: dict[str, Gap] = {}
    for site, day in read:
        begins_ms = round(datetime.fromisoformat(f"{day}T00:00+00:00").timestamp() * 1000)
        from_ms, until_ms = max(begins_ms, scope.from_ms), min(begins_ms + 2 * DAY_MS, scope.until_ms)
        if from_ms < until_ms:
            before = found.get(site, Gap(site, from_ms, until_ms, Missing.BEING_READ))
            found[site] = replace(before, from_ms=min(before.from_ms, from_ms), until_ms=max(before.until_ms, until_ms))
    gaps = list(found.values())
    if len(gaps) <= MOST_READ:
        return gaps
    return [Gap(ALL_SITES, min(gap.from_ms for gap in gaps), max(gap.until_ms for gap in gaps), Missing.BEING_READ)]


def _said(what: str, opening: Opening) -> Body:
    return {"what": what, "opening": opening.id, "case": opening.request.case_number, "by": opening.asked_by}
