"""The counters go on whatever is broken behind them: a full disk, a chore that fails, a door that is busy."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial

import pytest
from conftest import OpenSite, Site
from doors import at_work
from patience import PATIENCE_S, eventually
from running import card_of
from test_unrecorded import fill_database, make_room

from kiosk.config.queueing import CounterSettings
from kiosk.counter_desk import CounterDesk
from kiosk.door_process import DoorParts, DoorProcess
from kiosk.queue import Counters
from kiosk.rules.model import Moment
from kiosk.store.log import Store
from kiosk.tempos import Tempos
from kiosk.wiring import make_decoder

COUNTERS = (CounterSettings("1", "Quầy 1"), CounterSettings("2", "Quầy 2"))


@pytest.fixture
def site(open_site: OpenSite) -> Site:
    return open_site(counters=COUNTERS)


def test_on_a_full_disk_the_counters_call_on_with_the_doors_reserve(site: Site) -> None:
    for person in range(3):
        site.show(card_of(person), "in", "08:00")
    fill_database(site)
    freed = threading.Event()

    def free() -> bool:
        make_room(site)
        freed.set()
        return True

    plan = site.house.settings.plan()
    desk = CounterDesk(Counters(plan), lambda: nullcontext(site.house.store), lambda _: (), Tempos(plan), free)
    answers = [desk.handlers()["queue"]({"act": "call", "counter": "1"}, b"")[0]]
    while not freed.is_set() and len(answers) < 1000:
        answers.append(desk.handlers()["queue"]({"act": "recall", "counter": "1"}, b"")[0])
    assert freed.is_set()
    assert all("seq" in answer for answer in answers)


def test_the_door_frees_its_reserve_for_the_counters_once(site: Site) -> None:
    assert [site.door.make_room(), site.door.make_room()] == [True, False]


def test_a_chore_that_breaks_does_not_end_the_door(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()

    def broken(_: Moment) -> None:
        raise ZeroDivisionError("a rule has a fault")

    monkeypatch.setattr("kiosk.door_process.HOUSE_WORK_S", 0.02)
    house, chores = site.house, {"queue": broken, "other": lambda _: done.set()}
    parts = DoorParts(site.door, house.data, site.panel, partial(make_decoder, house.settings), chores=chores)
    with at_work(DoorProcess(parts)):
        assert eventually(done.is_set)


def test_who_is_sought_by_a_card_while_the_door_is_busy_keeps_no_counter_waiting(site: Site) -> None:
    site.show(card_of(1), "in", "08:00")
    desk, seeking, calling = threading.Event(), threading.Event(), threading.Lock()

    @contextmanager
    def lent() -> Iterator[Store]:
        with calling:
            yield site.house.store

    def busy_door(_: object) -> tuple[bytes, ...]:
        seeking.set()
        desk.wait(20)
        return ()

    plan = site.house.settings.plan()
    asked = CounterDesk(Counters(plan), lent, busy_door, Tempos(plan)).handlers()
    thread = threading.Thread(target=asked["find_ticket"], args=({}, card_of(1)))
    thread.start()
    assert seeking.wait(20)
    assert calling.acquire(timeout=5), "the counters wait for the door"
    calling.release()
    desk.set()
    thread.join(timeout=2 * PATIENCE_S)
