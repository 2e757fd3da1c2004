"""Health insurance cards: new and old layouts, all three generations of numbers, hex names."""

from __future__ import annotations

import pytest

from kiosk.rules.credentials import Trust, read_credential
from kiosk.rules.model import Check, Credential, Kind, Person, Reason

NAME, ADDRESS, ISSUER = "Trần Thị Mẫu".encode().hex(), "Thôn Đồi Quạ".encode().hex(), "Tỉnh Mẫu".encode().hex()
PARENT = "Cha Mẫu".encode().hex()
CHECK = "0123456789abcdef-0000"
DATES = "01/01/2026|31/12/2026|15/12/2025"
NEW = f"9912345678|{NAME}|03/04/1950|2|-|99 - C54|{DATES}|99000000000001|-|4| 01/01/2030|{CHECK}|4|{ISSUER}|$"
OLD = f"GD4999912345678|{NAME}|03/04/1950|2|{ADDRESS}|99 - 034|{DATES}|9900|{PARENT}|5|01/01/2030|{CHECK}|$"
SHORT = f"GD4999912345678|{NAME}|1950|2|{ADDRESS}|99 - 034|{DATES}|$"


def read(text: str) -> Credential:
    return read_credential(text.encode(), trust=Trust(), at_ms=1_790_000_000_000)


@pytest.mark.parametrize("card", [NEW, OLD, SHORT, NEW.removesuffix("|$"), OLD.upper()])
def test_every_layout_of_one_person_is_one_holder(card: str) -> None:
    credential = read(card)
    assert (credential.kind, credential.check, credential.refusal) == (Kind.INSURANCE, Check.UNSIGNED, None)
    assert (credential.holder_id, credential.person.name) == ("bhxh:9912345678", "Trần Thị Mẫu")


def test_a_new_card_names_its_holder() -> None:
    assert read(NEW).person == Person("Trần Thị Mẫu", "1950-04-03", "F", "9912345678")


def test_an_old_card_has_an_address() -> None:
    assert read(OLD).person.address == "Thôn Đồi Quạ"


def test_a_year_of_birth_alone_stays_a_year() -> None:
    assert read(SHORT).person.birth == "1950"


def test_the_number_of_2025_is_that_of_the_id_card() -> None:
    assert read(NEW.replace("9912345678", "099150000001")).holder_id == "id:099150000001"


def test_parents_hospital_and_benefit_are_dropped() -> None:
    credential = read(OLD)
    assert "Cha Mẫu" not in repr(credential)
    assert "034" not in repr(credential)
    assert set(credential.fields) == {"number", "name", "birth", "sex", "address", "valid_from", "valid_to", "issued"}


def test_validity_is_shown_as_printed_and_decides_nothing() -> None:
    credential = read(NEW.replace("31/12/2026", "31/12/2019"))
    assert (credential.refusal, credential.fields["valid_to"]) == (None, "2019-12-31")


@pytest.mark.parametrize(
    "card",
    [
        NEW.replace("9912345678", "991234567"),
        NEW.replace("9912345678", ""),
        OLD.replace("GD4999912345678", "GD49999123456"),
        f"9912345678|{NAME}|1950|2|$",
        f"9912345678|{NAME}|1950|2",
        "|$",
        NEW.removesuffix("$") + "x|x|x|x|$",
    ],
)
def test_a_card_with_a_broken_number_or_missing_parts_is_malformed(card: str) -> None:
    credential = read(card)
    assert (credential.kind, credential.check, credential.refusal, credential.holder_id) == (
        Kind.INSURANCE, Check.MALFORMED, Reason.MALFORMED, "",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["-", "", "414", "xyz", "41 42"])
def test_a_name_that_is_no_hex_is_left_empty(name: str) -> None:
    credential = read(NEW.replace(NAME, name))
    assert (credential.holder_id, credential.person.name) == ("bhxh:9912345678", "")


def test_a_name_whose_bytes_were_cut_shows_what_is_left() -> None:
    assert read(NEW.replace(NAME, "Lê".encode()[:2].hex())).person.name == "L?"
