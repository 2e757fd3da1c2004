"""The counter's pages: what they show and record, with and without a script; and nobody can make them break or leak."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from hostile import CORPUS, assert_harmless
from hypothesis import given, settings
from hypothesis import strategies as st
from patience import PATIENCE_S
from running import Kiosk, card_of, running_kiosk
from waiting_room import ROOM, arrive, call

from kiosk.rules import invented
from kiosk.rules.entries import EntryKind
from kiosk.rules.queueing import SENTENCES, Act, Refusal

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path_factory.mktemp("kiosk") / "data", rows=ROOM) as running:
        yield running


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    """A kiosk that hostile requests share, with somebody at its first counter."""
    with running_kiosk(tmp_path_factory.mktemp("kiosk") / "data", rows=ROOM) as running:
        arrive(running, 3)
        call(running, "q1")
        yield running


def press(kiosk: Kiosk, wish: str, counter: str = "q1", **values: object) -> tuple[int, dict[str, Any]]:
    """What the page's script gets for a button pressed on a page that shows the counter as it is now."""
    values = {"wish": wish, "seen": now(kiosk, counter)["last"]} | values
    return kiosk.post(f"/counter/{counter}/act", urlencode(values).encode(), **{"Content-Type": FORM})


def find(kiosk: Kiosk, code: bytes) -> tuple[int, dict[str, Any]]:
    """What the page's script gets for a code."""
    return kiosk.post("/counter/q1/find", urlencode({"code": code}).encode(), **{"Content-Type": FORM})


def submit(kiosk: Kiosk, path: str, origin: str = "", kind: str = FORM, **values: object) -> tuple[int, str]:
    """Status and place to go on at, of a form that a browser without a script sends from a page of *origin*."""
    headers = {"Content-Type": kind, "Sec-Fetch-Site": "same-origin"} | ({"Origin": origin} if origin else {})
    answer = kiosk.ask("POST", f"/counter/q1/{path}", urlencode(values).encode(), headers)
    return answer.status, answer.headers["Location"] or ""


def now(kiosk: Kiosk, counter: str = "q1") -> Any:
    """The counter as the page's script gets it."""
    return json.loads(kiosk.get(f"/counter/{counter}/now").read())


