"""Every reason has its sentences, lamp and sound; nobody sees green who was not recorded."""

from __future__ import annotations

import string
import unicodedata
from zoneinfo import ZoneInfo

import pytest

from kiosk.rules.messages import MESSAGES, SOUNDS, announcement
from kiosk.rules.model import Lamp, Outcome, Queued, Reason, Sound, TicketNumber
from kiosk.rules.notice import notice
from kiosk.rules.ticket import make_ticket

VIETNAMESE = set(string.ascii_letters + string.digits + " .,;:-!?" + "đĐ")
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
EIGHT_MS = 1_795_222_800_000  # 21/11/2026 08:00 in Việt Nam


def test_the_tables_are_complete() -> None:
    assert set(MESSAGES) == set(Reason)
    assert set(SOUNDS) == set(Sound)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_answered_in_both_languages_by_lamp_and_sound(reason: Reason) -> None:
    message = MESSAGES[reason]
    assert message.lamp is not Lamp.OFF
    assert message.sound is not Sound.NONE
    assert message.vi.endswith(".")
    assert message.en.endswith(".")
    assert 2 <= message.hold_s <= 10


@pytest.mark.parametrize("reason", Reason)
def test_sentences_are_short_and_in_letters_that_every_font_here_has(reason: Reason) -> None:
    message = MESSAGES[reason]
    assert max(len(message.vi), len(message.en)) <= 100
    assert unicodedata.is_normalized("NFC", message.vi)
    assert message.en.isascii()
    assert {unicodedata.normalize("NFD", letter)[0] for letter in message.vi} <= VIETNAMESE


def test_no_two_reasons_say_the_same() -> None:
    assert len({message.vi for message in MESSAGES.values()}) == len(MESSAGES)
    assert len({message.en for message in MESSAGES.values()}) == len(MESSAGES)


def test_sounds_are_told_apart_by_rhythm_and_end_soon() -> None:
    assert len(set(SOUNDS.values())) == len(SOUNDS)
    assert all(sum(on_s + off_s for on_s, off_s in beats) <= 1.5 for beats in SOUNDS.values())


PASSING = {reason for reason in Reason if reason.startswith(("welcome", "goodbye")) or reason is Reason.EXIT_UNREAD}


@pytest.mark.parametrize("reason", Reason)
def test_green_means_recorded_and_pass(reason: Reason) -> None:
    assert (MESSAGES[reason].lamp is Lamp.GREEN) == (reason in PASSING)


@pytest.mark.parametrize("reason", Reason)
def test_whatever_the_reason_an_unrecorded_passage_is_never_plain_green(reason: Reason) -> None:
    shown = announcement(Outcome.PASSED_UNRECORDED, reason)
    assert (shown.lamp, shown.sound) == (Lamp.GREEN_AMBER, Sound.UNRECORDED)
    assert shown.vi == MESSAGES[Reason.NOT_RECORDED].vi


def test_only_what_was_not_recorded_is_green_and_amber() -> None:
    assert [reason for reason in Reason if MESSAGES[reason].lamp is Lamp.GREEN_AMBER] == [Reason.NOT_RECORDED]


def test_who_waits_is_told_the_place_in_the_order() -> None:
    shown = announcement(Outcome.WAITING, Reason.FULL, place=3)
    assert "Thứ tự chờ: 3." in shown.vi
    assert "place in line: 3." in shown.en


def queued(ahead: int = 5, wait_min: tuple[int, int] | None = None) -> Queued:
    return Queued(TicketNumber("reception", "A", 1), "Đón tiếp", ahead, wait_min)


@pytest.mark.parametrize(
    ("wait_min", "told"),
    [((10, 20), "chờ khoảng 10–20 phút"), ((9, 9), "chờ khoảng 9 phút"), ((0, 0), "sắp đến lượt"), (None, "")],
)
def test_who_gets_a_number_is_told_the_wait_where_it_is_known(wait_min: tuple[int, int] | None, told: str) -> None:
    shown = announcement(Outcome.ADMITTED, Reason.WELCOME, queued=queued(5, wait_min))
    assert told in shown.vi
    assert ("Phía trước còn 5 người" in shown.vi) == bool(told)


def test_who_leaves_before_observation_is_over_is_told_until_when_it_lasts() -> None:
    shown = announcement(Outcome.LET_OUT, Reason.GOODBYE_EARLY, until="09:45")
    assert "Theo dõi đến 09:45." in shown.vi
    assert "until 09:45." in shown.en


def test_who_gets_a_number_is_told_it() -> None:
    shown = announcement(Outcome.ADMITTED, Reason.WELCOME, queued=queued(), holder="N.V.M. 1985")
    assert (shown.ticket, shown.holder) == ("A001", "N.V.M. 1985")
    assert "A001" in shown.vi
    assert "A001" in shown.en


@pytest.mark.parametrize("consent", ["notice", "ask", "order"])
def test_the_notice_says_who_keeps_what_how_long_and_why(consent: str) -> None:
    vi, en = notice("Điểm tiêm chủng", "Trạm y tế", 21, consent)
    for said in ("Điểm tiêm chủng", "Trạm y tế", "21"):
        assert said in vi
        assert said in en
    assert "truy vết" in vi
    assert "contact tracing" in en


def test_the_notice_fits_a_ticket() -> None:
    longest = notice("", "Trung tâm Y tế huyện Tưởng Tượng", 21, "ask")
    assert max(map(len, longest)) <= 6 * 25  # six lines of 58 mm paper


def test_a_ticket_carries_local_time_guidance_and_notice() -> None:
    ticket = make_ticket(
        site="Điểm tiêm chủng", gate="Cổng chính", service="Đón tiếp", number="A007", people_ahead=6,
        issued_ms=EIGHT_MS, zone=HANOI, slip_code="KSK1:X",
        guidance=("Xin ngồi chờ.", ""), notice=notice("Điểm tiêm chủng", "Trạm y tế", 21, "notice"),
    )  # fmt: skip
    assert (ticket.number, ticket.people_ahead, ticket.issued) == ("A007", 6, "21/11/2026 08:00")
    assert len(ticket.guidance) == 3


def test_a_slip_without_a_number_names_no_service() -> None:
    ticket = make_ticket(site="S", gate="G", service="Đón tiếp", issued_ms=0, zone=HANOI, slip_code="KSK1:X")
    assert (ticket.service, ticket.number) == ("", "")
