"""What staff of a hub type, and what people at a kiosk type when a new tracing key waits there."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from ordering import Pen, done
from running import running_kiosk
from signing import make_issuer, write_certificates
from terminal import Terminal

from kiosk.devices import clock
from kiosk.hub.down import Down
from kiosk.rules.down import Part
from kiosk.rules.order_answers import Answer, Done
from kiosk.store.catalogue import Catalogue, Enrolled
from kiosk.store.hub_database import HubDatabase
from kiosk.vault import Vault
from kiosk.vault.down import proven_order
from kiosk.vault.notes import Signer

SLIP = "slip:" + "0a" * 16


@pytest.fixture
def hub(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path / "hub")


def fetched(hub: Terminal, site: str = "site") -> list[tuple[str, str, bytes]]:
    """What a kiosk of *site* is sent."""
    signer = Signer(hub.data / "hub.key", "kiosk-hub")
    found: list[tuple[str, str, bytes]] = []
    have = 0
    with closing(HubDatabase(hub.data / "hub.db")) as database:
        while blob := Down(database, signer).bundle_for("kiosk-1", site, have, clock.now().wall_ms):
            order = proven_order(blob, signer.verifier, "kiosk-1")
            have = order.number
            found.append((order.part, order.name, order.payload))
    return found


def test_each_thing_that_can_be_sent_arrives(hub: Terminal, tmp_path: Path) -> None:
    (tmp_path / "khu-pho-3.csv").write_bytes(b"names")
    write_certificates(tmp_path / "ministry.pem", make_issuer("ministry"))
    day = "2999-01-01"
    hub.lines("hub-down", "day", day, "capacity=50", "closed_vi=Hết vắc xin.", "--site", "site", "--json")
    hub.lines("hub-down", "list", str(tmp_path / "khu-pho-3.csv"), "--day", day, "--json")
    hub.lines("hub-down", "trust", str(tmp_path / "ministry.pem"), "--json")
    hub.lines("hub-down", "block", "lost", SLIP, "--json")
    sent = fetched(hub)
    assert [part for part, _, _ in sent] == [Part.DAY, Part.LIST, Part.TRUST, Part.BLOCKED]
    assert sent[1][1:] == (f"khu-pho-3|{day}", b"names")
    assert len(fetched(hub, "elsewhere")) == 3


def test_a_slip_is_named_by_its_code(hub: Terminal, tmp_path: Path) -> None:
    Terminal(tmp_path / "data").lines("demo", "1", "--json")
    slip = Vault.open(tmp_path / "data", site="site").issue_slip(clock.now().wall_ms)
    hub.lines("hub-down", "block", "lost", slip.code, "--json")
    assert slip.holder_id.encode() in fetched(hub)[0][2]


def test_what_stands_is_shown_and_dropped(hub: Terminal) -> None:
    (sent,) = hub.lines("hub-down", "block", "lost", SLIP, "--json")
    (shown,) = hub.lines("hub-down", "show", "--json")
    assert (shown["number"], shown["name"], shown["by"]) == (sent["number"], "lost", "terminal")
    assert hub("hub-down", "drop", str(sent["number"])).returncode == 0
    assert hub.lines("hub-down", "show", "--json") == []
    assert hub("hub-down", "drop", str(sent["number"])).returncode == 1


def test_what_became_of_an_order_is_shown_kiosk_by_kiosk(hub: Terminal) -> None:
    (sent,) = hub.lines("hub-down", "block", "lost", SLIP, "--json")
    number = sent["number"]
    signer = Signer(hub.data / "hub.key", "kiosk-hub")
    with closing(HubDatabase(hub.data / "hub.db")) as database:
        catalogue, down = Catalogue(database), Down(database, signer)
        for name in ("cong-1", "cong-2", "cong-3", "cong-4"):
            mark = name.encode()
            catalogue.enrol(Enrolled(name, "site", name, mark, 1), {"what": "enrolled"})
        catalogue.revoke("cong-4", 2, {"what": "revoked"})
        down.note_answers("cong-1", [Answer(5, number, Part.BLOCKED, Done.TAKEN, "")])
        down.note_answers("cong-2", [Answer(9, number, Part.BLOCKED, Done.REFUSED, "more than 20000 slips")])
    (shown,) = hub.lines("hub-down", "show", "--json")
    assert (shown["taken"], shown["waits"], shown["not_heard"]) == (1, 0, 1)
    assert shown["refused"] == [{"kiosk": "cong-2", "why": "more than 20000 slips"}]
    said = hub("hub-down", "show").stdout
    assert "taken by 1, waits at 0, not heard of from 1" in said
    assert "refused by cong-2: more than 20000 slips" in said


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (["day"], 2),
        (["day", "2026-11-21"], 2),
        (["day", "2026-11-21", "capacity"], 2),
        (["day", "yesterday", "capacity=1"], 2),
        (["day", "2026-11-21", "keep_days=1"], 2),
        (["day", "2026-11-21", "capacity=abc"], 2),
        (["day", "2026-11-21", "closes=7:30"], 2),
        (["day", "2026-11-21", "closed=maybe"], 2),
        (["day", "2026-11-21", "gate:main=up"], 2),
        (["block", "lost", "id:079085012345"], 1),
        (["trust", "/nowhere.pem"], 1),
        (["key", "/dev/null"], 1),
        (["list", "a", "b"], 2),
        (["drop", "x"], 2),
        (["drop"], 2),
    ],
)
def test_what_makes_no_sense_is_one_sentence(hub: Terminal, typed: list[str], code: int) -> None:
    answer = hub("hub-down", *typed)
    assert answer.returncode == code
    assert answer.stderr.startswith("kiosk: ")
    assert answer.stderr.count("\n") == 1


@pytest.mark.parametrize("closes", ["", "00:00", "23:59"])
def test_an_order_that_makes_no_sense_leaves_the_one_before(hub: Terminal, closes: str) -> None:
    day = "2999-01-01"
    hub.lines("hub-down", "day", day, "capacity=50", f"closes={closes}", "closed=yes", "gate:main=out", "--json")
    before = hub.lines("hub-down", "show", "--json"), fetched(hub)
    refused = hub("hub-down", "day", day, "capacity=abc", f"closes={closes}", "closed=yes", "gate:main=out")
    assert refused.returncode == 2
    assert "whole number" in refused.stderr
    assert (hub.lines("hub-down", "show", "--json"), fetched(hub)) == before


def test_a_key_is_followed_by_one_that_it_has_signed(hub: Terminal, tmp_path: Path) -> None:
    kiosk, old, new, order = Terminal(tmp_path / "data"), *(tmp_path / name for name in ("old", "new", "order"))
    kiosk.lines("keys", "new", "--out", str(old), "--json")
    (made,) = kiosk.lines("keys", "succeed", "--key", str(old), "--out", str(new), "--order", str(order), "--json")
    hub.lines("hub-down", "key", str(order), "--json")
    ((part, name, payload),) = fetched(hub)
    assert (part, name) == (Part.KEY, made["fingerprint"])
    pen = Pen(kiosk.data, tmp_path)
    with running_kiosk(kiosk.data) as running:
        assert done(running, pen.order(part, name, payload))[0] == "taken"
    assert made["signed"]


def test_a_key_that_waits_is_accepted_by_words_and_by_no_others(tmp_path: Path) -> None:
    kiosk, new, order = Terminal(tmp_path / "data"), tmp_path / "new", tmp_path / "order"
    kiosk.lines("keys", "new", "--out", str(tmp_path / "old"), "--json")
    (made,) = kiosk.lines("keys", "succeed", "--out", str(new), "--order", str(order), "--json")
    pen = Pen(kiosk.data, tmp_path)
    with running_kiosk(kiosk.data) as running:
        assert done(running, pen.order("key", "", order.read_bytes()))[0] == "waits"
    shown = kiosk("keys", "show").stdout
    assert "waits" in shown
    assert kiosk.lines("keys", "show", "--json")[0]["another_waits"]
    assert made["words"] not in shown  # else people would copy what they should compare
    assert kiosk("keys", "accept").returncode == 2
    assert kiosk("keys", "accept", "--words", "lusab babad").returncode == 1
    assert kiosk("keys", "accept", "--words", made["words"].title()).returncode == 0
    assert kiosk("keys", "accept", "--words", made["words"]).returncode == 1
    accepted = [entry["body"] for entry in kiosk.lines("log", "--json") if entry["kind"] == "tracing_key"]
    assert [(body["fingerprint"], body["how"]) for body in accepted] == [(made["fingerprint"], "accepted")]
