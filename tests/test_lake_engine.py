"""The embedded engine answers what the reference answers, whatever people did, over a lake of real files."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patience import PATIENCE_S

from kiosk.lake.duck import FEW_PEOPLE, FEW_STAYS, DuckEngine
from kiosk.lake.scanning import MOST_RANGES
from kiosk.lake.tables import DAY_MS, PEOPLE, STAYS, LakeError, day_of
from kiosk.lake.writing import LakeWriter
from kiosk.rules.contacts import Question
from kiosk.rules.plain_engine import PlainEngine
from kiosk.rules.tracing import MOST_MET, By, Engine, Index, KeyedStay, Scope, TooManyError, asked_of, nobody

pytest.importorskip("duckdb", reason="DuckDB is not here: it comes with kiosk[hub]")

HOUR_MS = 3_600_000
LONGEST_MS = 12 * HOUR_MS
MIDNIGHT_MS = 20_000 * DAY_MS
WHOS = [(b"key-of-A", b"%d" % who * 16) for who in range(3)] + [(b"key-of-B", b"%d" % who * 16) for who in range(3, 6)]


def keyed(site: str, zone: str, who: tuple[bytes, bytes], times: tuple[int, int, int, int]) -> KeyedStay:
    return KeyedStay(site, zone, *who, *times, inferred=False, sure=True, gate="main")


@st.composite
def keyed_stays(draw: st.DrawFn) -> list[KeyedStay]:
    """Few people, places and hours on both sides of a midnight, so that much meets."""
    made = []
    for _ in range(draw(st.integers(0, 14))):
        came, lasted = MIDNIGHT_MS + draw(st.integers(-18, 18)) * HOUR_MS, draw(st.integers(0, 12)) * HOUR_MS
        late, early = draw(st.integers(0, lasted)), draw(st.integers(0, lasted))
        site, zone = draw(st.sampled_from(["X", "Y'"])), draw(st.sampled_from(["", ".", "hall", "room"]))
        times = (came, came + late, came + lasted - early, came + lasted)
        made.append(keyed(site, zone, draw(st.sampled_from(WHOS)), times))
    return made


scopes = st.builds(
    Scope,
    from_ms=st.integers(-30, 5).map(lambda hours: MIDNIGHT_MS + hours * HOUR_MS),
    until_ms=st.integers(0, 40).map(lambda hours: MIDNIGHT_MS + hours * HOUR_MS),
    by=st.sampled_from(By),
    sites=st.sampled_from([frozenset[str](), frozenset({"X"}), frozenset({"X", "Y'"})]),
)
questions = st.builds(
    Question,
    least_ms=st.integers(1, 5).map(lambda hours: hours * HOUR_MS // 2),
    tail_ms=st.integers(0, 3).map(lambda hours: hours * HOUR_MS),
    longest_ms=st.just(LONGEST_MS),
)


def by_day(stays: Iterable[KeyedStay]) -> dict[date, list[KeyedStay]]:
    found = defaultdict(list)
    for stay in stays:
        found[day_of(stay.came_ms)].append(stay)
    return found


@contextmanager
def lake_of(stays: Iterable[KeyedStay], most: int = MOST_MET) -> Iterator[DuckEngine]:
    with TemporaryDirectory() as folder:
        writer = LakeWriter(Path(folder), "hub")
        for day, some in by_day(stays).items():
            rows = [asdict(stay) | {"kiosk": "k", "epoch": "e", "sequence": n} for n, stay in enumerate(some)]
            for table in (STAYS, PEOPLE):
                writer.write_rows(table, day, rows)
        writer.close()
        engine = DuckEngine(Path(folder), most=most)
        try:
            yield engine
        finally:
            engine.close()


def both(stays: list[KeyedStay], engine: DuckEngine) -> tuple[Engine, Engine]:
    return engine, PlainEngine(stays)


@settings(max_examples=40, deadline=None)
@given(keyed_stays(), scopes, questions, st.sets(st.sampled_from(WHOS), min_size=1))
def test_every_answer_is_that_of_the_reference(
    stays: list[KeyedStay], scope: Scope, question: Question, whos: set[tuple[bytes, bytes]]
) -> None:
    selves = asked_of(whos)
    with lake_of(stays) as duck:
        engine, plain = both(stays, duck)
        theirs = plain.stays_of(selves, scope)
        index = Index(theirs, selves)
        assert engine.stays_of(selves, scope) == theirs
        found = plain.met(index, scope, question)
        assert engine.met(index, scope, question) == found
        assert engine.count(index, scope, question) == plain.count(index, scope, question)
        first_ms = {(met.key_id, met.who): met.contact.first_ms for met in found}
        later = plain.met_later(first_ms, selves, scope, question)
        assert engine.met_later(first_ms, selves, scope, question) == later


def told(ask: Callable[[], Sequence[object]]) -> int | Sequence[object]:
    """What is answered, or of how many that is refused."""
    try:
        return ask()
    except TooManyError as refused:
        return refused.met


@settings(max_examples=30, deadline=None)
@given(keyed_stays(), scopes, questions, st.sampled_from([0, 1, 2]))
def test_more_than_an_answer_may_be_of_is_counted_and_refused_as_the_reference_does(
    stays: list[KeyedStay], scope: Scope, question: Question, most: int
) -> None:
    selves = asked_of(WHOS[:1])
    plain, few = PlainEngine(stays), PlainEngine(stays, most=most)
    index = Index(plain.stays_of(selves, scope), selves)
    met = plain.met(index, scope, question)
    first_ms = {(one.key_id, one.who): one.contact.first_ms for one in met}
    later = plain.met_later(first_ms, selves, scope, question)
    with lake_of(stays, most) as duck:
        for engine in (duck, few):
            assert told(lambda: engine.met(index, scope, question)) == (met if len(met) <= most else len(met))  # noqa: B023
            assert told(lambda: engine.met_later(first_ms, selves, scope, question)) == (  # noqa: B023
                later if len(later) <= most else len(later)
            )
            assert engine.count(index, scope, question).met == len(met)


@settings(max_examples=20, deadline=None)
@given(keyed_stays(), scopes, questions, st.sampled_from(["", "hall"]))
def test_a_place_and_a_time_are_asked_about_as_a_person_is(
    stays: list[KeyedStay], scope: Scope, question: Question, zone: str
) -> None:
    index = nobody("X", zone, scope.from_ms, scope.until_ms)
    with lake_of(stays) as duck:
        engine, plain = both(stays, duck)
        assert engine.met(index, scope, question) == plain.met(index, scope, question)
        assert engine.count(index, scope, question) == plain.count(index, scope, question)


@pytest.mark.parametrize("by", By)
def test_many_people_at_many_places_asked_of_at_once_are_answered_alike(by: By) -> None:
    chance = random.Random(11)
    whos = [(b"key-%04d" % (number % 40), b"%016d" % number) for number in range(1_500)]
    stays = []
    for who in whos * 2:
        came, lasted = MIDNIGHT_MS + chance.randrange(-40, 40) * HOUR_MS, chance.randrange(13) * HOUR_MS
        site, zone = f"site-{chance.randrange(90)}", chance.choice(["", ".", "hall"])
        stays.append(keyed(site, zone, who, (came, came, came + lasted, came + lasted)))
    scope, question = Scope(MIDNIGHT_MS - DAY_MS, MIDNIGHT_MS + DAY_MS, by), Question(HOUR_MS, HOUR_MS, LONGEST_MS)
    with lake_of(stays) as duck:
        engine, plain = both(stays, duck)
        everybody = plain.stays_of(asked_of(whos), scope)
        assert len(everybody) > FEW_PEOPLE
        assert engine.stays_of(asked_of(whos), scope) == everybody
        index = Index(plain.stays_of(asked_of(whos[:150]), scope), asked_of(whos[:150]))
        assert len({stay.site for stay in index.stays}) > MOST_RANGES
        assert len(index.stays) > FEW_STAYS
        found = plain.met(index, scope, question)
        assert engine.met(index, scope, question) == found
        assert engine.count(index, scope, question) == plain.count(index, scope, question)
        first_ms = {(met.key_id, met.who): met.contact.first_ms for met in found[:100]}
        later = plain.met_later(first_ms, index.selves, scope, question)
        assert engine.met_later(first_ms, index.selves, scope, question) == later
        with closing(DuckEngine(duck._lake, most=len(later) - 1)) as bounded:
            refused = told(lambda: bounded.met_later(first_ms, index.selves, scope, question))
        assert refused == len(later) > 1


def test_whoever_asks_while_a_day_is_written_anew_is_answered_as_it_was_before_or_after(tmp_path: Path) -> None:
    came, went = MIDNIGHT_MS, MIDNIGHT_MS + HOUR_MS
    one, *others = (keyed("X", ".", who, (came, came, went, went)) for who in WHOS)
    writer, engine = LakeWriter(tmp_path, "hub"), DuckEngine(tmp_path)
    scope, question = Scope(came, went), Question(HOUR_MS // 2, 0, LONGEST_MS)
    done, told = threading.Event(), set[int]()

    def write(some: list[KeyedStay]) -> None:
        rows = [asdict(stay) | {"kiosk": "k", "epoch": "e", "sequence": 1} for stay in [one, *some]]
        for table in (STAYS, PEOPLE):
            writer.write_rows(table, day_of(came), rows)

    def ask() -> None:
        while not done.is_set():
            told.add(len(engine.met(Index([one], {}), scope, question)))

    write(others)
    with ThreadPoolExecutor(2) as threads:
        asking = [threads.submit(ask) for _ in range(2)]
        until_s = time.monotonic() + PATIENCE_S
        for number in itertools.count():
            write(others[: 1 + number % len(others)])
            if number >= 40 and (len(told) > 1 or time.monotonic() > until_s):
                break
        done.set()
        for asker in asking:
            asker.result()
    writer.close()
    engine.close()
    assert told <= {1, 2, 3, 4, 5}
    assert len(told) > 1


def test_what_another_hub_has_in_the_same_lake_counts_too_and_stays_when_ours_goes(tmp_path: Path) -> None:
    came, went = MIDNIGHT_MS, MIDNIGHT_MS + HOUR_MS
    stays = [keyed("X", ".", who, (came, came, went, went)) for who in WHOS[:2]]
    for hub, stay in zip(("east.example", "west.example"), stays, strict=True):
        with closing(LakeWriter(tmp_path, hub)) as writer:
            for table in (STAYS, PEOPLE):
                row = asdict(stay) | {"kiosk": "k", "epoch": "e", "sequence": 1}
                writer.write_rows(table, day_of(came), [row])
    scope, asked = Scope(came, went), asked_of(WHOS)
    with closing(DuckEngine(tmp_path)) as engine:
        assert len(engine.stays_of(asked, scope)) == 2
        with closing(LakeWriter(tmp_path, "east.example")) as writer:
            for table in (STAYS, PEOPLE):
                writer.write_rows(table, day_of(came), [])
        assert engine.stays_of(asked, scope) == stays[1:]


def test_a_file_that_is_damaged_is_told_of_in_one_sentence(tmp_path: Path) -> None:
    stay = keyed("X", ".", WHOS[0], (MIDNIGHT_MS, MIDNIGHT_MS, MIDNIGHT_MS, MIDNIGHT_MS))
    with closing(LakeWriter(tmp_path, "hub")) as writer:
        writer.write_rows(PEOPLE, day_of(MIDNIGHT_MS), [asdict(stay) | {"kiosk": "k", "epoch": "e", "sequence": 1}])
    (path,) = tmp_path.rglob("*.parquet")
    path.write_bytes(b"no Parquet")
    with closing(DuckEngine(tmp_path)) as engine, pytest.raises(LakeError, match="cannot be asked"):
        engine.stays_of(asked_of(WHOS), Scope(MIDNIGHT_MS, MIDNIGHT_MS))
