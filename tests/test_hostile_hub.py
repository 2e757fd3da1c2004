"""Whoever takes a hub over, with all its keys, cannot make a kiosk seal to them, keep longer or shorter, or open up."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from listed import line, list_of
from ordering import Pen, done, entries, taken, today, until
from running import Kiosk, card_of, running_kiosk
from signing import make_issuer, write_certificates

from kiosk.devices import clock
from kiosk.door_socket import DoorAway
from kiosk.hub_lists import MOST_DRAFTS
from kiosk.joined import JOINED_FILE
from kiosk.retention import turn
from kiosk.rules.down import Part
from kiosk.rules.entries import EntryKind
from kiosk.rules.model import Outcome
from kiosk.store.checking import verify_log
from kiosk.store.day_settings import day_settings_in_force
from kiosk.taken_down import ORDERS_FILE, taken_down
from kiosk.taking_down import MOST_A_DAY
from kiosk.trust import FROM_HUB
from kiosk.vault import new_tracing_keys, read_private_key
from kiosk.vault.succession import NEXT, WAITS, succession
from kiosk.vault.tracing import TracingPrivate, read_public_key

SECRETS = ("tracing.json", "kiosk.key", "day.key")


@pytest.fixture
def team(tmp_path: Path) -> TracingPrivate:
    new_tracing_keys(tmp_path / "data", tmp_path / "team.key", name="Đội truy vết")
    return read_private_key(tmp_path / "team.key")


@pytest.fixture
def pen(team: TracingPrivate, tmp_path: Path) -> Pen:
    return Pen(tmp_path / "data", tmp_path)


@pytest.fixture
def kiosk(pen: Pen, tmp_path: Path) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path / "data", site={"keep_days": 14}) as running:
        yield running


@pytest.fixture
def thief(tmp_path: Path) -> TracingPrivate:
    new_tracing_keys(tmp_path / "thief", tmp_path / "thief.key")
    return read_private_key(tmp_path / "thief.key")


def files_of(data: Path) -> dict[str, bytes]:
    """What decides to whom is sealed and by what is proven."""
    return {name: (data / name).read_bytes() for name in SECRETS}


def turn_the_day(kiosk: Kiosk) -> None:
    house = kiosk.house
    assert turn(house.store, house.vault, house.settings, clock.now(), house.store.head().key_id)


@pytest.mark.parametrize(
    "part",
    [
        *("retention", "keep_days", "roles", "accounts", "staff", "sealing", "vault", "settings", "kiosk.toml"),
        *("tracing", "tracing_key", "day_key", "keys", "update", "command", "purge", "erase", "unmask", "KEY", "Day"),
    ],
)
def test_there_is_no_order_for_what_a_hub_must_not_decide(kiosk: Kiosk, pen: Pen, part: str) -> None:
    before = files_of(kiosk.house.data)
    became, why = done(kiosk, pen.order(part, "x", json.dumps({"keep_days": 9999, "role": "admin"}).encode()))
    assert (became, why) == ("refused", f"a hub does not decide {part!r} here")
    assert entries(kiosk, EntryKind.HUB)[-1]["why"] == why
    assert files_of(kiosk.house.data) == before
    assert part not in set(Part)


@pytest.mark.parametrize(
    "field",
    ["keep_days", "consent", "unlisted", "require_id", "slip_keys", "turn_at", "site.keep_days", "gate:in.id", ""],
)
def test_the_settings_of_a_day_hold_nothing_else(kiosk: Kiosk, pen: Pen, field: str) -> None:
    became, _ = done(kiosk, pen.say("day", "", day=today(kiosk), fields={field: "1", "capacity": "1"}))
    assert became == "refused"
    assert kiosk.reader.ask(day_settings_in_force).capacity is None


def test_a_new_tracing_key_on_the_hubs_signature_alone_is_never_sealed_to(
    kiosk: Kiosk, pen: Pen, team: TracingPrivate, thief: TracingPrivate
) -> None:
    forged = json.loads(succession(thief.public, thief)) | {"after": team.fingerprint}
    offers = [succession(thief.public, None), succession(thief.public, thief), json.dumps(forged).encode()]
    assert [done(kiosk, pen.order("key", "", offer))[0] for offer in offers] == ["waits", "refused", "refused"]
    turn_the_day(kiosk)
    kiosk.show(card_of(1))
    assert kiosk.house.vault.tracing_fingerprint == read_public_key(kiosk.house.data).fingerprint == team.fingerprint
    assert {body["tracing"] for body in entries(kiosk, EntryKind.DAY_KEY)} == {team.fingerprint}
    assert entries(kiosk, EntryKind.TRACING_KEY) == []


def test_a_key_that_the_old_ones_holder_signed_is_an_entry_and_in_force_from_the_next_day(
    kiosk: Kiosk, pen: Pen, team: TracingPrivate, thief: TracingPrivate
) -> None:
    follows = thief  # as good a name as any for who comes next
    assert done(kiosk, pen.order("key", "", succession(follows.public, team))) == ("taken", "")
    assert kiosk.house.vault.tracing_fingerprint == team.fingerprint
    (entry,) = entries(kiosk, EntryKind.TRACING_KEY)
    assert (entry["fingerprint"], entry["after"], entry["how"]) == (follows.fingerprint, team.fingerprint, "signed")
    turn_the_day(kiosk)
    assert entries(kiosk, EntryKind.DAY_KEY)[-1]["tracing"] == follows.fingerprint
    assert done(kiosk, pen.order("key", "", succession(team.public, team)))[0] == "refused"  # it is the old one now


def test_a_stale_signature_brings_no_former_key_back(
    kiosk: Kiosk, pen: Pen, team: TracingPrivate, thief: TracingPrivate, tmp_path: Path
) -> None:
    new_tracing_keys(tmp_path / "third", tmp_path / "third.key")
    third = read_private_key(tmp_path / "third.key")
    first, second = succession(thief.public, team), succession(third.public, thief)
    for offer in (first, second):
        assert done(kiosk, pen.order("key", "", offer))[0] == "taken"
        turn_the_day(kiosk)
    assert done(kiosk, pen.order("key", "", first))[0] == "refused"
    turn_the_day(kiosk)
    assert read_public_key(kiosk.house.data).fingerprint == third.fingerprint


def test_orders_are_neither_replayed_nor_for_others_nor_anothers(kiosk: Kiosk, pen: Pen, tmp_path: Path) -> None:
    closed = pen.say("day", "", day=today(kiosk), fields={"closed": "yes"})
    opened = pen.say("day", "", day=today(kiosk), fields={"closed": "no"})
    assert [taken(kiosk, blob)["done"] for blob in (closed, opened, closed)] == ["taken", "taken", "known"]
    assert kiosk.show(card_of(1))["outcome"] == Outcome.ADMITTED
    (tmp_path / "its").mkdir()
    stranger = Pen(tmp_path / "elsewhere", tmp_path / "its")
    for blob in (pen.order("blocked", "", b"{}", to="kiosk-2"), stranger.order("blocked", "", b"{}", number=99)):
        assert taken(kiosk, blob)["done"] == "refused"
    assert taken_down(kiosk.house.data, pen.signer.verifier).have == 2


@pytest.mark.parametrize(
    "name", ["../tracing.json", "..", ".", "/etc/passwd", "a/../../kiosk.key", ".ssh", "a b", "", "é.pem"]
)
def test_no_file_lands_beside_the_trust_folder(kiosk: Kiosk, pen: Pen, name: str) -> None:
    before = files_of(kiosk.house.data)
    assert done(kiosk, pen.order("trust", name, b"x"))[0] == "refused"
    assert done(kiosk, pen.order("trust", name))[0] == "refused"
    assert files_of(kiosk.house.data) == before
    assert not (kiosk.house.data / FROM_HUB).exists()


def test_what_is_no_certificate_or_has_a_secret_in_it_is_not_kept(kiosk: Kiosk, pen: Pen, tmp_path: Path) -> None:
    good = write_certificates(tmp_path / "good.pem", make_issuer("ministry")).read_bytes()
    secret = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
    for content in (b"\xff" * 1000, b"{" * 50_000, b"[1]", good + secret, b"-----BEGIN CERTIFICATE-----\nAA"):
        assert done(kiosk, pen.order("trust", "new.pem", content))[0] == "refused"
    assert not list((kiosk.house.data / FROM_HUB).glob("*"))


def test_a_hub_cannot_block_people_only_slips(kiosk: Kiosk, pen: Pen) -> None:
    for slips in (["id:079085012345"], ["slip:*"], ["slip:" + "g" * 32], [1], "slip", ["slip:" + "a" * 32] * 20_001):
        assert done(kiosk, pen.say("blocked", "all", slips=slips))[0] == "refused"
    assert taken_down(kiosk.house.data, pen.signer.verifier).all_blocked() == frozenset()


def test_a_list_of_a_hub_admits_and_refuses_nobody_until_staff_approve_it(kiosk: Kiosk, pen: Pen) -> None:
    assert done(kiosk, pen.order("list", "all", list_of(line(1))))[0] == "taken"
    (draft,) = kiosk.client.lists("overview")[0]["drafts"]
    assert draft["hands"] == ["Trung tâm (hub)"]
    assert kiosk.client.lists("overview")[0]["lists"] == []


def test_a_flood_of_lists_fills_no_disk(kiosk: Kiosk, pen: Pen) -> None:
    became = [
        done(kiosk, pen.order("list", f"list {number}", list_of(line(1))))[0] for number in range(MOST_DRAFTS + 1)
    ]
    assert became == ["taken"] * MOST_DRAFTS + ["refused"]


@pytest.mark.parametrize("payload", [b"[" + b"[]," * 2_000_000 + b"[]]", b'{"slips":[' + b"[]," * 2_000_000 + b"[]]}"])
def test_what_would_take_all_memory_is_not_read(kiosk: Kiosk, pen: Pen, payload: bytes) -> None:
    for part in ("day", "blocked", "opening", "key", "trust"):
        assert done(kiosk, pen.order(part, "x.json", payload))[0] == "refused"


def test_a_damaged_successor_keeps_no_day_from_ending(kiosk: Kiosk, pen: Pen, team: TracingPrivate) -> None:
    (kiosk.house.data / NEXT).write_bytes(b"{")
    (kiosk.house.data / WAITS).write_bytes(b"{")
    turn_the_day(kiosk)
    assert kiosk.house.vault.tracing_fingerprint == team.fingerprint


def test_a_damaged_file_of_the_hub_keeps_no_door_shut(kiosk: Kiosk, pen: Pen) -> None:
    kiosk.close_door()
    for name in (JOINED_FILE, ORDERS_FILE):
        (kiosk.house.data / name).write_bytes(b"{")
    kiosk.open_door()
    until(kiosk.client.answers)
    assert kiosk.show(card_of(1))["outcome"] == Outcome.ADMITTED
    assert done(kiosk, pen.say("blocked", "all", slips=[]))[0] == "refused"


def test_a_hub_that_another_service_of_the_kiosk_can_have_named_orders_nothing(kiosk: Kiosk, pen: Pen) -> None:
    (kiosk.house.data / JOINED_FILE).chmod(0o660)
    assert done(kiosk, pen.say("blocked", "all", slips=[]))[0] == "refused"
    assert entries(kiosk, EntryKind.HUB) == []


def test_nor_is_a_tracing_key_believed_that_it_can_have_put_there(
    kiosk: Kiosk, team: TracingPrivate, thief: TracingPrivate
) -> None:
    (kiosk.house.data / NEXT).write_bytes(succession(thief.public, None))
    (kiosk.house.data / NEXT).chmod(0o660)
    turn_the_day(kiosk)
    assert kiosk.house.vault.tracing_fingerprint == team.fingerprint


def test_a_flood_of_orders_fills_nothing(kiosk: Kiosk, pen: Pen) -> None:
    last = {}
    for _ in range(MOST_A_DAY + 5):
        last = kiosk.client.from_hub("take_order", pen.order("spam", "x" * 60, os.urandom(50)))
    assert last["done"] == "busy"
    assert len(entries(kiosk, EntryKind.HUB)) == MOST_A_DAY
    assert (kiosk.house.data / ORDERS_FILE).stat().st_size < 20_000
    assert kiosk.show(card_of(1))["outcome"] == Outcome.ADMITTED


def test_words_of_a_hub_are_harmless_wherever_they_are_shown(kiosk: Kiosk, pen: Pen) -> None:
    evil = "\x1b[2J<script>\u202e\x00"
    said = {"id": evil, "case": evil, "reason": evil, "by": [evil], "since": "2026-11-01", "until": "2026-11-02"}
    taken(kiosk, pen.say("opening", evil, **said))
    taken(kiosk, pen.order(evil, evil, b""))
    told = json.dumps([entries(kiosk, EntryKind.HUB), str(taken_down(kiosk.house.data, pen.signer.verifier))])
    assert "\\u001b" not in told
    assert "\\u202e" not in told
    assert "\\u0000" not in told


@given(blob=st.binary(max_size=400))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_strangers_bytes_change_nothing(kiosk: Kiosk, blob: bytes) -> None:
    before = kiosk.reader.head().sequence
    assert taken(kiosk, blob)["done"] == "refused"
    assert kiosk.reader.head().sequence == before


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = {
    "day": ("day", "fields"),
    "blocked": ("slips",),
    "opening": ("id", "case", "reason", "by", "since", "until"),
    "key": ("name", "created", "public", "signer", "after", "signature"),
}


@given(part=st.sampled_from([*FIELDS]), data=st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_it_signs_the_door_answers_and_lets_people_in(
    kiosk: Kiosk, pen: Pen, team: TracingPrivate, part: str, data: st.DataObject
) -> None:
    said = {name: data.draw(JSON) for name in FIELDS[part]}
    pen.number = max(pen.number, taken_down(kiosk.house.data, pen.signer.verifier).have)
    became, why = done(kiosk, pen.order(part, data.draw(st.text(max_size=30)), json.dumps(said).encode()))
    assert became in ("refused", "taken", "busy")
    assert why or became == "taken"
    assert kiosk.house.vault.tracing_fingerprint == team.fingerprint


def test_after_all_of_it_the_log_is_whole_and_the_door_open(kiosk: Kiosk, pen: Pen) -> None:
    for part in (*Part, "x"):
        for payload in (b"", b"null", b"{}", b"[]", b"\xff" * 100, b"[" * 200_000):
            taken(kiosk, pen.order(part, part, payload))
    assert kiosk.show(card_of(1))["outcome"] == Outcome.ADMITTED
    assert verify_log(kiosk.house.store.db, kiosk.house.vault.head_seal).fault == ""
    kiosk.close_door()
    kiosk.open_door()
    until(kiosk.client.answers)
    with suppress(DoorAway):
        kiosk.client.from_hub("take_order", b"")
    assert kiosk.show(card_of(2))["outcome"] == Outcome.ADMITTED
