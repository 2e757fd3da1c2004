"""Users of a hub: three roles, passwords of their own, and every change on record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_desk import HERE, OWN, Desk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.hub.signing_in import Wrong
from kiosk.rules.hub_users import (
    GIVEN_MS,
    HUB_RIGHTS,
    SENTENCES,
    HubRight,
    HubRole,
    Refusal,
    has_admin,
    refused_password,
)
from kiosk.store.hub_users import Use, User, UserTables


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.database.close()


def test_who_opens_cases_makes_no_users_and_who_makes_users_opens_no_case() -> None:
    for rights in HUB_RIGHTS.values():
        assert not {HubRight.TRACE, HubRight.ADMIN} <= rights
        assert HubRight.ADMIN not in rights or not {HubRight.CASES, HubRight.AUDIT} & rights
        assert not {HubRight.TRACE, HubRight.AUDIT} <= rights


def test_every_refusal_has_its_sentence_in_both_languages() -> None:
    assert all(all(SENTENCES[refusal]) for refusal in Refusal)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("ngắn quá", Refusal.SHORT),
        ("x" * 129, Refusal.SHORT),
        ("abcabcabcabc", Refusal.EASY),
        ("aaaaaaaaaaaaaaaa", Refusal.EASY),
        ("abcdefghijklm", Refusal.EASY),
        ("zyxwvutsrqponm", Refusal.EASY),
        ("121212121213", Refusal.EASY),
        ("khóa của Mai 2026", Refusal.EASY),
        (OWN, None),
    ],
)
def test_passwords_that_are_guessed_first_are_not_taken(password: str, why: Refusal | None) -> None:
    assert refused_password(password, "Mai") is why


def test_somebody_new_chooses_password_and_second_factor_before_anything_else(desk: Desk) -> None:
    given = desk.users.add("  Mai ", HubRole.ADMIN, "terminal")
    assert isinstance(given, str)
    assert desk.sign_ins.sign_in("Mai", given, "", address=HERE, use=Use.CONSOLE).__class__ is Wrong
    token = desk.sign_ins.sign_in("mai", given, "", address=HERE)
    assert isinstance(token, str)
    session = desk.sign_ins.who(token)
    assert session
    assert not session.user.begun
    desk.users.offer("Mai", "hub.example")
    assert desk.users.begin("Mai", OWN, "000000") is Refusal.CODE
    assert desk.users.begin("Mai", given, desk.code("Mai")) is Refusal.SAME
    assert desk.users.begin("Mai", "ngắn", desk.code("Mai")) is Refusal.SHORT
    assert desk.users.begin("Mai", OWN, desk.code("Mai")) is None
    assert desk.sign_ins.sign_in("Mai", given, desk.code("Mai"), address=HERE).__class__ is Wrong
    assert desk.users.begin("Mai", OWN + "!", desk.code("Mai")) is Refusal.UNKNOWN


def test_a_password_that_was_given_is_good_for_a_week(desk: Desk) -> None:
    given = desk.users.add("Mai", HubRole.ADMIN, "terminal")
    assert isinstance(given, str)
    desk.wait(GIVEN_MS)
    assert isinstance(desk.sign_ins.sign_in("Mai", given, "", address=HERE), str)
    desk.wait(1)
    assert isinstance(desk.sign_ins.sign_in("Mai", given, "", address=HERE), Wrong)
    again = desk.users.begin_anew("Mai", "terminal")
    assert isinstance(again, str)
    assert isinstance(desk.sign_ins.sign_in("Mai", again, "", address=HERE), str)


def test_who_is_disabled_given_a_new_password_or_another_role_notices_at_once(desk: Desk) -> None:
    desk.begun("Mai")
    desk.begun("Lan", HubRole.TRACER)
    token = desk.token("Lan")
    desk.users.set_role("Lan", HubRole.AUDITOR, "Mai")
    session = desk.sign_ins.who(token)
    assert session
    assert session.user.role is HubRole.AUDITOR
    desk.users.set_enabled("Lan", "Mai", enabled=False)
    assert desk.sign_ins.who(token) is None
    assert isinstance(desk.sign_in("Lan"), Wrong)
    desk.users.set_enabled("Lan", "Mai", enabled=True)
    token = desk.token("Lan")
    given = desk.users.begin_anew("Lan", "Mai")
    assert isinstance(given, str)
    assert desk.sign_ins.who(token) is None
    assert isinstance(desk.sign_ins.sign_in("Lan", OWN, "000000", address=HERE), Wrong)
    assert isinstance(desk.sign_ins.sign_in("Lan", given, "", address=HERE), str)


def test_another_password_ends_the_other_sessions(desk: Desk) -> None:
    desk.begun("Mai")
    here, there = desk.token("Mai"), desk.token("Mai")
    session = desk.sign_ins.who(here)
    assert session
    assert desk.users.change_password("Mai", "gió đưa cành trúc la đà", session.id) is None
    assert desk.sign_ins.who(here)
    assert desk.sign_ins.who(there) is None


def test_every_change_and_sign_in_is_in_the_tamper_log_with_who_did_it(desk: Desk) -> None:
    desk.begun("Mai")
    desk.users.add("Lan", HubRole.TRACER, "Mai")
    desk.users.set_role("Lan", HubRole.AUDITOR, "Mai")
    desk.token("Mai")
    told = [
        (one["what"], one.get("act", one.get("for")), one["who"], one.get("by", one.get("from"))) for one in desk.said()
    ]
    assert told == [
        ("user", "added", "Mai", "terminal"),
        ("user", "began", "Mai", "Mai"),
        ("user", "added", "Lan", "Mai"),
        ("user", "auditor", "Lan", "Mai"),
        ("sign-in", "pages", "Mai", HERE),
    ]


changes = st.lists(
    st.tuples(st.sampled_from(["role", "disable", "enable"]), st.sampled_from("ABC"), st.sampled_from(HubRole)),
    max_size=12,
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes)
def test_whatever_admins_do_an_admin_is_left(desk: Desk, changes: list[tuple[str, str, HubRole]]) -> None:
    with desk.database.transaction() as db:
        for name in "ABC":
            UserTables(db).save(User(name, HubRole.ADMIN if name == "A" else HubRole.TRACER, ""))
    for act, name, role in changes:
        if act == "role":
            desk.users.set_role(name, role, "Mai")
        else:
            desk.users.set_enabled(name, "Mai", enabled=act == "enable")
        assert has_admin(desk.users.all())
