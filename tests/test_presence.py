"""Who was inside, when: whatever happens at the gates, log, tables and rules say the same, and nobody is twice inside.

Random histories go through the real door: several codes of a person, gates in, out and both, slips, a
clock that jumps, restarts, a site that fills up, closes, turns its day key and erases old days.
"""

from __future__ import annotations

import dataclasses
import itertools
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import OpenSite, Site, local_ms, settings_with
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk import retention
from kiosk.config import Consent
from kiosk.devices import clock
from kiosk.house import House, open_house
from kiosk.rules import invented
from kiosk.rules.model import ClockState, Direction, Kind, Moment, Outcome, Reading
from kiosk.rules.presence import Counts, Presence, Visit, presence_of
from kiosk.store import spool
from kiosk.store.checking import project_again, verify_log
from kiosk.store.projections import TABLES, VISIT_COLUMNS

PEOPLE = 4
CODES = [invented.codes(invented.person(i)) for i in range(PEOPLE)]
SECOND_MS, HOUR_MS = 1000, 3_600_000


@dataclasses.dataclass(frozen=True)
class Show:
    """Somebody shows a code, or (kind SLIP) the slip of a ticket given earlier."""

    person: int
    kind: Kind
    gate: Direction


@dataclasses.dataclass(frozen=True)
class Pass:
    """Time passes, and the wall clock jumps beside it."""

    passed_ms: int
    jump_ms: int = 0


@dataclasses.dataclass(frozen=True)
class Restart:
    """The machine starts anew: another boot, the monotonic clock at zero."""


@dataclasses.dataclass(frozen=True)
class KeepHouse:
    """Closing, the turn of the day key."""

    state: ClockState


@dataclasses.dataclass(frozen=True)
class Purge:
    """Days that are over are erased."""


Step = Show | Pass | Restart | KeepHouse | Purge
CARDS = st.sampled_from([Kind.ID_CARD, Kind.INSURANCE, Kind.UNIFIED, Kind.TYPED, Kind.SLIP])
SHOWS = st.builds(Show, st.integers(0, PEOPLE - 1), CARDS, st.sampled_from(Direction))
TIMES = st.sampled_from([4 * SECOND_MS, 61 * SECOND_MS, HOUR_MS, 9 * HOUR_MS, 20 * HOUR_MS])
JUMPS = st.sampled_from([0, 0, 0, -30 * SECOND_MS, -5 * HOUR_MS, 2 * HOUR_MS])
STEPS = st.one_of(
    SHOWS, SHOWS, SHOWS, st.builds(Pass, TIMES, JUMPS), st.builds(KeepHouse, st.sampled_from(ClockState)),
    st.sampled_from([Restart(), Purge()]),
)  # fmt: skip
SITES = st.fixed_dictionaries(
    {
        "capacity": st.sampled_from([0, 1, 2]),
        "closes": st.sampled_from(["", "17:00"]),
        "consent": st.sampled_from([Consent.NOTICE, Consent.ASK]),
    }
)
HISTORIES = st.lists(STEPS, min_size=20, max_size=40)


