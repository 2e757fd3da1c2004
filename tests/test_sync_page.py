"""The page of the house tells how far the hub has the log, what went wrong, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hubs import RunningHub, running_hub
from running import Kiosk, running_kiosk
from test_house_page import eventually, part, state, text

from kiosk.devices import clock
from kiosk.joined import Lost, keep_state, state_of
from kiosk.joining import Joiner, join
from kiosk.rules.access import Role
from kiosk.sync_round import Round
from kiosk.web.advice import ADVICE


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[RunningHub]:
    with running_hub(tmp_path / "hub") as running:
        yield running


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path / "data") as running:
        yield running.as_(Role.SUPERVISOR)


@pytest.fixture
def member(kiosk: Kiosk, hub: RunningHub) -> Kiosk:
    house = kiosk.house
    code = hub.code("kiosk-1", house.settings.site.id).text
    join(Joiner(house.data, house.settings, house.vault, "kiosk-1"), code, clock.now())
    return kiosk


def go(kiosk: Kiosk) -> None:
    house = kiosk.house
    Round(house.settings, house.data, house.vault, kiosk.reader, clock.now).go()


def test_a_kiosk_without_a_hub_says_that_its_log_is_only_here(kiosk: Kiosk) -> None:
    assert state(kiosk, "sync") == "absent"
    assert "chưa nối với trung tâm" in part(kiosk, "sync")


def test_what_the_hub_has_and_has_not_is_told(member: Kiosk) -> None:
    go(member)
    told = text(part(member, "sync"))
    assert state(member, "sync") == "works"
    assert "Đã nối với Trung tâm" in told
    assert "Số mục chỉ có ở đây: 0" in told
    assert "Trung tâm đã có mọi mục đến" in told


def test_what_went_wrong_is_named_with_what_to_do(member: Kiosk) -> None:
    go(member)
    now_ms = clock.now().wall_ms
    known = replace(state_of(member.house.data), fault="<b>revoked</b>", refused=True, since_ms=now_ms)
    keep_state(member.house.data, replace(known, forked_ms=now_ms, taken_back="x").with_lost(Lost(3, 3, "odd", now_ms)))
    eventually(lambda: state(member, "sync") == "trouble")
    html, told = part(member, "sync"), text(part(member, "sync"))
    assert ADVICE["sync"].vi in told
    assert "Một thẻ nhớ khác tự nhận là máy này" in told
    assert "Số mục trung tâm có nhưng mất nội dung: 1" in told
    assert "Trung tâm rút lại điều đã ký" in told
    assert "the hub does not take the log" in html


def test_a_kiosk_that_works_again_says_so(member: Kiosk) -> None:
    keep_state(member.house.data, replace(state_of(member.house.data), fault="x", refused=True))
    eventually(lambda: state(member, "sync") == "trouble")
    go(member)
    eventually(lambda: state(member, "sync") == "works")
