"""Requests about what is kept of somebody: by when, what may happen to them, and that no kiosk reads whose they are."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest
from conftest import OpenSite, Site
from hypothesis import given
from hypothesis import strategies as st
from terminal import Terminal

from kiosk.devices import clock
from kiosk.requests import RequestRefused, act_on, dates_of, kept_requests, take, urgent
from kiosk.retention import purge, turn_if_due
from kiosk.rules import invented
from kiosk.rules.entries import Body, EntryKind, from_text
from kiosk.rules.model import Kind
from kiosk.rules.requests import (
    ANSWER_WORKING_DAYS,
    FINISH_DAYS,
    Act,
    Request,
    Urgency,
    Why,
    Wish,
    act_body,
    answer_by,
    due,
    finish_by,
    given_body,
    may,
    requests_of,
    urgency,
)
from kiosk.store import days, spool
from kiosk.store.checking import verify_log
from kiosk.vault import VaultError, open_sealed_request, read_private_key
from kiosk.vault.tracing import DEMO_FILE
from kiosk.web.now import SiteNow
from kiosk.web.said_times import SaidTimes

DAYS = st.dates(date(2026, 1, 1), date(2030, 12, 31))
HOLIDAYS = st.frozensets(DAYS, max_size=20)
CARD = invented.codes(invented.person(0))[Kind.ID_CARD]
SAID = {"holder_ids": "id:079085000001", "name": "Nguyễn Thị Sen", "contact": "0990001234"}


def is_worked(day: date, holidays: frozenset[date]) -> bool:
    return day.weekday() < 5 and day not in holidays


@given(DAYS, HOLIDAYS)
def test_an_answer_is_due_on_the_second_working_day_after_the_asking(given_on: date, holidays: frozenset[date]) -> None:
    by = answer_by(given_on, holidays)
    after = [given_on + timedelta(days=1 + count) for count in range((by - given_on).days)]
    assert is_worked(by, holidays)
    assert sum(is_worked(day, holidays) for day in after) == ANSWER_WORKING_DAYS


@pytest.mark.parametrize(
    ("given_on", "by"),
    [
        ("2026-11-19", "2026-11-23"),  # Thursday: Friday, Monday
        ("2026-11-20", "2026-11-24"),
        ("2026-11-21", "2026-11-24"),
        ("2026-12-30", "2027-01-04"),  # New Year's Day is off
    ],
)
def test_weekends_and_holidays_do_not_count(given_on: str, by: str) -> None:
    assert answer_by(date.fromisoformat(given_on), {date(2027, 1, 1)}) == date.fromisoformat(by)


@given(DAYS, st.sampled_from(Wish), DAYS)
def test_a_day_is_late_once_it_is_over(given_on: date, wish: Wish, today: date) -> None:
    by = finish_by(given_on, wish)
    assert by == given_on + timedelta(days=FINISH_DAYS[wish])
    assert 10 <= FINISH_DAYS[wish] <= 20
    assert (urgency(by, today) is Urgency.LATE) is (today > by)
    assert (urgency(by, today) is Urgency.TODAY) is (today == by)


@given(DAYS, HOLIDAYS)
def test_what_is_due_next_is_the_answer_then_the_end_then_nothing(given_on: date, holidays: frozenset[date]) -> None:
    said: list[tuple[int, int, Body]] = [(1, 0, given_body(1, Wish.ERASURE, "", "Lan"))]
    asked = requests_of(said)[1]
    assert due(asked, given_on, holidays) == answer_by(given_on, holidays)
    said.append((2, 1, act_body(1, Act.ANSWERED, "Lan")))
    assert due(requests_of(said)[1], given_on, holidays) == finish_by(given_on, Wish.ERASURE)
    said.append((3, 2, act_body(1, Act.REFUSED, "Lan", Why.LAW)))
    assert due(requests_of(said)[1], given_on, holidays) is None


@given(st.lists(st.sampled_from([act for act in Act if act is not Act.GIVEN])))
def test_only_what_may_happen_happens_and_undoing_puts_back_what_was(happens: list[Act]) -> None:
    said: list[tuple[int, int, Body]] = [(1, 0, given_body(1, Wish.ACCESS, "", ""))]
    states: list[Request | None] = [requests_of(said)[1]]
    for at, act in enumerate(happens, 1):
        if not may(act, states[-1]):
            continue
        said.append((at + 1, at, act_body(1, act, "")))
        after = requests_of(said).get(1)
        assert after != states[-1]
        if act is Act.UNDONE:
            states.pop()
            assert after == states[-1]
        else:
            states.append(after)
        assert not (after and after.over and may(Act.FINISHED, after))


def asked(site: Site, time: str = "08:00", wish: Wish = Wish.ERASURE) -> Request:
    house = site.house
    return take(house.store, house.vault, house.settings, wish, SAID, clock.stated(site.ms(time)), by="Lan")


def act(site: Site, number: int, what: Act, time: str = "12:00", why: Why | None = None) -> None:
    act_on(site.house.store, number, what, clock.stated(site.ms(time)), by="Lan", why=why)


def body_of(site: Site, sequence: int) -> Body:
    bodies = site.reader.ask(partial(days.bodies, kind=EntryKind.REQUEST))
    return next(body for at, _, body in bodies if at == sequence)


def test_a_request_has_kind_number_and_both_days_and_is_printed_without_a_name(site: Site) -> None:
    request = asked(site)
    dates = dates_of(request, site.house.settings, request.given_ms)
    assert (str(request), dates.answer_by, dates.finish_by) == ("YC-001", date(2026, 11, 24), date(2026, 12, 10))
    job = spool.next_job(site.house.store.db)
    assert job
    paper = job.ticket
    assert (paper.number, paper.about) == ("YC-001", "Xóa dữ liệu về mình\nTo erase what is kept")
    assert "Trả lời chậm nhất 24/11/2026, xong chậm nhất 10/12/2026." in paper.guidance
    assert not any(said in str(paper) for said in SAID.values())


def test_in_clear_the_log_has_the_kind_and_staff_and_the_rest_is_for_the_tracing_team(site: Site) -> None:
    body = body_of(site, asked(site).sequence)
    assert {name: body[name] for name in body if name != "sealed"} == {
        "v": 1,
        "act": "given",
        "number": 1,
        "wish": "erasure",
        "by": "Lan",
    }
    house = site.house
    private, key_id = read_private_key(house.data / DEMO_FILE), house.store.head().key_id
    blob = from_text(body["sealed"])
    assert open_sealed_request(private, blob, site=house.settings.site.id, key_id=key_id) == SAID
    with pytest.raises(VaultError):
        open_sealed_request(private, blob, site="another", key_id=key_id)


def test_two_tablets_answer_once_and_what_was_a_mistake_is_taken_back(site: Site) -> None:
    asked(site)
    act(site, 1, Act.ANSWERED)
    with pytest.raises(RequestRefused, match="YC-001 cannot be answered now"):
        act(site, 1, Act.ANSWERED)
    act(site, 1, Act.REFUSED, why=Why.NOT_FOUND)
    act(site, 1, Act.UNDONE)
    assert [done.act for done in site.reader.ask(kept_requests)[1].acts] == [Act.ANSWERED]


def test_a_withdrawn_one_is_gone_and_its_number_is_not_given_again(site: Site) -> None:
    asked(site)
    act(site, 1, Act.WITHDRAWN)
    assert site.reader.ask(kept_requests) == {}
    assert asked(site, "13:00").number == 2


def test_a_request_outlives_its_day_until_it_is_over_and_then_goes_too(site: Site) -> None:
    house = site.house
    asked(site)
    asked(site, "09:00")
    act(site, 2, Act.FINISHED)
    for day in (21, 22, 23):
        turn_if_due(house.store, house.vault, house.settings, clock.stated(site.ms(f"2026-11-{day}T07:00")))
    purge(house.store, clock.stated(site.ms("2026-11-23T08:00")), 1)
    assert list(site.reader.ask(kept_requests)) == [1]
    act(site, 1, Act.FINISHED, "2026-11-23T09:00")
    before = site.reader.last_sequence()
    purge(house.store, clock.stated(site.ms("2026-11-23T10:00")), 1)
    assert site.reader.last_sequence() == before
    said = [body["act"] for *_, body in site.reader.ask(partial(days.bodies, kind=EntryKind.REQUEST))]
    assert said == [Act.FINISHED]
    assert verify_log(house.store.db, house.vault.head_seal).fault == ""
    assert asked(site, "2026-11-23T11:00").number > 2


def test_what_is_due_today_or_late_is_urgent_until_it_is_answered(site: Site) -> None:
    asked(site)
    store, settings = site.house.store, site.house.settings
    for day, since in (("2026-11-23", None), ("2026-11-24", date(2026, 11, 24)), ("2026-11-25", date(2026, 11, 24))):
        found = urgent(kept_requests(store.db).values(), settings, site.ms(f"{day}T08:00"))
        assert (found and found[0]) == since
    act(site, 1, Act.ANSWERED)
    assert urgent(kept_requests(store.db).values(), settings, site.ms("2026-12-09T08:00")) is None
    assert urgent(kept_requests(store.db).values(), settings, site.ms("2026-12-10T08:00"))


def test_a_late_request_is_an_alert_on_every_page_until_it_is_answered(open_site: OpenSite) -> None:
    site = open_site(day="2026-11-02")
    asked(site)
    now = SiteNow(site.reader, site.house.settings, SaidTimes(site.reader, site.house.vault, site.house.settings))
    alert = now.alert()
    assert alert
    assert (alert.name, alert.since) == ("requests", "04/11 00:00")
    act(site, 1, Act.REFUSED, why=Why.NOT_FOUND)
    assert now.alert() is None


def test_the_command_lists_opens_and_erases(tmp_path: Path, open_site: OpenSite) -> None:
    site = open_site()
    site.show(CARD, "in", "08:00")
    sequence = site.show(CARD, "out", "08:30").sequence
    asked(site)
    turn_if_due(site.house.store, site.house.vault, site.house.settings, clock.stated(site.ms("2026-11-21T06:00")))
    terminal = Terminal(tmp_path / "data")
    (line,) = terminal.lines("requests", "--json")
    assert (line["request"], line["wish"], line["state"], line["urgency"]) == ("YC-001", "erasure", "new", "ahead")
    lines = tmp_path / "lines"
    lines.write_text(terminal("requests", "--json").stdout)
    key = tmp_path / "data" / DEMO_FILE
    (opened,) = Terminal(tmp_path / "elsewhere").lines("requests", "open", str(lines), "--json", "--key", str(key))
    assert {name: opened[name] for name in SAID} == SAID
    assert terminal("requests", "erase", f"other:{sequence}").returncode == 1
    (done,) = terminal.lines("requests", "erase", f"{line['epoch']}:{sequence}", "--json")
    assert sequence in done["erased"]
    assert terminal.lines("visits", "--json") == []
    assert terminal.lines("verify", "--json")[0]["ok"]
