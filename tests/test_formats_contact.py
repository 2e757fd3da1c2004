"""Contact cards, vCard and MECARD: what their owners wrote, good for a passage when it names them well enough."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.rules.credentials import Trust, read_credential
from kiosk.rules.model import Check, Credential, Kind, Person, Reason

VCARD_2 = """BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=4E=67=75=79=E1=BB=85=6E;=4D=E1=
=BA=AB=75;=56=C4=83=6E
FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=4D=E1=BA=AB=75
TEL;CELL;PREF:0990000123
BDAY:19850302
END:VCARD
"""
VCARD_3 = """BEGIN:VCARD\r
VERSION:3.0\r
N:Nguyễn;Mẫu;Văn;;\r
FN:Mẫu Nguyễn\r
item1.TEL;TYPE="cell,voice";X-NOTE="a:b":+84 990 \r
 000 123\r
BDAY:1985-03-02\r
NOTE:0990000999\r
END:VCARD"""
VCARD_4 = """BEGIN:VCARD
VERSION:4.0
FN:Nguyễn Văn Mẫu
TEL;VALUE=uri:tel:+84990000123
BDAY:19850302T103000Z
END:VCARD
BEGIN:VCARD
FN:Somebody Else
END:VCARD"""
MECARD = r"MECARD:N:Nguyễn,Văn Mẫu;TEL:02438000000;TEL:0990000123;NOTE:a\;BDAY\:19990101;BDAY:19850302;;"
ALL = {"vCard 2.1": VCARD_2, "vCard 3.0": VCARD_3, "vCard 4.0": VCARD_4, "MECARD": MECARD}


def read(text: str) -> Credential:
    return read_credential(text.encode(), trust=Trust(), at_ms=1_790_000_000_000)


@pytest.mark.parametrize("text", ALL.values(), ids=ALL)
def test_every_kind_of_card_of_one_person_is_one_holder(text: str) -> None:
    credential = read(text)
    assert credential.person == Person("Nguyễn Văn Mẫu", "1985-03-02", phone="0990000123")
    assert credential.holder_id == "partial:NGUYEN VAN MAU|1985-03-02|0990000123|"


@pytest.mark.parametrize(("text", "kind"), [(VCARD_3, Kind.VCARD), (MECARD, Kind.MECARD)])
def test_nothing_of_a_contact_card_is_proven(text: str, kind: Kind) -> None:
    credential = read(text)
    assert (credential.kind, credential.check, credential.refusal) == (kind, Check.UNSIGNED, None)
    assert credential.fields == {"name": "Nguyễn Văn Mẫu", "birth": "1985-03-02", "phone": "0990000123"}


@pytest.mark.parametrize(
    "text",
    [
        "BEGIN:VCARD",
        "BEGIN:VCARD\nFN:Nguyễn Văn Mẫu\nEND:VCARD",
        "BEGIN:VCARD\nTEL:0990000123\nBDAY:1985-03-02\nEND:VCARD",
        "BEGIN:VCARD\nFN:Mẫu\nTEL:112\nEND:VCARD",
        "BEGIN:VCARD\nFN:Mẫu\nBDAY:--0302\nEND:VCARD",
        "BEGIN:VCARD\nFN:Mẫu\nBDAY:1985-02-30\nEND:VCARD",
        "BEGIN:VCARD\nFN:Mẫu\nEND:VCARD\nBDAY:1985-03-02",
        "MECARD:",
        "MECARD:N:Mẫu;;",
        "MECARD:TEL:0990000123;;",
    ],
)
def test_a_card_that_names_nobody_well_enough_is_malformed(text: str) -> None:
    credential = read(text)
    assert (credential.check, credential.refusal, credential.person) == (Check.MALFORMED, Reason.MALFORMED, Person())


@pytest.mark.parametrize(
    ("phones", "phone"),
    [
        (("+1 (415) 555-0100",), "+14155550100"),
        (("024 3999 0000",), "02439990000"),
        (("024 3999 0000", "+84 990 000 123"), "0990000123"),
    ],
    ids=["a foreigner's", "a fixed line", "a mobile comes first"],
)
def test_any_phone_tells_namesakes_apart(phones: tuple[str, ...], phone: str) -> None:
    lines = "\n".join(f"TEL:{number}" for number in phones)
    credential = read(f"BEGIN:VCARD\nFN:Mẫu\n{lines}\nEND:VCARD")
    assert (credential.check, credential.person.phone) == (Check.UNSIGNED, phone)


# (the lines of the name, the name in the order of Viet Nam)
NAMES = [
    ("N:Nguyễn;Mẫu;Văn;Bà;", "Nguyễn Văn Mẫu"),
    ("N:;Nguyễn Văn Mẫu;;;\nFN:Nguyễn Văn Mẫu", "Nguyễn Văn Mẫu"),
    ("N:;Nguyễn Văn Mẫu;;;", "Nguyễn Văn Mẫu"),
    ("FN:Nguyễn Văn Mẫu", "Nguyễn Văn Mẫu"),
    ("fn:Nguyễn Văn Mẫu", "Nguyễn Văn Mẫu"),
    ("FN:Nguyễn\\, Văn \\;Mẫu\\n", "Nguyễn, Văn ;Mẫu"),
    ("N:Nguyễn\\;Lê;Mẫu", "Nguyễn;Lê Mẫu"),
    ("VERSION:3.0\nFN:Nguyễn Văn M\n ẫu", "Nguyễn Văn Mẫu"),
    ("VERSION:3.0\nFN:Nguyễn\n  Văn Mẫu", "Nguyễn Văn Mẫu"),
    ("VERSION:2.1\nFN:Nguyễn\n Văn Mẫu", "Nguyễn Văn Mẫu"),
    ("FN;QUOTED-PRINTABLE:Nguy=E1=BB", "Nguy?"),
]


@pytest.mark.parametrize(("lines", "name"), NAMES)
def test_a_name_is_read_in_the_order_of_viet_nam(lines: str, name: str) -> None:
    assert read(f"BEGIN:VCARD\n{lines}\nBDAY:1985\nEND:VCARD").person.name == name


@pytest.mark.parametrize(
    ("written", "birth"),
    [("1985-03-02", "1985-03-02"), ("19850302", "1985-03-02"), ("1985-03-02T00:00:00Z", "1985-03-02"),
     ("1985", "1985"), ("1985-03", "1985"), ("02031985", ""), ("20130230", ""), ("x1985", ""), ("1985-03-02x", "")],
)  # fmt: skip
def test_a_birth_date_has_the_precision_written(written: str, birth: str) -> None:
    assert read(f"BEGIN:VCARD\nFN:Mẫu\nTEL:0990000123\nBDAY:{written}\nEND:VCARD").person.birth == birth


def test_a_sex_is_read_where_version_4_says_it() -> None:
    assert read("BEGIN:VCARD\nFN:Mẫu\nGENDER:F;n\u1eef\nBDAY:1985\nEND:VCARD").person.sex == "F"


def test_address_mail_and_notes_are_not_read() -> None:
    text = VCARD_3.replace("NOTE:0990000999", "NOTE:bệnh nặng\nADR:;;Ấp Mây Trắng\nEMAIL:mau@a.example")
    assert all(private not in repr(read(text)) for private in ("bệnh", "Mây", "example"))


@pytest.mark.parametrize("beginning", ["MECARD:", "mecard:", "MeCard:"])
def test_the_beginning_is_recognised_in_any_case(beginning: str) -> None:
    assert read(MECARD.replace("MECARD:", beginning)).kind is Kind.MECARD


# Letters that a card may carry as they are; a comma or semicolon inside must be escaped.
words = st.text("AĂÂBCDĐEÊghiklmnoôơpqrstuưvxy,;:\\ ", min_size=1, max_size=30).filter(
    lambda text: text.strip(",;:\\ ")
)


def escaped(text: str) -> str:
    return "".join(f"\\{letter}" if letter in "\\;,:" else letter for letter in text)


@given(family=words, given_name=words)
def test_what_was_escaped_is_read_as_it_was(family: str, given_name: str) -> None:
    name = " ".join(f"{family} {given_name}".split())
    vcard = f"BEGIN:VCARD\nVERSION:3.0\nN:{escaped(family)};{escaped(given_name)};;;\nBDAY:1985\nEND:VCARD"
    mecard = f"MECARD:N:{escaped(family)},{escaped(given_name)};BDAY:1985;;"
    assert read(vcard).person.name == read(mecard).person.name == name


@given(st.sampled_from(list(ALL.values())), st.integers(0, 400), st.text(max_size=20), st.integers(0, 30))
def test_a_damaged_card_is_a_card_or_malformed(card: str, start: int, inserted: str, removed: int) -> None:
    damaged = card[: start + 12] + inserted + card[start + 12 + removed :]
    credential = read(damaged)
    assert credential.kind in (Kind.VCARD, Kind.MECARD)
    assert credential.check in (Check.UNSIGNED, Check.MALFORMED)
