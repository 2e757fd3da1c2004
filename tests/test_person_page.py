"""The page of one visit: what happened, and putting it right by plain forms; who may not gets no further."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from running import Kiosk, card_of, running_kiosk
from waiting_room import ROOM

from kiosk.rules.access import Role
from kiosk.rules.corrections import SENTENCES, Act, Refusal
from kiosk.web.correction_words import DONE, OFFERS, WHYS

ACTS = [act for act in Act if act is not Act.UNDO]


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path_factory.mktemp("kiosk") / "data", rows=ROOM) as running:
        yield running


PEOPLE = itertools.count(1)


@pytest.fixture
def visit(kiosk: Kiosk) -> int:
    """Somebody for one test alone."""
    return came(kiosk, next(PEOPLE))


def came(kiosk: Kiosk, person: int, gate: str = "in") -> int:
    return int(kiosk.show(card_of(person), gate)["seq"])


def sent(kiosk: Kiosk, path: str, **form: str) -> tuple[int, str]:
    """Status and page of a form that a browser without a script sends; where it leads on, the page there."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": kiosk.url}
    answer = kiosk.ask("POST", path, urlencode(form).encode(), headers)
    page = answer.read().decode()
    onward = answer.headers["Location"]
    return answer.status, text(kiosk.get(onward).read().decode() if onward else page)


