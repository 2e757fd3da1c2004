"""Keeping the lake: what arrives in logs is brought up in its parts, days are written, and forgotten in their time."""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from kiosk.hub.logs import DATABASE, Branch, Logs
from kiosk.hub.room import demand_room
from kiosk.hub.witness import Witness
from kiosk.lake.parts import DAY_COLUMN, Parts, Rows
from kiosk.lake.sealed import put_sealed
from kiosk.lake.tables import ALIASES, COLUMNS, KEYS, PEOPLE, STAYS, day_of
from kiosk.lake.writing import LakeWriter
from kiosk.rules.tracing import KeyedStay, SealedKey
from kiosk.rules.true_times import Sureness
from kiosk.store.catalogue import Catalogue
from kiosk.store.clocks import true_times
from kiosk.store.days import KeySpan, key_spans
from kiosk.store.head import read_head
from kiosk.store.lake_day import UNREADABLE, Day, project
from kiosk.store.lake_state import LakeState, Part
from kiosk.store.passages import Ends, erased_keys, key_entry, true_ends
from kiosk.store.reading import Reader
from kiosk.store.schema import StoreError

log = logging.getLogger(__name__)

AT_ONCE = 50  # kiosks
WORK_S = 20.0  # then something else is done
# After each, so many times as long as it took, and where anything was done at least so many seconds: intake has the
# processor, too, and a day's files are written whole.
REST = {"bring_up": (2, 0.0), "forget": (10, 0.0), "write": (30, 120.0)}


@dataclass(frozen=True, slots=True)
class LakePlan:
    """How a lake is kept: by which name its files go, how long stays may be, after how many days they are deleted."""

    hub: str
    longest_ms: int
    keep_days: int


@dataclass(frozen=True, slots=True)
class _Span:
    """A day key in a log: its entries, and the true times of its ends. *believed* as ``TrueTimes`` has it."""

    span: KeySpan
    ends: Ends
    believed: bool

    @property
    def sure(self) -> bool:
        """Whether every time of it may be relied on."""
        return all(time.sureness is Sureness.SURE for _, time in self.ends)


