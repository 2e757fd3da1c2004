"""Whatever staff put right in whatever order, log, tables and rules say the same, and undo puts back what stood before.

Random histories go through the real door, its counters and its corrections.
"""

from __future__ import annotations

import dataclasses
import tempfile
from collections import Counter as Tally
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import test_presence
from conftest import local_ms, settings_with
from hypothesis import given, settings
from hypothesis import strategies as st
from test_presence import History, KeepHouse, Pass, Purge, Restart, overlapping, tables_of
from test_queue_tables import queue_in

from kiosk.config.queueing import CounterSettings, ServiceSettings, StageSettings
from kiosk.correcting import correct, now_in
from kiosk.house import open_house
from kiosk.queue import Counters
from kiosk.rules import queueing
from kiosk.rules.corrections import OTHERS, Act, Refusal, Wish, decide
from kiosk.rules.entries import Entry
from kiosk.rules.model import ClockState, Moment
from kiosk.rules.presence import Counts, Presence, Visit, presence_of
from kiosk.store.checking import project_again, verify_log
from kiosk.store.clocks import RUN_TABLES
from kiosk.store.corrections import CorrectionTables
from kiosk.store.projections import EVERY_TABLE
from kiosk.store.queue import QueueTables

MINUTE_MS, HOUR_MS = 60_000, 3_600_000
PLAN: dict[str, Any] = {
    "stages": (
        StageSettings("first", "Khám"),
        StageSettings("shot", "Tiêm"),
        StageSettings("watch", "Chờ", observe_s=600),
    ),
    "services": (
        ServiceSettings("first", "Khám", "first", "A"),
        ServiceSettings("shot", "Tiêm", "shot", "B"),
        ServiceSettings("watch", "Theo dõi", "watch", "C"),
    ),
    "counters": (CounterSettings("1", "Một", ("first",)), CounterSettings("2", "Hai", ("shot",))),
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Correct:
    """Staff put something right about one of today's visits, if they may."""

    act: Act
    visit: int
    other: int
    ago_ms: int | None


@dataclasses.dataclass(frozen=True)
class PutRight:
    """Staff do it about a visit of today for which they may, with another where that is needed."""

    act: Act
    choice: int


@dataclasses.dataclass(frozen=True)
class Undo:
    """Staff take back one of the latest corrections, if they may."""

    back: int


@dataclasses.dataclass(frozen=True)
class AtCounter:
    """Somebody at a counter acts."""

    counter: str
    act: queueing.Act


Step = test_presence.Step | Correct | PutRight | Undo | AtCounter
ACTS = st.sampled_from([act for act in Act if act is not Act.UNDO])
AGO = st.sampled_from([None, 0, MINUTE_MS, HOUR_MS])
CORRECTIONS = st.builds(Correct, ACTS, st.integers(0, 5), st.integers(0, 5), AGO)
PUT_RIGHT = st.builds(PutRight, ACTS, st.integers(0, 100))
COUNTER_ACTS = st.sampled_from([queueing.Act.CALL, queueing.Act.CALL, queueing.Act.FINISH, queueing.Act.UNDO])
TIMES = st.sampled_from([MINUTE_MS, MINUTE_MS, HOUR_MS, 9 * HOUR_MS, 20 * HOUR_MS])
STEPS = st.one_of(
    test_presence.SHOWS,
    test_presence.SHOWS,
    st.builds(AtCounter, st.sampled_from("12"), COUNTER_ACTS),
    CORRECTIONS,
    PUT_RIGHT,
    PUT_RIGHT,
    PUT_RIGHT,
    st.builds(Undo, st.integers(0, 3)),
    st.builds(Pass, TIMES),
    st.sampled_from([KeepHouse(ClockState.SET), KeepHouse(ClockState.SET), Restart(), Purge()]),
)


class CorrectedHistory(History):
    """A history in which counters call and staff put things right."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.granted: list[int] = []
        self._counters = Counters(self.house.settings.plan())

    def live(self, step: Any) -> None:
        match step:
            case Correct():
                self._correct(step)
            case PutRight(act, choice):
                if wishes := self._granted_now(act):
                    self._put_right(wishes[choice % len(wishes)])
            case Undo(back) if self.granted:
                self._grant(Wish(Act.UNDO, undoes=self.granted[-1 - back % len(self.granted)]))
            case Undo():
                pass
            case AtCounter(counter, act):
                self._counters.act(self.house.store, queueing.Wish(act, counter), self._now(ClockState.SET))
            case _:
                super().live(step)

    def _correct(self, step: Correct) -> None:
        today = self.site.reader.today()[::-1]
        if not today:
            return
        visit, other = (today[-1 - number % len(today)].id for number in (step.visit, step.other))
        at_ms = None if step.ago_ms is None else self._shown_ms() - step.ago_ms
        needs_other = step.act in OTHERS or (step.act is Act.WENT_OUT and step.other % 2)
        wish = Wish(step.act, visit, other if needs_other else 0, at_ms, by="Lan", why="nhầm")
        self._put_right(wish)

    def _granted_now(self, act: Act) -> list[Wish]:
        """Every wish of that kind that would be granted."""
        db, settings_now = self.house.store.db, self.house.settings
        view, now = CorrectionTables(db), now_in(db, self.house.store.head(), settings_now, self._shown_ms())
        today = [row.id for row in self.site.reader.today()]
        others = today if act in OTHERS else [0, *today] if act is Act.WENT_OUT else [0]
        wishes = [Wish(act, visit, other, by="Lan", why="nhầm") for visit in today for other in others]
        return [wish for wish in wishes if not isinstance(decide(wish, view, now), Refusal)]

    def _put_right(self, wish: Wish) -> None:
        """Do it, take it back, which changes nothing, and do it again."""
        before = self.tables()
        sequence = self._grant(wish)
        if not sequence:
            return
        assert self.tables() != before
        undone = self._ask(Wish(Act.UNDO, undoes=sequence))
        if undone is Refusal.CLOSED:  # the house closes meanwhile, and will say so of who is not to be inside
            return
        assert not isinstance(undone, Refusal)
        assert self.tables() == before
        assert not self._grant(Wish(Act.UNDO, undoes=sequence))
        again = self._grant(wish)
        assert again
        self.granted.append(again)

    def _grant(self, wish: Wish) -> int:
        entry = self._ask(wish)
        return 0 if isinstance(entry, Refusal) else entry.sequence

    def _ask(self, wish: Wish) -> Entry | Refusal:
        return correct(self.house.store, self.house.settings, wish, self._now(ClockState.SET))

    def _shown_ms(self) -> int:
        return self.house.store.shown_ms(self._now(ClockState.SET))

    def tables(self) -> dict[str, list[Any]]:
        """Every row that follows from the log."""
        db = self.house.store.db
        return {
            table: sorted(db.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall(), key=repr)
            for table, columns in EVERY_TABLE.items()
            if table not in RUN_TABLES  # a boot that has begun is not undone
        }


@contextmanager
def opened(data: Path, closes: str) -> Iterator[CorrectedHistory]:
    chosen = settings_with(site={"closes": closes}, **PLAN)
    moment = Moment(local_ms("2026-11-20T07:00", chosen), 0, "boot 0", ClockState.SET)
    with open_house(chosen, data, demo=True, now=moment) as house:
        house.store.db.execute("PRAGMA synchronous = OFF")
        yield CorrectedHistory(house)


def counted_anew(presence: Presence) -> dict[bytes, Counts]:
    """Counts from nothing but the visits; the last number given is no count."""
    counts: dict[bytes, Counts] = {}
    for key_id in presence.counts:
        visits = [visit for visit in presence.visits.values() if visit.key_id == key_id]
        ways = Tally(_way(visit) for visit in visits)
        entered = len(visits) - ways["unmatched"]
        number = presence.counts[key_id].number
        counts[key_id] = Counts(ways["inside"], entered, ways["left"], ways["inferred"], ways["unmatched"], number)
    return counts


def span(visit: Visit) -> tuple[float, float]:
    """From when to when, for ever while inside: one moment at the door may end a visit and begin another."""
    return test_presence.began(visit), float("inf") if visit.left_ms is None else visit.left_ms


def _way(visit: Visit) -> str:
    if visit.left_ms is None:
        return "inside"
    if visit.entered_ms is None:
        return "unmatched"
    return "inferred" if visit.exit_inferred else "left"


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(st.lists(STEPS, min_size=15, max_size=40), st.sampled_from(["", "17:00"]))
def test_log_tables_and_rules_say_the_same_whatever_staff_put_right(steps: list[Step], closes: str) -> None:
    with tempfile.TemporaryDirectory() as data, opened(Path(data), closes) as history:
        for step in steps:
            history.live(step)
        house = history.house
        entries = history.site.reader.events_after(0, 10_000)
        presence, queue = presence_of(entries), queueing.queue_of(entries)
        kept = queue_in(house.store.db)
        erased = bool([entry for entry in entries if entry.body is None])
        assert tables_of(house) == presence
        assert kept.tickets == queue.tickets
        assert QueueTables(house.store.db).turns(0) == [queue.turns[sequence] for sequence in sorted(queue.turns)]
        assert erased or presence.counts == counted_anew(presence)
        assert verify_log(house.store.db, house.vault.head_seal).fault == ""
        assert not any(project_again(house.store.db).values())


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(st.lists(STEPS, min_size=15, max_size=40), st.sampled_from(["", "17:00"]))
def test_nobody_is_inside_twice_nor_in_line_when_gone_whatever_staff_put_right(steps: list[Step], closes: str) -> None:
    with tempfile.TemporaryDirectory() as data, opened(Path(data), closes) as history:
        for step in steps:
            history.live(step)
            tables = tables_of(history.house)
            inside = {visit.id for visit in tables.visits.values() if visit.left_ms is None}
            open_tickets = {
                ticket.id for ticket in queue_in(history.house.store.db).tickets.values() if not ticket.closed_ms
            }
            assert history.site.reader.occupancy().inside == len(inside)
            assert open_tickets <= inside
            assert overlapping(sorted(tables.visits.values(), key=span)) == []
            assert all(count >= 0 for counts in tables.counts.values() for count in dataclasses.astuple(counts))
            assert (
                len([v for v in tables.visits.values() if v.left_ms is not None and test_presence.began(v) > v.left_ms])
                == 0
            )
