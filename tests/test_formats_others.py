"""Typed numbers, and codes that name nobody: places, payments, Wi-Fi, links, unknown ones."""

from __future__ import annotations

import base64
import json

import pytest

from kiosk.rules.credentials import Trust, read_credential
from kiosk.rules.model import Check, Credential, Kind, Reason

AT_MS = 1_790_000_000_000  # September 2026


def read(text: str, *, typed: bool = False, at_ms: int = AT_MS) -> Credential:
    return read_credential(text.encode(), trust=Trust(), at_ms=at_ms, typed=typed)


@pytest.mark.parametrize("typed", [False, True])
@pytest.mark.parametrize(
    ("number", "kind", "holder"),
    [
        ("099085012345", Kind.TYPED, "id:099085012345"),
        ("000201012345", Kind.TYPED, "id:000201012345"),  # begins like a payment code
        ("990123456", Kind.TYPED, "id:990123456"),
        ("9912345678", Kind.INSURANCE, "bhxh:9912345678"),
        ("GD4999912345678", Kind.INSURANCE, "bhxh:9912345678"),
    ],
)
def test_a_bare_number_names_its_holder(number: str, kind: Kind, holder: str, typed: bool) -> None:
    credential = read(number, typed=typed)
    assert (credential.kind, credential.check, credential.holder_id) == (kind, Check.UNSIGNED, holder)


@pytest.mark.parametrize("typed", ["099 085 012 345", "099.085.012.345", "099-085-012-345", " gd4 99 9912345678"])
def test_spaces_and_dots_in_what_was_typed_are_forgiven(typed: str) -> None:
    assert read(typed, typed=True).refusal is None


def test_a_typed_number_says_birth_year_and_sex() -> None:
    person = read("099185012345", typed=True).person
    assert (person.birth, person.sex) == ("1985", "F")


@pytest.mark.parametrize("typed", ["12345", "0990850123456", "099945012345", "Nguyễn Văn Mẫu", "0990000123", "9" * 200])
def test_what_was_typed_and_is_no_number_of_a_person_is_malformed(typed: str) -> None:
    credential = read(typed, typed=True)
    assert (credential.kind, credential.check, credential.refusal) == (Kind.TYPED, Check.MALFORMED, Reason.MALFORMED)


def test_a_kiosk_without_a_clock_does_not_take_people_for_unborn() -> None:
    assert read("099320012345", typed=True, at_ms=0).refusal is None


@pytest.mark.parametrize("year, born", [(2027, True), (2028, False)])  # fmt: skip
def test_a_number_of_next_year_is_wrong_until_then(year: int, born: bool) -> None:
    in_2027_ms = 1_814_000_000_000
    assert (read(f"0992{year % 100}012345", typed=True, at_ms=in_2027_ms).refusal is None) is born


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ("https://qr.tokhaiyte.vn/abc?x=1", Kind.PLACE, Reason.PLACE_CODE),
        ("http://QR.PCCOVID.GOV.VN/ksvrbm", Kind.PLACE, Reason.PLACE_CODE),
        ("https://tokhaiyte.vn", Kind.PLACE, Reason.PLACE_CODE),
        ("https://user@tokhaiyte.vn:443/x", Kind.PLACE, Reason.PLACE_CODE),
        ("https://tokhaiyte.vn.evil.example/", Kind.LINK, Reason.LINK_CODE),
        ("https://nottokhaiyte.vn/", Kind.LINK, Reason.LINK_CODE),
        ("https://evil.example/tokhaiyte.vn", Kind.LINK, Reason.LINK_CODE),
        ("http://[::1]/", Kind.LINK, Reason.LINK_CODE),
        ("http://", Kind.LINK, Reason.LINK_CODE),
        ("00020101021138570010A00000072701270006970403011300110123456780208QRIBFTTA53037045802VN63049E6F",
         Kind.PAYMENT, Reason.PAYMENT_CODE),
        ("0002012650001000AAAA6304ABCD", Kind.PAYMENT, Reason.PAYMENT_CODE),
        ("WIFI:S:Mạng nhà;T:WPA;P:bí mật;;", Kind.WIFI, Reason.WIFI_CODE),
        ("wifi:s:x;;", Kind.WIFI, Reason.WIFI_CODE),
        ("https://e.coronawarn.app?v=1#CAESLAgB", Kind.PLACE, Reason.PLACE_CODE),
        ("https://app.luca-app.de/webapp/abc", Kind.PLACE, Reason.PLACE_CODE),
        ("https://s.coronawarn.app?v=1#abc", Kind.LINK, Reason.LINK_CODE),  # somebody's test result, not a place
        ("https://gplx.gov.vn/tra-cuu?so=1", Kind.LINK, Reason.LINK_CODE),  # a driving licence's
        ("UKC19TRACING:1:eyJhbGciOiJFUzI1NiJ9.e30.AA", Kind.PLACE, Reason.PLACE_CODE),
        ("NZCOVIDTRACER:not base64", Kind.PLACE, Reason.PLACE_CODE),
        ("shlink:/eyJ1cmwiOiJodHRwczovL2EuZXhhbXBsZSJ9", Kind.LINK, Reason.LINK_CODE),
        ("https://a.example/view#shlink:/eyJ1cmwiOiJ4In0", Kind.LINK, Reason.LINK_CODE),
        ("Xin chào", Kind.UNKNOWN, Reason.UNKNOWN_CODE),
        ("12345", Kind.UNKNOWN, Reason.UNKNOWN_CODE),
        ("", Kind.UNKNOWN, Reason.UNKNOWN_CODE),
    ],
)  # fmt: skip
def test_a_code_that_names_nobody_is_answered_as_what_it_is(text: str, kind: Kind, reason: Reason) -> None:
    credential = read(text)
    assert (credential.kind, credential.refusal, credential.holder_id) == (kind, reason, "")


def test_a_poster_of_new_zealand_says_name_and_address_of_its_place() -> None:
    said = {"gln": "9400000000000", "opn": "Quán Mẫu ", "adr": "1 Đường Thử\nQuận Mẫu", "ver": "c19:1", "typ": "entry"}
    poster = read("NZCOVIDTRACER:" + base64.b64encode(json.dumps(said).encode()).decode())
    assert poster.fields == {"place": "Quán Mẫu", "address": "1 Đường Thử Quận Mẫu", "gln": "9400000000000"}


@pytest.mark.parametrize("content", ["[1]", '"x"', "{", '{"opn": 1, "adr": null}', "[" * 3000])
def test_a_poster_with_nonsense_inside_is_still_a_place(content: str) -> None:
    poster = read("NZCOVIDTRACER:" + base64.b64encode(content.encode()).decode())
    assert (poster.refusal, poster.fields) == (Reason.PLACE_CODE, {})


def test_a_typed_number_of_no_province_is_warned_of_and_counts() -> None:
    credential = read("099085012345", typed=True)
    assert credential.refusal is None
    assert "no province" in credential.detail
    assert "no province" not in read("001085012345", typed=True).detail


def test_the_password_of_a_network_is_repeated_nowhere() -> None:
    assert "bí mật" not in repr(read("WIFI:S:Mạng nhà;T:WPA;P:bí mật;;"))


def test_of_a_link_only_the_host_is_kept() -> None:
    assert read("https://a.example/path?token=secret#x").fields == {"host": "a.example"}


def test_an_unknown_code_is_described_by_its_length_alone() -> None:
    assert read("something personal").detail == (
        "A code of 18 bytes in no known layout, as VNeID's own: the ID card or its number serves."
    )
