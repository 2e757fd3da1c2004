"""From the hub's command to the lamp at a door: by HTTPS, in order, whatever is cut on the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hubs import RunningHub, running_hub
from listed import line, list_of
from ordering import entries, today, until
from running import Kiosk, card_of, running_kiosk

from kiosk.clock_watch import HUB_ERROR_MS
from kiosk.devices import clock
from kiosk.fetching_down import FetchDown
from kiosk.hub.down import To, blocked_payload, day_payload
from kiosk.hub_link import HubLink, HubRefuses
from kiosk.joined import Joined
from kiosk.joining import Joiner, join, way_to
from kiosk.rules.contacts import Question
from kiosk.rules.down import Part
from kiosk.rules.entries import EntryKind
from kiosk.rules.model import ClockState, Outcome, Reason
from kiosk.rules.openings import Request, Search
from kiosk.rules.order_answers import Done
from kiosk.rules.tracing import Scope
from kiosk.rules.true_times import Source
from kiosk.sync_round import Round
from kiosk.taken_down import taken_down
from kiosk.web import haproxy

pytestmark = pytest.mark.skipif(haproxy.program() is None, reason=haproxy.NOT_INSTALLED)

SITE, ALL = To(site="site"), To()
QUESTION = Question(60_000, 0, 43_200_000)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    with running_hub(tmp_path_factory.mktemp("hub")) as running:
        yield running


@pytest.fixture(autouse=True)
def a_clock_of_its_own() -> Iterator[None]:
    """What a hub tells one test is not for the next."""
    yield
    clock.follow("", None)


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path / "data") as running:
        yield running


@pytest.fixture
def joined_hub(hub: RunningHub, kiosk: Kiosk) -> Joined:
    house = kiosk.house
    name = house.store.head().kiosk
    joiner = Joiner(house.data, house.settings, house.vault, name)
    return join(joiner, hub.code(name, house.settings.site.id).text, clock.now())


def put(hub: RunningHub, part: Part, name: str, payload: bytes, to: To = ALL) -> int:
    return hub.house.down.put(part, name, payload, to, by="Hoa", now_ms=clock.now().wall_ms)


def go(kiosk: Kiosk) -> None:
    house = kiosk.house
    Round(house.settings, house.data, house.vault, kiosk.reader, clock.now, (FetchDown(house.data),)).go()


def orders(kiosk: Kiosk) -> list[str]:
    return [f"{body['part']} {body['done']}" for body in entries(kiosk, EntryKind.HUB)]


def gone(kiosk: Kiosk) -> list[str]:
    """What has become of orders after one more round."""
    go(kiosk)
    return orders(kiosk)


def test_a_round_brings_all_that_is_new_once(hub: RunningHub, kiosk: Kiosk, joined_hub: Joined) -> None:
    put(hub, Part.DAY, today(kiosk), day_payload(today(kiosk), {"closed": "yes"}), SITE)
    put(hub, Part.BLOCKED, "all", blocked_payload(["slip:" + "0a" * 16]))
    put(hub, Part.DAY, "elsewhere", day_payload(today(kiosk), {"capacity": "1"}), To(site="elsewhere"))
    go(kiosk)
    go(kiosk)
    assert orders(kiosk) == ["day taken", "blocked taken"]
    assert kiosk.show(card_of(1))["reason"] == Reason.CLOSED


def test_the_hub_knows_what_became_of_an_order_once_the_log_has_come(
    hub: RunningHub, kiosk: Kiosk, joined_hub: Joined
) -> None:
    own = To(kiosk=joined_hub.kiosk)
    fields = ({"capacity": "7"}, {"gate:nowhere": "in"})
    taken, refused = (put(hub, Part.DAY, str(said), day_payload(today(kiosk), said), own) for said in fields)
    waits = put(hub, Part.DAY, "later", day_payload("2999-01-01", {"closed": "yes"}), own)
    assert {taken, refused, waits}.isdisjoint(hub.house.down.became())
    go(kiosk)
    go(kiosk)
    found = {number: (one.kiosk, one.done) for number, (one,) in hub.house.down.became().items() if number >= taken}
    assert found == {
        number: (joined_hub.kiosk, done)
        for number, done in ((taken, Done.TAKEN), (refused, Done.REFUSED), (waits, Done.WAITS))
    }
    (why,) = hub.house.down.became()[refused]
    assert "nowhere" in why.why


def test_an_opening_is_told_to_the_site(hub: RunningHub, kiosk: Kiosk, joined_hub: Joined) -> None:
    now_ms = clock.now().wall_ms
    scope = Scope(now_ms - 1, now_ms, sites=frozenset({"site"}))
    hub.house.openings.ask(Request("CA-8", "Ca bệnh 8", Search.PLACE, scope, QUESTION), "Hoa", now_ms)
    go(kiosk)
    (told,) = taken_down(kiosk.house.data, joined_hub.verifier).openings
    assert (told.case, told.by, told.until) == ("CA-8", ("Hoa",), today(kiosk))


def test_a_list_arrives_as_a_draft_and_what_comes_after_it_is_not_held_up(
    hub: RunningHub, kiosk: Kiosk, joined_hub: Joined
) -> None:
    put(hub, Part.LIST, f"Khu phố 3|{today(kiosk)}", list_of(line(1), line(2)), SITE)
    put(hub, Part.BLOCKED, "more", blocked_payload([]))
    until(lambda: "list taken" in gone(kiosk))
    assert [draft["name"] for draft in kiosk.client.lists("overview")[0]["drafts"]] == ["Khu phố 3"]
    until(lambda: gone(kiosk)[-1] == "blocked taken")


def test_without_a_door_it_stays_at_the_hub(hub: RunningHub, kiosk: Kiosk, joined_hub: Joined) -> None:
    kiosk.close_door()
    number = put(hub, Part.BLOCKED, "later", blocked_payload([]))
    go(kiosk)
    assert taken_down(kiosk.house.data, joined_hub.verifier).have < number
    kiosk.open_door()
    until(kiosk.client.answers)
    go(kiosk)
    assert taken_down(kiosk.house.data, joined_hub.verifier).have == number
    assert kiosk.show(card_of(2))["outcome"] in (Outcome.ADMITTED, Outcome.REFUSED)


@pytest.mark.skipif(
    clock.source() is not Source.UNKNOWN, reason="something keeps this machine's clock, and it needs no hub"
)
def test_a_kiosk_whose_clock_nothing_keeps_has_the_hubs_time_once(
    hub: RunningHub, kiosk: Kiosk, joined_hub: Joined
) -> None:
    go(kiosk)
    go(kiosk)
    anchors = [body for body in entries(kiosk, EntryKind.CLOCK) if body["source"] == Source.HUB]
    assert len(anchors) == 1
    assert clock.now().clock is ClockState.TOLD
    assert anchors[0]["error_ms"] >= HUB_ERROR_MS


def test_only_a_kiosk_fetches_and_asks_properly(hub: RunningHub, kiosk: Kiosk, joined_hub: Joined) -> None:
    house = kiosk.house
    with closing(HubLink(way_to(joined_hub, house.data, house.settings, clock.now()))) as link:
        assert link.get("/kiosk/down?have=9007199254740990") == b""
        for path in ("/kiosk/down", "/kiosk/down?have=-1", "/kiosk/down?have=" + "9" * 30, "/kiosk/time?nonce=x"):
            with pytest.raises(HubRefuses) as refused:
                link.get(path)
            assert refused.value.status == 400
    for path in ("/kiosk/down?have=0", f"/kiosk/time?nonce={'5e' * 16}"):
        with hub.calling() as connection:
            connection.request("GET", path)
            assert connection.getresponse().status == 401
