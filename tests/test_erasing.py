"""Whoever asks is forgotten at once: nothing of them is left, and all that is kept of others stays right."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_corrections_always import STEPS, CorrectedHistory, opened
from test_presence import CODES, PEOPLE, tables_of
from test_queue_tables import queue_in

from kiosk.erasing import NotErased, erase_ordered, erase_today, kept_today
from kiosk.rules import queueing
from kiosk.rules.entries import EntryKind
from kiosk.rules.model import ClockState, Kind, Reading
from kiosk.rules.presence import presence_of
from kiosk.store.checking import project_again, verify_log
from kiosk.store.queue import QueueTables


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
            erase_today(store, whos, self._now(ClockState.SET), "Lan")
        except NotErased:
            assert self.tables() == before
            return
        after = self.tables()
        assert after["occupancy"] == before["occupancy"]
        assert after["queue_number"] == before["queue_number"]
        assert after["queue_desk"] == before["queue_desk"]
        for table in ("visit", "queue_ticket", "queue_turn", "name", "waiting"):
            assert set(after[table]) <= set(before[table])
        assert kept_today(store, whos) is None

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


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
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
