"""The unified code of the apps: whole or starred, declared by oneself or by another."""

from __future__ import annotations

import pytest

from kiosk.rules.credentials import Trust, read_credential
from kiosk.rules.model import Check, Credential, Kind, Person, Reason

WHOLE = "099085012345|NGUYEN VAN MAU|1985-03-02|0|QID7ABCDEF|1<GD4999912345678<0990000123"
STARRED = "******012345|NGUYEN VAN MAU|1985-**-**|0|QID7ABCDEF|1<GD4999*********<0990******"


def read(text: str) -> Credential:
    return read_credential(text.encode(), trust=Trust(), at_ms=1_790_000_000_000)


def test_a_whole_code_names_its_holder() -> None:
    assert read(WHOLE).person == Person("NGUYEN VAN MAU", "1985-03-02", "M", "099085012345", phone="0990000123")


def test_a_whole_code_gives_every_identifier_but_the_phone() -> None:
    credential = read(WHOLE)
    assert (credential.holder_id, credential.also) == ("qid:QID7ABCDEF", ("id:099085012345", "bhxh:9912345678"))


def test_a_starred_code_is_no_error() -> None:
    credential = read(STARRED)
    assert (credential.kind, credential.check, credential.refusal) == (Kind.UNIFIED, Check.UNSIGNED, None)
    assert (credential.holder_id, credential.also) == ("qid:QID7ABCDEF", ())


def test_a_starred_code_keeps_what_it_shows() -> None:
    assert read(STARRED).person == Person("NGUYEN VAN MAU", "1985", "M", "******012345", phone="0990******")


@pytest.mark.parametrize(
    "extension",
    [
        "1<GD4999912345678<0990000123",
        "0990000123<GD4999912345678<1",
        "GD4999912345678<1<sig==<0990000123",
        "<<1<0990000123<",
    ],
)
def test_the_extension_is_read_by_shape(extension: str) -> None:
    person = read(WHOLE.rsplit("|", 1)[0] + "|" + extension).person
    assert (person.sex, person.phone) == ("M", "0990000123")


def test_a_ten_digit_phone_is_not_taken_for_an_insurance_number() -> None:
    assert read("******012345|A|1985-**-**|0|QID7ABCDEF|0990000123").also == ()


def test_numbers_of_who_declared_for_another_do_not_name_the_holder() -> None:
    credential = read("******012345|BE MAU|2019-**-**|1|QID7CHILD|099085012345<2<9912345678<0990000123")
    assert (credential.holder_id, credential.also) == ("qid:QID7CHILD", ())
    assert credential.fields["declared"] == "by another person"


def test_a_passport_number_is_shown_but_is_no_identifier() -> None:
    credential = read("C1234567|NGUYEN VAN MAU|1985-03-02|0|QID7ABCDEF|")
    assert (credential.person.number, credential.also) == ("C1234567", ())


@pytest.mark.parametrize("qid", ["", "QID***", "a b c d", "x" * 65])
def test_without_a_usable_qid_the_whole_number_names_the_holder(qid: str) -> None:
    assert read(f"099085012345|A|1985-03-02|0|{qid}|").holder_id == "id:099085012345"


@pytest.mark.parametrize(
    "text",
    [
        "******012345|NGUYEN VAN MAU|1985-**-**|0||1<0990******",
        "******012345|NGUYEN VAN MAU|1985-**-**|0|***|",
        "|NGUYEN VAN MAU|****-**-**|0||0990000123",
    ],
)
def test_a_starred_number_without_a_qid_is_logged_by_all_that_the_code_shows(text: str) -> None:
    credential = read(text)
    assert (credential.check, credential.refusal, credential.also) == (Check.UNSIGNED, None, ())
    assert credential.holder_id.startswith("partial:NGUYEN VAN MAU|")


@pytest.mark.parametrize(
    "other",
    [
        "******054321|NGUYEN VAN MAU|1985-**-**|0||1<0990******",
        "******012345|NGUYEN VAN MAI|1985-**-**|0||1<0990******",
        "******012345|NGUYEN VAN MAU|1986-**-**|0||1<0990******",
        "******012345|NGUYEN VAN MAU|1985-**-**|0||1<0991******",
    ],
)
def test_two_people_of_whom_codes_show_only_a_part_stay_two(other: str) -> None:
    assert read("******012345|NGUYEN VAN MAU|1985-**-**|0||1<0990******").holder_id != read(other).holder_id


@pytest.mark.parametrize(("qid", "birth"), [(" QID7ABCDEF ", "1985-03-02"), ("QID7ABCDEF", "02/03/1985")])
def test_spaces_round_the_qid_and_another_order_of_the_date_change_nothing(qid: str, birth: str) -> None:
    other = WHOLE.replace("QID7ABCDEF", qid).replace("1985-03-02", birth)
    assert (read(other).holder_id, read(other).person) == (read(WHOLE).holder_id, read(WHOLE).person)


def test_a_starred_birth_date_keeps_its_year_in_either_order() -> None:
    assert read(STARRED.replace("1985-**-**", "**/**/1985")).person.birth == "1985"


@pytest.mark.parametrize(
    "text",
    [
        "******012345||1985-**-**|0||1<0990******",
        "******012345|NGUYEN VAN MAU|****-**-**|0||1",
        "a b|NGUYEN VAN MAU|1985-**-**|0|QID7ABCDEF|1",
        "|***|1985|0|***|",
    ],
)
def test_a_code_that_names_nobody_is_malformed(text: str) -> None:
    credential = read(text)
    assert (credential.kind, credential.check, credential.refusal) == (Kind.UNIFIED, Check.MALFORMED, Reason.MALFORMED)


def test_a_code_without_its_extension_is_read() -> None:
    assert read("******012345|A|****-**-**|0|QID7ABCDEF").person.birth == ""
