"""What a kiosk records gets to its hub, whole and once, whatever comes between; what goes wrong is told."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from backed_up import back_up, bring_back, locked
from conftest import OpenSite, Site
from hubs import RunningHub, running_hub
from hypothesis import given
from hypothesis import strategies as st
from patience import eventually
from syncing import at_hub, entries, join_hub, round_of
from test_hub_logs import come

from kiosk.devices import clock
from kiosk.hub_link import HubAway, HubRefuses
from kiosk.joined import STATE_FILE, state_of
from kiosk.rules.checkpoints import checkpoint_of
from kiosk.rules.entries import EntryKind
from kiosk.rules.segments import Fault, SegmentRefused
from kiosk.store.kiosk_health import told_by_all
from kiosk.sync import MOST_AT_ONCE_BYTES, SyncFault, keep_in_step, pause_after
from kiosk.sync_round import behind
from kiosk.sync_watch import SyncTrouble, SyncWatch
from kiosk.vault import VaultError
from kiosk.vault.notes import opened_note


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    with running_hub(tmp_path_factory.mktemp("hub")) as running:
        yield running


@pytest.fixture
def busy(site: Site) -> Site:
    for person in range(6):
        come(site, person, f"08:{person:02}")
    return site


@pytest.fixture
def own_hub(tmp_path: Path) -> Iterator[RunningHub]:
    with running_hub(tmp_path / "hub") as running:
        yield running


@pytest.fixture
def member(busy: Site, own_hub: RunningHub) -> Site:
    """A kiosk that has joined the hub of its own, and given nothing yet."""
    join_hub(busy, own_hub)
    return busy


def harm(site: Site, statement: str, *values: Any) -> None:
    with closing(sqlite3.connect(site.house.database, isolation_level=None)) as db:
        db.execute(statement, values)


def test_the_log_is_at_the_hub_row_by_row_and_is_acknowledged_by_its_signed_word(
    own_hub: RunningHub, member: Site
) -> None:
    count = round_of(member).go()
    assert count == member.house.store.head().sequence
    assert at_hub(own_hub, member) == entries(member.house.database)
    acknowledged = state_of(member.house.data).acknowledged
    assert acknowledged
    assert (acknowledged.through, behind(member.house.data, member.reader)) == (count, 0)
    assert checkpoint_of(opened_note(acknowledged.checkpoint, own_hub.house.witness.verifier)).size == 3


def test_what_is_recorded_later_follows_and_nothing_is_sent_twice(own_hub: RunningHub, member: Site) -> None:
    round_of(member).go()
    assert round_of(member).go() == 0
    come(member, 8, "09:00")
    assert round_of(member).go() == 1
    assert at_hub(own_hub, member) == entries(member.house.database)


def test_a_kiosk_that_has_joined_no_hub_asks_nobody(busy: Site) -> None:
    assert round_of(busy).go() == 0
    SyncWatch(busy.house.settings, busy.house.data, busy.reader).look(clock.now())


def test_a_kiosk_that_forgot_what_was_acknowledged_asks_and_sends_only_what_is_missing(
    own_hub: RunningHub, member: Site
) -> None:
    round_of(member).go()
    come(member, 8, "09:00")
    for damaged in (None, b"", b"{", b"[]", b'{"acknowledged": null, "lost": 7}'):
        state = member.house.data / STATE_FILE
        state.unlink(missing_ok=True)
        if damaged is not None:
            state.write_bytes(damaged)
        assert round_of(member).go() <= 1
        assert state_of(member.house.data).acknowledged
    assert at_hub(own_hub, member) == entries(member.house.database)


def test_a_hub_that_lost_what_it_had_acknowledged_gets_it_again_and_its_word_is_kept(
    own_hub: RunningHub, member: Site
) -> None:
    round_of(member).go()
    for branch in own_hub.house.logs.branches("kiosk-1"):
        shutil.rmtree(own_hub.house.logs.path(branch))
    with own_hub.house.database.transaction() as db:
        db.execute("DELETE FROM leaf WHERE number >= 2")
        db.execute("DELETE FROM node WHERE level = 0 AND number >= 2 OR level > 0 AND (number + 1) << level > 2")
    signed = state_of(member.house.data).acknowledged
    come(member, 8, "09:00")
    assert round_of(member).go() >= 1
    assert at_hub(own_hub, member) == entries(member.house.database)
    assert signed
    assert state_of(member.house.data).taken_back == signed.checkpoint


def test_what_the_hub_cannot_read_goes_around_and_the_rest_arrives(own_hub: RunningHub, member: Site) -> None:
    """As from a newer program: signed and chained, but no rule here understands it."""
    house = member.house
    with house.store.writing(None) as log:
        sequence = log.append(EntryKind.DESK, "in", clock.stated(member.ms("08:30")), {"act": "odd"}).sequence
    come(member, 8, "09:00")
    take = own_hub.house.logs.take

    def picky(segment: Any) -> Any:
        for line in segment.lines:
            if line.header.sequence == sequence and line.body is not None:
                raise SegmentRefused(Fault.BROKEN, "it says what this program cannot read")
        return take(segment)

    own_hub.house.logs.take = picky  # type: ignore[method-assign]
    round_of(member).go()
    theirs, ours = at_hub(own_hub, member), entries(house.database)
    assert [row for row in theirs if row[0] != sequence] == [row for row in ours if row[0] != sequence]
    assert theirs[sequence - 1][-2:] == (None, None)
    (lost,) = state_of(house.data).lost
    assert (lost.first, "cannot read" in lost.why) == (sequence, True)
    with pytest.raises(SyncTrouble, match="without what it says"):
        SyncWatch(house.settings, house.data, member.reader).look(clock.now())
    assert own_hub.house.catalogue.refused()[0].fault == Fault.BROKEN


def test_a_damaged_log_arrives_around_its_hole_and_both_sides_say_so(own_hub: RunningHub, member: Site) -> None:
    harm(member, "UPDATE entry SET gate = 'elsewhere' WHERE sequence = 3")
    round_of(member).go()
    assert [lost.first for lost in state_of(member.house.data).lost] == [3]
    assert [it.fault for it in own_hub.house.catalogue.refused()] == [Fault.LOST]
    assert round_of(member).go() == 0
    (health,) = told_by_all_of(own_hub)
    assert any("entry 3" in fault for fault in health.faults)


def told_by_all_of(hub: RunningHub) -> list[Any]:
    with hub.house.database.transaction() as db:
        return [told.health for told in told_by_all(db).values()]


def test_no_request_is_large_but_one_with_a_single_large_entry(own_hub: RunningHub, member: Site) -> None:
    said = [os.urandom(1500).hex() for _ in range(400)] + [os.urandom(MOST_AT_ONCE_BYTES).hex()]
    for text in said:
        with member.house.store.writing(None) as log:
            log.append(EntryKind.DESK, "in", clock.stated(member.ms("08:30")), {"act": text})
    sizes: list[int] = []
    take = own_hub.house.intake.take

    def noting(blob: bytes, now_ms: int) -> Any:
        sizes.append(len(blob))
        return take(blob, now_ms)

    own_hub.house.intake.take = noting  # type: ignore[method-assign]
    round_of(member).go()
    assert at_hub(own_hub, member) == entries(member.house.database)
    assert [size > MOST_AT_ONCE_BYTES for size in sizes].count(True) == 1
    assert len(sizes) > 4


def test_a_revoked_kiosk_keeps_its_log_and_staff_are_told_at_once(own_hub: RunningHub, member: Site) -> None:
    own_hub.house.enrolling.revoke("kiosk-1", by="test", now_ms=clock.now().wall_ms)
    with pytest.raises(HubRefuses, match="revoked"):
        round_of(member).go()
    with pytest.raises(SyncTrouble, match="the hub has revoked this kiosk"):
        SyncWatch(member.house.settings, member.house.data, member.reader).look(clock.now())
    join_hub(member, own_hub)
    round_of(member).go()
    SyncWatch(member.house.settings, member.house.data, member.reader).look(clock.now())
    assert at_hub(own_hub, member) == entries(member.house.database)


def test_while_the_hub_is_away_nothing_is_lost_and_staff_are_told_when_it_lasts(busy: Site, tmp_path: Path) -> None:
    with running_hub(tmp_path / "hub") as hub:
        join_hub(busy, hub)
    with pytest.raises(HubAway):
        round_of(busy).go()
    state = state_of(busy.house.data)
    assert (state.refused, bool(state.fault), state.acknowledged) == (False, True, None)
    watch = SyncWatch(busy.house.settings, busy.house.data, busy.reader)
    watch.look(clock.now())
    later = clock.stated(clock.now().wall_ms + 2 * 86_400_000)
    with pytest.raises(SyncTrouble, match="entries are only here"):
        watch.look(later)


def test_a_round_tells_how_the_kiosk_is_and_does_its_errands(own_hub: RunningHub, member: Site) -> None:
    done: list[str] = []
    member.house.health.failed("printer", "no paper")
    member.house.health.close()
    assert eventually(lambda: not all(device.ok for device in member.reader.devices()))
    round_of(member, lambda link, hub: done.append(hub.name)).go()
    (health,) = told_by_all_of(own_hub)
    assert (health.behind, health.faults) == (0, ("printer: no paper",))
    assert done == [own_hub.house.settings.hub.name]


def test_a_restored_card_goes_on_beside_what_the_old_one_gave_and_nothing_of_either_is_lost(
    own_hub: RunningHub, member: Site, open_site: OpenSite, tmp_path: Path
) -> None:
    round_of(member).go()
    code = locked(member)
    made = back_up(member, tmp_path / "stick")
    for person in (8, 9):
        come(member, person, f"09:{person:02}")
    round_of(member).go()
    old = entries(member.house.database)
    bring_back(member, made.path, code, tmp_path / "restored")
    restored = open_site(data=tmp_path / "restored", at="11:00")
    come(restored, 11, "11:11")
    assert round_of(restored).go() > 0
    assert at_hub(own_hub, restored) == entries(restored.house.database)
    assert at_hub(own_hub, member) == old
    assert round_of(restored).go() == 0


def test_a_copied_card_that_goes_on_is_named_on_both_sides_and_both_arrive(
    own_hub: RunningHub, member: Site, open_site: OpenSite, tmp_path: Path
) -> None:
    round_of(member).go()
    member.house.store.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copytree(member.house.data, tmp_path / "copy", ignore=shutil.ignore_patterns("*.sock", "*-wal", "*-shm"))
    copy = open_site(data=tmp_path / "copy", at="11:00")
    come(member, 8, "11:30")
    come(copy, 9, "11:30")
    for site in (member, copy, member, copy):
        round_of(site).go()
    for site in (member, copy):
        assert at_hub(own_hub, site) == entries(site.house.database)
    assert state_of(member.house.data).forked_ms is None  # nobody had said otherwise when it last gave something
    come(member, 10, "11:40")
    round_of(member).go()
    for site in (member, copy):
        with pytest.raises(SyncTrouble, match="another card says"):
            SyncWatch(site.house.settings, site.house.data, site.reader).look(clock.now())


@given(st.integers(0, 100), st.floats(0, 600), st.floats(1, 900))
def test_pauses_grow_up_to_a_bound_and_never_undercut_what_the_hub_asks(
    failures: int, retry_s: float, longest_s: float
) -> None:
    assert retry_s <= pause_after(failures, retry_s, longest_s) <= retry_s + longest_s


def test_whatever_fails_the_next_round_comes_and_being_stopped_ends_it() -> None:
    stopped, faults = threading.Event(), [HubAway("x"), SyncFault("x"), OSError(28, "full"), VaultError("x")]

    def give() -> None:
        if faults:
            raise faults.pop()
        stopped.set()

    keep_in_step(give, 0.0, 0.01, stopped)
    assert not faults
