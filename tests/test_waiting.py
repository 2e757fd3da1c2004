"""The order of those who wait outside a full site."""

from __future__ import annotations

import pytest
from conftest import OpenSite, Site

from kiosk.rules import invented
from kiosk.rules.model import Kind, Outcome
from kiosk.store.checking import project_again

CARDS = [invented.codes(invented.person(i))[Kind.ID_CARD] for i in range(6)]


@pytest.fixture
def full(open_site: OpenSite) -> Site:
    """A site for one person, who is inside since eight."""
    site = open_site(site={"capacity": 1})
    site.show(CARDS[0], "in", "08:00")
    return site


def test_who_waited_by_card_and_comes_in_by_app_leaves_no_ghost_behind(full: Site) -> None:
    whole = next(p for p in map(invented.person, range(10, 60)) if "*" not in p.unified_text.split("|")[0])
    codes = invented.codes(whole)
    full.show(codes[Kind.ID_CARD], "in", "08:01")
    full.show(CARDS[0], "out", "08:10")
    assert full.show(codes[Kind.UNIFIED], "in", "08:11").decision.outcome is Outcome.ADMITTED
    assert full.reader.occupancy().waiting == 0


def test_a_place_that_was_given_up_begins_again_at_the_end(full: Site) -> None:
    full.show(CARDS[1], "in", "08:01")
    full.show(CARDS[2], "in", "08:30")
    assert full.show(CARDS[1], "in", "08:45").decision.place == 2
    assert full.show(CARDS[1], "in", "08:46").decision.place == 2
    assert not any(project_again(full.house.store.db).values())


def test_those_who_went_home_are_not_counted_as_waiting(full: Site) -> None:
    full.show(CARDS[1], "in", "08:01")
    full.show(CARDS[0], "out", "10:00")
    assert full.reader.occupancy(wait_ms=30 * 60_000).waiting == 0