def text(page: str) -> str:
    """What a page says, without its markup."""
    body = re.sub(r"<template.*?</template>|<head.*?</head>", "", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


def page_of(kiosk: Kiosk, visit: int) -> str:
    return text(kiosk.get(f"/person/{visit}").read().decode())


def is_inside(kiosk: Kiosk, visit: int) -> bool:
    found = kiosk.reader.visit(visit)
    return found is not None and found.left_ms is None


def test_a_forgotten_exit_is_said_in_words_then_stated_then_undone(kiosk: Kiosk, visit: int) -> None:
    form = {"ago": "0", "why": "Quên quét khi ra"}
    status, sure = sent(kiosk, f"/person/{visit}/correct/exit", **form)
    assert status == 200
    assert "đến bây giờ đổi thành" in sure
    assert "rời hàng chờ" in sure
    assert is_inside(kiosk, visit)
    status, after = sent(kiosk, f"/person/{visit}/correct/exit", **form, sure="yes")
    assert status == 303
    assert f"{DONE[Act.EXIT].vi} An admin: Quên quét khi ra" in after
    assert not is_inside(kiosk, visit)
    assert f"{DONE[Act.EXIT].vi} · Quên quét khi ra" in text(kiosk.get("/").read().decode())
    undo = f"/person/{visit}/undo/{kiosk.reader.last_sequence()}"
    status, sure = sent(kiosk, undo)
    assert "trở về chỗ cũ" in sure
    sent(kiosk, undo, sure="yes")
    assert is_inside(kiosk, visit)


def test_a_reason_is_said_in_the_language_of_who_reads_it(kiosk: Kiosk, visit: int) -> None:
    sent(kiosk, f"/person/{visit}/correct/exit", ago="0", why="Quên quét khi ra", sure="yes")
    sent(kiosk, "/own/language", language="en")
    person, today = page_of(kiosk, visit), text(kiosk.get("/").read().decode())
    sent(kiosk, "/own/language", language="vi")
    assert "An admin: Forgot to scan out" in person
    assert f"{DONE[Act.EXIT].en} · Forgot to scan out" in today


def test_the_page_is_masked(kiosk: Kiosk, visit: int) -> None:
    shown = page_of(kiosk, visit)
    number = card_of(1).split(b"|")[0].decode()
    assert number not in shown
    assert "•••" in shown


def test_calls_stand_on_the_way(kiosk: Kiosk, visit: int) -> None:
    kiosk.client.queue("call", counter="q1", ticket=visit)
    assert "Mời tới quầy Quầy 1 · Đón tiếp" in page_of(kiosk, visit)
    kiosk.client.queue("finish", counter="q1")


def test_two_visits_are_joined_by_the_number_on_the_ticket(kiosk: Kiosk, visit: int) -> None:
    other = came(kiosk, 500)
    row = kiosk.reader.visit(other)
    assert row
    form = {"number": row.ticket, "words": "một người"}
    _, sure = sent(kiosk, f"/person/{visit}/correct/link", **form)
    assert "bị gạch bỏ" in sure
    sent(kiosk, f"/person/{visit}/correct/link", **form, sure="yes")
    kept, gone = (visit, other) if is_inside(kiosk, visit) else (other, visit)
    assert kiosk.reader.visit(gone) is None
    assert "Lượt này đã bị gạch bỏ." in page_of(kiosk, gone)
    assert DONE[Act.LINK].vi in page_of(kiosk, kept)


def test_an_exit_without_an_entry_is_offered_and_listed(kiosk: Kiosk, visit: int) -> None:
    unmatched = came(kiosk, 600, "out")
    assert f'value="{unmatched}"' in kiosk.get(f"/person/{visit}/correct/link").read().decode()
    assert f'href="/person/{unmatched}"' in kiosk.get("/corrections").read().decode()
    assert OFFERS[Act.CAME_IN][0].vi in page_of(kiosk, unmatched)


def test_a_child_and_who_brought_it_lead_to_each_other(kiosk: Kiosk, visit: int) -> None:
    child = kiosk.client.accompany(visit, "in", name="Bé Na", birth="2021")["seq"]
    assert f'href="/person/{child}"' in kiosk.get(f"/person/{visit}").read().decode()
    assert f'href="/person/{visit}"' in kiosk.get(f"/person/{child}").read().decode()


def test_what_is_refused_is_said_beside_the_form(kiosk: Kiosk, visit: int) -> None:
    status, shown = sent(kiosk, f"/person/{visit}/correct/exit", ago="0")
    assert (status, SENTENCES[Refusal.NO_WHY][0] in shown) == (422, True)
    status, shown = sent(kiosk, f"/person/{visit}/correct/still_here", why="thấy", sure="yes")
    assert (status, SENTENCES[Refusal.INSIDE][0] in shown) == (422, True)


def test_without_the_door_one_sentence_says_so(kiosk: Kiosk, visit: int) -> None:
    kiosk.close_door()
    try:
        status, shown = sent(kiosk, f"/person/{visit}/correct/exit", why="thử", sure="yes")
    finally:
        kiosk.open_door()
    assert status == 503
    assert "Cửa chưa trả lời" in shown


@pytest.mark.parametrize("path", ["/person/{}/correct/exit", "/person/{}/undo/1"])
def test_who_may_not_correct_gets_no_further(kiosk: Kiosk, visit: int, path: str) -> None:
    for role in (Role.VOLUNTEER, Role.STAFF, Role.TRACER):
        status, _ = sent(kiosk.as_(role), path.format(visit), why="thử", sure="yes")
        assert status == 403
        assert OFFERS[Act.EXIT][0].vi not in page_of(kiosk.as_(role), visit)
    assert is_inside(kiosk, visit)


@pytest.mark.parametrize(
    "path", ["/person/99999", f"/person/{10**30}", "/person/99999/correct/exit", "/person/1/correct/fly"]
)
def test_what_is_not_there_is_not_found(kiosk: Kiosk, path: str) -> None:
    with kiosk.get(path) as answer:
        assert answer.status == 404


WORDS = st.text(max_size=200) | st.sampled_from(
    ["", "0", "15", "1", "99999999999999999", "25:99", "07:00", "A001", "<b>"]
)
FORMS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("ago", "at", "other", "number", "why", "words", "sure"), WORDS)
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 40), st.sampled_from(ACTS), FORMS)
def test_whatever_is_sent_gets_a_sentence(kiosk: Kiosk, visit: int, act: Act, form: dict[str, Any]) -> None:
    encoded = urlencode({name: value.encode("utf-8", "replace") for name, value in form.items()}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": kiosk.url}
    answer = kiosk.ask("POST", f"/person/{visit}/correct/{act}", encoded, headers)
    assert answer.status in (200, 303, 400, 404, 422)
    assert "<b>" not in text(answer.read().decode())


def test_every_act_has_its_words_and_reasons() -> None:
    assert set(OFFERS) == set(ACTS)
    assert set(DONE) == set(WHYS) == set(Act)
