"""Nobody is named on a page: initials, year, sex, last digits. In full for a reason, to one session, for a while."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from running import Kiosk, card_of, follow, running_kiosk

from kiosk.rules import identity, invented
from kiosk.rules.access import RIGHTS, Right, Role
from kiosk.rules.entries import Body
from kiosk.vault import Shown
from kiosk.web.masks import UNMASKED_S, Holder, Masks, holder_of
from kiosk.web.words import Words

PERSON = invented.person(1).person
REASON = {"reason": "Người nhà tìm"}
SEES = [role for role in Role if Right.SEE in RIGHTS[role]]


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path / "data") as running:
        yield running


@pytest.fixture
def visit(kiosk: Kiosk) -> int:
    """Somebody who is inside."""
    return int(kiosk.show(card_of(1))["seq"])


def notes(kiosk: Kiosk) -> list[Body]:
    return [entry.body or {} for entry in kiosk.reader.events_after(0) if entry.header.kind == "staff"]


def told(text: str) -> bool:
    """Whether a text names the person: a word of the name that is longer than its initial, number or birthday."""
    return any(word in text for word in (PERSON.name, *PERSON.name.split()[1:], PERSON.number, PERSON.birth))


@pytest.mark.parametrize(
    ("shown", "name", "about", "known"),
    [
        (
            Shown("Lê Thị Sen", "099190000007", "1990-03-02", "F"),
            "L.T.S.",
            ("1990 · Nữ · •••0007", "1990 · F · •••0007"),
            True,
        ),
        (Shown("LE THI SEN", "******000007", "1990", ""), "L.T.S.", ("1990 · •••0007", "1990 · •••0007"), True),
        (Shown("", "", "", "", "Đội 3"), "—", ("Đội 3", "Đội 3"), False),
        (Shown("", "", "", ""), "—", ("", ""), False),
        (None, "—", ("", ""), False),
    ],
)
def test_a_line_shows_as_much_of_a_person_as_staff_need(
    shown: Shown | None, name: str, about: tuple[str, str], known: bool
) -> None:
    assert holder_of(shown) == Holder(name, Words(*about), known)


@given(st.integers(0, 5000))
def test_no_mask_lets_a_name_or_number_through(index: int) -> None:
    person = invented.person(index).person
    holder = holder_of(Shown(person.name, person.number, person.birth, person.sex))
    text = f"{holder.name} {holder.about.vi} {holder.about.en}"
    assert person.number[:-4] not in text
    assert person.birth[4:] not in text
    assert not any(word in text for word in person.name.split() if len(word) > 1)


@pytest.mark.parametrize("role", SEES)
def test_whoever_looks_sees_the_mask(kiosk: Kiosk, visit: int, role: Role) -> None:
    staff = kiosk.as_(role)
    _, found = staff.post("/people", {"q": PERSON.name, "show": "all"})
    with follow(staff, visit - 1) as page:
        events = page.until("entry")
    texts = [
        staff.get("/").read().decode(),
        staff.get("/?show=all").read().decode(),
        json.dumps(found, ensure_ascii=False),
        str(events),
    ]
    assert [line["id"] for line in found["people"]] == [visit]
    assert not any(map(told, texts))
    assert [text for text in texts if identity.initials(PERSON.name) not in text] == []


def test_with_a_reason_the_person_is_shown_and_it_is_recorded_first(kiosk: Kiosk, visit: int) -> None:
    status, person = kiosk.as_(Role.STAFF).post(f"/person/{visit}/unmask", REASON)
    assert (status, person["name"], person["number"]) == (200, PERSON.name, PERSON.number)
    assert 110 < person["left_s"] <= UNMASKED_S
    (note,) = notes(kiosk)
    assert (note["act"], note["visit"], note["reason"]) == ("unmask", visit, REASON["reason"])
    assert note["by"]


@pytest.mark.parametrize("role", [Role.VOLUNTEER])
def test_who_may_not_see_names_sees_none_whatever_the_reason(kiosk: Kiosk, visit: int, role: Role) -> None:
    assert kiosk.as_(role).post(f"/person/{visit}/unmask", REASON)[0] == 403
    assert notes(kiosk) == []


@pytest.mark.parametrize("reason", ["", "  ", "\u200b", None])
def test_without_a_reason_nobody_is_shown(kiosk: Kiosk, visit: int, reason: str | None) -> None:
    assert kiosk.post(f"/person/{visit}/unmask", {"reason": reason})[0] == 400 or reason is None
    assert not any(note["reason"] == "" for note in notes(kiosk))


def test_what_cannot_be_recorded_is_not_shown(kiosk: Kiosk, visit: int) -> None:
    kiosk.close_door()
    status, answer = kiosk.post(f"/person/{visit}/unmask", REASON)
    assert status == 503
    assert not told(json.dumps(answer))


def test_a_visit_that_is_not_there_cannot_be_unmasked(kiosk: Kiosk) -> None:
    assert kiosk.post("/person/999/unmask", REASON)[0] == 404
    assert notes(kiosk) == []


def test_who_gave_nothing_cannot_be_shown_in_full(kiosk: Kiosk, visit: int) -> None:
    child = kiosk.client.accompany(visit, "in", name="", birth="")["seq"]
    assert f"/person/{visit}/unmask" in kiosk.get(f"/person/{visit}").read().decode()
    assert "/unmask" not in kiosk.get(f"/person/{child}").read().decode()


def test_without_a_script_the_form_leads_back_to_the_person(kiosk: Kiosk, visit: int) -> None:
    form = urllib.parse.urlencode(REASON).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": kiosk.url}
    answer: HTTPResponse = kiosk.ask("POST", f"/person/{visit}/unmask", form, headers)
    assert (answer.status, answer.headers["Location"]) == (303, f"/person/{visit}")


class Clock:
    """Time that a test lets pass."""

    def __init__(self) -> None:
        self.s = 1000.0

    def __call__(self) -> float:
        return self.s


SHOWN = Shown("Lê Thị Sen", "099190000007", "1990-03-02", "F")


def test_one_session_sees_one_person_for_two_minutes() -> None:
    clock = Clock()
    masks = Masks(clock)
    masks.lift("mine", 7)
    clock.s += 119
    assert masks.unmasked("mine", 7, SHOWN)
    assert not masks.unmasked("other", 7, SHOWN)
    assert not masks.unmasked("mine", 8, SHOWN)
    assert not masks.unmasked("mine", 7, None), "its day key is gone"
    clock.s += 1
    assert not masks.unmasked("mine", 7, SHOWN)


def test_masks_that_are_back_leave_nothing_in_memory() -> None:
    clock = Clock()
    masks = Masks(clock)
    for visit in range(100):
        masks.lift("mine", visit)
        clock.s += 10
    assert len(masks._until_s) <= 12