def text(kiosk: Kiosk, path: str = "/counter/q1") -> str:
    """What a page says, without its markup."""
    page = kiosk.get(path).read().decode()
    body = re.sub(r"<template.*?</template>|<head.*?</head>", "", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


def newest_slip(kiosk: Kiosk) -> bytes:
    """The code on the newest ticket that waits for paper."""
    with closing(sqlite3.connect(kiosk.house.database)) as db:
        (ticket,) = db.execute("SELECT ticket FROM spool ORDER BY visit DESC").fetchone()
    return str(json.loads(ticket)["slip_code"]).encode()


def test_a_site_with_counters_has_a_way_to_them(kiosk: Kiosk) -> None:
    assert 'href="/counter"' in kiosk.get("/").read().decode()
    arrive(kiosk, 2)
    call(kiosk, "q12")
    chosen = text(kiosk, "/counter")
    assert "Quầy 12 Đón tiếp Đang mời A001 · 1 người chờ" in chosen
    assert "Phòng khám bệnh và tư vấn Khám sàng lọc 0 người chờ" in chosen


def test_a_site_without_counters_has_none(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running_kiosk(tmp_path_factory.mktemp("kiosk") / "data") as kiosk:
        assert "Quầy Counter" not in text(kiosk, "/")
        assert kiosk.get("/counter").status == 200


@pytest.mark.parametrize(
    "path", ["/counter/none", "/counter/none/now", "/counter/q1/none", "/counter/%00", "/counter/"]
)
def test_there_is_no_other_counter(asked: Kiosk, path: str) -> None:
    assert asked.get(f"/counter/{path}").status == 404


def test_a_counter_shows_initials_and_last_digits_and_nothing_more_of_a_person(kiosk: Kiosk) -> None:
    arrive(kiosk, 1)
    call(kiosk, "q1")
    person = invented.person(0).person
    initials = "".join(f"{word[0]}." for word in person.name.split())
    state = now(kiosk)
    assert state["here"]["name"] == initials
    assert state["here"]["about"]["vi"].startswith(person.birth[:4])
    assert state["here"]["about"]["vi"].endswith(f"•••{person.number[-4:]}")
    for said in (text(kiosk), json.dumps(state, ensure_ascii=False), text(kiosk, "/counter")):
        assert not [secret for secret in (person.name, person.number, person.birth) if secret in said]


def test_priority_is_a_mark_without_a_reason(kiosk: Kiosk) -> None:
    arrive(kiosk, 1)
    call(kiosk, "q1")
    assert press(kiosk, "priority")[1]["act"] == "priority"
    assert now(kiosk)["here"]["priority"] is True
    entry = kiosk.reader.events_after(kiosk.reader.last_sequence() - 1)[0]
    assert entry.body is not None
    assert set(entry.body) == {"v", "act", "counter", "by", "ticket", "moves", "desk"}


def test_the_script_hears_with_an_act_how_the_counter_is_after_it(kiosk: Kiosk) -> None:
    arrive(kiosk, 2)
    heard = press(kiosk, "call")[1]["now"]
    assert heard["last"] == kiosk.reader.last_sequence()
    assert heard | {"at": ""} == now(kiosk) | {"at": ""}


def test_an_act_is_an_entry_with_who_did_it(kiosk: Kiosk) -> None:
    arrive(kiosk, 1)
    status, answer = press(kiosk, "call")
    assert (status, answer["said"]) == (200, {"vi": "Đã ghi: mời A001.", "en": "Recorded: call A001."})
    entry = kiosk.reader.events_after(answer["seq"] - 1)[0]
    assert entry.body is not None
    assert (entry.header.kind, entry.body["counter"], entry.body["by"]) == (EntryKind.CALL, "q1", "An admin")


def test_a_refusal_is_a_sentence_in_both_languages_and_records_nothing(kiosk: Kiosk) -> None:
    last = kiosk.reader.last_sequence()
    vi, en = SENTENCES[Refusal.NOBODY_WAITING]
    assert press(kiosk, "call") == (200, {"refused": {"reason": "nobody_waiting", "vi": vi, "en": en}})
    assert kiosk.reader.last_sequence() == last
    assert now(kiosk)["why"] == {"vi": vi, "en": en}


def test_what_was_pressed_on_an_old_page_does_nothing(kiosk: Kiosk) -> None:
    arrive(kiosk, 3)
    seen = now(kiosk)["last"]
    answers = [press(kiosk, "call", seen=seen)[1] for _ in range(2)]
    assert answers[0]["ticket"] == "A001"
    assert answers[1]["refused"]["reason"] == "changed_since"


def test_the_page_says_what_undo_takes_back(kiosk: Kiosk) -> None:
    arrive(kiosk, 1)
    assert now(kiosk)["undo"]["vi"] == ""
    press(kiosk, "call")
    assert now(kiosk)["undo"] == {"vi": "mời A001", "en": "call A001"}
    press(kiosk, "recall")
    press(kiosk, "undo")
    assert now(kiosk)["undo"]["vi"] == "mời A001"
    press(kiosk, "undo")
    assert (now(kiosk)["undo"]["vi"], now(kiosk)["here"]) == ("", None)


def test_those_in_line_stand_in_the_order_of_their_call(kiosk: Kiosk) -> None:
    arrive(kiosk, 4, first=20)
    numbers = [line["ticket"] for line in now(kiosk)["lines"]]
    called = [press(kiosk, "call")[1]["ticket"] for _ in numbers]
    assert numbers == called


def test_absent_needs_recalls_first_and_the_page_says_how_many(kiosk: Kiosk) -> None:
    arrive(kiosk, 1)
    press(kiosk, "call")
    assert (now(kiosk)["here"]["recalls_left"], "gọi lại trước: 2" in text(kiosk)) == (2, True)
    assert press(kiosk, "absent")[1]["refused"]["reason"] == "recall_first"
    press(kiosk, "recall")
    press(kiosk, "recall")
    assert now(kiosk)["here"]["recalls_left"] == 0
    assert press(kiosk, "absent")[1]["act"] == "absent"


@pytest.mark.parametrize("shown", ["number", "card", "slip", "typed"])
def test_a_ticket_is_found_by_whatever_its_holder_shows(kiosk: Kiosk, shown: str) -> None:
    kiosk.client.set_printer_fault("paper_out")  # so that tickets stay where they can be read
    arrive(kiosk, 3, first=20)
    number = invented.person(22).person.number.encode()
    codes = {"number": b"a 3", "card": card_of(22), "typed": number, "slip": newest_slip(kiosk)}
    status, answer = find(kiosk, codes[shown])
    assert (status, len(answer["found"])) == (200, 1)
    found = answer["found"][0]
    assert (found["ticket"], found["vi"], found["ahead"], found["onward"]) == ("A003", "Đang chờ", 2, "Khám sàng lọc")


def test_a_ticket_at_a_counter_is_found_there(kiosk: Kiosk) -> None:
    arrive(kiosk, 1)
    call(kiosk, "q12")
    found = find(kiosk, b"A001")[1]["found"][0]
    assert (found["vi"], found["en"], found["ahead"]) == ("Đang được mời đến Quầy 12", "Called to Quầy 12", None)


def test_who_asks_is_told_how_long_it_may_take(kiosk: Kiosk) -> None:
    arrive(kiosk, 12, first=20)
    assert find(kiosk, b"A012")[1]["found"][0]["likely"] == ""
    for _ in range(8):
        press(kiosk, "call")
    until_s = time.monotonic() + PATIENCE_S
    while not (likely := find(kiosk, b"A012")[1]["found"][0]["likely"]):  # it is learned every few seconds
        assert time.monotonic() < until_s
        time.sleep(0.5)
    assert re.fullmatch(r"\d+–\d+", likely)


def test_a_lost_ticket_is_printed_again(kiosk: Kiosk) -> None:
    arrive(kiosk, 1)
    ticket = find(kiosk, b"A001")[1]["found"][0]["id"]
    assert press(kiosk, f"print:{ticket}")[1]["said"]["vi"] == "Đã ghi: in lại phiếu A001."
    assert press(kiosk, "print:999999")[0] == 422


def test_a_form_without_a_script_goes_back_to_the_page(kiosk: Kiosk) -> None:
    arrive(kiosk, 2)
    assert submit(kiosk, "act", kiosk.url, wish="call", seen=0) == (303, "/counter/q1")
    assert now(kiosk)["here"]["ticket"] == "A001"
    status, place = submit(kiosk, "act", kiosk.url, wish="absent", seen=now(kiosk)["last"])
    assert (status, place) == (303, "/counter/q1?said=recall_first")
    assert SENTENCES[Refusal.RECALL_FIRST][0] in text(kiosk, place)
    status, place = submit(kiosk, "find", kiosk.url, code="A002")
    assert status == 303
    assert "A002 Đang chờ Đón tiếp" in text(kiosk, place)


@pytest.mark.parametrize("origin", ["", "http://evil.example", "null", "http://localhost"])
@pytest.mark.parametrize("path", ["act", "find"])
def test_a_form_on_another_sites_page_does_nothing(asked: Kiosk, path: str, origin: str) -> None:
    last = asked.reader.last_sequence()
    assert submit(asked, path, origin, wish="recall", code="A001")[0] == 403
    assert asked.reader.last_sequence() == last


@pytest.mark.parametrize("kind", ["text/plain", "application/json", ""])
def test_nothing_but_a_form_goes_without_our_header(asked: Kiosk, kind: str) -> None:
    assert submit(asked, "act", asked.url, kind, wish="recall")[0] == 403


def test_a_door_that_is_away_is_a_sentence_with_and_without_a_script(kiosk: Kiosk) -> None:
    arrive(kiosk, 1)
    assert now(kiosk)["door"] is True
    kiosk.close_door()
    assert now(kiosk)["door"] is False
    status, answer = press(kiosk, "call")
    away = "Cửa chưa trả lời. Trang sẽ tự nối lại."
    assert (status, answer["error"]["vi"], answer["error"]["detail"]) == (503, away, "")
    assert submit(kiosk, "act", kiosk.url, wish="call") == (303, "/counter/q1?said=away")
    assert away in text(kiosk, "/counter/q1?said=away")
    kiosk.open_door()
    assert press(kiosk, "call")[1]["ticket"] == "A001"


@pytest.mark.parametrize("query", ["said=x", "said=%00", "ticket=x", "ticket=-1", "ticket=" + "9" * 30, "ticket=0"])
def test_senseless_questions_are_the_plain_page(asked: Kiosk, query: str) -> None:
    assert "A001" in text(asked, f"/counter/q1?{query}")


words = st.one_of(st.text(max_size=100), st.sampled_from(list(Act)), st.integers().map(str))


@settings(max_examples=100, deadline=None)
@given(
    wish=st.lists(words, min_size=1, max_size=4).map(":".join),
    more=st.dictionaries(st.sampled_from(["seen", "number", "by"]), words),
)
def test_senseless_wishes_are_refused_not_broken(asked: Kiosk, wish: str, more: dict[str, str]) -> None:
    body = urlencode({"wish": wish} | more, errors="surrogatepass").encode()
    status, answer = asked.post("/counter/q1/act", body, **{"Content-Type": FORM})
    assert status in (200, 400, 413, 422)
    assert len(set(answer) & {"said", "refused", "error"}) == 1


@pytest.mark.parametrize("name", [name for name in CORPUS if " as " not in name or name.endswith("as bare")])
def test_a_hostile_code_finds_nobody_and_breaks_nothing(asked: Kiosk, name: str) -> None:
    last = asked.reader.last_sequence()
    status, answer = find(asked, CORPUS[name])
    assert status in (200, 413)
    assert not answer.get("found")
    assert asked.reader.last_sequence() == last


def test_hostile_names_are_harmless_initials(kiosk: Kiosk) -> None:
    for name in (name for name in CORPUS if name.endswith("as name")):
        kiosk.show(CORPUS[name])
    called = 0
    while "said" in press(kiosk, "call")[1] and (here := now(kiosk)["here"]):
        called += 1
        assert_harmless(here["name"])
        assert_harmless(here["about"]["vi"])
    assert called >= 1