class LakeKeeper:
    """Keeps the *lake* of a hub, made of *parts*, up to its *logs*. Not for two threads at once.

    Raises LakeError, StoreError and OSError where the disk fails; what was done stays, the rest is tried again.
    """

    def __init__(
        self, lake: Path, parts: Path, plan: LakePlan, known: tuple[Catalogue, Logs, LakeState, Witness]
    ) -> None:
        self._lake = lake
        self._home = parts.parent
        self._parts = Parts(parts)
        self._plan = plan
        self._catalogue, self._logs, self._state, self._witness = known
        self._writer: LakeWriter | None = None
        self._faulty: set[str] = set()
        self._unforgotten: set[tuple[str, bytes]] = set()
        self._rested_s: defaultdict[str, float] = defaultdict(float)

    def close(self) -> None:
        """End."""
        if self._writer:
            self._writer.close()

    def keep(self, now_ms: int, deletes_by_ms: int) -> None:
        """Bring everything up, with rests where there is much of it; what is over is over by *deletes_by_ms*."""
        self._do(self.forget, deletes_by_ms)
        demand_room(self._home)
        self._do(self.bring_up, now_ms)
        self._do(self.write, now_ms)

    def _do(self, chore: Callable[[int], int], at_ms: int) -> None:
        if time.monotonic() >= self._rested_s[chore.__name__]:
            began_s = time.monotonic()
            done, (times, least_s) = chore(at_ms), REST[chore.__name__]
            ended_s = time.monotonic()
            self._rested_s[chore.__name__] = ended_s + max(times * (ended_s - began_s), least_s if done else 0.0)

    def bring_up(self, now_ms: int) -> int:
        """Project what has arrived, of at most ``AT_ONCE`` kiosks or for ``WORK_S``; of how many that could be done.

        A log that cannot be read is told of once.
        """
        behind = self._state.behind(AT_ONCE + len(self._faulty))
        sites = {kiosk.id: kiosk.site for kiosk in self._catalogue.kiosks()} if behind else {}
        began_s, done = time.monotonic(), 0
        for kiosk in sorted(behind, key=self._faulty.__contains__):
            if time.monotonic() - began_s > WORK_S:
                break
            try:
                self._bring_up(kiosk, sites[kiosk], now_ms)
            except (StoreError, *UNREADABLE):  # not what the others wait for
                if kiosk not in self._faulty:
                    log.exception("the log of %s cannot be read for the lake", kiosk)
                self._faulty.add(kiosk)
            else:
                self._faulty.discard(kiosk)
                done += 1
        return done

    def forget(self, now_ms: int) -> int:
        """Delete the days of kiosks that are not kept any more, from logs and lake; how many. The tamper log says so
        first. A log on a broken disk keeps no other day; it is told of, and tried again when the hub starts.
        """
        first = (day_of(now_ms) - timedelta(days=self._plan.keep_days)).isoformat()
        if gone := [part for part in self._state.aged_before(first) if _name(part) not in self._unforgotten]:
            stays = sum(self._parts.stays(part.kiosk, part.key_id) for part in gone)
            said = {"what": "purge", "before": first, "keys": len(gone), "stays": stays}
            self._witness.record(now_ms, said | {"days": sorted(frozenset[str]().union(*(part.days for part in gone)))})
        for part in gone:
            try:
                self._forget_log(part)
            except (StoreError, *UNREADABLE):
                log.exception("the log of %s cannot be read to delete what is not kept any more", part.kiosk)
                self._unforgotten.add(_name(part))
                self._drop(part, after=part)
            else:
                self._drop(part)
        return len(gone)

    def write(self, now_ms: int) -> int:
        """Write the files of each day of which something has changed; of how many."""
        due = self._state.due()
        for iso in due:
            named, day = self._state.parts_of(iso), date.fromisoformat(iso)
            self._writer = self._writer or LakeWriter(self._lake, self._plan.hub)
            for table in COLUMNS:
                found = self._parts.of(STAYS if table == PEOPLE else table, named)
                self._writer.write_parts(table, day, found, f"{DAY_COLUMN} = DATE '{iso}'")
            self._state.made([iso])
        if self._writer:
            self._writer.sweep()
        return len(due)

    def _bring_up(self, kiosk: str, site: str, now_ms: int) -> None:
        looks = {name: _Log(self._path(kiosk, name), after) for name, after in self._state.branches(kiosk).items()}
        there: defaultdict[bytes, list[tuple[str, _Span]]] = defaultdict(list)
        for name, look in looks.items():
            for one in look.spans:
                there[one.span.key_id].append((name, one))
        before = self._state.parts(kiosk)
        for key_id in before.keys() - there.keys():
            self._drop(before[key_id])
        for key_id, spans in there.items():
            part, state = before.get(key_id), hashlib.sha256(repr(spans).encode()).hexdigest()
            if part is None or part.state != state or any(key_id in look.erased for look in looks.values()):
                day = Day()
                for name, one in spans:
                    day = day.and_(looks[name].project(one, site, self._plan.longest_ms))
                put_sealed(self._lake, key_id, (person for person, _ in day.people))
                days = frozenset(map(date.isoformat, self._parts.put(kiosk, key_id, _rows(day, kiosk))))
                # What no clock says for sure may be of any day before it came.
                sure = all(one.sure for _, one in spans)
                today = day_of(now_ms).isoformat()
                aged = min(max(days, default=today), today) if sure else part.aged if part else today
                self._state.changed(Part(kiosk, key_id, state, days, aged), part)
        self._state.projected(kiosk, {name: look.through for name, look in looks.items()}, now_ms)

    def _forget_log(self, part: Part) -> None:
        for name in self._state.branches(part.kiosk):
            for one in _Log(self._path(part.kiosk, name), 0).spans:
                if one.span.key_id == part.key_id:
                    self._logs.forget(part.kiosk, name, one.span.last)

    def _drop(self, part: Part, after: Part | None = None) -> None:
        """Take *part* out of the lake; *after* is what stays known of it."""
        put_sealed(self._lake, part.key_id, ())
        self._parts.put(part.kiosk, part.key_id, {})
        self._state.changed(after or replace(part, days=frozenset()), part)

    def _path(self, kiosk: str, name: str) -> Path:
        return self._logs.path(Branch(kiosk, name, "", 0, b"")) / DATABASE


def _name(part: Part) -> tuple[str, bytes]:
    return part.kiosk, part.key_id


class _Log:
    """A branch of a kiosk's log, as it is at one moment: its days that are kept, *erased* some of it after an entry."""

    def __init__(self, path: Path, after: int) -> None:
        self._reader = Reader(path)
        self.through, self.spans, self.erased = self._reader.ask(partial(_looked, after=after))

    def project(self, one: _Span, site: str, longest_ms: int) -> Day:
        """What the lake has of that day."""
        return self._reader.ask(partial(_projected, one=one, site=site, longest_ms=longest_ms))


def _looked(db: sqlite3.Connection, after: int) -> tuple[int, list[_Span], set[bytes]]:
    kept = [span for span in key_spans(db) if span.kept]
    keys = ((key_entry(db, span), span) for span in kept)
    demo = {span.key_id for key, span in keys if key and key.body and key.body.get("demo")}
    times = true_times(db, believed=bool(demo)) if kept else None
    spans = [_Span(span, true_ends(db, times, span), bool(demo)) for span in kept if times]
    return read_head(db).sequence, spans, erased_keys(db, after)


def _projected(db: sqlite3.Connection, one: _Span, site: str, longest_ms: int) -> Day:
    return project(db, true_times(db, believed=one.believed), one.span, site, longest_ms)


def _values(row: KeyedStay | SealedKey) -> tuple[Any, ...]:
    return tuple(getattr(row, column) for column in row.__slots__)


def _rows(day: Day, kiosk: str) -> Rows:
    """*day* as its part has it."""
    return {
        STAYS: [(one.stay.came_ms, (*_values(one.stay), kiosk, one.epoch, one.sequence)) for one in day.stays],
        KEYS: [(key.from_ms, _values(key)) for key in day.keys],
        ALIASES: [(lead.at_ms, (lead.key_id, lead.alias, lead.who)) for lead in day.leads],
    }
