"""Pictures of a case: every stay and everybody who met it are in them, or counted; no name is more than a text."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from contact_lists import CASE_STAYS, HALL, answers, crowd, found, somebody, stay, usual, with_second_order, with_texts
from contact_lists import answer as answer_with
from hostile import ATTACKS
from hypothesis import given, settings

from kiosk.exports.contacts.handing_over import Receiver
from kiosk.exports.contacts.html_file import place_rows, write
from kiosk.rules.contact_list import ContactList, Found, Place, Together
from kiosk.rules.contact_pictures import MOST, orders, timelines
from kiosk.rules.contact_places import by_place

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
SVG = "{http://www.w3.org/2000/svg}"


def texts(picture: str) -> list[str]:
    return [one.text or "" for one in ElementTree.fromstring(picture).iter(f"{SVG}text")]


def shapes(picture: str, looks: str) -> int:
    return sum(looks in one.attrib.values() for one in ElementTree.fromstring(picture).iter())


def test_each_day_of_the_case_is_a_picture_with_whoever_met_it_then() -> None:
    (first, before), (second, after) = timelines(usual(), ZONE, "vi")
    names = {one.rank: one.who.person.name for one in usual().found if one.who.person.name}
    assert (first, second) == ("2026-11-18", "2026-11-19")
    assert all(f"{rank}. {name}" in texts(before) for rank, name in names.items())
    assert [text for text in texts(after) if ". " in text] == [f"2. {names[2]}"]


def test_a_day_is_the_sites_day() -> None:
    late = replace(usual(), case_stays=(stay(HALL, 15 * 60, 17 * 60),))  # 23:00 to 01:00, in UTC 16:00 to 18:00
    assert [day for day, _ in timelines(late, ZONE, "vi")] == ["2026-11-18"]


def test_who_came_into_the_air_that_the_case_had_left_is_drawn_where_they_were() -> None:
    after = stay(CASE_STAYS[2].place, 100, 130, day=1)  # the case had left 25 minutes before
    met = Together(after.place, after.came_ms, after.came_ms + 5 * 60_000, 5 * 60_000)
    answer = answer_with(Found(1, 1, somebody(2), (met,), (after,)))
    _, picture = timelines(answer, ZONE, "vi")[1]
    assert f"1. {somebody(2).person.name}" in texts(picture)
    assert shapes(picture, "#0a5c55") == 1 + 1  # the stroke of the pattern, and the encounter


def test_possible_is_drawn_apart_from_certain() -> None:
    certain = answer_with(found(somebody(2), stay(HALL, 10, 80)))
    doubtful = answer_with(found(somebody(2), stay(HALL, 10, 80, unsure_min=40)))
    assert shapes(timelines(certain, ZONE, "vi")[0][1], "url(#maybe)") == 0
    assert shapes(timelines(doubtful, ZONE, "vi")[0][1], "url(#maybe)") == 1


def test_who_is_not_in_a_picture_is_counted_in_it() -> None:
    _, day = timelines(crowd(MOST + 7), ZONE, "en")[0]
    assert "and 7 more in the list" in texts(day) and "and 7 more in the list" in texts(orders(crowd(MOST + 7), "en"))
    assert len([text for text in texts(day) if ". " in text]) == MOST


def test_the_second_order_is_joined_to_those_whom_they_met() -> None:
    picture = orders(with_second_order(), "vi")
    curves = [one.attrib["d"] for one in ElementTree.fromstring(picture).iter(f"{SVG}path")]
    first, second = with_second_order().of_order(1), with_second_order().of_order(2)
    assert len(curves) == len(first) + sum(len(one.through) for one in second)


def test_a_day_without_anybody_says_so() -> None:
    alone = replace(usual(), found=())
    assert "Nobody else at that time" in texts(timelines(alone, ZONE, "en")[0][1])
    assert len(ElementTree.fromstring(orders(alone, "en"))) > 0


@given(answers())
@settings(max_examples=30)
def test_any_answer_can_be_drawn(answer: ContactList) -> None:
    for picture in (orders(answer, "vi"), *(drawn for _, drawn in timelines(answer, ZONE, "en"))):
        width, height = map(float, re.findall(r'viewBox="0 0 (\S+) (\S+)"', picture)[0])
        for box in ElementTree.fromstring(picture).iter(f"{SVG}rect"):
            if "x" in box.attrib:
                assert 0 <= float(box.attrib["x"]) <= float(box.attrib["x"]) + float(box.attrib["width"]) <= width
                assert 0 <= float(box.attrib["y"]) <= height


@pytest.mark.parametrize("text", [attack.decode(errors="replace") for attack in ATTACKS.values()], ids=ATTACKS)
def test_nothing_of_a_name_is_more_than_a_text_of_the_picture_or_the_page(text: str) -> None:
    answer = with_texts(text)
    for picture in (orders(answer, "vi"), *(drawn for _, drawn in timelines(answer, ZONE, "vi"))):
        kinds = {one.tag.removeprefix(SVG) for one in ElementTree.fromstring(picture).iter()}
        assert kinds <= {"svg", "defs", "pattern", "rect", "path", "circle", "text"}
    page = write(answer, Receiver()).content.decode()
    assert not re.search(r"<(script|img|a|iframe|link|base|form)\b", page, re.IGNORECASE)
    assert "default-src 'none'" in page


def test_the_printable_page_names_the_question_the_places_and_everybody() -> None:
    page = write(with_second_order(), Receiver()).content.decode()
    for told in ("CA-2026-017", "Xác minh ca bệnh", "Tùng", "Yến", "cho-que", "nha-van-hoa / tiem"):
        assert told in page
    assert all(one.who.person.name in page for one in with_second_order().found)


def test_places_come_with_the_most_people_first_and_their_certainty() -> None:
    hall, desk, clinic = by_place(usual())
    assert (hall.place, hall.people, hall.sure_people, hall.doubtful) == (Place("nha-van-hoa", "tiem"), 3, 2, 1)
    assert (desk.people, clinic.people, clinic.encounters) == (2, 1, 1)
    assert sum(line.possible_ms for line in by_place(usual())) == sum(one.possible_ms for one in usual().found)


def test_a_place_where_nobody_met_the_case_is_in_the_table() -> None:
    lines = by_place(answer_with())
    assert [line.people for line in lines] == [0, 0, 0]
    assert sum(len(line.stays) for line in lines) == len(CASE_STAYS)
    assert place_rows(answer_with())[0][1]
