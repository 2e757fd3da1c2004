"""A site's own codes, from its settings: recognised as the site says, by expressions that cannot hang the door."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Site, local_ms, settings_with
from hostile import CORPUS, assert_harmless
from hypothesis import given
from hypothesis import strategies as st
from terminal import Terminal

from kiosk.config import PatternSettings, Settings, SettingsError, load
from kiosk.devices import clock
from kiosk.house import open_house
from kiosk.rules.credentials import Trust, best, names_somebody, read_credential
from kiosk.rules.formats.code import Pattern
from kiosk.rules.formats.pattern import OURS, compile_pattern
from kiosk.rules.model import Check, Credential, Kind, Outcome, Person, Reason
from kiosk.web.lines import Lines
from kiosk.web.words import kind_words

PATIENT = r"BN(?P<number>[0-9]{6});(?P<name>[^;]*);(?P<birth>[^;]*);(?P<sex>[^;]*);(?P<phone>[^;]*)"
PAPER = "BN012345;Nguyễn Văn Mẫu;02/03/1985;Nam;0990000123"


def read(text: str, *patterns: Pattern, typed: bool = False) -> Credential:
    return read_credential(text.encode(), trust=Trust(patterns=patterns), at_ms=1_790_000_000_000, typed=typed)


def own(regex: str, kind: str = "patient") -> Pattern:
    return compile_pattern(regex, kind, "Mã người bệnh")


def test_a_kind_of_the_site_s_own_names_its_holder_by_kind_and_number() -> None:
    credential = read(PAPER, own(PATIENT))
    assert (credential.kind, credential.check, credential.refusal) == ("patient", Check.UNSIGNED, None)
    assert credential.holder_id == "site:patient:012345"
    assert credential.person == Person("Nguyễn Văn Mẫu", "1985-03-02", "M", "012345", "0990000123")


def test_without_a_group_the_whole_code_is_the_number() -> None:
    assert read("BN012345", own("BN[0-9]{6}")).holder_id == "site:patient:BN012345"


def test_a_site_s_own_codes_may_be_web_addresses_others_stay_links() -> None:
    hospital = own(r"https://hospital\.example/p/(?P<number>[0-9]+)")
    assert read("https://hospital.example/p/77", hospital).holder_id == "site:patient:77"
    assert read("https://hospital.example/about", hospital).kind is Kind.LINK


def test_of_two_codes_of_a_pattern_each_has_its_own_holder() -> None:
    assert read("BN1", own("BN.*")).holder_id != read("BN2", own("BN.*")).holder_id


@pytest.mark.parametrize("text", ["xBN012345", "BN012345x", "BN01234", "bn012345"])
def test_a_pattern_is_for_the_whole_code(text: str) -> None:
    assert read(text, own("BN[0-9]{6}")).kind is Kind.UNKNOWN


@pytest.mark.parametrize(
    ("kind", "text", "holder"),
    [
        ("cccd", "ID 099085012345", "id:099085012345"),
        ("typed", "ID 990123456", "id:990123456"),
        ("bhyt", "ID GD4999912345678", "bhxh:9912345678"),
        ("bhyt", "ID 9912345678", "bhxh:9912345678"),
    ],
)
def test_a_kind_of_ours_has_the_holder_that_the_card_itself_would_have(kind: str, text: str, holder: str) -> None:
    credential = read(text, own("ID (?P<number>.*)", kind))
    assert (credential.kind, credential.holder_id) == (kind, holder)


@pytest.mark.parametrize(
    ("kind", "text"),
    [("cccd", "ID 12345"), ("typed", "ID x"), ("bhyt", "ID 990123456"), ("patient", "ID *"), ("patient", "ID =1+1"),
     ("patient", "ID " + "1" * 65)],
)  # fmt: skip
def test_a_number_that_nobody_can_be_known_by_is_malformed(kind: str, text: str) -> None:
    credential = read(text, own(r"ID \*?(?P<number>.*)", kind))
    assert (credential.check, credential.refusal, credential.person) == (Check.MALFORMED, Reason.MALFORMED, Person())


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("place", Reason.PLACE_CODE), ("payment", Reason.PAYMENT_CODE), ("wifi", Reason.WIFI_CODE),
     ("link", Reason.LINK_CODE)],
)  # fmt: skip
def test_a_code_that_names_nobody_is_turned_away_as_those_of_its_kind_are(kind: str, reason: Reason) -> None:
    credential = read("T-1", own("T-.*", kind))
    assert (credential.kind, credential.refusal, credential.holder_id) == (kind, reason, "")


def test_the_first_pattern_that_fits_counts() -> None:
    assert read("BN1", own("BN.", "first"), own("BN.*", "second")).kind == "first"


def test_what_the_standards_know_no_pattern_takes_away() -> None:
    card = "099085012345|990123456|Nguyễn Văn Mẫu|02031985|Nam|Ấp Mây Trắng|20052021"
    assert read(card, own(".*")).kind is Kind.ID_CARD
    assert read("WIFI:S:x;;", own(".*")).kind is Kind.WIFI


def test_a_typed_number_of_the_site_is_taken_before_it_is_called_malformed() -> None:
    assert read("12345", own("[0-9]{5}"), typed=True).holder_id == "site:patient:12345"


def test_a_decoder_ends_its_search_with_a_code_of_the_site() -> None:
    assert names_somebody(b"BN012345", (own("BN[0-9]{6}"),))
    assert not names_somebody(b"BN012345")
    assert not names_somebody(b"T-1", (own("T-.*", "place"),))


def test_a_patient_s_code_is_taken_before_a_poster_in_the_same_picture() -> None:
    patterns = (own("BN[0-9]{6}"), own("T-.*", "place"))
    assert best([read("T-1", *patterns), read("BN012345", *patterns)]).kind == "patient"


SLOW = [
    "(a+)+$",
    "(a|a)*b",
    "(x+x+)+y",
    "(.*)*(.*)*b",
    "(?:(?:a|b|ab){0,100}){0,10}c",
    "(?:a?){500}a{500}",
    r"(\w+\s?)+!",
]


@pytest.mark.parametrize("regex", SLOW)
@pytest.mark.parametrize("code", ["a" * 8000, "ab" * 4000, "x" * 8000, "é" * 4000], ids=["a", "ab", "x", "é"])
def test_no_pattern_makes_the_door_wait(regex: str, code: str) -> None:
    """By Python's own engine the first would take more than a lifetime."""
    assert processor_s(regex, code) < 3000 * processor_s("a+", code)


