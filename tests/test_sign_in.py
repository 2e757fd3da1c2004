"""Signing in: a name and a PIN, for as long as somebody works; wrong PINs cost time, and no clock locks anybody out."""

from __future__ import annotations

import http.client
import re
import sqlite3
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
from conftest import settings_with
from running import PIN, Kiosk, Stream, follow, running_kiosk

from kiosk.rules.access import Role
from kiosk.rules.model import ClockState, Moment
from kiosk.rules.pins import DEVICE_TRIES, PERSON_TRIES
from kiosk.signing_in import Busy, Locked, SignIns, Wrong
from kiosk.store.staff import FILE, StaffBook
from kiosk.store.staff_tables import THIS_MACHINE, Account
from kiosk.vault.pins import hash_pin

MINUTE_MS = 60_000
NOON_MS = 1_795_000_000_000
FORM = "application/x-www-form-urlencoded"
A_PAGE = {"Accept": "text/html"}
HIDDEN = hash_pin(PIN)


class Desk:
    """Sen, Hải and an admin, and a machine whose clocks the test sets."""

    def __init__(self, data: Path) -> None:
        self.now = Moment(NOON_MS, MINUTE_MS, "one", ClockState.SET)
        self.path = data / FILE
        self.open()
        with self.book.writing() as tables:
            for name, role in (("Sen", Role.VOLUNTEER), ("Hải", Role.STAFF), ("Yến", Role.ADMIN)):
                tables.save(Account(name, role, HIDDEN))

    def open(self, wait_s: float = 5.0) -> None:
        self.book = StaffBook(self.path, wait_s)
        self.sign_ins = SignIns(self.book, settings_with(), lambda: self.now)

    def wait(self, ms: int, wall_ms: int | None = None) -> None:
        """Let *ms* pass, while the wall clock may show anything."""
        now = self.now
        wall_ms = now.wall_ms + ms if wall_ms is None else wall_ms
        self.now = replace(now, wall_ms=wall_ms, monotonic_ms=now.monotonic_ms + ms)

    def restart(self, after_ms: int = 0) -> None:
        """The machine is started again, and has been running for *after_ms*."""
        self.now = replace(self.now, boot_id=self.now.boot_id + "'", monotonic_ms=after_ms)

    def token(self, name: str = "Sen", instead_of: str = "") -> str:
        token = self.sign_ins.sign_in(name, PIN, instead_of=instead_of)
        assert isinstance(token, str), token
        return token

    def guess(self, times: int, name: str = "Sen") -> list[object]:
        return [self.sign_ins.sign_in(name, "000000") for _ in range(times)]

    def is_in(self, token: str) -> bool:
        return self.sign_ins.who(token) is not None


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.book.close()


def test_the_right_pin_opens_a_session_of_that_person(desk: Desk) -> None:
    session = desk.sign_ins.who(desk.token("Hải"))
    assert session
    assert (session.account.name, session.account.role) == ("Hải", Role.STAFF)


@pytest.mark.parametrize("name", ["sen", "SEN", "HẢI", "Ha\u0309i"])
def test_a_name_is_found_however_it_is_typed(desk: Desk, name: str) -> None:
    assert isinstance(desk.sign_ins.sign_in(name, PIN), str)


@pytest.mark.parametrize(("name", "pin"), [("Sen", "314158"), ("Sen", ""), ("Nobody", PIN), ("", ""), ("Sen\0", PIN)])
def test_anything_else_does_not_and_says_no_more(desk: Desk, name: str, pin: str) -> None:
    assert isinstance(desk.sign_ins.sign_in(name, pin), Wrong)


def test_an_unknown_name_takes_the_time_of_a_wrong_pin(desk: Desk) -> None:
    def median_s(name: str) -> float:
        taken = []
        for _ in range(4):
            began_s = time.thread_time()  # of this thread alone, however busy the machine is
            desk.sign_ins.sign_in(name, "000000")
            taken.append(time.thread_time() - began_s)
        return statistics.median(taken)

    assert 0.4 < median_s("Nobody") / median_s("Sen") < 2.5


