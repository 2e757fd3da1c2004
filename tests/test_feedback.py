"""Feedback slips: a number that was never given before, on paper, 48 hours, passed on with one tap, and no names."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from random import Random

import pytest
from conftest import Site
from hypothesis import given
from hypothesis import strategies as st
from running import Kiosk, running_kiosk
from test_web_pages import OpenPages, pages_of, seen

from kiosk.devices import clock
from kiosk.feedback import SlipRefused, act_on, give, kept_slips
from kiosk.retention import purge, turn_if_due
from kiosk.rules.entries import Body, EntryKind
from kiosk.rules.feedback import REPLY_MS, Act, Slip, act_body, given_body, may, next_number, slips_of, time_left
from kiosk.store import days, spool

__all__ = ["pages_of"]
NAME, DOSE = "Sai họ tên", "Thiếu mũi tiêm"


def given_at(site: Site, time: str, topic: str = NAME) -> Slip:
    return give(site.house.store, site.house.settings, topic, clock.stated(site.ms(time)), demo=True)


def act(site: Site, number: int, what: Act, time: str = "12:00") -> None:
    act_on(site.house.store, number, what, clock.stated(site.ms(time)))


def slips(site: Site) -> dict[int, Slip]:
    return site.reader.ask(kept_slips)


def test_a_slip_has_a_number_a_topic_and_48_hours(site: Site) -> None:
    slip = given_at(site, "08:00")
    assert (str(slip), slip.topic, slip.due_ms) == ("PA-001", NAME, site.ms("2026-11-22T08:00"))
    assert slips(site) == {1: slip}


def test_it_is_printed_with_number_topic_time_and_promise(site: Site) -> None:
    given_at(site, "08:00", DOSE)
    job = spool.next_job(site.house.store.db)
    assert job
    paper = job.ticket
    assert (paper.number, paper.about, paper.issued) == ("PA-001", f"{DOSE}\nA dose is missing", "20/11/2026 08:00")
    assert "Trả lời trong 48 giờ, trước 22/11/2026 08:00." in paper.guidance
    assert (paper.slip_code, paper.people_ahead) == ("", 0)


def test_a_topic_that_the_site_does_not_have_never_reaches_the_log(site: Site) -> None:
    before = site.reader.last_sequence()
    with pytest.raises(SlipRefused, match="Nguyễn Văn Mẫu"):
        given_at(site, "08:00", "Nguyễn Văn Mẫu")
    assert site.reader.last_sequence() == before


def test_it_is_passed_on_and_taken_back(site: Site) -> None:
    given_at(site, "08:00")
    act(site, 1, Act.PASSED, "09:00")
    assert slips(site)[1].passed_ms == site.ms("09:00")
    act(site, 1, Act.REOPENED, "09:01")
    assert slips(site)[1].passed_ms is None
    act(site, 1, Act.WITHDRAWN, "09:02")
    assert slips(site) == {}


def test_two_tablets_pass_a_slip_on_once(site: Site) -> None:
    given_at(site, "08:00")
    act(site, 1, Act.PASSED)
    with pytest.raises(SlipRefused, match="PA-001 cannot be passed now"):
        act(site, 1, Act.PASSED)


def test_the_number_of_a_withdrawn_slip_is_not_given_again(site: Site) -> None:
    given_at(site, "08:00")
    act(site, 1, Act.WITHDRAWN)
    assert given_at(site, "13:00").number == 2


def test_an_erased_slip_is_gone_and_its_number_is_not_given_again(site: Site) -> None:
    for _ in range(3):
        given_at(site, "08:00")
    for day in (21, 22, 23):
        moment = clock.stated(site.ms(f"2026-11-{day}T07:00"))
        turn_if_due(site.house.store, site.house.vault, site.house.settings, moment)
    purge(site.house.store, clock.stated(site.ms("2026-11-23T08:00")), 1)
    assert slips(site) == {}
    assert given_at(site, "2026-11-23T09:00").number == 4


class Book:
    """What the log holds of slips, while numbers are given, other things happen to them, and bodies are erased."""

    def __init__(self) -> None:
        self.bodies: list[Body] = []
        self.entries = 0
        self.numbers: list[int] = []

    def write(self, body: Body) -> None:
        self.bodies.append(body)
        self.entries += 1

    def give(self) -> None:
        number = next_number(self.bodies, self.entries)
        self.numbers.append(number)
        self.write(given_body(number, NAME))


@given(st.lists(st.sampled_from([*Act, "erase", "erase all"]), max_size=40), st.randoms(use_true_random=False))
def test_no_number_is_ever_given_twice(happens: list[str], dice: Random) -> None:
    book = Book()
    for what in happens:
        if what == Act.GIVEN:
            book.give()
        elif what in list(Act):
            if book.numbers:
                book.write(act_body(dice.choice(book.numbers), Act(what)))
        else:
            del book.bodies[: len(book.bodies) // 2 if what == "erase" else None]
    assert book.numbers == sorted(set(book.numbers))


@given(st.lists(st.tuples(st.integers(1, 4), st.sampled_from(list(Act)))))
def test_only_what_may_happen_to_a_slip_happens(happens: list[tuple[int, Act]]) -> None:
    said: list[tuple[int, Body]] = []
    for at_ms, (number, what) in enumerate(happens):
        slip = slips_of(said).get(number)
        if what is Act.GIVEN and slip is None:
            said.append((at_ms, given_body(number, DOSE)))
        elif may(what, slip):
            said.append((at_ms, act_body(number, what)))
            after = slips_of(said).get(number)
            assert after != slip
            assert may(Act.REOPENED, after) is (what is Act.PASSED)


@pytest.mark.parametrize(
    ("left_ms", "vi"),
    [
        (REPLY_MS, "còn 48 giờ"),
        (3_600_000, "còn 1 giờ"),
        (3_599_999, "còn 59 phút"),
        (0, "quá hạn 0 phút"),
        (-7_200_000, "quá hạn 2 giờ"),
    ],
)
def test_the_time_left_is_said_in_hours(left_ms: int, vi: str) -> None:
    assert time_left(1_000_000_000 + left_ms, 1_000_000_000)[0] == vi


def test_the_page_has_what_is_due_first_in_front_and_late_ones_marked(site: Site, pages_of: OpenPages) -> None:
    given_at(site, "08:00")
    given_at(site, "08:10", DOSE)
    given_at(site, "08:20")
    act(site, 2, Act.PASSED)
    page = pages_of(site).get("/feedback").text
    assert page.index("PA-001") < page.index("PA-003") < page.index("PA-002")
    late = sum(clock.now().wall_ms > site.ms(f"2026-11-22T{given}") for given in ("08:00", "08:20"))
    assert page.count('data-late="yes"') == late
    assert "Counts of passages, not of doses" in page
    assert "sau 21 ngày" in seen(pages_of(site), "/feedback")


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path / "data") as running:
        yield running


def test_the_log_holds_a_number_and_a_topic_of_the_site(kiosk: Kiosk) -> None:
    assert kiosk.post("/feedback/new", {"topic": DOSE})[1] == {"number": 1, "slip": "PA-001"}
    assert kiosk.post("/feedback/act", {"number": 1, "act": "passed"})[0] == 200
    bodies = [body for *_, body in kiosk.reader.ask(partial(days.bodies, kind=EntryKind.FEEDBACK))]
    assert bodies == [
        {"v": 1, "act": "given", "number": 1, "topic": DOSE},
        {"v": 1, "act": "passed", "number": 1},
    ]


@pytest.mark.parametrize(
    ("path", "asked", "status"),
    [
        ("new", {"topic": "Nguyễn Văn Mẫu"}, 422),
        ("new", {}, 400),
        ("act", {"number": 1, "act": "passed"}, 422),
        ("act", {"number": 1, "act": "sung"}, 422),
        ("act", {"number": 0, "act": "passed"}, 400),
    ],
)
def test_what_makes_no_sense_is_refused(kiosk: Kiosk, path: str, asked: object, status: int) -> None:
    before = kiosk.reader.last_sequence()
    assert kiosk.post(f"/feedback/{path}", asked)[0] == status
    assert kiosk.reader.last_sequence() == before
