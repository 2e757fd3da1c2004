"""A hub's chores: one that fails is told of once, and keeps no other from being done."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import pytest

from kiosk.heartbeat import Heart
from kiosk.hub.chores import Chore, Chores


class Failing:
    """Fails until it has been done *times* times; then says so."""

    def __init__(self, times: int) -> None:
        self._left = times
        self.works = threading.Event()

    def __call__(self) -> None:
        self._left -= 1
        if self._left >= 0:
            raise OSError(28, "No space left on device")
        self.works.set()


def test_a_failing_chore_is_told_of_once_tried_again_and_hinders_no_other(caplog: pytest.LogCaptureFixture) -> None:
    failing, other = Failing(2), threading.Event()
    doings: dict[str, Callable[[], object]] = {"publishing": failing, "other": other.set}
    chores = Chores({name: Chore(do, 0.0) for name, do in doings.items()}, Heart("chores", 60.0))
    with caplog.at_level(logging.WARNING):
        chores.start()
        assert other.wait(30)
        assert failing.works.wait(30)
        chores.close()
    assert [record.getMessage() for record in caplog.records] == ["publishing failed", "publishing works again"]


def test_what_is_being_done_when_it_ends_is_done_to_its_end() -> None:
    began, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def slow() -> None:
        began.set()
        may_end.wait(30)
        ended.set()

    chores = Chores({"slow": Chore(slow, 0.0)}, Heart("chores", 60.0))
    chores.start()
    assert began.wait(30)
    threading.Timer(0.1, may_end.set).start()
    chores.close()
    assert ended.is_set()
