"""A log that arrives in segments is the kiosk's log: each entry, each projection, whatever way it came."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Site
from hypothesis import given
from hypothesis import strategies as st

from kiosk import retention
from kiosk.devices import clock
from kiosk.rules import invented, segments
from kiosk.rules.entries import EntryKind, commitment, encode
from kiosk.rules.model import Kind
from kiosk.rules.segments import Fault, Line, Segment, SegmentRefused, content_of, segment_of
from kiosk.store.checking import project_again, verify_log
from kiosk.store.projections import EVERY_TABLE
from kiosk.store.replica import Replica
from kiosk.store.segments import segment_after

PEOPLE = 12


def hub_seal(message: bytes) -> bytes:
    return b"hub" + message[:8]


@pytest.fixture
def day(site: Site) -> Site:
    for person in range(PEOPLE):
        code = invented.codes(invented.person(person))[Kind.ID_CARD]
        site.show(code, "in", f"08:{person:02}")
        if person % 3 == 0:
            site.show(code, "out", f"09:{person:02}")
    return site


@pytest.fixture
def kiosk(day: Site) -> Iterator[sqlite3.Connection]:
    db = sqlite3.connect(day.house.database, isolation_level=None)
    yield db
    db.close()


@pytest.fixture
def replica(day: Site, tmp_path: Path) -> Iterator[Replica]:
    head = day.house.store.head()
    made = Replica(tmp_path / "replica.db", hub_seal, head.kiosk, head.epoch)
    yield made
    made.close()


def pieces(db: sqlite3.Connection, after: int = 0, size: int = segments.MOST_ENTRIES) -> Iterator[Segment]:
    """The log from *after* on in segments of at most *size* entries, each having travelled as text."""
    while whole := segment_after(db, after):
        piece = segment_of(content_of(replace(whole, lines=whole.lines[:size])))
        yield piece
        after = piece.last


def tables(db: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    return {table: sorted(db.execute(f"SELECT * FROM {table}"), key=repr) for table in ("entry", *EVERY_TABLE)}


@pytest.mark.parametrize("size", [1, 7, 200])
def test_whatever_the_pieces_the_log_arrives_whole(kiosk: sqlite3.Connection, replica: Replica, size: int) -> None:
    for piece in pieces(kiosk, size=size):
        assert replica.take(piece) == len(piece.lines)
    assert tables(replica.db) == tables(kiosk)
    assert verify_log(replica.db, hub_seal).fault == ""
    assert not any(project_again(replica.db).values())


def test_duplicated_and_overlapping_pieces_change_nothing(kiosk: sqlite3.Connection, replica: Replica) -> None:
    known = [*pieces(kiosk, size=5), *pieces(kiosk, after=3, size=8)]
    taken = sum(replica.take(piece) for piece in sorted(known, key=lambda piece: piece.first))
    chance = random.Random(1)
    assert sum(replica.take(piece) for piece in chance.sample(known, len(known))) == 0
    assert taken == replica.head().sequence
    assert tables(replica.db) == tables(kiosk)


def test_a_piece_that_comes_too_early_is_not_taken_and_says_what_is_missing(
    kiosk: sqlite3.Connection, replica: Replica
) -> None:
    first, second, *_ = pieces(kiosk, size=4)
    with pytest.raises(SegmentRefused, match="entry 1 ") as refused:
        replica.take(second)
    assert refused.value.fault is Fault.GAP
    assert replica.take(first) + replica.take(second) == len(first.lines) + len(second.lines)


def test_another_entry_by_the_same_name_is_a_fork(day: Site, kiosk: sqlite3.Connection, replica: Replica) -> None:
    (whole,) = pieces(kiosk)
    early = replace(whole, lines=whole.lines[:-1])
    replica.take(early)
    forged = with_body(whole.lines[-1], {"v": 1, "forged": True})
    replica.take(replace(whole, lines=(*whole.lines[:-1], forged)))
    with pytest.raises(SegmentRefused) as refused:
        replica.take(whole)
    assert refused.value.fault is Fault.FORKED
    code = invented.codes(invented.person(99))[Kind.ID_CARD]
    day.show(code, "in", "10:00")
    (after,) = pieces(kiosk, after=whole.last)
    with pytest.raises(SegmentRefused) as refused:
        replica.take(after)
    assert refused.value.fault is Fault.FORKED


def with_body(line: Line, body: dict[str, object]) -> Line:
    encoded = encode(body)
    assert line.salt
    return replace(line, body=encoded, commitment=commitment(line.salt, encoded))


@pytest.mark.parametrize("body", [{}, {"opens": True}, {"closes": "x"}, {"inferred": [[]]}, {"opens": 1, "who": 7}])
def test_what_no_rule_understands_is_refused_whole(
    kiosk: sqlite3.Connection, replica: Replica, body: dict[str, object]
) -> None:
    (whole,) = pieces(kiosk)
    at = next(i for i, line in enumerate(whole.lines) if line.header.kind == EntryKind.SCAN)
    before = replica.take(replace(whole, lines=whole.lines[:at]))
    try:
        replica.take(replace(whole, lines=(*whole.lines[:at], with_body(whole.lines[at], body))))
    except SegmentRefused as refused:
        assert refused.fault is Fault.BROKEN
        assert replica.head().sequence == before
    assert verify_log(replica.db, hub_seal).fault == ""


def test_a_kind_that_is_not_known_yet_travels_untouched(kiosk: sqlite3.Connection, replica: Replica) -> None:
    (whole,) = pieces(kiosk)
    last = whole.lines[-1]
    newer = replace(last, header=replace(last.header, kind="moon phase", sequence=whole.last + 1))
    more = replace(whole, lines=(*whole.lines, newer))
    replica.take(segment_of(content_of(more)))
    assert replica.db.execute("SELECT kind FROM entry ORDER BY sequence DESC").fetchone() == ("moon phase",)


def test_what_the_kiosk_has_erased_goes_at_the_hub_too(day: Site, kiosk: sqlite3.Connection, replica: Replica) -> None:
    for piece in pieces(kiosk):
        replica.take(piece)
    house = day.house
    retention.turn_if_due(house.store, house.vault, house.settings, clock.stated(day.ms("08:00") + 30 * 86_400_000))
    retention.purge(house.store, clock.stated(day.ms("08:00") + 60 * 86_400_000), 1)
    for piece in pieces(kiosk, after=replica.head().sequence):
        replica.take(piece)
    assert kiosk.execute("SELECT count(*) FROM entry WHERE body IS NULL").fetchone()[0] > PEOPLE
    assert tables(replica.db) == tables(kiosk)


@given(st.data())
def test_no_damage_to_a_segment_is_taken_for_a_segment(data: st.DataObject) -> None:
    content = content_of(_invented())
    at = data.draw(st.integers(0, len(content) - 1))
    damaged = data.draw(
        st.sampled_from(
            [content[:at], content[:at] + bytes([content[at] ^ data.draw(st.integers(1, 255))]) + content[at + 1 :]]
        )
    )
    try:
        found = segment_of(damaged)
    except SegmentRefused:
        return
    # What still can be read says the same of each entry, or breaks the chain at the hub.
    assert found.chain[-1] != _invented().chain[-1] or content_of(found) == content


@given(
    st.one_of(st.binary(max_size=300), st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
)
def test_whatever_is_sent_gets_one_sentence(sent: bytes | str) -> None:
    with pytest.raises(SegmentRefused) as refused:
        segment_of(sent if isinstance(sent, bytes) else sent.encode())
    assert str(refused.value)


def _invented() -> Segment:
    from kiosk.rules.entries import START, Header
    from kiosk.rules.model import ClockState, Moment

    moment = Moment(1_700_000_000_000, 5_000, "boot", ClockState.SET)
    lines = []
    for sequence in (1, 2, 3):
        body = encode({"v": 1, "said": "Chào bạn", "n": sequence})
        header = Header("kiosk-1", "ab12", sequence, "scan", b"", "in", 1_700_000_000_000 + sequence, moment)
        salt = bytes(16)
        lines.append(Line(header, commitment(salt, body), salt, body))
    return Segment("kiosk-1", "ab12", 1, START, tuple(lines))
