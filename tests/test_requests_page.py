"""``/requests``: who shows their document sees what is kept, and has it erased; requests of earlier days wait there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from running import Kiosk, card_of, running_kiosk

from kiosk.requests import kept_requests
from kiosk.rules import invented
from kiosk.rules.access import Role
from kiosk.rules.entries import EntryKind
from kiosk.rules.staff_acts import StaffAct
from kiosk.store.todays import entries_today


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path / "data") as running:
        yield running


def send(kiosk: Kiosk, path: str, **fields: str) -> tuple[int, str]:
    """Status and page of a plain form."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": kiosk.url}
    answer = kiosk.ask("POST", f"/requests/{path}", urlencode(fields).encode(), headers)
    if answer.status == 303:
        return 303, kiosk.get(answer.headers["Location"]).read().decode()
    return answer.status, answer.read().decode()


def found(kiosk: Kiosk, person: int = 0) -> str:
    """The letters by which the door knows who showed their document."""
    status, page = send(kiosk, "find", code=card_of(person).decode())
    assert status == 200
    return str(re.findall(r'name="found" value="([^"]+)"', page)[0])


def test_what_is_kept_is_shown_masked_with_what_is_sealed_by_name(kiosk: Kiosk) -> None:
    kiosk.show(card_of(0))
    kiosk.show(card_of(0), "out")
    page = send(kiosk, "find", code=card_of(0).decode())[1]
    person = invented.person(0).person
    assert "họ tên" in page
    assert "A001" in page
    assert person.name not in page
    assert person.number not in page
    noted = [body["act"] for *_, body in kiosk.reader.ask(lambda db: entries_today(db, EntryKind.STAFF))]
    assert noted[-1] == StaffAct.KEPT_SHOWN


def test_it_is_erased_only_after_a_page_that_says_that_nobody_brings_it_back(kiosk: Kiosk) -> None:
    kiosk.show(card_of(0))
    kiosk.show(card_of(1))
    kiosk.show(card_of(0), "out")
    letters = found(kiosk)
    status, page = send(kiosk, "kept", found=letters, act="erase")
    assert (status, "Không hoàn tác được" in page) == (200, True)
    assert len(kiosk.reader.today()) == 2
    status, page = send(kiosk, "kept", found=letters, act="erase", sure="yes")
    assert (status, "Đã xóa hết" in page) == (200, True)
    assert len(kiosk.reader.today()) == 1
    assert kiosk.reader.occupancy().entered == 2
    assert send(kiosk, "kept", found=letters, act="erase", sure="yes")[0] == 422


def test_whoever_is_inside_is_let_out_first(kiosk: Kiosk) -> None:
    kiosk.show(card_of(0))
    letters = found(kiosk)
    status, page = send(kiosk, "kept", found=letters, act="erase", sure="yes")
    assert (status, "còn ở trong" in page) == (422, True)
    visit = kiosk.reader.today()[0].id
    assert "Có, xóa" not in send(kiosk, "kept", found=letters, act=f"out:{visit}")[1]
    assert kiosk.reader.occupancy().inside == 0
    assert send(kiosk, "kept", found=letters, act="erase", sure="yes")[0] == 200
    assert "Một mục đã xóa" in kiosk.get("/").read().decode()
    assert kiosk.reader.today() == []


def test_it_is_printed_for_the_person_and_nothing_of_it_waits_on_the_disk(kiosk: Kiosk) -> None:
    kiosk.show(card_of(0))
    status, page = send(kiosk, "kept", found=found(kiosk), act="print")
    assert (status, "Đã in" in page) == (200, True)


def test_nothing_is_erased_by_guessing(kiosk: Kiosk) -> None:
    kiosk.show(card_of(0))
    kiosk.show(card_of(0), "out")
    assert send(kiosk, "kept", found="guessed", act="erase", sure="yes")[0] == 422
    assert len(kiosk.reader.today()) == 1


@pytest.mark.parametrize("code", ["xin chào", "079085"])
def test_what_is_no_document_finds_nobody(kiosk: Kiosk, code: str) -> None:
    assert send(kiosk, "find", code=code)[0] == 422


def test_of_whom_nothing_is_kept_the_page_says_so(kiosk: Kiosk) -> None:
    status, page = send(kiosk, "find", code=card_of(3).decode())
    assert (status, "không lưu gì" in page) == (422, True)


def test_a_request_is_taken_down_shown_with_both_days_answered_and_taken_back(kiosk: Kiosk) -> None:
    said = {"wish": "erasure", "code": card_of(0).decode(), "contact": "0990001234"}
    page = send(kiosk, "new", **said)[1]
    assert "YC-001" in page
    assert "0990001234" not in page
    for wish, state in (("answered:1", "Đã xong"), ("undone:1", "Đã trả lời")):
        assert state in send(kiosk, "act", wish=wish)[1]
    assert send(kiosk, "act", wish="refused:1")[0] == 422
    assert send(kiosk, "act", wish="refused:1", why="law")[0] == 303
    assert kiosk.reader.ask(kept_requests)[1].over
    assert send(kiosk, "act", wish="finished:1")[0] == 422


def test_no_contact_and_no_code_reach_the_log(kiosk: Kiosk) -> None:
    send(kiosk, "new", wish="access", code=card_of(0).decode(), contact="0990001234")
    content = b"".join(path.read_bytes() for path in kiosk.house.data.glob("kiosk.db*"))
    assert b"0990001234" not in content
    assert invented.person(0).person.number.encode() not in content


@pytest.mark.parametrize("role", [Role.VOLUNTEER])
def test_it_is_not_for_everybody(kiosk: Kiosk, role: Role) -> None:
    assert kiosk.as_(role).get("/requests").status == 403
