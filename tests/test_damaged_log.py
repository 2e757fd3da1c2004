"""A card that forgets: what it still has of the log goes to the hub, and what is lost is named, not passed over."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from conftest import Site
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_hub_intake import NOW_MS, Hub, busy, hub, packed  # noqa: F401  # fixtures
from test_hub_logs import come
from test_replica import hub_seal

from kiosk.rules.segments import Fault, SegmentRefused, content_of, segment_of
from kiosk.store.checking import verify_log
from kiosk.store.replica import Replica
from kiosk.store.segments import segment_after

HARM = {
    "its body was changed": "UPDATE entry SET body = CAST('{\"v\":1}' AS BLOB) WHERE sequence = ?",
    "its body is no JSON": "UPDATE entry SET body = x'ff' WHERE sequence = ?",
    "half of its body is gone": "UPDATE entry SET salt = NULL WHERE sequence = ?",
    "its header was changed": "UPDATE entry SET gate = 'elsewhere' WHERE sequence = ?",
    "its clock is none": "UPDATE entry SET clock = 'sundial' WHERE sequence = ?",
    "a letter is none": "UPDATE entry SET kind = CAST(x'ff' AS TEXT) WHERE sequence = ?",
    "its chain was changed": "UPDATE entry SET chain = zeroblob(32) WHERE sequence = ?",
    "its chain was cut off": "UPDATE entry SET chain = x'00' WHERE sequence = ?",
    "it is missing": "DELETE FROM entry WHERE sequence = ?",
}


@pytest.fixture
def log(busy: Site) -> Iterator[sqlite3.Connection]:  # noqa: F811
    with closing(sqlite3.connect(busy.house.database, isolation_level=None)) as db:
        yield db


def give_all(hub: Hub, site: Site, log: sqlite3.Connection, most: int) -> None:  # noqa: F811
    after = 0
    while (segment := segment_after(log, after, most)) is not None:
        assert segment_of(content_of(segment)) == segment
        receipt = hub.intake.take(packed(site, segment), NOW_MS)
        assert receipt.branch.sequence >= segment.last
        after = segment.last


@pytest.mark.parametrize("most", [1, 3, 200])
@pytest.mark.parametrize("harm", HARM)
def test_the_log_arrives_around_what_is_damaged(
    hub: Hub,  # noqa: F811
    busy: Site,  # noqa: F811
    log: sqlite3.Connection,
    harm: str,
    most: int,
) -> None:
    hub.enrol(busy)
    whole = {line.header.sequence: line for line in segment_after(log, 0).lines}  # type: ignore[union-attr]
    damaged = 5
    log.execute(HARM[harm], (damaged,))
    give_all(hub, busy, log, most)
    ((branch,),) = [hub.intake._logs.branches(busy.house.store.head().kiosk)]
    assert branch.sequence == busy.house.store.head().sequence
    with closing(sqlite3.connect(hub.home / "logs" / branch.kiosk / branch.name / "kiosk.db")) as db:
        for sequence, line in whole.items():
            row = db.execute("SELECT body FROM entry WHERE sequence = ?", (sequence,)).fetchone()
            if sequence not in (damaged, damaged + 1):
                assert row == (line.body,), sequence
        (told,) = db.execute("SELECT body IS NULL FROM entry WHERE sequence = ?", (damaged,)).fetchone()
        assert told


def test_a_hole_is_named_at_the_hub_once(hub: Hub, busy: Site, log: sqlite3.Connection) -> None:  # noqa: F811
    hub.enrol(busy)
    log.execute("UPDATE entry SET gate = 'elsewhere' WHERE sequence = 5")
    give_all(hub, busy, log, 200)
    give_all(hub, busy, log, 2)
    assert [(it.fault, it.found) for it in hub.catalogue.refused()] == [
        (Fault.LOST, "lost on the kiosk itself: entry 5")
    ]


def test_what_comes_after_a_hole_goes_on(hub: Hub, busy: Site, log: sqlite3.Connection) -> None:  # noqa: F811
    hub.enrol(busy)
    end = busy.house.store.head().sequence
    log.execute("UPDATE entry SET gate = 'elsewhere' WHERE sequence = ?", (end,))
    give_all(hub, busy, log, 200)
    come(busy, 9, "09:00")
    segment = segment_after(log, end)
    assert segment is not None
    assert hub.intake.take(packed(busy, segment), NOW_MS).branch.sequence == busy.house.store.head().sequence


def test_a_whole_log_has_no_holes(busy: Site, log: sqlite3.Connection, tmp_path: Path) -> None:  # noqa: F811
    segment = segment_after(log, 0)
    assert segment is not None
    assert segment.holes == ()
    replica = Replica(tmp_path / "replica.db", hub_seal, segment.kiosk, segment.epoch)
    replica.take(segment)
    assert verify_log(replica.db, hub_seal).fault == ""
    replica.close()


def test_a_hole_that_says_something_is_refused(busy: Site, log: sqlite3.Connection) -> None:  # noqa: F811
    log.execute("UPDATE entry SET gate = 'elsewhere' WHERE sequence = 2")
    segment = segment_after(log, 0)
    assert segment is not None
    lines = content_of(segment).split(b"\n")
    assert lines[2].endswith(b",null,null]")
    lines[2] = lines[2].replace(b",null,null]", b',"","{}"]')
    with pytest.raises(SegmentRefused):
        segment_of(b"\n".join(lines))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_is_damaged_the_hub_gets_every_entry_or_a_hole(
    busy: Site,  # noqa: F811
    log: sqlite3.Connection,
    tmp_path_factory: pytest.TempPathFactory,
    data: st.DataObject,
) -> None:
    end = busy.house.store.head().sequence
    log.execute("SAVEPOINT harm")
    for harm in data.draw(st.lists(st.sampled_from(sorted(HARM)), min_size=1, max_size=4)):
        log.execute(HARM[harm], (data.draw(st.integers(1, end)),))
    after, most = 0, data.draw(st.integers(1, 10))
    path = tmp_path_factory.mktemp("replica") / "kiosk.db"
    first = segment_after(log, 0)
    assert first is not None
    with closing(Replica(path, hub_seal, first.kiosk, first.epoch)) as replica:
        while (segment := segment_after(log, after, most)) is not None:
            replica.take(segment_of(content_of(segment)))
            after = segment.last
        assert replica.head().sequence == end
    log.execute("ROLLBACK")
