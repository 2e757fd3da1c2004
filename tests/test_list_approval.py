"""A second person approves a list; and today's lists tell who has come and who is missing, with nobody named."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from listed import brought, do, line, list_of, seen, told
from running import Kiosk, card_of, running_kiosk

from kiosk.config.lists import ListsSettings
from kiosk.rules import invented
from kiosk.rules.access import Role
from kiosk.rules.entries import EntryKind
from kiosk.rules.expected import groups, holders_of, missing
from kiosk.rules.finding import query
from kiosk.rules.model import Person
from kiosk.rules.registration import Registered, Slot

PEOPLE = range(20, 26)
ROWS = st.lists(st.tuples(st.sampled_from(["A", "B", ""]), st.sampled_from(["", "08:00", "09:00"])), max_size=30)


def listed(person: int, **changed: str) -> str:
    return line(person, number=invented.person(person).person.number, **changed)


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path_factory.mktemp("kiosk") / "data") as running:
        yield running


@pytest.fixture
def approved(site: Kiosk) -> Kiosk:
    """A kiosk with a list of PEOPLE in force, asked by staff."""
    staff = site.as_(Role.STAFF)
    path = brought(staff, list_of(*(listed(one, unit=f"Tổ {one % 2}") for one in PEOPLE)))
    do(staff, f"{path}/hand-over")
    assert do(site.as_(Role.SUPERVISOR), f"{path}/approve").status == 303
    return staff


@given(ROWS, st.sets(st.integers(0, 30)))
def test_whoever_is_expected_has_arrived_or_is_missing(rows: list[tuple[str, str]], come: set[int]) -> None:
    expected = [
        ((1, at), Registered(Person(name=f"N {at}"), (), unit, Slot("", since, since)))
        for at, (unit, since) in enumerate(rows)
    ]
    arrived = {(1, at) for at in come}
    found = groups(expected, arrived)
    assert sum(group.expected for group in found) == len(rows)
    assert sum(group.missing for group in found) == len(missing(expected, arrived, query(""), None))
    assert [(group.since, group.until) for group in found] == sorted((group.since, group.until) for group in found)


@pytest.mark.parametrize(
    ("number", "holders"), [("001085000017", ("id:001085000017",)), ("", ()), ("********0017", ())]
)
def test_a_shown_number_is_compared_whole_or_not_at_all(number: str, holders: tuple[str, ...]) -> None:
    assert holders_of(number) == holders


def test_who_repaired_a_list_cannot_approve_it_either(site: Kiosk) -> None:
    staff, supervisor = site.as_(Role.STAFF), site.as_(Role.SUPERVISOR)
    path = brought(staff, list_of(listed(1), listed(2)))
    do(supervisor, f"{path}/row/2", {"do": "out"})
    do(staff, f"{path}/hand-over")
    with do(supervisor, f"{path}/approve") as answer:
        assert answer.status == 422
    assert do(site.as_(Role.ADMIN), f"{path}/approve").status == 303


def test_what_was_handed_over_is_approved_as_it_was_seen(site: Kiosk) -> None:
    staff, supervisor = site.as_(Role.STAFF), site.as_(Role.SUPERVISOR)
    path = brought(staff, list_of(listed(1), listed(2)))
    assert do(supervisor, f"{path}/approve").status == 422
    do(staff, f"{path}/hand-over")
    assert do(staff, f"{path}/row/2", {"do": "out"}).status == 422
    assert do(staff, f"{path}/take-back").status == 303
    assert do(staff, f"{path}/row/2", {"do": "out"}).status == 303
    do(staff, f"{path}/hand-over")
    do(supervisor, f"{path}/approve")
    assert told(staff, "overview")["lists"][0]["rows"] == 1


def test_a_list_of_which_everybody_is_left_out_does_not_count(site: Kiosk) -> None:
    staff = site.as_(Role.STAFF)
    path = brought(staff, list_of(listed(1)))
    do(staff, f"{path}/row/2", {"do": "out"})
    do(staff, f"{path}/hand-over")
    assert do(site.as_(Role.SUPERVISOR), f"{path}/approve").status == 422


def test_a_site_with_one_person_needs_no_second(tmp_path_factory: pytest.TempPathFactory) -> None:
    alone = {"lists": ListsSettings(second_person=False)}
    with running_kiosk(tmp_path_factory.mktemp("kiosk") / "data", rows=alone) as kiosk:
        staff = kiosk.as_(Role.STAFF)
        path = brought(staff, list_of(listed(1)))
        assert do(staff, f"{path}/hand-over").headers["Location"] == "/lists"
        assert kiosk.show(card_of(1))["listed"] in ("early", "late", "on_time")


def test_the_page_tells_expected_arrived_missing_and_who_came_without_being_listed(approved: Kiosk) -> None:
    for person in (20, 21, 22, 60):
        approved.show(card_of(person))
    found = told(approved, "expected")
    assert (found["expected"], found["arrived"], found["found"], found["unlisted"]) == (6, 3, 3, 1)
    by_unit = {group["unit"]: (group["expected"], group["arrived"]) for group in found["groups"]}
    assert by_unit == {"Tổ 0": (3, 2), "Tổ 1": (3, 1)}


def test_who_leaves_and_comes_again_has_arrived_once(approved: Kiosk) -> None:
    for gate in ("in", "out", "in"):
        approved.show(card_of(20), gate)
    assert told(approved, "counts")["arrived"] == 1


def test_nobody_who_is_missing_is_named_without_a_reason(approved: Kiosk) -> None:
    page = seen(approved, "/expected")
    assert all(invented.person(one).person.number not in page for one in PEOPLE)
    missing_one = told(approved, "expected")["people"][0]["id"]
    assert do(approved, "/expected/unmask", {"id": missing_one}).status == 400
    with do(approved, "/expected/unmask", {"id": missing_one, "reason": "Gọi điện"}) as answer:
        assert invented.person(20).person.number in answer.read().decode()
    noted = [entry.body for entry in approved.reader.events_after(0, 1000) if entry.header.kind == EntryKind.STAFF]
    assert noted[-1] is not None
    assert (noted[-1]["act"], noted[-1]["reason"], noted[-1]["by"]) == ("unmask", "Gọi điện", "An staff")


def test_people_are_searched_as_on_the_page_of_today(approved: Kiosk) -> None:
    person = invented.person(23).person
    (found,) = told(approved, "expected", q=person.number)["people"]
    assert found["number"] == person.number[-4:]
    assert told(approved, "expected", q=person.number[:-1])["people"] == []


def test_nothing_is_stored_of_who_on_a_list_has_come(approved: Kiosk) -> None:
    db = approved.house.store.db
    before = db.execute("SELECT count(*) FROM roster_row").fetchone(), tables(approved)
    approved.show(card_of(20))
    assert told(approved, "counts")["arrived"] == 1
    assert (db.execute("SELECT count(*) FROM roster_row").fetchone(), tables(approved)) == before


def tables(kiosk: Kiosk) -> list[str]:
    return [row[0] for row in kiosk.house.store.db.execute("SELECT sql FROM sqlite_master WHERE name LIKE 'roster%'")]