def processor_s(regex: str, code: str) -> float:
    """What reading *code* takes of this thread's processor time: the quickest of three."""

    def once(pattern: Pattern) -> float:
        began_s = time.thread_time()
        read(code, pattern)
        return time.thread_time() - began_s

    pattern = own(regex)
    return min(once(pattern) for _ in range(3))


REFUSED = {
    "(a{1000}){1000}": "invalid repetition size",
    r"\p{L}{1000}": "pattern too large",
    "((a{0,100}){0,100}){0,100}": "repetition",
    "BN(": "missing )",
    r"(a)\1": "invalid escape sequence",
    "(?<!a)b": "invalid perl operator",
    "(?P<numer>.*)": "the group numer is none of number, name, birth, sex, phone",
    "": "it is empty",
}


@pytest.mark.parametrize(("regex", "reason"), REFUSED.items(), ids=REFUSED.values())
def test_a_pattern_that_cannot_be_run_is_refused_with_the_reason(regex: str, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        compile_pattern(regex)


def test_a_wrong_pattern_stops_the_program_with_file_and_key(tmp_path: Path) -> None:
    file = tmp_path / "kiosk.toml"
    file.write_text('[[patterns]]\nregex = "(a{1000}){1000}"\n', encoding="utf-8")
    with pytest.raises(SettingsError, match=r"kiosk\.toml: \[\[patterns\]\] regex must be .* invalid repetition size"):
        load(file)


@pytest.mark.parametrize("kind", OURS)
def test_every_kind_of_ours_that_is_allowed_can_be_loaded(kind: Kind, tmp_path: Path) -> None:
    file = tmp_path / "kiosk.toml"
    file.write_text(f'[[patterns]]\nkind = "{kind}"\nregex = "x"\n', encoding="utf-8")
    assert load(file).own_codes()[0].kind == kind


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_expression_is_refused_or_reads_any_code(regex: str, code: str) -> None:
    try:
        pattern = compile_pattern(regex, "patient", "x")
    except ValueError:
        return
    credential = read(code, pattern)
    for text in (credential.holder_id, credential.detail, credential.person.name, *credential.fields.values()):
        assert_harmless(text)


@pytest.mark.parametrize("regex", ["(?s).*", "(?s)(?P<number>.{0,40})(?P<name>.*)", "(?s)(?P<number>..)(?P<birth>.*)"])
@pytest.mark.parametrize("kind", ["patient", "cccd", "bhyt"])
def test_a_pattern_for_everything_lets_no_harm_in(regex: str, kind: str) -> None:
    pattern = own(regex, kind)
    for code in CORPUS.values():
        credential = read_credential(code, trust=Trust(patterns=(pattern,)), at_ms=0)
        person = credential.person
        for text in (credential.holder_id, person.name, person.number, person.birth, *credential.fields.values()):
            assert_harmless(text)


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Site]:
    """A site whose patients have papers with a code."""
    settings = replace(settings_with(), patterns=(PatternSettings("Mã người bệnh", "patient", PATIENT),))
    now = clock.stated(local_ms("2026-11-20T07:00", settings))
    with open_house(settings, tmp_path / "data", demo=True, now=now) as house:
        yield Site(house)


def test_a_patient_comes_and_goes_with_the_paper(hospital: Site) -> None:
    assert hospital.show(PAPER.encode(), "both", "08:00").decision.outcome is Outcome.ADMITTED
    assert hospital.reader.occupancy().inside == 1
    assert hospital.show(PAPER.encode(), "both", "09:00").decision.reason is Reason.GOODBYE


def test_the_pages_call_such_a_code_what_the_site_calls_it(hospital: Site) -> None:
    hospital.show(PAPER.encode(), "in", "08:00")
    lines = Lines(hospital.reader, hospital.house.vault, hospital.house.settings)
    [inside] = lines.persons(visit.id for visit in hospital.reader.inside())
    assert inside.how.vi == "Mã người bệnh · Cổng in"


def test_a_kind_that_the_settings_no_longer_name_is_called_by_its_short_name() -> None:
    assert kind_words("patient", Settings()).vi == "patient"


def test_read_knows_the_patterns_of_the_settings(tmp_path: Path) -> None:
    file, kiosk = tmp_path / "kiosk.toml", Terminal(tmp_path / "data")
    file.write_text(f"[[patterns]]\nregex = '{PATIENT}'\n", encoding="utf-8")
    [line] = kiosk.lines("--config", str(file), "read", "--json", "-", stdin=PAPER)
    assert (line["kind"], line["fields"]["number"]) == ("patient", "012345")
