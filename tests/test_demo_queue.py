"""``kiosk demo`` at a site with counters: people are called through all stages, and the last day is in full swing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from conftest import local_ms

from kiosk import demo
from kiosk.config import Settings, load
from kiosk.devices import clock
from kiosk.house import House, open_house
from kiosk.numbers import DayBook
from kiosk.rules.entries import EntryKind
from kiosk.rules.queueing import AT_COUNTER, ENDS, Act, State, queue_of
from kiosk.store.checking import project_again, verify_log
from kiosk.store.queue import QueueTables
from kiosk.store.reading import Reader

EXAMPLE = Path(__file__).parent.parent / "firmware_config" / "vaccination.example.toml"
NOW = "2026-11-20T14:30"


def filled(data: Path, now: str, days: int, settings: Settings) -> Iterator[House]:
    """A house in which the demo has just come to its end."""
    now_ms = local_ms(now, settings)
    first_ms = demo.opening_ms(now_ms, settings.zone) - (days - 1) * demo.DAY_MS
    with open_house(settings, data, demo=True, now=clock.stated(first_ms)) as house:
        demo.fill(house.door(), house.store, now_ms, days)
        yield house


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    yield from filled(tmp_path_factory.mktemp("demo") / "data", NOW, 2, load(EXAMPLE))


def acts(house: House) -> list[dict[str, Any]]:
    entries = Reader(house.database).events_after(0, 1 << 62)
    return [entry.body for entry in entries if entry.header.kind == EntryKind.CALL and entry.body]


def states(house: House, *, today: bool) -> Counter[State]:
    key_id = house.store.head().key_id
    rows = house.store.db.execute("SELECT state, key_id = ? FROM queue_ticket", (key_id,))
    return Counter(State(state) for state, of_today in rows if of_today == today)


def test_every_ticket_of_the_day_before_is_in_an_end_state(house: House) -> None:
    found = states(house, today=False)
    assert found.keys() == ENDS
    assert found[State.DONE] > 0.8 * found.total() > 100


def test_the_last_day_ends_with_people_at_every_turn_of_the_way(house: House) -> None:
    found = states(house, today=True)
    assert found[State.WAITING] > 5
    assert found[State.OBSERVING] > 5
    assert sum(found[state] for state in AT_COUNTER) > 3
    assert found[State.DONE] > 50


def test_log_and_tables_are_whole(house: House) -> None:
    assert not verify_log(house.store.db, house.vault.head_seal).fault
    assert set(project_again(house.store.db).values()) == {0}


def test_everything_that_staff_can_do_has_been_done(house: House) -> None:
    by_hand = {Act.NUMBER, Act.ORDINARY}  # for what a demo has not: a roll of numbers, a mistake of staff
    assert {act["act"] for act in acts(house)} == set(Act) - by_hand


def test_people_wait_as_they_would(house: House) -> None:
    turns = QueueTables(house.store.db).turns(0)
    waits_min = sorted((turn.called_ms - turn.since_ms) / 60_000 for turn in turns)
    assert 2 < waits_min[len(waits_min) // 2] < 30
    assert waits_min[-1] < 120


def test_at_noon_every_second_counter_has_a_break(house: House) -> None:
    calls = QueueTables(house.store.db).turns(0)
    plan = house.settings.plan()
    at = {
        counter.id: [plan.local_time(turn.called_ms) for turn in calls if turn.counter == counter.id]
        for counter in plan.counters
    }
    for number, times in enumerate(at.values()):
        begins, ends = ("12:00", "12:30") if number % 2 else ("11:30", "12:00")
        assert times
        assert not [time for time in times if begins <= time < ends]


def test_whoever_is_done_goes_home(house: House) -> None:
    inside = house.store.db.execute(
        "SELECT count(*) FROM queue_ticket WHERE state = 'done' AND closed_ms IS NULL AND key_id = ?",
        (house.store.head().key_id,),
    ).fetchone()[0]
    assert inside < 0.2 * states(house, today=True)[State.DONE]


def test_what_comes_after_it_is_on_disk_at_once_again(house: House) -> None:
    full = 2
    assert house.store.db.execute("PRAGMA synchronous").fetchone() == (full,)


def test_nothing_waits_for_paper(house: House) -> None:
    assert Reader(house.database).tickets_waiting_for_paper() == 0


def test_the_same_demo_has_the_same_day(tmp_path: Path) -> None:
    told = []
    for name in ("one", "other"):
        for house in filled(tmp_path / name, "2026-11-20T08:05", 1, load(EXAMPLE)):
            told.append([(act["act"], act["counter"], act["ticket"]) for act in acts(house)])
    one, other = told
    assert one == other != []


def test_a_full_site_keeps_people_outside_until_there_is_room(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8").replace("capacity = 150", "capacity = 20")
    (tmp_path / "kiosk.toml").write_text(text, encoding="utf-8")
    for house in filled(tmp_path / "data", "2026-11-20T09:00", 1, load(tmp_path / "kiosk.toml")):
        bodies = [entry.body or {} for entry in Reader(house.database).events_after(0, 1 << 62)]
        assert max(accumulate(("opens" in body) - ("closes" in body) for body in bodies)) == 20
        assert [body["outcome"] for body in bodies if "outcome" in body].count("waiting") > 20
        assert states(house, today=True)[State.DONE] > 30


def test_a_day_s_numbers_have_the_waits_that_its_log_tells(house: House) -> None:
    entries = {entry.sequence: entry for entry in Reader(house.database).events_after(0, 1 << 62)}
    waited: Counter[str] = Counter()
    sooner = told = 0
    for turn in queue_of(entries.values()).turns.values():
        issued = entries[turn.ticket]
        if issued.header.key_id == house.store.head().key_id and turn.ahead is not None:
            waited[turn.service] += 1
            range_min = (issued.body or {})["queue"].get("told") if issued.header.at_ms == turn.since_ms else None
            told += range_min is not None
            sooner += range_min is not None and turn.called_ms - turn.since_ms < range_min[0] * 60_000
    found = DayBook(Reader(house.database), house.settings).newest(1)[0].numbers
    assert found
    assert {service: waits.count for service, waits in found.waits.items()} == waited
    assert (found.all_waits.told, found.all_waits.sooner) == (told, sooner)
    assert told > 50
