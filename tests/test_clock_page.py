"""Staff type the time: read back in words before it counts, in the log with their name, repairing what came before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from running import Kiosk, card_of, running_kiosk
from test_house_page import page, send, state, text

from kiosk.devices import clock
from kiosk.rules.access import Role
from kiosk.rules.entries import EntryKind
from kiosk.rules.model import ClockState
from kiosk.rules.true_times import Source


@pytest.fixture
def kiosk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kiosk]:
    monkeypatch.setattr(clock, "source", lambda: Source.UNKNOWN)
    with running_kiosk(tmp_path / "data") as running:
        yield running.as_(Role.STAFF)
    clock.follow("", None)


def type_time(kiosk: Kiosk, at: datetime) -> tuple[int, str]:
    return send(kiosk, "/house/clock", day=f"{at:%Y-%m-%d}", time=f"{at:%H:%M}")


def confirm(kiosk: Kiosk, html: str) -> tuple[int, str]:
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html))
    return send(kiosk, "/house/clock", sure="yes", **hidden)


def here(kiosk: Kiosk) -> datetime:
    return datetime.now(kiosk.house.settings.zone)


def test_what_was_typed_is_read_back_in_words_and_counts_only_then(kiosk: Kiosk) -> None:
    status, html = type_time(kiosk, datetime(2027, 2, 6, 8, 5))
    assert status == 200
    assert "8 giờ 05 phút, thứ Bảy, ngày 6 tháng 2 năm 2027" in text(html)
    assert clock.now().clock is ClockState.UNKNOWN


def test_once_confirmed_it_is_in_the_log_and_every_page_goes_by_it(kiosk: Kiosk) -> None:
    kiosk.show(card_of(1))
    wanted = here(kiosk) + timedelta(days=77, hours=3)
    status, leads_to = confirm(kiosk, type_time(kiosk, wanted)[1])
    assert (status, leads_to) == (303, "/house?tested=clock")
    last = kiosk.reader.events_after(kiosk.reader.last_sequence() - 1)[0]
    assert (last.header.kind, (last.body or {})["by"]) == (EntryKind.CLOCK, "An staff")
    assert clock.now().clock is ClockState.TOLD
    assert state(kiosk, "clock") == "works"
    assert f"{wanted:%H:%M}" in text(page(kiosk, "/"))


def test_a_time_that_cannot_be_is_refused_in_words(kiosk: Kiosk) -> None:
    status, html = type_time(kiosk, datetime(1970, 1, 1, 8, 5))
    assert status == 422
    assert "Xem lại năm" in html


@pytest.mark.parametrize("day", ["", "tomorrow", "2026-02-30"])
def test_what_is_no_day_is_asked_for_again(kiosk: Kiosk, day: str) -> None:
    assert send(kiosk, "/house/clock", day=day, time="08:00")[0] == 422


def test_a_form_from_before_a_restart_of_the_machine_does_not_count(kiosk: Kiosk) -> None:
    html = type_time(kiosk, here(kiosk))[1].replace(clock.boot_id(), "another boot")
    assert confirm(kiosk, html)[0] == 422
    assert clock.now().clock is ClockState.UNKNOWN


def test_while_something_keeps_the_clock_nobody_can_set_it(kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch) -> None:
    html = type_time(kiosk, here(kiosk))[1]
    monkeypatch.setattr(clock, "source", lambda: Source.TIMESYNC)
    assert confirm(kiosk, html)[0] == 422
    assert "không cần đặt tay" in page(kiosk, "/house/clock")
    assert "/house/clock" not in page(kiosk)


def test_volunteers_do_not_set_it(kiosk: Kiosk) -> None:
    assert kiosk.as_(Role.VOLUNTEER).get("/house/clock").status == 403
