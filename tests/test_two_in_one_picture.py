"""Two who hold up their codes together both pass, each once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import OpenSite, Site
from pictures_of_codes import as_file, code_picture
from PIL import Image
from running import running_kiosk
from terminal import Terminal

from kiosk.devices import clock
from kiosk.rules import invented
from kiosk.rules.credentials import Trust, persons_of, read_credential
from kiosk.rules.model import Check, Credential, Kind, Outcome, Person, Reading

ANH, BINH = (invented.codes(invented.person(number)) for number in (1, 2))
CARD, INSURANCE = Kind.ID_CARD, Kind.INSURANCE
PLACE, DAMAGED = b"https://a.example", b"099085012345|x"


def read(code: bytes) -> Credential:
    return read_credential(code, trust=Trust(), at_ms=0)


def side_by_side(*codes: bytes) -> Image.Image:
    pictures = [code_picture(code, scale=4) for code in codes]
    canvas = Image.new("RGB", (sum(picture.width for picture in pictures), max(p.height for p in pictures)), "white")
    left = 0
    for picture in pictures:
        canvas.paste(picture, (left, 0))
        left += picture.width
    return canvas


@pytest.mark.parametrize(
    ("codes", "taken"),
    [
        ((ANH[CARD], BINH[CARD]), (ANH[CARD], BINH[CARD])),
        ((PLACE, ANH[CARD], DAMAGED), (ANH[CARD],)),
        ((ANH[CARD], ANH[INSURANCE]), (ANH[CARD],)),
        ((PLACE, DAMAGED), (DAMAGED,)),
        ((PLACE, b"B74B"), (PLACE,)),
    ],
    ids=["two people", "what is beside a person", "two cards of one person", "no good code", "nobody"],
)
def test_whom_the_codes_of_one_picture_let_through(codes: tuple[bytes, ...], taken: tuple[bytes, ...]) -> None:
    assert persons_of([read(code) for code in codes]) == [read(code) for code in taken]


def card(kind: Kind, holder_id: str, birth: str, name: str = "Lý Thị Sen", sex: str = "") -> Credential:
    return Credential(kind, Check.UNSIGNED, holder_id, person=Person(name, birth, sex))


SEN = card(Kind.ID_CARD, "id:099185000001", "1985-03-02", sex="F")
CERTIFICATE = card(Kind.DCC, "named:LY THI SEN|1985-03-02", "1985-03-02", "LY THI SEN")
YEAR_ONLY = card(Kind.SHC, "cert:1", "1985")


@pytest.mark.parametrize(
    ("codes", "taken"),
    [
        ([CERTIFICATE, SEN, YEAR_ONLY], [SEN]),
        ([SEN, card(Kind.DCC, "named:LY THI SEN|1985-07-09", "1985-07-09")], None),
        ([SEN, card(Kind.UNIFIED, "id:099185000002", "1985-03-02")], None),
        ([SEN, card(Kind.INSURANCE, "bhxh:9900000001", "1985-03-02", sex="M")], None),
        ([SEN, card(Kind.VDS_NC, "cert:2", ""), card(Kind.DCC, "cert:3", "1985", "Lý Thị Sơn")], None),
        ([YEAR_ONLY, card(Kind.INSURANCE, "bhxh:9900000001", "1985-07-09"), CERTIFICATE], [YEAR_ONLY, CERTIFICATE]),
    ],
    ids=["card and certificates", "birth dates", "numbers", "sexes", "too little known", "namesakes of a year"],
)
def test_one_person_counts_once_and_two_are_never_taken_for_one(
    codes: list[Credential], taken: list[Credential] | None
) -> None:
    assert persons_of(codes) == (codes if taken is None else taken)


def test_the_code_with_an_id_number_is_taken_before_others_of_its_holder(open_site: OpenSite) -> None:
    site = open_site(site={"require_id": True})
    codes = [ANH[INSURANCE], ANH[CARD]]
    reading = Reading(codes[0], "camera", clock.stated(site.ms("08:00")))
    (scan,) = site.door.present_all(codes, site.house.settings.gate("in"), reading)
    assert (scan.decision.outcome, scan.reading.data) == (Outcome.ADMITTED, ANH[CARD])


def test_two_who_are_held_up_by_turns_and_together_pass_once_each(site: Site) -> None:
    outcomes = []
    for tenth, codes in enumerate([(CARD,), (CARD, CARD), (CARD,), (CARD, CARD)]):
        frame = [ANH[CARD], BINH[CARD]][: len(codes)]
        moment = clock.stated(site.ms("08:00") + tenth * 100)
        scans = site.door.present_all(frame, site.house.settings.gate("in"), Reading(frame[0], "camera", moment))
        outcomes += [scan.decision.outcome for scan in scans]
    repeat = Outcome.REPEAT
    assert outcomes == [Outcome.ADMITTED, repeat, Outcome.ADMITTED, repeat, repeat, repeat]


def test_a_picture_of_two_is_two_lines(tmp_path: Path) -> None:
    side_by_side(ANH[CARD], BINH[CARD]).save(tmp_path / "couple.png")
    first, second = Terminal(tmp_path / "data").lines("scan", "--json", str(tmp_path / "couple.png"))
    assert [(line["outcome"], line["ticket"]) for line in (first, second)] == [
        ("admitted", "A001"),
        ("admitted", "A002"),
    ]
    assert first["holder"] != second["holder"]
    read = Terminal(tmp_path / "data").lines("read", "--json", str(tmp_path / "couple.png"))
    assert [line["fields"]["number"][-4:] for line in read] == [first["holder"][-4:], second["holder"][-4:]]


def test_a_page_is_answered_with_the_first_and_the_others(tmp_path: Path) -> None:
    with running_kiosk(tmp_path / "data") as kiosk:
        answer = kiosk.client.present_picture(as_file(side_by_side(ANH[CARD], BINH[CARD]), "PNG"), "in")
        alone = kiosk.client.present_picture(as_file(code_picture(ANH[CARD]), "PNG"), "out")
    assert (answer["ticket"], [other["ticket"] for other in answer["others"]]) == ("A001", ["A002"])
    assert "others" not in json.dumps(alone)
