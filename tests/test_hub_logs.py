"""Where logs arrive: weeks late, twice, out of order, from a card that was copied; none is lost, none doubled."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import OpenSite, Site
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_replica import hub_seal, pieces, tables, with_body

from kiosk.devices import clock
from kiosk.hub.logs import DATABASE, Logs, Taken
from kiosk.rules import invented
from kiosk.rules.model import Kind
from kiosk.rules.segments import Fault, SegmentRefused
from kiosk.store.checking import verify_log


@pytest.fixture
def logs(tmp_path: Path) -> Logs:
    return Logs(tmp_path / "logs", hub_seal)


def come(site: Site, person: int, at: str) -> None:
    site.show(invented.codes(invented.person(person))[Kind.ID_CARD], "in", at)


def database_of(site: Site) -> sqlite3.Connection:
    return sqlite3.connect(site.house.database, isolation_level=None)


def deliver(site: Site, logs: Logs, *, after: int = 0, size: int = 200) -> list[Taken]:
    with closing(database_of(site)) as db:
        return [logs.take(piece) for piece in pieces(db, after, size)]


def arrived(logs: Logs, taken: Taken) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(logs.path(taken.branch) / DATABASE)) as db:
        assert verify_log(db, hub_seal).fault == ""
        return tables(db)


def sent(site: Site) -> dict[str, list[tuple[object, ...]]]:
    with closing(database_of(site)) as db:
        return tables(db)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False), st.integers(1, 9))
def test_in_whatever_order_and_however_often_pieces_come_the_log_is_whole(
    site: Site, tmp_path_factory: pytest.TempPathFactory, chance: random.Random, size: int
) -> None:
    for person in range(3):
        come(site, person, "08:00")
    logs = Logs(tmp_path_factory.mktemp("hub"), hub_seal)
    with closing(database_of(site)) as db:
        waiting = [*pieces(db, size=size), *pieces(db, size=size)]
    while waiting:
        piece = waiting.pop(chance.randrange(len(waiting)))
        try:
            taken = logs.take(piece)
        except SegmentRefused as refused:
            assert refused.fault is Fault.GAP
            waiting.append(piece)
    assert arrived(logs, taken) == sent(site)
    assert len(logs.branches(taken.branch.kiosk)) == 1


def test_a_restored_card_goes_on_under_a_new_epoch_and_both_are_whole(site: Site, logs: Logs) -> None:
    come(site, 1, "08:00")
    *_, before = deliver(site, logs)
    with closing(database_of(site)) as db:
        old = tables(db)
    # The old card went on for one person more, who reached the hub, too; the backup was older.
    restored_at = before.branch.sequence
    site.house.store.begin_epoch(clock.stated(site.ms("08:30")), {"restored": True})
    come(site, 2, "09:00")
    *_, after = deliver(site, logs, after=restored_at)
    assert after.branch.epoch != before.branch.epoch
    assert not after.forked
    assert arrived(logs, after) == sent(site)
    assert arrived(logs, before) == old


def test_what_the_old_card_recorded_after_its_backup_stays_beside_what_the_restored_one_records(
    open_site: OpenSite, tmp_path: Path, logs: Logs
) -> None:
    card = open_site(data=tmp_path / "card")
    come(card, 1, "08:00")
    shutil.copytree(tmp_path / "card", tmp_path / "copy")
    come(card, 2, "08:10")
    *_, first = deliver(card, logs)
    copy = open_site(data=tmp_path / "copy")
    come(copy, 3, "08:20")
    *_, second = deliver(copy, logs)
    assert second.forked
    assert second.branch.name != first.branch.name
    assert arrived(logs, first) == sent(card)
    assert arrived(logs, second) == sent(copy)
    come(card, 4, "08:30")
    come(copy, 5, "08:30")
    assert not deliver(card, logs, after=first.branch.sequence)[-1].forked
    assert not deliver(copy, logs, after=second.branch.sequence)[-1].forked
    assert len(logs.branches(first.branch.kiosk)) == 2


def test_an_epoch_whose_beginning_is_not_known_waits_for_it(site: Site, logs: Logs) -> None:
    come(site, 1, "08:00")
    end = site.house.store.head().sequence
    site.house.store.begin_epoch(clock.stated(site.ms("08:30")), {"restored": True})
    with pytest.raises(SegmentRefused) as refused:
        deliver(site, logs, after=end)
    assert refused.value.fault is Fault.GAP
    *_, taken = deliver(site, logs)
    assert arrived(logs, taken) == sent(site)


def test_a_forged_past_makes_no_branch_of_what_never_was(site: Site, logs: Logs) -> None:
    come(site, 1, "08:00")
    with closing(database_of(site)) as db:
        (whole,) = pieces(db)
    logs.take(whole)
    forged = replace(whole, first=whole.last + 1, previous=bytes(32), lines=(whole.lines[-1],))
    with pytest.raises(SegmentRefused) as refused:
        logs.take(forged)
    assert refused.value.fault is Fault.GAP
    other = replace(whole, lines=(*whole.lines[:-1], with_body(whole.lines[-1], {"v": 1})))
    assert logs.take(other).forked  # kept beside, and said so
    assert arrived(logs, logs.take(whole)) == sent(site)
