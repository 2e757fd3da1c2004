"""A kiosk joins the hub that made its code and no other, and goes on being known there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Site
from hubs import RunningHub, running_hub
from syncing import at_hub, entries, join_hub, joiner_of, round_of

from kiosk.devices import clock
from kiosk.hub_link import HubAway
from kiosk.joined import JoinError, joined, state_of
from kiosk.joining import join
from kiosk.rules.model import ClockState, Moment
from kiosk.rules.site_names import Span
from kiosk.vault import VaultError
from kiosk.vault.hub_ca import pass_for
from kiosk.vault.hub_pass import FILE as PASS_FILE
from kiosk.vault.hub_pass import PassRequest, span_of_pass


@pytest.fixture
def own_hub(tmp_path: Path) -> Iterator[RunningHub]:
    with running_hub(tmp_path / "hub") as running:
        yield running


@pytest.fixture
def member(site: Site, own_hub: RunningHub) -> Site:
    """A kiosk that has joined the hub."""
    join_hub(site, own_hub)
    return site


def test_a_code_is_used_once_and_a_failed_joining_changes_nothing(own_hub: RunningHub, site: Site) -> None:
    joiner = joiner_of(site)
    for text, why in (
        ("nonsense", "no enrolment code"),
        (own_hub.code().text.replace("localhost", "[::1]"), "read it again"),
    ):
        with pytest.raises(JoinError, match=why):
            join(joiner, text, clock.now())
    wrong = own_hub.code("another", "site").text
    with pytest.raises(JoinError, match="this code is for another"):
        join(joiner, wrong, clock.now())
    assert joined(site.house.data) is None
    assert not (site.house.data / "hub-pass.pem").exists()


def test_another_hub_at_the_same_address_is_told_nothing(own_hub: RunningHub, site: Site, tmp_path: Path) -> None:
    with running_hub(tmp_path / "other") as other:
        code = other.house.enrolling.make_code("kiosk-1", "site", own_hub.url, by="test", now_ms=clock.now().wall_ms)
        with pytest.raises(VaultError, match="not the hub that made the code"):
            join(joiner_of(site), code.text, clock.now())
    assert joined(site.house.data) is None


def test_only_the_hub_that_was_joined_gets_the_log(own_hub: RunningHub, member: Site, tmp_path: Path) -> None:
    with running_hub(tmp_path / "impostor") as impostor:
        hub = joined(member.house.data)
        assert hub
        file = member.house.data / "hub.json"
        file.write_text(file.read_text().replace(own_hub.url, impostor.url))
        with pytest.raises(HubAway, match="not the hub that was joined"):
            round_of(member).go()
        assert impostor.house.logs.branches("kiosk-1") == []


def test_what_was_acknowledged_by_another_hub_does_not_count(own_hub: RunningHub, member: Site, tmp_path: Path) -> None:
    round_of(member).go()
    with running_hub(tmp_path / "next") as following:
        join_hub(member, following)
        assert state_of(member.house.data).acknowledged is None
        round_of(member).go()
        assert at_hub(following, member) == entries(member.house.database)


def test_a_certificate_is_renewed_when_two_thirds_of_its_time_are_over(own_hub: RunningHub, member: Site) -> None:
    first = span_of_pass(member.house.data)
    later = clock.stated(first.begins_ms + (first.ends_ms - first.begins_ms) * 2 // 3 + 1)
    shown = member.house.data / PASS_FILE
    before = shown.read_bytes()
    round_of(member).go()
    assert shown.read_bytes() == before
    replace(round_of(member), now=lambda: later).go()
    assert shown.read_bytes() != before
    assert at_hub(own_hub, member) == entries(member.house.database)


def test_a_kiosk_whose_certificate_is_over_without_its_knowing_is_renewed_and_goes_on(
    own_hub: RunningHub, member: Site
) -> None:
    """As after half a year in a cupboard, by a clock in 1970."""
    (kiosk,) = own_hub.house.catalogue.kiosks()
    now_ms = clock.now().wall_ms
    asked = PassRequest(kiosk.id)
    over = pass_for(own_hub.house.ca, asked.pem, kiosk.id, kiosk.mark.hex(), Span(now_ms - 86_400_000, now_ms - 1000))
    asked.keep(member.house.data, over, own_hub.house.ca.pem)
    then = Moment(0, 1000, "boot", ClockState.UNKNOWN)
    replace(round_of(member), now=lambda: then).go()
    assert span_of_pass(member.house.data).ends_ms > now_ms
    assert at_hub(own_hub, member) == entries(member.house.database)
