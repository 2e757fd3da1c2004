"""The board's words: which numbers in which order, waits as ranges, what is said; and nobody's name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from running import Kiosk, Stream, running_kiosk
from waiting_room import ROOM, arrive, call

from kiosk.config.queueing import CounterSettings, StageSettings
from kiosk.rules import invented
from kiosk.rules.queueing import Plan, Service, Stage
from kiosk.web import board_lines
from kiosk.web.board_lines import CALLS, OBSERVED, SERVICES, Board, board_of, wait_words
from kiosk.web.queue_lines import CallLine, ObservedLine, QueueState, ServiceLine

STAGES = (Stage("exam", "Khám"), Stage("watch", "Theo dõi", observe_ms=1))
PLAN = Plan(STAGES, (*(Service(f"v{i}", f"Khám {i}", "exam") for i in range(12)), Service("w", "Theo dõi", "watch")))


def called(
    number: int, *, serving: bool = False, name: str = "Quầy 2", recalls: int = 0, service: str = "v0"
) -> CallLine:
    said = (("vi", f"Mời số {number}"),)
    return CallLine(f"A{number:03d}", "q2", name, service, number, recalls, serving, said)


def waiting(number: int, people: int) -> ServiceLine:
    return ServiceLine(f"v{number}", f"Khám {number}", people)


def observed(number: int, *, over: bool) -> ObservedLine:
    return ObservedLine(f"A{number:03d}", "w", "09:50", over)


def board(
    calls: tuple[CallLine, ...] = (),
    lines: tuple[ServiceLine, ...] = (),
    under: tuple[ObservedLine, ...] = (),
    services: tuple[str, ...] = (),
) -> Board:
    return board_of(QueueState(1, calls, lines, under), PLAN, services)


def numbers(shown: Board) -> list[str]:
    return [one.number for one in shown.calls]


def test_those_who_are_still_called_stand_first_the_latest_on_top() -> None:
    shown = board((called(9, serving=True), called(8), called(7, serving=True), called(6)))
    assert numbers(shown) == ["A008", "A006", "A009", "A007"]
    assert shown.calling == "now"


def test_where_all_have_come_the_board_says_so() -> None:
    assert board((called(9, serving=True),)).calling == "last"
    assert board().calling == "none"


def test_of_more_calls_than_rows_those_who_have_come_are_left_out() -> None:
    calls = tuple(called(20 - n, serving=n % 2 == 0) for n in range(12))
    assert numbers(board(calls)) == ["A019", "A017", "A015", "A013", "A011", "A009"]
    assert len(board(calls).calls) == CALLS


@pytest.mark.parametrize(
    ("name", "word", "desk"),
    [
        ("Quầy 2", "Quầy", "2"),
        ("Quầy số 12", "Quầy số", "12"),
        ("Phòng 3B", "Phòng", "3B"),
        ("7", "", "7"),
        ("Khám2", "Khám", "2"),
        ("Phòng khám sản", "Phòng khám sản", ""),
        ("Nhà 2 tầng trệt", "Nhà 2 tầng trệt", ""),
        ("Phòng 20261", "Phòng 20261", ""),
        ("", "", ""),
    ],
)
def test_the_number_of_a_counter_stands_apart_from_its_word(name: str, word: str, desk: str) -> None:
    (one,) = board((called(1, name=name),)).calls
    assert (one.word, one.desk) == (word, desk)


@given(st.text())
def test_no_counter_loses_a_letter_of_its_name(name: str) -> None:
    (one,) = board((called(1, name=name),)).calls
    assert "".join((one.word + one.desk).split()) == "".join(name.split())


def test_each_call_and_each_recall_is_a_new_one() -> None:
    keys = {
        board((each,)).calls[0].key for each in (called(1), called(2), called(1, recalls=1), called(1, serving=True))
    }
    assert len(keys) == 3, "coming is not a call"


def test_of_more_services_than_rows_those_for_whom_people_wait_are_shown_in_their_order() -> None:
    lines = tuple(waiting(n, people) for n, people in enumerate((0, 3, 0, 5, 1, 1, 2, 0, 9, 4)))
    shown = board(lines=lines).services
    assert [line.name for line in shown] == [f"Khám {n}" for n in (1, 3, 4, 5, 6, 8, 9)]
    assert len(shown) == SERVICES


def test_who_may_go_and_who_soon_may_share_the_rows() -> None:
    under = tuple(observed(n, over=n <= 20) for n in range(1, 41))
    shown = board(under=under).observed
    assert [one.number for one in shown] == [f"A{n:03d}" for n in range(15, 24)]
    assert len(shown) == OBSERVED


def test_where_few_are_under_observation_yet_more_of_those_who_may_go_are_shown() -> None:
    under = tuple(observed(n, over=n <= 20) for n in range(1, 22))
    assert [one.number for one in board(under=under).observed] == [f"A{n:03d}" for n in range(13, 22)]


def test_a_waiting_room_has_its_services_alone() -> None:
    calls = (called(1, service="v1"), called(2, service="v2"))
    shown = board(calls, (waiting(1, 1), waiting(2, 2)), (observed(5, over=True),), services=("v2",))
    assert numbers(shown) == ["A002"]
    assert [line.name for line in shown.services] == ["Khám 2"]
    assert (shown.observed, shown.observes) == ((), "no")
    assert board(services=("w",)).observes == "only"
    assert board().observes == "yes"


def test_calls_are_said_in_the_order_in_which_they_were_made() -> None:
    spoken = board((called(9), called(8, serving=True), called(7))).spoken
    assert [(one.number, one.come) for one in spoken] == [("A007", False), ("A008", True), ("A009", False)]


@pytest.mark.parametrize(
    ("from_min", "to_min", "vi", "en"),
    [
        (10, 20, "khoảng 10–20 phút", "about 10 to 20 minutes"),
        (0, 5, "khoảng 5 phút trở lại", "about 5 minutes or less"),
        (7, 7, "khoảng 7 phút", "about 7 minutes"),
        (0, 1, "khoảng 1 phút", "about 1 minute"),
        (0, 0, "khoảng 1 phút", "about 1 minute"),
        (None, None, "", ""),
    ],
)
def test_a_wait_is_told_as_a_range(from_min: int | None, to_min: int | None, vi: str, en: str) -> None:
    words = wait_words(from_min, to_min)
    assert (words.vi, words.en) == (vi, en)


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path / "data", rows=ROOM) as running:
        yield running


def text_of(kiosk: Kiosk, path: str = "/board") -> str:
    answer = kiosk.get(path)
    assert answer.status == 200
    return unescape(answer.read().decode())


def test_the_page_is_whole_before_any_script_and_asks_again_without_one(kiosk: Kiosk) -> None:
    arrive(kiosk, 3)
    number = call(kiosk, "q12")
    page = text_of(kiosk)
    assert f'data-f="number">{number}<' in page
    assert 'data-f="desk">12<' in page
    assert 'data-f="waiting">2<' in page
    assert re.search(r'<noscript><meta http-equiv="refresh" content="\d+"></noscript>', page)


def test_every_row_is_there_from_the_start(kiosk: Kiosk) -> None:
    rows = {kind: text_of(kiosk).count(f'<li class="{kind}"') for kind in ("call", "service", "watched")}
    assert rows == {"call": CALLS, "service": SERVICES, "watched": OBSERVED}


def test_nothing_that_the_board_gets_names_anybody(kiosk: Kiosk) -> None:
    arrive(kiosk, 5)
    for counter in ("q1", "q12", "q3"):
        call(kiosk, counter)
    with Stream(kiosk, "/board/events") as events:
        told = json.dumps(events.until("queue")[-1].data, ensure_ascii=False)
    for shown in (text_of(kiosk), told):
        for person in range(5):
            somebody = invented.person(person).person
            assert not [part for part in (*somebody.name.split(), somebody.number) if re.search(rf"\b{part}\b", shown)]


def test_who_was_sent_on_to_the_exit_may_go(tmp_path: Path) -> None:
    stages = (
        *ROOM["stages"][:-1],
        StageSettings("watch", "Theo dõi", observe_s=1800.0),
        StageSettings("leave", "Ra về"),
    )
    counters = (*ROOM["counters"], CounterSettings("out", "Bàn ra về", ("leave",)))
    rows = ROOM | {"stages": stages, "counters": counters}
    with running_kiosk(tmp_path / "data", rows=rows) as kiosk:
        arrive(kiosk, 1)
        for counter in ("q1", "k4", "t6"):
            number = call(kiosk, counter)
            call(kiosk, counter, "finish")
        assert f'data-over="no">\n<b data-f="number">{number}<' in text_of(kiosk)
        kiosk.client.queue("finish", ticket=kiosk.client.find_ticket(number.encode(), typed=True)["ticket"])
        assert f'data-over="yes">\n<b data-f="number">{number}<' in text_of(kiosk, "/board?services=watch")
        call(kiosk, "out")
        assert 'data-over="yes"' not in text_of(kiosk)


def test_a_call_is_told_with_its_sentences_and_the_time_of_the_kiosk(kiosk: Kiosk) -> None:
    arrive(kiosk, 1)
    with Stream(kiosk, "/board/events?services=reception") as events:
        events.until("queue")
        number = call(kiosk, "q12")
        while not (told := events.until("queue")[-1].data)["spoken"]:
            pass
    (spoken,) = told["spoken"]
    assert spoken["number"] == number
    assert spoken["said"][0][1].endswith("đến quầy số mười hai")
    assert 0 <= told["now_ms"] - spoken["called_ms"] < 60_000


@pytest.mark.parametrize("path", ["/board?services=nothing", "/board/events?services=exam,nothing"])
def test_a_service_that_the_site_does_not_have_has_no_board(kiosk: Kiosk, path: str) -> None:
    assert kiosk.get(path).status == 404


def test_a_board_of_trial_keys_says_so(kiosk: Kiosk) -> None:
    assert "BẢN THỬ" in text_of(kiosk)


def test_a_kiosk_without_a_queue_has_an_empty_board(tmp_path: Path) -> None:
    with running_kiosk(tmp_path / "data") as kiosk:
        assert 'data-calling="none"' in text_of(kiosk)


def test_a_hostile_name_stays_text(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>\"'"
    rows = ROOM | {"counters": (CounterSettings("q1", evil, ("reception",)),)}
    with running_kiosk(tmp_path / "data", rows=rows, site={"name": evil}) as kiosk:
        arrive(kiosk, 1)
        call(kiosk, "q1")
        assert "<script>alert" not in kiosk.get("/board").read().decode()


def test_the_script_and_the_page_know_the_same_shifts() -> None:
    web = Path(board_lines.__file__).parent
    sheet, script = ((web / "static" / name).read_text(encoding="utf-8") for name in ("board.css", "board.js"))
    shifts = int(re.findall(r"const SHIFTS = (\d+);", script)[0])
    assert re.findall(r'\[data-shift="(\d)"\]', sheet) == [str(each) for each in range(1, shifts)]
