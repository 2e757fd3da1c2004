"""Whoever asks is forgotten at once: nothing of them is left, and all that is kept of others stays right."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path
from typing import Any

import pytest
from conftest import Site
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_corrections_always import STEPS, AtCounter, Correct, CorrectedHistory, PutRight, opened
from test_presence import CODES, PEOPLE, KeepHouse, Pass, Purge, Show, tables_of
from test_queue_tables import queue_in

from kiosk import by_hand
from kiosk.correcting import correct
from kiosk.devices import clock
from kiosk.erasing import NotErased, Refusal, erase_ordered, erase_today, kept_today
from kiosk.retention import turn_if_due
from kiosk.rules import corrections, queueing
from kiosk.rules.corrections import Act, Wish
from kiosk.rules.entries import Body, Entry, EntryKind
from kiosk.rules.model import ClockState, Direction, Kind, Person, Reading
from kiosk.rules.presence import presence_of
from kiosk.rules.staff_acts import StaffAct, staff_body
from kiosk.store.checking import project_again, repair, verify_log
from kiosk.store.queue import QueueTables
from kiosk.store.todays import entries_today


@dataclasses.dataclass(frozen=True)
class Erase:
    """Somebody shows a code and wishes that all of today is erased."""

    person: int
    kind: Kind


@dataclasses.dataclass(frozen=True)
class Order:
    """The tracing team orders that an entry of an earlier day is erased."""

    back: int


ERASURES = st.builds(Erase, st.integers(0, PEOPLE - 1), st.sampled_from([Kind.ID_CARD, Kind.INSURANCE]))
ALL_STEPS = st.one_of(STEPS, STEPS, STEPS, ERASURES, st.builds(Order, st.integers(0, 8)))


class ErasedHistory(CorrectedHistory):
    """A history in which people wish to be forgotten."""

    def live(self, step: Any) -> None:
        match step:
            case Erase(person, kind):
                reading = Reading(CODES[person][kind], "test", self._now(ClockState.SET))
                self._erase(self.site.door.pseudonyms_of(reading))
            case Order(back):
                self._order(back)
            case _:
                super().live(step)

    def _erase(self, whos: Any) -> None:
        store = self.house.store
        before = self.tables()
        try:
            erase_today(store, kept_today(store.db, whos), self._now(ClockState.SET), "Lan")
        except NotErased:
            assert self.tables() == before
            return
        after = self.tables()
        assert after["occupancy"] == before["occupancy"]
        assert after["queue_number"] == before["queue_number"]
        assert after["queue_desk"] == before["queue_desk"]
        for table in ("visit", "queue_ticket", "queue_turn", "name", "waiting"):
            assert set(after[table]) <= set(before[table])
        assert kept_today(store.db, whos) is None

    def _order(self, back: int) -> None:
        db = self.house.store.db
        rows = db.execute(
            "SELECT sequence FROM entry WHERE kind = 'scan' AND body IS NOT NULL"
            " AND key_id <> (SELECT key_id FROM head) ORDER BY sequence DESC"
        ).fetchall()
        if rows:
            before = self.tables()
            erase_ordered(self.house.store, [rows[back % len(rows)][0]], self._now(ClockState.SET))
            after = self.tables()
            for table in ("occupancy", "queue_number", "queue_desk", "name", "waiting"):
                assert after[table] == before[table]


def whos_of(site: Site, person: int, time: str = "12:00") -> tuple[bytes, ...]:
    reading = Reading(CODES[person][Kind.ID_CARD], "test", clock.stated(site.ms(time)))
    return site.door.pseudonyms_of(reading)


def erased(site: Site, person: int, time: str = "12:00") -> Entry:
    kept = kept_today(site.house.store.db, whos_of(site, person, time))
    return erase_today(site.house.store, kept, clock.stated(site.ms(time)), "Lan")


def stays(site: Site, person: int, came: str, left: str = "") -> int:
    """A visit of *person*; its sequence."""
    sequence = site.show(CODES[person][Kind.ID_CARD], "in", came).sequence
    if left:
        site.show(CODES[person][Kind.ID_CARD], "out", left)
    assert sequence
    return sequence


def bodies(site: Site) -> dict[int, Body | None]:
    return {entry.sequence: entry.body for entry in site.reader.events_after(0, 1000)}


def test_the_bodies_of_a_person_go_and_one_entry_says_which(site: Site) -> None:
    came = stays(site, 0, "08:00", "08:30")
    stays(site, 1, "08:10")
    body = erased(site, 0).body
    assert body
    assert body["sequences"] == [came, came + 1]
    assert body["by"] == "Lan"
    assert [sequence for sequence, body in bodies(site).items() if body is None] == [came, came + 1]
    assert verify_log(site.house.store.db, site.house.vault.head_seal).fault == ""


def test_the_counts_stay_and_no_number_is_given_twice(site: Site) -> None:
    stays(site, 0, "08:00", "08:30")
    before = site.reader.occupancy()
    erased(site, 0)
    assert site.reader.occupancy() == before
    assert [visit.ticket for visit in site.reader.today()] == []
    stays(site, 1, "13:00")
    assert [visit.ticket for visit in site.reader.today()] == ["A002"]
    assert not any(project_again(site.house.store.db).values())


def test_who_is_inside_is_not_erased_and_nothing_changes(site: Site) -> None:
    stays(site, 0, "08:00")
    last = site.reader.last_sequence()
    with pytest.raises(NotErased) as refused:
        erased(site, 0)
    assert refused.value.why == Refusal.INSIDE
    assert site.reader.last_sequence() == last


def test_of_a_stranger_nothing_is_kept(site: Site) -> None:
    stays(site, 0, "08:00", "08:30")
    with pytest.raises(NotErased) as refused:
        erased(site, 1)
    assert refused.value.why == Refusal.NOTHING


def test_every_card_and_slip_of_theirs_and_who_came_beside_them_go_too(site: Site) -> None:
    came = stays(site, 0, "08:00")
    child = Person("Trần Thị Bé", "2021")
    by_hand.accompany(site.door, came, child, site.house.settings.gate("in"), clock.stated(site.ms("08:01")))
    assert len(site.reader.today()) == 2
    site.show(CODES[0][Kind.INSURANCE], "out", "08:30")
    erased(site, 0)
    assert site.reader.today() == []
    assert site.house.store.db.execute("SELECT count(*) FROM name").fetchone() == (0,)
    assert site.house.store.db.execute("SELECT count(*) FROM spool").fetchone() == (0,)


def test_what_staff_did_stays_and_what_they_typed_of_somebody_goes(site: Site) -> None:
    came, other = stays(site, 0, "08:00", "08:30"), stays(site, 1, "08:40")
    store, now = site.house.store, clock.stated(site.ms("09:00"))
    with store.writing(None) as writing:
        for visit in (came, other):
            note = staff_body(StaffAct.UNMASK, "Lan", visit=visit, reason=f"hỏi về người {visit}")
            writing.append(EntryKind.STAFF, "", now, note)
    body = erased(site, 0).body
    assert body
    assert body["did"] == [[site.ms("09:00"), "unmask", "Lan"]]
    assert f"hỏi về người {came}".encode() not in on_disk(site)
    assert [body["visit"] for *_, body in site.reader.ask(lambda db: entries_today(db, EntryKind.STAFF))] == [other]


def test_who_comes_again_is_somebody_new(site: Site) -> None:
    stays(site, 0, "08:00", "08:30")
    erased(site, 0)
    came = stays(site, 0, "13:00", "13:30")
    body = bodies(site)[came]
    assert body
    assert "sealed" in body
    assert erased(site, 0, "14:00").body
    assert not any(project_again(site.house.store.db).values())


def test_a_second_erasure_carries_on_what_the_first_one_did(site: Site) -> None:
    """Two people were mixed up and put right: each asks in turn, and the counts still stand."""
    first, second = stays(site, 0, "08:00"), stays(site, 1, "08:10")
    site.show(CODES[0][Kind.ID_CARD], "out", "08:30")
    wish = Wish(Act.EXIT_OF_OTHER, first, second, by="Lan", why="nhầm")
    corrected = correct(site.house.store, site.house.settings, wish, clock.stated(site.ms("09:00")))
    assert not isinstance(corrected, corrections.Refusal)
    for person in (0, 1):
        for visit in site.reader.inside():
            by_hand.let_out(site.door, visit.id, site.house.settings.gate("out"), clock.stated(site.ms("10:00")))
        before = site.reader.occupancy()
        erased(site, person)
        assert site.reader.occupancy() == before
        assert not any(project_again(site.house.store.db).values())
    assert verify_log(site.house.store.db, site.house.vault.head_seal).fault == ""
    assert site.reader.today() == []


def test_nothing_of_them_is_left_on_the_disk_while_the_door_is_open(site: Site) -> None:
    came = stays(site, 0, "08:00", "08:30")
    stays(site, 1, "08:10")
    entry = bodies(site)[came]
    assert entry
    whos = whos_of(site, 0)
    traces = [*(who.hex().encode() for who in whos), *whos, entry["sealed"][:40].encode(), entry["shown"][:40].encode()]
    assert any(trace in on_disk(site) for trace in traces)
    erased(site, 0)
    assert [trace for trace in traces if trace in on_disk(site)] == []


def on_disk(site: Site) -> bytes:
    return b"".join(path.read_bytes() for path in site.house.data.rglob("*") if path.is_file())


def test_a_rebuild_puts_nobody_back_and_mends_what_was_changed(site: Site) -> None:
    stays(site, 0, "08:00", "08:30")
    stays(site, 1, "08:10")
    erased(site, 0)
    db = site.house.store.db
    db.execute("UPDATE occupancy SET entered = 9")
    db.execute("DELETE FROM queue_number")
    project_again(db)
    assert repair(db) == 2
    assert site.reader.occupancy().entered == 2
    assert len(site.reader.today()) == 1
    assert not any(project_again(db).values())


def test_the_tracing_team_orders_what_goes_of_earlier_days(site: Site) -> None:
    came = stays(site, 0, "08:00", "08:30")
    stays(site, 1, "08:10", "08:40")
    store, now = site.house.store, clock.stated(site.ms("2026-11-21T08:00"))
    with pytest.raises(NotErased, match="is of today"):
        erase_ordered(store, [came], clock.stated(site.ms("12:00")))
    turn_if_due(store, site.house.vault, site.house.settings, now)
    with pytest.raises(NotErased, match="keeps nothing of a person"):
        erase_ordered(store, [1], now)
    (entry,) = erase_ordered(store, [came + 1], now)
    assert entry.body
    assert entry.body["sequences"] == [came, came + 1]
    with pytest.raises(NotErased, match="erased already"):
        erase_ordered(store, [came], now)
    assert not any(project_again(store.db).values())
    assert verify_log(store.db, site.house.vault.head_seal).fault == ""


CARD, IN = Kind.ID_CARD, Direction.IN

# A visit that was told to be another's exit: who is erased had ended it.
MIXED_UP = [
    *(Show(0, CARD, IN), Show(1, CARD, IN), AtCounter("1", queueing.Act.CALL)),
    *(Correct(Act.WENT_OUT, 0, 1, None), Pass(60_000), Correct(Act.NEVER_HERE, 0, 0, None)),
    *(Show(0, CARD, IN), Erase(1, CARD)),
]
# Of a day that is purged, the order had left nothing but a ticket that its own entry states.
EMPTIED = [
    *(Show(0, CARD, IN), Pass(72_000_000), Show(0, CARD, IN)),
    *(PutRight(Act.EXIT, 0), PutRight(Act.NEVER_HERE, 0), KeepHouse(ClockState.SET), Order(1), Purge()),
]


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@example(MIXED_UP, "")
@example(EMPTIED, "")
@given(st.lists(ALL_STEPS, min_size=15, max_size=40), st.sampled_from(["", "17:00"]))
def test_log_tables_and_rules_say_the_same_whoever_is_erased(steps: list[Any], closes: str) -> None:
    with tempfile.TemporaryDirectory() as data, opened(Path(data), closes) as plain:
        history = ErasedHistory(plain.house)
        for step in steps:
            history.live(step)
        house = history.house
        entries = history.site.reader.events_after(0, 10_000)
        presence, queue = presence_of(entries), queueing.queue_of(entries)
        kept = queue_in(house.store.db)
        purged = any(entry.header.kind == EntryKind.PURGE for entry in entries)
        if not purged:
            assert tables_of(house) == presence
            assert kept.tickets == queue.tickets
            assert QueueTables(house.store.db).turns(0) == [queue.turns[sequence] for sequence in sorted(queue.turns)]
        assert verify_log(house.store.db, house.vault.head_seal).fault == ""
        assert not any(project_again(house.store.db).values())