class History:
    """Lives through steps with a door and a clock of its own."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.site = Site(house)
        self._wall_ms = local_ms("2026-11-20T08:00", house.settings)
        self._running_ms, self._boot = 0, 0
        self._slips: list[bytes] = []

    def live(self, step: Step) -> None:
        """One step."""
        match step:
            case Show(person, Kind.SLIP, gate):
                self._show(self._slips[person % len(self._slips)] if self._slips else b"KSK1:NOTHING", gate)
            case Show(person, kind, gate):
                self._show(CODES[person][kind], gate, typed=kind is Kind.TYPED)
            case Pass(passed_ms, jump_ms):
                self._running_ms += passed_ms
                self._wall_ms += passed_ms + jump_ms
            case Restart():
                self._running_ms, self._boot = 0, self._boot + 1
                self.site = Site(self.house)
            case KeepHouse(state):
                self.site.door.keep_house(self._now(state))
            case Purge():
                retention.purge(self.house.store, self._now(ClockState.SET), 0)

    def _show(self, code: bytes, gate: Direction, *, typed: bool = False) -> None:
        reading = Reading(code, "test", self._now(ClockState.SET), typed=typed)
        scan = self.site.door.present([code], self.house.settings.gate(gate), reading)
        assert scan.decision.outcome is not Outcome.PASSED_UNRECORDED
        job = spool.next_job(self.house.store.db)
        if job:
            self._slips.append(job.ticket.slip_code.encode())
            with self.house.store.writing(None) as writing:
                spool.mark_printed(writing.db, job.id)

    def _now(self, state: ClockState) -> Moment:
        return Moment(self._wall_ms, self._running_ms, f"boot {self._boot}", state)


@contextmanager
def opened(data: Path, site: dict[str, Any]) -> Iterator[History]:
    """A fresh house for one history."""
    chosen = settings_with(site=site)
    moment = Moment(local_ms("2026-11-20T07:00", chosen), 0, "boot 0", ClockState.SET)
    with open_house(chosen, data, demo=True, now=moment) as house:
        house.store.db.execute("PRAGMA synchronous = OFF")  # thousands of passages; power cuts are tested elsewhere
        yield History(house)


def tables_of(house: House) -> Presence:
    """What the tables say, in the words of the rules."""
    visits, names, waiting, counts = (
        house.store.db.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall()
        for table, columns in TABLES.items()
    )
    found = [Visit(**dict(zip(VISIT_COLUMNS, row, strict=True))) for row in visits]
    return Presence(
        {visit.id: dataclasses.replace(visit, exit_inferred=bool(visit.exit_inferred)) for visit in found},
        {who: (visit, bool(sealed)) for who, visit, sealed in names},
        {who: (sequence, at_ms) for who, sequence, at_ms in waiting},
        {key_id: Counts(*numbers) for key_id, *numbers in counts},
    )


def overlapping(visits: Iterable[Visit]) -> list[tuple[Visit, Visit]]:
    """Pairs of visits of one pseudonym of which the second begins before the first has ended."""
    by_who = defaultdict(list)
    for visit in visits:
        by_who[visit.who].append(visit)
    pairs = itertools.chain.from_iterable(itertools.pairwise(visits) for who, visits in by_who.items() if who)
    return [(one, next_) for one, next_ in pairs if one.left_ms is None or one.left_ms > began(next_)]


def began(visit: Visit) -> int:
    """When it began, or, where nobody saw that, ended."""
    at_ms = visit.left_ms if visit.entered_ms is None else visit.entered_ms
    assert at_ms is not None
    return at_ms


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(HISTORIES, SITES)
def test_log_tables_and_rules_say_the_same_after_every_history(steps: list[Step], site: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as data, opened(Path(data), site) as history:
        for step in steps:
            history.live(step)
        house = history.house
        presence, tables = presence_of(history.site.reader.events_after(0, 10_000)), tables_of(house)
        assert tables == presence
        assert not any(project_again(house.store.db).values())
        assert verify_log(house.store.db, house.vault.head_seal).fault == ""


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(HISTORIES, SITES)
def test_nobody_is_inside_twice_and_everybody_inside_is_counted(steps: list[Step], site: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as data, opened(Path(data), site) as history:
        for step in steps:
            history.live(step)
        visits = tables_of(history.house).visits.values()
        inside = sum(visit.left_ms is None for visit in visits)
        assert history.site.reader.occupancy().inside == inside
        assert not site["capacity"] or inside <= site["capacity"]
        assert all(visit.left_ms is None or began(visit) <= visit.left_ms for visit in visits)
        assert overlapping(visits) == []


def test_closing_time_holds_at_a_busy_door_too(open_site: OpenSite) -> None:
    site = open_site(site={"closes": "17:00"})
    site.show(CODES[0][Kind.ID_CARD], "in", "16:00")
    late = site.show(CODES[1][Kind.ID_CARD], "in", "17:00:03")
    site.door.keep_house(clock.stated(site.ms("17:00:05")))
    left_ms = [visit.left_ms for visit in reversed(site.reader.arrivals())]
    assert (left_ms, late.sequence) == ([site.ms("17:00"), None], site.reader.inside()[0].id)
