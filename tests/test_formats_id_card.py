"""ID cards: CCCD of 2021 and Căn cước of 2024, in both styles of date, whole and broken."""

from __future__ import annotations

import pytest

from kiosk.rules.credentials import Trust, read_credential
from kiosk.rules.model import Check, Credential, Kind, Person, Reason

CARD = "099085012345|990123456|Nguyễn Văn Mẫu|02031985|Nam|Ấp Mây Trắng, Xã Không Tên|20052021"
CARD_2024 = "099085012345||Nguyễn Văn Mẫu|02031985|Nam|Ấp Mây Trắng|15072024|990123456|Cha Mẫu|Mẹ Mẫu|"


def read(text: str) -> Credential:
    return read_credential(text.encode(), trust=Trust(), at_ms=1_790_000_000_000)


def test_a_card_of_2021_names_its_holder() -> None:
    assert read(CARD).person == Person(
        "Nguyễn Văn Mẫu", "1985-03-02", "M", "099085012345", address="Ấp Mây Trắng, Xã Không Tên"
    )


def test_nothing_on_a_card_can_be_proven() -> None:
    credential = read(CARD)
    assert (credential.kind, credential.check, credential.refusal) == (Kind.ID_CARD, Check.UNSIGNED, None)


def test_the_old_number_is_another_identifier_of_the_same_holder() -> None:
    credential = read(CARD)
    assert (credential.holder_id, credential.also) == ("id:099085012345", ("id:990123456",))


def test_the_fields_are_what_is_printed_in_reading_order() -> None:
    assert read(CARD).fields == {
        "number": "099085012345",
        "old_number": "990123456",
        "name": "Nguyễn Văn Mẫu",
        "birth": "1985-03-02",
        "sex": "M",
        "address": "Ấp Mây Trắng, Xã Không Tên",
        "issued": "2021-05-20",
    }


def test_the_names_of_the_family_on_a_card_of_2024_are_dropped() -> None:
    credential = read(CARD_2024)
    assert credential.holder_id == "id:099085012345"
    assert "Cha Mẫu" not in repr(credential)
    assert "Mẹ Mẫu" not in repr(credential)


def test_both_styles_of_date_mean_the_same() -> None:
    slashed = CARD.replace("02031985", "02/03/1985").replace("20052021", "20/05/2021")
    assert read(slashed) == read(CARD)


@pytest.mark.parametrize("impossible", ["31021985", "31/02/1985", "00001985"])
def test_an_impossible_birth_date_is_left_empty(impossible: str) -> None:
    credential = read(CARD.replace("02031985", impossible))
    assert (credential.holder_id, credential.person.birth) == ("id:099085012345", "")


@pytest.mark.parametrize("parts", range(6, 17))
def test_more_parts_than_known_do_not_matter(parts: int) -> None:
    text = "|".join((CARD.split("|") + ["x"] * 9)[:parts])
    assert read(text).holder_id == "id:099085012345"


@pytest.mark.parametrize(
    "text",
    [
        CARD.replace("099085012345", "09908501234"),
        CARD.replace("099085012345", "0990850123456"),
        CARD.replace("099085012345", "O99085012345"),
        CARD.replace("099085012345", ""),
        CARD.replace("099085012345", "٠٩٩٠٨٥٠١٢٣٤٥"),
        "099085012345|990123456|Nguyễn Văn Mẫu|02031985|Nam",  # five parts
        "099085012345|",
        "099085012345|Nguyễn Văn Mẫu|02031985|Nam|Ấp Mây Trắng|20052021",  # a wrong layout that circulates
        CARD + "|x" * 10,
    ],
)
def test_a_card_with_a_broken_number_or_missing_parts_is_malformed(text: str) -> None:
    credential = read(text)
    assert (credential.kind, credential.check, credential.refusal, credential.holder_id) == (
        Kind.ID_CARD, Check.MALFORMED, Reason.MALFORMED, "",
    )  # fmt: skip


def test_a_twelve_digit_old_number_is_no_insurance_card() -> None:
    credential = read(CARD.replace("990123456", "414243444546"))
    assert (credential.kind, credential.holder_id) == (Kind.ID_CARD, "id:099085012345")


def test_a_number_that_begins_like_a_payment_code_is_a_card() -> None:
    assert read(CARD.replace("099085012345", "000201012345")).kind is Kind.ID_CARD


def test_a_number_that_contradicts_the_card_is_said_but_not_refused() -> None:
    credential = read(CARD.replace("Nam", "Nữ"))
    assert credential.refusal is None
    assert "M but F is printed" in credential.detail


def test_letters_that_the_scanner_lost_are_said_and_the_number_still_counts() -> None:
    credential = read_credential(CARD.encode("cp1258", "replace"), trust=Trust(), at_ms=0)
    assert credential.holder_id == "id:099085012345"
    assert "lost letters" in credential.detail


@pytest.mark.parametrize("typed", ["Nguy?n V?n M?u", "Nguyn Vn Mu"])
def test_a_scanner_whose_keyboard_has_no_vietnamese_letters_is_told_of(typed: str) -> None:
    credential = read(CARD.replace("Nguyễn Văn Mẫu", typed))
    assert credential.holder_id == "id:099085012345"
    assert "lost letters" in credential.detail


@pytest.mark.parametrize("name", ["Nguyễn Văn Mẫu", "NGUYEN VAN MAU", "Ng Mẫu", "Y Mẫu"])
def test_a_whole_name_is_not_suspected_of_lost_letters(name: str) -> None:
    assert "lost letters" not in read(CARD.replace("Nguyễn Văn Mẫu", name)).detail


@pytest.mark.parametrize("wrapping", ["\ufeff{}", "{}\r\n", "\x00{}\x00", "  {}  "])
def test_what_scanners_add_round_a_code_does_not_matter(wrapping: str) -> None:
    assert read(wrapping.format(CARD)) == read(CARD)
