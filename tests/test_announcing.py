"""What is said aloud: every number as people read it, one call at a time, nothing that is no longer true."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.rules.announcing import Call, Calls, Manner, recordings, sentences, sound_check
from kiosk.rules.model import TicketNumber
from kiosk.rules.spelling import LANGUAGES, letter_name, number_name

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
EVERY_NUMBER = range(10_000)


def call(number: int = 1, name: str = "Quầy 2", *, series: str = "A", recall: bool = False) -> Call:
    return Call(TicketNumber("Đón tiếp", series, number), f"c-{name[-1:]}", name, recall)


def text(said: Call, language: str = "vi") -> str:
    return sentences(said, [language])[0].text


def test_the_sentence_in_both_languages() -> None:
    assert [(each.language, each.text) for each in sentences(call(), ("vi", "en"))] == [
        ("vi", "Mời số A không không một, đến quầy số hai"),
        ("en", "Number A, zero zero one, please go to counter two"),
    ]


def test_a_recall_says_that_it_is_one() -> None:
    assert text(call(recall=True)) == "Xin nhắc lại, mời số A không không một, đến quầy số hai"
    assert text(call(recall=True), "en") == "Once more, number A, zero zero one, please go to counter two"


def test_a_site_chooses_its_languages_and_their_order() -> None:
    assert [each.language for each in sentences(call(), ("en", "vi"))] == ["en", "vi"]
    assert [each.language for each in sentences(call(), ("vi",))] == ["vi"]


# Reading the words back, as a listener does: by what each word stands for, not by how the kiosk puts them together.
DIGITS_VI = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
HEARD_VI = {word: value for value, word in enumerate(DIGITS_VI)} | {"mốt": 1, "tư": 4, "lăm": 5}
HEARD_EN = {"zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}
HEARD_EN |= {"nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15}
HEARD_EN |= {"sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40}
HEARD_EN |= {"fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}


def heard_vi(words: str) -> int:
    total = last = 0
    for word in words.split():
        if word in HEARD_VI:
            last = HEARD_VI[word]
        elif word in ("nghìn", "trăm", "mươi"):
            total, last = total + last * {"nghìn": 1000, "trăm": 100, "mươi": 10}[word], 0
        else:
            total += {"mười": 10, "linh": 0}[word]
    return total + last


def heard_en(words: str) -> int:
    total = below = 0
    for word in re.split("[ -]", words):
        if word in HEARD_EN:
            below += HEARD_EN[word]
        else:
            total, below = total + below * {"thousand": 1000, "hundred": 100}[word], 0
    return total + below


def test_every_number_to_9999_is_understood_and_none_sounds_as_another() -> None:
    assert [heard_vi(number_name(number, "vi")) for number in EVERY_NUMBER] == list(EVERY_NUMBER)
    assert [heard_en(number_name(number, "en")) for number in EVERY_NUMBER] == list(EVERY_NUMBER)


# What no Vietnamese says: one, four and five change after tens, nobody says "one ten", and an empty ten is "linh".
WRONG_VI = re.compile(
    r"mươi (một|bốn|năm|không)\b|mười (mốt|tư|năm|không)\b|(linh|trăm|nghìn|^) ?(mốt|tư|lăm)\b|\b(không|một) mươi"
    r"|trăm (không|một|hai|ba|bốn|năm|sáu|bảy|tám|chín)$|linh (không|mười)|^không .|nghìn (?!\w+ trăm)|linh \w+ \w"
)


def test_no_number_is_read_as_no_vietnamese_would() -> None:
    wrong = [number_name(number, "vi") for number in EVERY_NUMBER if WRONG_VI.search(number_name(number, "vi"))]
    assert wrong == []


@pytest.mark.parametrize(
    ("number", "vi", "en"),
    [
        (0, "không", "zero"),
        (10, "mười", "ten"),
        (12, "mười hai", "twelve"),
        (14, "mười bốn", "fourteen"),
        (15, "mười lăm", "fifteen"),
        (20, "hai mươi", "twenty"),
        (21, "hai mươi mốt", "twenty-one"),
        (24, "hai mươi tư", "twenty-four"),
        (55, "năm mươi lăm", "fifty-five"),
        (100, "một trăm", "one hundred"),
        (105, "một trăm linh năm", "one hundred five"),
        (111, "một trăm mười một", "one hundred eleven"),
        (1000, "một nghìn", "one thousand"),
        (2004, "hai nghìn không trăm linh bốn", "two thousand four"),
        (9991, "chín nghìn chín trăm chín mươi mốt", "nine thousand nine hundred ninety-one"),
        (10_000, "một không không không không", "one zero zero zero zero"),
    ],
)
def test_numbers_as_people_read_them(number: int, vi: str, en: str) -> None:
    assert (number_name(number, "vi"), number_name(number, "en")) == (vi, en)


@pytest.mark.parametrize(("language", "heard"), [("vi", HEARD_VI), ("en", HEARD_EN)])
def test_every_ticket_number_is_read_digit_by_digit_as_it_is_printed(language: str, heard: dict[str, int]) -> None:
    for number in EVERY_NUMBER:
        said = call(number)
        words = text(said, language).replace(",", "").split()
        start = words.index("A") + 1
        printed = str(said.ticket)[1:]
        assert "".join(str(heard[word]) for word in words[start : start + len(printed)]) == printed


def test_each_letter_has_a_name_of_its_own() -> None:
    for language in LANGUAGES:
        assert len({letter_name(letter, language) for letter in LETTERS + "0123456789"}) == 36


@pytest.mark.parametrize(
    ("series", "spelled"),
    [("A", "A"), ("b", "bê"), ("D", "dê"), ("G", "gờ"), ("UT", "U tê"), ("W-1", "vê kép một"), ("", "không")],
)
def test_a_series_is_spelled(series: str, spelled: str) -> None:
    assert text(call(series=series)).startswith(f"Mời số {spelled} ")


@pytest.mark.parametrize(
    ("name", "vi", "en"),
    [
        ("2", "đến quầy số hai", "please go to counter two"),
        ("02", "đến quầy số hai", "please go to counter two"),
        ("Quầy 12", "đến quầy số mười hai", "please go to counter twelve"),
        ("QUẦY SỐ 21", "đến quầy số hai mươi mốt", "please go to counter twenty-one"),
        ("Bàn 24", "đến bàn số hai mươi tư", "please go to desk twenty-four"),
        ("Phòng 2B", "đến phòng số hai bê", "please go to room two B"),
        ("Quầy A2", "đến quầy A hai", "please go to counter A two"),
        ("B", "đến quầy bê", "please go to counter B"),
        ("Bàn khám 3", "đến bàn khám số ba", "please look at the board"),
        ("Phòng tiêm", "đến phòng tiêm", "please look at the board"),
        ("m² 3", "đến m² số ba", "please look at the board"),
        (" -", "xin xem bảng số", "please look at the board"),
    ],
)
def test_counters_are_read_as_numbers_in_the_words_of_their_names(name: str, vi: str, en: str) -> None:
    assert text(call(name=name)).endswith(f", {vi}")
    assert text(call(name=name), "en").endswith(f", {en}")


@given(number=st.integers(0, 99_999), series=st.text("ABZ-_9", max_size=4), name=st.text(max_size=30))
def test_a_voice_gets_words_alone_whatever_a_counter_is_called(number: int, series: str, name: str) -> None:
    for sentence in sentences(call(number, name, series=series), LANGUAGES):
        assert re.fullmatch(r"[\w ,-]+", sentence.text)
        assert not re.search("[0-9_]", sentence.text)


def test_the_clips_of_a_call_are_named_in_their_order() -> None:
    clips = ("call", "a", "0", "2", "1", "counter-c-2")
    assert {each.clips for each in sentences(call(21), LANGUAGES)} == {clips}
    assert sentences(call(21, recall=True), ["vi"])[0].clips == ("recall", *clips[1:])


@given(
    number=st.integers(0, 9999), series=st.sampled_from("AB"), name=st.sampled_from(("1", "2")), recall=st.booleans()
)
def test_who_records_what_is_asked_for_has_every_clip(number: int, series: str, name: str, *, recall: bool) -> None:
    counters = [("c-1", "Quầy 1"), ("c-2", "Quầy 2")]
    recorded = {piece.clip for piece in recordings(["A", "B"], counters, "vi")}
    said = sentences(call(number, f"Quầy {name}", series=series, recall=recall), ["vi"])[0]
    assert set(said.clips) <= recorded
    assert len(recorded) == 2 + 2 + 10 + 2  # openings, letters, digits, counters


MINUTE_MS = 60_000


def at(time: str) -> int:
    return round(datetime.fromisoformat(f"2026-11-20T{time}").replace(tzinfo=HANOI).timestamp() * 1000)


@pytest.mark.parametrize(
    ("quiet_from", "quiet_to", "quiet", "loud"),
    [
        ("12:00", "13:30", ("12:00", "13:29:59"), ("11:59:59", "13:30", "00:00")),
        ("20:00", "06:00", ("20:00", "23:59", "00:00", "05:59"), ("19:59", "06:00", "12:00")),
        ("", "", (), ("00:00", "12:00", "23:59")),
        ("12:00", "12:00", (), ("11:59", "12:00", "12:01")),
    ],
)
def test_quiet_hours_are_of_local_time_and_may_span_the_night(
    quiet_from: str, quiet_to: str, quiet: tuple[str, ...], loud: tuple[str, ...]
) -> None:
    manner = Manner(quiet_from=quiet_from, quiet_to=quiet_to, zone=HANOI)
    assert all(manner.quiet(at(time)) for time in quiet)
    assert not any(manner.quiet(at(time)) for time in loud)


def told(calls: Calls, at_ms: int = 0) -> Iterator[str]:
    """Everything that is said from now on, if nothing else happens."""
    while True:
        calls, now_said = calls.begin(at_ms)
        if now_said is None:
            return
        yield f"{now_said.ticket} {now_said.name}{' recall' * now_said.recall}"
        calls = calls.ended()


def test_each_call_is_said_twice_the_repetitions_behind_what_nobody_heard_yet() -> None:
    calls = Calls().called(call(1), 0).called(call(2, "Quầy 3"), 0)
    assert list(told(calls)) == ["A001 Quầy 2", "A002 Quầy 3", "A001 Quầy 2", "A002 Quầy 3"]


def test_while_one_is_said_no_other_begins() -> None:
    calls, _ = Calls().called(call(1), 0).called(call(2), 0).begin(0)
    assert calls.begin(1000)[1] is None


def test_a_call_made_twice_before_anybody_heard_it_keeps_its_place_and_is_said_as_one() -> None:
    calls = Calls(Manner(times=1)).called(call(1), 0).called(call(2), 0).called(call(1, recall=True), 5)
    assert list(told(calls)) == ["A001 Quầy 2", "A002 Quầy 2"]


def test_a_recall_of_what_was_heard_replaces_its_repetition() -> None:
    calls, _ = Calls().called(call(1), 0).begin(0)
    while_said = calls.called(call(1, recall=True), 1).ended()
    afterwards = calls.ended().called(call(1, recall=True), 1)
    assert list(told(while_said)) == list(told(afterwards)) == ["A001 Quầy 2 recall"] * 2


def test_who_is_called_to_another_counter_is_not_sent_to_the_first() -> None:
    calls = Calls(Manner(times=1)).called(call(1), 0).called(call(1, "Quầy 3"), 0)
    assert list(told(calls)) == ["A001 Quầy 3"]


def test_who_has_come_is_not_called_again() -> None:
    calls, _ = Calls().called(call(1), 0).called(call(2), 0).begin(0)
    assert list(told(calls.withdrawn(call(1).ticket).withdrawn(call(2).ticket).ended())) == []


def test_what_could_not_be_said_is_tried_again_behind_the_others_as_often_as_before() -> None:
    calls, _ = Calls().called(call(1), 0).called(call(2), 0).begin(0)
    assert list(told(calls.unsaid())) == ["A002 Quầy 2", "A001 Quầy 2", "A002 Quầy 2", "A001 Quầy 2"]


def test_what_could_not_be_said_is_left_to_the_board_in_the_end() -> None:
    calls, _ = Calls(Manner(times=1)).called(call(1), 0).begin(0)
    assert list(told(calls.unsaid(), 5 * MINUTE_MS)) == []


def test_who_has_come_meanwhile_is_not_called_again_by_a_voice_that_failed() -> None:
    calls, _ = Calls(Manner(times=1)).called(call(1), 0).begin(0)
    assert list(told(calls.withdrawn(call(1).ticket).unsaid())) == []


def test_a_loudspeaker_is_tried_with_digits_that_name_nobody() -> None:
    assert [(each.text, each.clips) for each in sound_check(LANGUAGES)] == [
        ("một, hai, ba", ("1", "2", "3")),
        ("one, two, three", ("1", "2", "3")),
    ]


def test_tickets_of_two_services_with_one_series_are_two() -> None:
    other = Call(TicketNumber("Tiêm", "A", 1), "c-9", "Quầy 9")
    calls = Calls(Manner(times=1)).called(call(1), 0).called(other, 0)
    assert list(told(calls)) == ["A001 Quầy 2", "A001 Quầy 9"]


def test_what_is_still_true_after_the_quiet_hours_is_said_then() -> None:
    manner = Manner(times=1, stale_ms=5 * MINUTE_MS, quiet_from="12:00", quiet_to="13:30", zone=HANOI)
    calls = Calls(manner).called(call(1), at("13:20")).called(call(2), at("13:28"))
    quiet, nothing = calls.begin(at("13:22"))
    assert nothing is None
    assert list(told(quiet, at("13:30"))) == ["A002 Quầy 2"]


@dataclass
class Listener:
    """Somebody in the hall who writes down what is heard, and knows of each ticket what is true of it."""

    manner: Manner
    calls: Calls = field(init=False)
    now_ms: int = at("11:00")
    true: dict[int, tuple[str, int]] = field(default_factory=dict)  # number -> counter, when it was called
    heard: dict[int, int] = field(default_factory=dict)  # number -> how often since it was first called there
    order: list[int] = field(default_factory=list)  # those whom nobody heard yet, by their first call
    speaking: int | None = None
    speaking_true: bool = False  # whether what is being said is what is still to be said

    def __post_init__(self) -> None:
        self.calls = Calls(self.manner)

    def call(self, number: int, counter: str) -> None:
        still_unheard = self.true.get(number, ("", 0))[0] == counter and self.heard.get(number) == 0
        if not still_unheard:
            self.forget(number)
            self.order.append(number)
        self.true[number], self.heard[number] = (counter, self.now_ms), 0
        self.calls = self.calls.called(call(number, f"Quầy {counter}"), self.now_ms)

    def withdraw(self, number: int) -> None:
        self.forget(number)
        self.true.pop(number, None)
        self.calls = self.calls.withdrawn(call(number).ticket)

    def listen(self) -> None:
        self.calls, said = self.calls.begin(self.now_ms)
        for number in [number for number in self.true if self.stale(number)]:
            self.forget(number)
            del self.true[number]
        if said is None:
            assert self.speaking is not None or self.manner.quiet(self.now_ms) or not self.due(), "somebody was lost"
            return
        number = said.ticket.number
        assert self.speaking is None, "two at once"
        assert not self.manner.quiet(self.now_ms), "in the quiet hours"
        assert self.true.get(number, ("", 0))[0] == said.name.removeprefix("Quầy "), "no longer true"
        assert self.heard[number] < self.manner.times, "too often"
        if self.order:
            assert number == self.order.pop(0), "out of order"
        self.speaking, self.speaking_true = number, True
        self.heard[number] += 1

    def end(self) -> None:
        self.calls, self.speaking = self.calls.ended(), None

    def fail(self) -> None:
        if self.speaking is not None and self.speaking_true:
            self.heard[self.speaking] -= 1
            if self.heard[self.speaking] == 0:
                self.order.append(self.speaking)
        self.calls, self.speaking = self.calls.unsaid(), None

    def hear_out(self) -> None:
        self.end()
        self.listen()
        self.end()

    def wait(self, wait_ms: int) -> None:
        self.now_ms += wait_ms

    def stale(self, number: int) -> bool:
        return self.now_ms - self.true[number][1] >= self.manner.stale_ms

    def due(self) -> list[int]:
        return [number for number in self.true if self.heard[number] < self.manner.times]

    def forget(self, number: int) -> None:
        if number in self.order:
            self.order.remove(number)
        if number == self.speaking:
            self.speaking_true = False


numbers, counters = st.integers(1, 3), st.sampled_from("12")
events: st.SearchStrategy[Callable[[Listener], None]] = st.one_of(
    st.builds(lambda number, counter: lambda hall: hall.call(number, counter), numbers, counters),
    st.builds(lambda number: lambda hall: hall.withdraw(number), numbers),
    st.just(Listener.listen),
    st.just(Listener.end),
    st.just(Listener.fail),
    st.just(Listener.hear_out),
    st.builds(lambda wait_ms: lambda hall: hall.wait(wait_ms), st.sampled_from((5000, MINUTE_MS, 25 * MINUTE_MS))),
)
manners = st.builds(
    Manner,
    times=st.integers(1, 3),
    stale_ms=st.sampled_from((2 * MINUTE_MS, 30 * MINUTE_MS)),
    quiet_from=st.just("12:00"),
    quiet_to=st.sampled_from(("12:30", "13:30")),
    zone=st.just(HANOI),
)


@given(manner=manners, happening=st.lists(events, max_size=40))
def test_nothing_overlaps_and_nothing_true_is_lost_whatever_happens(
    manner: Manner, happening: list[Callable[[Listener], None]]
) -> None:
    hall = Listener(manner)
    for happens in happening:
        happens(hall)
    while hall.due() and not manner.quiet(hall.now_ms):  # the day goes on until all that is true was said
        hall.hear_out()
