"""A kiosk comes to a hub by a code that is good once, gives its log, is renewed, and is revoked."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path

import pytest
from conftest import OpenSite, Site
from hubs import Kiosk, RunningHub, hub_settings, running_hub
from test_hub_intake import sent
from test_hub_logs import come

from kiosk.rules.checkpoints import checkpoint_of
from kiosk.rules.enrolment import VALID_MS, code_of, fingerprint_of
from kiosk.rules.entries import START
from kiosk.rules.kiosk_health import KioskHealth
from kiosk.rules.site_names import Span
from kiosk.store.kiosk_health import Told, told_by_all
from kiosk.vault.hub_ca import pass_for
from kiosk.vault.hub_pass import PassRequest, span_of_pass
from kiosk.vault.notes import opened_note

HEALTH = KioskHealth("1.0", "told", 3, ("printer: no paper",))


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[RunningHub]:
    with running_hub(tmp_path / "hub") as running:
        yield running


@pytest.fixture
def busy(site: Site) -> Site:
    for person in range(4):
        come(site, person, f"08:{person:02}")
    return site


@pytest.fixture
def kiosk(busy: Site) -> Kiosk:
    return Kiosk(busy.house.vault, busy.house.data, busy.house.store.head().kiosk, busy.house.settings.site.id)


def leaves(hub: RunningHub) -> list[str]:
    with hub.house.database.transaction() as db:
        return [json.loads(said)[1]["what"] for (said,) in db.execute("SELECT said FROM leaf ORDER BY number")]


def test_the_code_vouches_for_the_hub_before_anything_is_sent(hub: RunningHub) -> None:
    code = code_of(hub.code().text)
    untrusting = ssl.create_default_context()
    untrusting.check_hostname, untrusting.verify_mode = False, ssl.CERT_NONE
    with hub.calling(untrusting) as connection:
        connection.request("GET", "/kiosk/ca")
        pem = connection.getresponse().read().decode()
    assert (code.url, fingerprint_of(ssl.PEM_cert_to_DER_cert(pem))) == (hub.url, code.fingerprint)


def test_a_kiosk_that_has_come_gives_its_log(hub: RunningHub, kiosk: Kiosk, busy: Site) -> None:
    answer = kiosk.enrol(hub)
    assert (answer.status, answer.said["verifier"]) == (HTTPStatus.OK, hub.house.witness.verifier)
    assert answer.said["recipient"].startswith("age1")
    (blob,) = sent(busy)
    receipt = kiosk.ask(hub, "/kiosk/segments", blob).said
    head = busy.house.store.head()
    assert (receipt["epoch"], receipt["through"], receipt["chain"]) == (head.epoch, head.sequence, head.chain.hex())
    assert checkpoint_of(opened_note(receipt["checkpoint"], answer.said["verifier"])).size == 3
    assert leaves(hub) == ["code", "enrolled", "head"]


def test_a_lost_answer_loses_nothing_but_no_other_kiosk_uses_the_code(
    hub: RunningHub, kiosk: Kiosk, open_site: OpenSite, tmp_path: Path
) -> None:
    code = hub.code(kiosk.kiosk, kiosk.site)
    assert [kiosk.enrol(hub, code).status for _ in range(2)] == [HTTPStatus.OK] * 2
    other = open_site(data=tmp_path / "other")
    thief = Kiosk(other.house.vault, tmp_path / "other", kiosk.kiosk, kiosk.site)
    refused = thief.enrol(hub, code)
    assert (refused.status, refused.sentence) == (
        HTTPStatus.FORBIDDEN,
        "another kiosk has used this code already; have another one made",
    )


def test_a_code_is_for_one_kiosk_of_one_site_and_has_an_end(kiosk: Kiosk, tmp_path: Path) -> None:
    settings = hub_settings()
    with running_hub(tmp_path / "hub", replace(settings, hub=replace(settings.hub, code_valid_s=0.0))) as hub:
        assert "is over" in kiosk.enrol(hub).sentence
    with running_hub(tmp_path / "hub") as hub:
        assert f"is for other of site {kiosk.site}, but" in kiosk.enrol(hub, hub.code("other", kiosk.site)).sentence
        first, second = hub.code(kiosk.kiosk, kiosk.site), hub.code(kiosk.kiosk, kiosk.site)
        assert "not known here" in kiosk.enrol(hub, first).sentence
        assert kiosk.enrol(hub, second).status == HTTPStatus.OK


def test_without_its_certificate_nobody_is_a_kiosk(hub: RunningHub, kiosk: Kiosk, busy: Site) -> None:
    kiosk.enrol(hub)
    (blob,) = sent(busy)
    (enrolled,) = hub.house.catalogue.kiosks()
    claims = {"X-Client-Unit": enrolled.mark.hex(), "X-Client-Fault": "0", "X_Client_Unit": enrolled.mark.hex()}
    for path, said in (("segments", blob), ("where", {}), ("health", HEALTH.as_said()), ("renew", {"csr": ""})):
        assert hub.ask(f"/kiosk/{path}", said, None, **claims).status == HTTPStatus.UNAUTHORIZED
    assert hub.house.logs.branches(kiosk.kiosk) == []


def test_a_certificate_of_anybody_else_opens_nothing(hub: RunningHub, kiosk: Kiosk, tmp_path: Path) -> None:
    kiosk.enrol(hub)
    with running_hub(tmp_path / "elsewhere") as elsewhere:
        context = elsewhere.trusting()
        context.load_verify_locations(cadata=hub.house.ca.pem)
        context.load_cert_chain(kiosk.data / "hub-pass.pem")
        with pytest.raises((ssl.SSLError, ConnectionError)):
            elsewhere.ask("/kiosk/where", {}, context)


def test_a_revoked_kiosk_gives_nothing_more_and_is_told_so(hub: RunningHub, kiosk: Kiosk, busy: Site) -> None:
    kiosk.enrol(hub)
    hub.house.enrolling.revoke(kiosk.kiosk, by="test", now_ms=1)
    for path, said in (("segments", sent(busy)[0]), ("where", {}), ("health", {}), ("renew", {"csr": ""})):
        answer = kiosk.ask(hub, f"/kiosk/{path}", said)
        assert (answer.status, answer.sentence) == (HTTPStatus.FORBIDDEN, "the hub has revoked this kiosk")
    assert leaves(hub) == ["code", "enrolled", "revoked"]
    assert kiosk.enrol(hub).status == HTTPStatus.OK  # by a new code, which somebody has made for it
    assert kiosk.ask(hub, "/kiosk/segments", sent(busy)[0]).status == HTTPStatus.OK


def test_the_card_that_was_replaced_is_a_kiosk_no_more(
    hub: RunningHub, kiosk: Kiosk, open_site: OpenSite, tmp_path: Path
) -> None:
    kiosk.enrol(hub)
    other = open_site(data=tmp_path / "other")
    assert Kiosk(other.house.vault, tmp_path / "other", kiosk.kiosk, kiosk.site).enrol(hub).status == HTTPStatus.OK
    assert kiosk.ask(hub, "/kiosk/health", HEALTH.as_said()).status == HTTPStatus.FORBIDDEN


def test_a_certificate_is_renewed_also_once_it_is_over_and_then_for_nothing_else(hub: RunningHub, kiosk: Kiosk) -> None:
    kiosk.enrol(hub)
    (enrolled,) = hub.house.catalogue.kiosks()
    over = PassRequest(kiosk.kiosk)
    issued = pass_for(hub.house.ca, over.pem, kiosk.kiosk, enrolled.mark.hex(), Span(0, VALID_MS))
    over.keep(kiosk.data, issued, hub.house.ca.pem)
    assert kiosk.ask(hub, "/kiosk/health", HEALTH.as_said()).status == HTTPStatus.UNAUTHORIZED
    fresh = PassRequest(kiosk.kiosk)
    fresh.keep(kiosk.data, kiosk.ask(hub, "/kiosk/renew", {"csr": fresh.pem}).said["certificate"], hub.house.ca.pem)
    assert span_of_pass(kiosk.data).ends_ms > VALID_MS
    assert kiosk.ask(hub, "/kiosk/health", HEALTH.as_said()).status == HTTPStatus.OK


def test_where_the_log_stands_is_told_by_its_chain(hub: RunningHub, kiosk: Kiosk, busy: Site) -> None:
    kiosk.enrol(hub)

    def where(sequence: int, chain: bytes) -> tuple[bool, list[int]]:
        answer = kiosk.ask(hub, "/kiosk/where", {"sequence": sequence, "chain": chain.hex()}).said
        return answer["known"], [end["sequence"] for end in answer["ends"]]

    assert where(0, START) == (True, [])
    for blob in sent(busy, size=3):
        kiosk.ask(hub, "/kiosk/segments", blob)
    head = busy.house.store.head()
    assert where(0, START) == where(head.sequence, head.chain) == (True, [head.sequence])
    assert where(head.sequence, START) == where(head.sequence + 1, head.chain) == (False, [])


def test_what_is_not_taken_is_said_with_its_reason_and_how_far_the_hub_is(
    hub: RunningHub, kiosk: Kiosk, busy: Site
) -> None:
    kiosk.enrol(hub)
    first, second, *_ = sent(busy, size=2)
    gap = kiosk.ask(hub, "/kiosk/segments", second)
    assert (gap.status, gap.said["fault"], gap.said["through"]) == (416, "gap", 0)
    kiosk.ask(hub, "/kiosk/segments", first)
    damaged = kiosk.ask(hub, "/kiosk/segments", second[:-1])
    assert (damaged.status, damaged.said["fault"], damaged.said["through"]) == (422, "forged", 2)
    assert kiosk.ask(hub, "/kiosk/segments", second).status == HTTPStatus.OK


def test_what_a_kiosk_tells_of_itself_is_kept(hub: RunningHub, kiosk: Kiosk) -> None:
    kiosk.enrol(hub)
    heard = kiosk.ask(hub, "/kiosk/health", HEALTH.as_said() | {"newer": True}).said["heard_ms"]
    with hub.house.database.transaction() as db:
        assert told_by_all(db) == {kiosk.kiosk: Told(heard, HEALTH)}
    assert hub.house.catalogue.kiosks()[0].heard_ms == heard


@pytest.mark.parametrize("path", ["enrol", "renew", "where", "health"])
@pytest.mark.parametrize("said", [b"", b"[]", b"{}", b"[" * 20_000, b'{"sequence":"x","chain":1,"csr":[]}', b"\xff"])
def test_what_makes_no_sense_gets_a_sentence(hub: RunningHub, kiosk: Kiosk, path: str, said: bytes) -> None:
    kiosk.enrol(hub)
    assert kiosk.ask(hub, f"/kiosk/{path}", said).status == HTTPStatus.BAD_REQUEST


def test_where_enough_is_worked_on_a_kiosk_is_asked_to_come_again(hub: RunningHub, kiosk: Kiosk, busy: Site) -> None:
    kiosk.enrol(hub)
    turns = hub.server.context.turns
    with ExitStack() as all_taken:
        for _ in range(hub.house.settings.hub.at_once):
            all_taken.enter_context(turns)
        answer = kiosk.ask(hub, "/kiosk/segments", sent(busy)[0])
        assert (answer.status, answer.headers["Retry-After"]) == (HTTPStatus.SERVICE_UNAVAILABLE, "10")
    assert kiosk.ask(hub, "/kiosk/segments", sent(busy)[0]).status == HTTPStatus.OK


def test_strangers_cannot_fill_the_memory(hub: RunningHub) -> None:
    with hub.calling() as connection:
        connection.putrequest("POST", "/kiosk/enrol")
        connection.putheader("Content-Length", "3000000")
        connection.endheaders()
        assert connection.getresponse().status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
