"""Signing in at a hub: no code counts twice, wrong ones cost time, no stranger locks anybody out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hub_desk import ELSEWHERE, HERE, MINUTE_MS, OWN, Desk

from kiosk.hub.signing_in import Busy, Locked, Wrong
from kiosk.rules.hub_users import (
    ALLOWED,
    HubRole,
)
from kiosk.store.hub_users import Use


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.database.close()


def test_no_code_is_taken_twice_not_even_the_one_that_proved_the_telephone(desk: Desk) -> None:
    desk.begun("Mai")
    code = desk.code("Mai")
    assert isinstance(desk.sign_in("Mai", code=code), str)
    assert isinstance(desk.sign_in("Mai", code=code), Wrong)
    desk.users.add("Lan", HubRole.TRACER, "Mai")
    desk.users.offer("Lan", "hub.example")
    proof = desk.code("Lan")
    desk.users.begin("Lan", OWN, proof)
    assert isinstance(desk.sign_in("Lan", code=proof), Wrong)


def test_of_one_code_sent_many_times_at_once_one_is_taken(desk: Desk) -> None:
    desk.begun("Mai")
    code, answers = desk.code("Mai"), list[object]()
    threads = [threading.Thread(target=lambda: answers.append(desk.sign_in("Mai", code=code))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [isinstance(answer, str) for answer in answers].count(True) == 1


@pytest.mark.parametrize(
    ("name", "password", "code"),
    [("Mai", OWN[:-1], None), ("Mai", OWN, "000000"), ("Mai", OWN, ""), ("Nobody", OWN, None), ("", "", "")],
)
def test_anything_else_is_wrong_and_no_more_is_said(desk: Desk, name: str, password: str, code: str | None) -> None:
    desk.begun("Mai")
    right = desk.code("Mai")
    answer = desk.sign_ins.sign_in(name, password, right if code is None else code, address=HERE)
    assert answer.__class__ is Wrong


def test_no_stranger_locks_anybody_out_by_their_name(desk: Desk) -> None:
    desk.begun("Mai")
    for _ in range(3 * ALLOWED.address):
        desk.sign_in("Mai", "wrong", "000000", at=ELSEWHERE)
    assert isinstance(desk.sign_in("Mai", "wrong", "000000", at=ELSEWHERE), Locked)
    assert isinstance(desk.sign_in("Mai"), str)


def test_wrong_passwords_from_one_network_cost_time_whatever_the_address_says(desk: Desk) -> None:
    desk.begun("Mai")
    for number in range(ALLOWED.address):
        assert isinstance(desk.sign_in("Mai", "wrong", "000000", at=f"2001:db8:1:2::{number:x}"), Wrong)
    assert desk.sign_in("Mai", at="2001:db8:1:2:ffff::1") == Locked(MINUTE_MS)
    assert isinstance(desk.sign_in("Mai", at="2001:db8:1:3::1"), str)


def test_who_has_the_password_and_guesses_the_code_is_locked_from_everywhere(desk: Desk) -> None:
    desk.begun("Mai")
    for number in range(ALLOWED.user):
        assert isinstance(desk.sign_in("Mai", code="000000", at=f"203.0.113.{number}"), Wrong)
    assert desk.sign_in("Mai", at="203.0.113.99") == Locked(MINUTE_MS)
    desk.database.close()
    desk.open()
    assert desk.sign_in("Mai", at="203.0.113.99") == Locked(MINUTE_MS)
    assert desk.users.unlock("Mai", "terminal") is None
    assert isinstance(desk.sign_in("Mai"), str)


def test_more_at_once_than_can_be_looked_at_are_asked_to_come_again(desk: Desk) -> None:
    desk.begun("Mai")
    answers = list[object]()
    ask = threading.Barrier(12)

    def come(number: int) -> None:
        ask.wait()
        answers.append(desk.sign_in("Mai", "wrong", "000000", at=f"203.0.113.{number}"))

    threads = [threading.Thread(target=come, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {type(answer) for answer in answers} == {Wrong, Busy}


def test_a_session_ends_unused_and_a_consoles_only_in_all(desk: Desk) -> None:
    desk.begun("Mai", HubRole.TRACER)
    page, console = desk.token("Mai"), desk.token("Mai", Use.CONSOLE)
    assert desk.sign_ins.who(page, Use.CONSOLE) is None
    assert desk.sign_ins.who(console) is None
    for _ in range(3):
        desk.wait(8 * MINUTE_MS)
        session = desk.sign_ins.who(page)
        assert session
        desk.sign_ins.saw(session)
    desk.wait(10 * MINUTE_MS)
    assert desk.sign_ins.who(page) is None
    assert desk.sign_ins.who(console, Use.CONSOLE)
    desk.wait(720 * MINUTE_MS)
    assert desk.sign_ins.who(console, Use.CONSOLE) is None


def test_a_restart_of_the_machine_ends_every_session(desk: Desk) -> None:
    desk.begun("Mai")
    token = desk.token("Mai")
    desk.at = replace(desk.at, boot_id="two", monotonic_ms=0)
    assert desk.sign_ins.who(token) is None