def test_somebody_disabled_is_told_no_more_than_a_stranger(desk: Desk) -> None:
    with desk.book.writing() as tables:
        tables.save(Account("Sen", Role.VOLUNTEER, HIDDEN, enabled=False))
    assert isinstance(desk.sign_ins.sign_in("Sen", PIN), Wrong)


def test_after_five_wrong_pins_not_even_the_right_one_is_tried_for_a_minute(desk: Desk) -> None:
    assert all(isinstance(one, Wrong) for one in desk.guess(PERSON_TRIES))
    locked = desk.sign_ins.sign_in("Sen", PIN)
    assert locked == Locked(MINUTE_MS, device=False)
    desk.wait(MINUTE_MS)
    assert desk.is_in(desk.token())


def test_each_further_wrong_pin_locks_longer_and_the_right_one_forgets_them(desk: Desk) -> None:
    desk.guess(PERSON_TRIES)
    desk.wait(MINUTE_MS)
    desk.guess(1)
    assert desk.sign_ins.sign_in("Sen", PIN) == Locked(2 * MINUTE_MS, device=False)
    desk.wait(2 * MINUTE_MS)
    desk.token()
    desk.guess(PERSON_TRIES - 1)
    assert desk.is_in(desk.token())


def test_who_is_locked_does_not_lock_the_tablet_for_the_others(desk: Desk) -> None:
    desk.guess(PERSON_TRIES + 3)
    assert desk.is_in(desk.token("Hải"))


def test_who_tries_everybodys_pin_on_one_device_locks_the_device(desk: Desk) -> None:
    for number in range(DEVICE_TRIES):
        desk.guess(1, name=f"Somebody {number}")
    assert desk.sign_ins.sign_in("Hải", PIN) == Locked(MINUTE_MS, device=True)


def test_a_lock_outlasts_the_process_and_a_restart_of_the_machine(desk: Desk) -> None:
    desk.guess(PERSON_TRIES)
    desk.book.close()
    desk.open()
    desk.restart(after_ms=MINUTE_MS - 1)
    assert desk.sign_ins.sign_in("Sen", PIN) == Locked(1, device=False)
    desk.wait(1)
    assert desk.is_in(desk.token())


@pytest.mark.parametrize("wall_ms", [0, -1, 2**53, NOON_MS - 10**12])
def test_no_clock_shortens_a_lock_or_lengthens_it(desk: Desk, wall_ms: int) -> None:
    desk.guess(PERSON_TRIES)
    desk.wait(MINUTE_MS - 1, wall_ms)
    assert isinstance(desk.sign_ins.sign_in("Sen", PIN), Locked)
    desk.wait(1, NOON_MS)
    assert desk.is_in(desk.token())


def test_guessing_at_once_guesses_no_more(desk: Desk) -> None:
    barrier, answers = threading.Barrier(20), list[object]()

    def guess() -> None:
        barrier.wait()
        answers.extend(desk.guess(1))

    threads = [threading.Thread(target=guess) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(one, Wrong) for one in answers) <= PERSON_TRIES
    # Few may wait for their PIN to be looked at; the others are asked to come again.
    assert any(isinstance(one, Busy) for one in answers)
    with desk.book.reading() as tables:
        account = tables.account("Sen")
    assert account
    assert account.tries.wrong <= PERSON_TRIES


def test_a_session_has_a_token_of_its_own_and_ends_the_one_before(desk: Desk) -> None:
    first = desk.token("Sen")
    second = desk.token("Hải", instead_of=first)
    assert first != second
    assert (desk.is_in(first), desk.is_in(second)) == (False, True)


def test_a_token_is_good_on_its_own_device_only(desk: Desk) -> None:
    assert desk.sign_ins.who(desk.token(), THIS_MACHINE + 1) is None


