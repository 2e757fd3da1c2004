"""What a kiosk's log says of an order: the hub reads it, whatever stands there, and keeps it while the order stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.hub.down import Down, To, blocked_payload
from kiosk.rules.down import LARGEST_NUMBER, Part
from kiosk.rules.entries import Entry, EntryKind, Header
from kiosk.rules.model import ClockState, Moment
from kiosk.rules.order_answers import ANSWERS, LONGEST_WHY, Answer, Done, answer_of, answered
from kiosk.store.hub_database import HubDatabase
from kiosk.store.hub_down import Became
from kiosk.vault.notes import Signer

MOMENT = Moment(1, 1, "boot", ClockState.SET)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
FIELDS = {
    "number": st.integers(),
    "part": st.sampled_from(Part),
    "done": st.sampled_from(Done),
    "why": st.text(st.characters()),
}


def entry(body: dict[str, Any] | None, kind: EntryKind = EntryKind.HUB) -> Entry:
    return Entry(Header("kiosk-1", "e", 8, kind, b"", "", 1, MOMENT), body)


@given(st.integers(1, LARGEST_NUMBER - 1), st.sampled_from(Part), st.sampled_from(ANSWERS))
def test_what_the_kiosk_writes_the_hub_reads(number: int, part: Part, done: Done) -> None:
    assert answer_of(entry(answered(number, part, "", done, "no room"))) == Answer(8, number, part, done, "no room")


@given(st.fixed_dictionaries({}, optional={name: values | ANYTHING for name, values in FIELDS.items()}))
def test_whatever_a_hostile_kiosk_writes_is_an_answer_that_can_be_kept_or_none(body: dict[str, Any]) -> None:
    answer = answer_of(entry(body))
    if answer:
        assert answer.done in ANSWERS
        assert 0 < answer.number < LARGEST_NUMBER
        assert len(answer.why.encode()) <= 4 * LONGEST_WHY  # nothing in it that has no bytes


def test_what_was_erased_and_other_entries_answer_nothing() -> None:
    assert answer_of(entry(None)) is None
    assert answer_of(entry(answered(1, Part.DAY, "", Done.TAKEN), EntryKind.DAY_SETTINGS)) is None


@pytest.fixture
def down(tmp_path: Path) -> Iterator[Down]:
    with closing(HubDatabase(tmp_path / "hub.db")) as database:
        yield Down(database, Signer(tmp_path / "hub.key", "hub.example"))


def blocking(down: Down, name: str, now_ms: int = 1, until_ms: int | None = None) -> int:
    return down.put(Part.BLOCKED, name, blocked_payload([]), To(), by="Hoa", now_ms=now_ms, until_ms=until_ms)


def test_the_latest_word_of_each_kiosk_counts_however_often_it_comes(down: Down) -> None:
    number = blocking(down, "all")
    waits = Answer(5, number, Part.BLOCKED, Done.WAITS, "")
    for answer in (waits, Answer(7, number, Part.BLOCKED, Done.REFUSED, "why"), waits, waits):
        down.note_answers("kiosk-2", [answer])
    down.note_answers("kiosk-1", [waits, waits])
    assert down.became()[number] == [Became("kiosk-1", Done.WAITS, ""), Became("kiosk-2", Done.REFUSED, "why")]


def test_nothing_is_kept_of_orders_that_do_not_stand(down: Down) -> None:
    numbers = [blocking(down, "dropped"), blocking(down, "over", until_ms=9), blocking(down, "replaced")]
    for number in (*numbers, 12_345):
        down.note_answers("kiosk-1", [Answer(number, number, Part.BLOCKED, Done.TAKEN, "")])
        down.note_answers("kiosk-2", [Answer(number, number, Part.DAY, Done.TAKEN, "of another part")])
    assert {number: len(found) for number, found in down.became().items()} == dict.fromkeys(numbers, 1)
    down.drop(numbers[0], by="Hoa", now_ms=9)
    down.forget_over(9)
    blocking(down, "replaced")
    assert down.became() == {}
