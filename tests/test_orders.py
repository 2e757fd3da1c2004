"""What a hub says to its kiosks: signed for each of them, in numbers that only grow, and nothing it cannot decide."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.hub.down import DAY_MS, Down, To, blocked_payload, day_payload
from kiosk.hub.openings import Openings
from kiosk.rules import down
from kiosk.rules.checkpoints import Checkpoint
from kiosk.rules.contacts import Question
from kiosk.rules.down import Order, OrderRefused, Part, joined
from kiosk.rules.openings import Request, Search
from kiosk.rules.tracing import Scope
from kiosk.store import tamper_log
from kiosk.store.hub_database import HubDatabase
from kiosk.vault.down import proven_order, proven_time, signed_order, signed_time
from kiosk.vault.notes import Signer

NOW_MS = 1_800_000_000_000
DAY = day_payload("2026-11-21", {"capacity": "20"})
ORDER = Order("kiosk-1", 7, Part.DAY, "2026-11-21", DAY)
SLIP = "slip:" + "0a" * 16
NONCE = "5e" * 16
ALL = To()
QUESTION = Question(60_000, 0, 43_200_000)


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer(tmp_path / "hub.key", "hub.example")


@pytest.fixture
def hub(tmp_path: Path, signer: Signer) -> Iterator[Down]:
    with closing(HubDatabase(tmp_path / "hub.db")) as database:
        yield Down(database, signer)


def put(hub: Down, part: Part, name: str, payload: bytes, to: To = ALL, now_ms: int = NOW_MS) -> int:
    return hub.put(part, name, payload, to, by="Hoa", now_ms=now_ms)


def fetched(hub: Down, signer: Signer, kiosk: str = "kiosk-1", site: str = "site", have: int = 0) -> list[Order]:
    """All that a kiosk fetches, one after another."""
    orders: list[Order] = []
    while blob := hub.bundle_for(kiosk, site, orders[-1].number if orders else have, NOW_MS):
        orders.append(proven_order(blob, signer.verifier, kiosk))
    return orders


def test_what_is_signed_is_what_arrives(signer: Signer) -> None:
    assert proven_order(signed_order(ORDER, signer), signer.verifier, "kiosk-1") == ORDER


@given(st.binary(max_size=200))
def test_any_payload_travels(payload: bytes) -> None:
    order = replace(ORDER, payload=payload)
    note = f"{order.text}\n— hub.example AAAA\n"
    assert down.parted(joined(note, payload)) == (note, payload)
    assert down.order_of(order.text, payload) == order


def test_an_order_is_for_one_kiosk(signer: Signer) -> None:
    with pytest.raises(OrderRefused, match="another kiosk, kiosk-1"):
        proven_order(signed_order(ORDER, signer), signer.verifier, "kiosk-2")


def test_another_hub_orders_nothing(signer: Signer, tmp_path: Path) -> None:
    other = Signer(tmp_path / "other.key", "hub.example")
    with pytest.raises(OrderRefused, match="has not signed this"):
        proven_order(signed_order(ORDER, other), signer.verifier, "kiosk-1")


@given(data=st.data())
def test_no_changed_byte_is_believed(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    signer = Signer(tmp_path_factory.getbasetemp() / "hub.key", "hub.example")
    blob = bytearray(signed_order(ORDER, signer))
    at = data.draw(st.integers(0, len(blob) - 1))
    blob[at] ^= data.draw(st.integers(1, 255))
    with suppress(OrderRefused):
        assert proven_order(bytes(blob), signer.verifier, "kiosk-1") == ORDER  # base64 has spare bits at its end


@given(st.binary(max_size=300))
def test_a_strangers_bytes_are_no_order(blob: bytes) -> None:
    with pytest.raises(OrderRefused):
        proven_order(blob, "hub.example+00000000+AAAA", "kiosk-1")


@given(st.text(max_size=300))
def test_a_strangers_text_is_no_order(text: str) -> None:
    with pytest.raises(OrderRefused):
        down.order_of(f"kiosk order v1\n{text}\n", b"")


def test_a_checkpoint_is_no_order_and_an_order_no_time(signer: Signer) -> None:
    checkpoint = signer.sign(Checkpoint("hub.example/log", 3, bytes(32)).text)
    with pytest.raises(OrderRefused):
        proven_order(joined(checkpoint, b""), signer.verifier, "kiosk-1")
    with pytest.raises(OrderRefused):
        proven_time(signer.sign(ORDER.text), signer.verifier, "kiosk-1", NONCE)


def test_a_time_answers_one_question(signer: Signer) -> None:
    note = signed_time("kiosk-1", NONCE, NOW_MS, signer)
    assert proven_time(note, signer.verifier, "kiosk-1", NONCE) == NOW_MS
    for kiosk, nonce in (("kiosk-2", NONCE), ("kiosk-1", "00" * 16), ("kiosk-1", "")):
        with pytest.raises(OrderRefused, match="another question"):
            proven_time(note, signer.verifier, kiosk, nonce)


@pytest.mark.parametrize(
    ("part", "name", "payload"),
    [
        (Part.DAY, "", day_payload("2026-11-21", {"keep_days": "1"})),
        (Part.DAY, "", day_payload("2026-11-21", {"site.keep_days": "1"})),
        (Part.DAY, "", day_payload("2026-11-21", {})),
        (Part.DAY, "", day_payload("tomorrow", {"capacity": "1"})),
        (Part.DAY, "", json.dumps({"day": "2026-11-21", "fields": {"capacity": 1}}).encode()),
        (Part.DAY, "", json.dumps({"day": "2026-11-21", "fields": {"capacity": "1"}, "vault": {}}).encode()),
        (Part.BLOCKED, "", blocked_payload(["id:079085012345"])),
        (Part.BLOCKED, "", b"[" * 100_000),
        (Part.TRUST, "../tracing.json", b"x"),
        (Part.TRUST, "a/b", b"x"),
        (Part.TRUST, ".hidden", b"x"),
        (Part.LIST, "", b"x"),
        (Part.OPENING, "1", b"{}"),
        (Part.KEY, "", b"{}"),
    ],
)
def test_a_hub_does_not_even_keep_what_no_kiosk_takes(hub: Down, part: Part, name: str, payload: bytes) -> None:
    with pytest.raises(OrderRefused):
        put(hub, part, name, payload)
    assert hub.standing() == []


def test_each_kiosk_fetches_what_is_for_it_once_and_in_order(hub: Down, signer: Signer) -> None:
    put(hub, Part.BLOCKED, "all", blocked_payload([SLIP]))
    put(hub, Part.DAY, "2026-11-21", DAY, To(site="site"))
    put(hub, Part.TRUST, "a.pem", b"...", To(kiosk="kiosk-2"))
    assert [order.part for order in fetched(hub, signer)] == [Part.BLOCKED, Part.DAY]
    assert [order.part for order in fetched(hub, signer, "kiosk-2")] == [Part.BLOCKED, Part.DAY, Part.TRUST]
    assert [order.part for order in fetched(hub, signer, "kiosk-3", "elsewhere")] == [Part.BLOCKED]
    last = fetched(hub, signer)[-1].number
    assert fetched(hub, signer, have=last) == []


def test_a_newer_order_of_that_name_takes_the_place_of_the_older(hub: Down, signer: Signer) -> None:
    first = put(hub, Part.DAY, "2026-11-21", DAY)
    second = put(hub, Part.DAY, "2026-11-21", day_payload("2026-11-21", {"capacity": "5"}))
    assert second > first
    assert [order.number for order in fetched(hub, signer)] == [second]


def test_numbers_grow_over_a_restored_hub_and_a_clock_set_back(tmp_path: Path, signer: Signer) -> None:
    numbers = []
    for name, now_ms in (("one.db", NOW_MS), ("one.db", NOW_MS - 10_000), ("fresh.db", NOW_MS + 1_000)):
        with closing(HubDatabase(tmp_path / name)) as database:
            numbers.append(put(Down(database, signer), Part.DAY, "2026-11-21", DAY, now_ms=now_ms))
    assert numbers == sorted(set(numbers))


def test_what_is_over_is_said_to_nobody_and_deleted(hub: Down, signer: Signer) -> None:
    hub.put(Part.LIST, "Khu phố 3", b"names", To(), by="Hoa", now_ms=NOW_MS - 2, until_ms=NOW_MS - 1)
    assert fetched(hub, signer) == []
    hub.forget_over(NOW_MS)
    assert hub.standing() == []


def test_what_is_dropped_is_said_to_nobody_more(hub: Down, signer: Signer) -> None:
    number = put(hub, Part.DAY, "2026-11-21", DAY)
    assert hub.drop(number, by="Hoa", now_ms=NOW_MS)
    assert not hub.drop(number, by="Hoa", now_ms=NOW_MS)
    assert fetched(hub, signer) == []


def test_an_opening_goes_to_the_kiosks_of_the_sites_it_touches_once_it_is_open(hub: Down, signer: Signer) -> None:
    openings = Openings(hub._database, two_people=True, tell=hub.tell_of)
    from_ms = NOW_MS - 3 * DAY_MS
    wanted = Request("CA-7", "Ca bệnh 7", Search.NUMBER, Scope(from_ms, NOW_MS, sites=frozenset({"site"})), QUESTION)
    asked = openings.ask(wanted, "Hoa", NOW_MS)
    assert fetched(hub, signer) == []
    openings.decide(asked.id, "Minh", NOW_MS, approve=True)
    (order,) = fetched(hub, signer)
    told = down.opening_of(order)
    assert (told.case, told.reason, told.by) == ("CA-7", "Ca bệnh 7", ("Hoa", "Minh"))
    assert (told.since, told.until) == ("2027-01-12", "2027-01-15")
    assert fetched(hub, signer, "kiosk-9", "elsewhere") == []


def test_one_of_every_site_goes_to_all_kiosks(hub: Down, signer: Signer) -> None:
    wanted = Request("CA-7", "?", Search.PLACE, Scope(NOW_MS - DAY_MS, NOW_MS), QUESTION)
    Openings(hub._database, two_people=False, tell=hub.tell_of).ask(wanted, "Hoa", NOW_MS)
    assert [order.part for order in fetched(hub, signer, "kiosk-9", "elsewhere")] == [Part.OPENING]


def test_the_tamper_log_has_every_order_and_who_gave_it_but_nobodys_name_of_a_list(
    tmp_path: Path, signer: Signer
) -> None:
    with closing(HubDatabase(tmp_path / "hub.db")) as database:
        put(Down(database, signer), Part.LIST, "Khu phố 3", b"Lan 1985")
        with database.transaction() as db:
            assert tamper_log.size(db) == 1
            (leaf,) = db.execute("SELECT said FROM leaf").fetchone()
    said = json.loads(leaf)[1]
    assert (said["what"], said["part"], said["by"]) == ("down", "list", "Hoa")
    assert b"Lan" not in leaf