def test_a_session_lasts_while_it_is_used_whatever_the_clock_shows(desk: Desk) -> None:
    token = desk.token()
    for wall_ms in (0, 2**52, NOON_MS):
        desk.wait(9 * MINUTE_MS, wall_ms)
        session = desk.sign_ins.who(token)
        assert session
        desk.sign_ins.saw(session)


def test_a_session_ends_unused_after_the_shift_and_with_the_machine(desk: Desk) -> None:
    idle, long, before = desk.token(), desk.token("Hải"), desk.token("Yến")
    desk.wait(10 * MINUTE_MS, wall_ms=0)
    assert not desk.is_in(idle)
    for _ in range(12 * 60 // 9):
        desk.wait(9 * MINUTE_MS)
        if session := desk.sign_ins.who(long):
            desk.sign_ins.saw(session)
    assert not desk.is_in(long)
    desk.restart()
    assert not desk.is_in(before)


def test_a_disk_that_takes_nothing_signs_nobody_out(desk: Desk) -> None:
    token = desk.token()
    desk.book.close()
    desk.open(wait_s=0.01)
    with closing(sqlite3.connect(desk.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # while it lasts, nobody else can write
        for _ in range(3):
            desk.wait(9 * MINUTE_MS)
            session = desk.sign_ins.who(token)
            assert session
            desk.sign_ins.saw(session)


def test_who_is_disabled_is_out_at_once(desk: Desk) -> None:
    token = desk.token()
    with desk.book.writing() as tables:
        tables.save(Account("Sen", Role.VOLUNTEER, HIDDEN, enabled=False))
    assert not desk.is_in(token)


def test_nothing_that_opens_a_door_is_on_the_disk(desk: Desk, tmp_path: Path) -> None:
    token = desk.token()
    written = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert token.encode() not in written
    assert PIN.encode() not in written
    assert (tmp_path / FILE).stat().st_mode & 0o007 == 0


# On the running pages


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path_factory.mktemp("kiosk") / "data") as running:
        running.sign_in(Role.VOLUNTEER)
        running.sign_in(Role.ADMIN)
        yield running


def submit(kiosk: Kiosk, path: str, cookie: str = "", **fields: str) -> http.client.HTTPResponse:
    """The answer to a plain form of our own page."""
    own = {"Content-Type": FORM, "Origin": kiosk.url, "Cookie": cookie}
    return kiosk.ask("POST", path, urlencode(fields).encode(), own)


def sign_in(kiosk: Kiosk, role: Role = Role.VOLUNTEER, pin: str = PIN, **fields: str) -> http.client.HTTPResponse:
    return submit(kiosk, "/sign-in", name=f"An {role}", pin=pin, **fields)


def cookie_of(answer: http.client.HTTPResponse, name: str = "kiosk-session") -> str:
    said = next(one for one in answer.headers.get_all("Set-Cookie") or () if one.startswith(f"{name}="))
    return said.partition(";")[0]


def test_who_is_not_signed_in_gets_to_the_names_and_back(kiosk: Kiosk) -> None:
    nobody = kiosk.as_(None)
    answer = nobody.get("/?show=all", **A_PAGE)
    assert (answer.status, answer.headers["Location"]) == (303, "/sign-in?next=/?show%3Dall")
    page = nobody.get(answer.headers["Location"]).read().decode()
    assert "An volunteer" in page
    assert sign_in(kiosk, next="/?show=all").headers["Location"] == "/?show=all"


def test_a_script_is_told_instead(kiosk: Kiosk) -> None:
    assert kiosk.as_(None).get("/own/here", Accept="application/json").status == 401


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(kiosk: Kiosk) -> None:
    (said,) = sign_in(kiosk).headers.get_all("Set-Cookie", [])
    assert re.search("; HttpOnly", said)
    assert re.search("; SameSite=Strict", said)
    assert "Domain" not in said


@pytest.mark.parametrize(
    "elsewhere", ["//example.org", "https://example.org/", "/\\example.org", "\t//example.org", ""]
)
def test_signing_in_leads_to_no_other_site(kiosk: Kiosk, elsewhere: str) -> None:
    assert sign_in(kiosk, next=elsewhere).headers["Location"] == "/"


def test_a_token_that_an_attacker_has_set_is_not_taken_up(kiosk: Kiosk) -> None:
    theirs = "kiosk-session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    answer = submit(kiosk, "/sign-in", cookie=theirs, name="An volunteer", pin=PIN)
    assert cookie_of(answer) != theirs
    assert kiosk.ask("GET", "/", headers=A_PAGE | {"Cookie": theirs}).status == 303


def test_the_sentence_says_how_long_and_who_helps(kiosk: Kiosk) -> None:
    kiosk.sign_in(Role.TRACER)
    answers = [sign_in(kiosk, Role.TRACER, pin="271828") for _ in range(PERSON_TRIES + 1)]
    assert [one.status for one in answers] == [403] * PERSON_TRIES + [429]
    assert "chờ 1 phút. Quản trị viên có thể mở khóa" in answers[-1].read().decode()


def test_changing_person_is_one_tap_and_ends_the_session(kiosk: Kiosk) -> None:
    cookie = cookie_of(sign_in(kiosk))
    answer = submit(kiosk, "/sign-out", cookie=cookie, next="/help")
    assert answer.headers["Location"] == "/sign-in?next=/help"
    assert kiosk.ask("GET", "/own", headers=A_PAGE | {"Cookie": cookie}).status == 303


def test_a_live_page_ends_with_the_session(kiosk: Kiosk) -> None:
    cookie = cookie_of(sign_in(kiosk))
    with follow(kiosk, kiosk.reader.head().sequence, Cookie=cookie) as stream:
        stream.until("pulse")
        submit(kiosk, "/sign-out", cookie=cookie)
        assert stream.until("left")[-1].name == "left"
        assert not list(stream)


def test_the_board_goes_on_without_anybody(kiosk: Kiosk) -> None:
    with closing(Stream(kiosk.as_(None), "/queue/events").answer) as answer:
        assert answer.status == 200


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(kiosk: Kiosk) -> None:
    cookie = cookie_of(sign_in(kiosk))
    token = cookie.partition("=")[2]
    assert kiosk.sign_ins
    began, now = kiosk.sign_ins.who(token), kiosk.sign_ins.now
    later = now()
    kiosk.sign_ins.now = lambda: replace(later, monotonic_ms=later.monotonic_ms + 9 * MINUTE_MS)
    try:
        kiosk.ask("GET", "/own/here", headers={"Cookie": cookie, "Sec-Fetch-Mode": "cors"})
        old_browser = {"Cookie": cookie, "X-Kiosk": "page", "Accept": "application/json"}
        kiosk.ask("GET", "/own/here", headers=old_browser)
        asked = kiosk.sign_ins.who(token)
        kiosk.ask("GET", "/own", headers={"Cookie": cookie, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-User": "?1"})
        touched = kiosk.sign_ins.who(token)
    finally:
        kiosk.sign_ins.now = now
    assert began
    assert asked
    assert touched
    assert began.used == asked.used
    assert touched.used.monotonic_ms > began.used.monotonic_ms


def test_the_pages_speak_each_persons_language(kiosk: Kiosk) -> None:
    volunteer, admin = cookie_of(sign_in(kiosk)), cookie_of(sign_in(kiosk, Role.ADMIN))
    answer = submit(kiosk, "/own/language", cookie=volunteer, language="en", next="/own")
    assert answer.headers["Location"] == "/own"
    pages = [kiosk.ask("GET", "/own", headers={"Cookie": one}).read().decode() for one in (volunteer, admin)]
    assert ['lang="en"' in pages[0], 'lang="vi"' in pages[1]] == [True, True]
    again = cookie_of(sign_in(kiosk))
    assert "Another PIN" in kiosk.ask("GET", "/own", headers={"Cookie": again}).read().decode()
