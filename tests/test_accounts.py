"""Accounts: who may sign in as what, changed by admins on a page or at the terminal; an admin is always left."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from running import PIN, Kiosk, running_kiosk
from terminal import Terminal

from kiosk.accounts import Accounts, add_invented, new_pin
from kiosk.door_socket import DoorAway
from kiosk.rules.access import Role
from kiosk.rules.accounts import LONGEST_NAME, SENTENCES, Refusal, has_admin
from kiosk.rules.entries import EntryKind
from kiosk.rules.invented import STAFF
from kiosk.rules.pins import weakness
from kiosk.store.staff import FILE, StaffBook
from kiosk.store.staff_tables import Account

GOOD = "408163"


@pytest.fixture
def book(tmp_path: Path) -> Iterator[StaffBook]:
    opened = StaffBook(tmp_path / FILE)
    yield opened
    opened.close()


def nothing(about: str) -> None:
    pass


def of(book: StaffBook, name: str) -> Account:
    with book.reading() as tables:
        account = tables.account(name)
    assert account
    return account


@pytest.mark.parametrize(
    ("name", "pin", "why"),
    [
        ("", GOOD, Refusal.NAME),
        ("123", GOOD, Refusal.NAME),
        ("M" * (LONGEST_NAME + 1), GOOD, Refusal.NAME),
        ("Mai\n", GOOD, Refusal.NAME),
        ("Mai", "123456", Refusal.PIN_RUN),
        ("Mai", "4081", Refusal.PIN_DIGITS),
        ("mai", GOOD, Refusal.TAKEN),
    ],
)
def test_what_cannot_be_an_account_is_refused_with_a_sentence(
    book: StaffBook, name: str, pin: str, why: Refusal
) -> None:
    accounts = Accounts(book)
    if why is Refusal.TAKEN:
        accounts.add("Mai", Role.STAFF, GOOD, nothing, must_change=False)
    assert accounts.add(name, Role.STAFF, pin, nothing, must_change=False) is why


def test_every_refusal_has_its_sentence_in_both_languages() -> None:
    assert all(all(SENTENCES[refusal]) for refusal in Refusal)


def test_a_change_is_noted_before_it_is_made_and_not_made_where_it_cannot_be_noted(book: StaffBook) -> None:
    accounts = Accounts(book)
    seen: list[tuple[str, int]] = []
    accounts.add("Mai", Role.STAFF, GOOD, lambda about: seen.append((about, len(book.accounts()))), must_change=False)
    assert seen == [("Mai: staff", 0)]

    def away(about: str) -> None:
        raise DoorAway("the door does not answer")

    with pytest.raises(DoorAway):
        accounts.set_role("Mai", Role.ADMIN, away)
    assert of(book, "Mai").role is Role.STAFF


changes = st.lists(
    st.tuples(st.sampled_from(["role", "disable", "enable"]), st.sampled_from("ABC"), st.sampled_from(Role)),
    max_size=12,
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes)
def test_whatever_admins_do_an_admin_is_left(tmp_path: Path, changes: list[tuple[str, str, Role]]) -> None:
    (tmp_path / FILE).unlink(missing_ok=True)
    book = StaffBook(tmp_path / FILE)
    accounts = Accounts(book)
    with book.writing() as tables:
        for name in "ABC":
            tables.save(Account(name, Role.ADMIN if name == "A" else Role.STAFF, ""))
    for act, name, role in changes:
        if act == "role":
            accounts.set_role(name, role, nothing)
        else:
            accounts.set_enabled(name, nothing, enabled=act == "enable")
        assert has_admin(book.accounts())
    book.close()


def test_pins_that_the_kiosk_gives_are_good() -> None:
    assert not [pin for pin in (new_pin() for _ in range(200)) if weakness(pin)]


def test_invented_staff_have_one_of_each_role_and_come_only_where_nobody_is(book: StaffBook) -> None:
    add_invented(book)
    assert {one.role for one in book.accounts()} == set(Role)
    assert not [one.pin for one in STAFF if weakness(one.pin)]
    with book.writing() as tables:
        tables.save(Account("Mai", Role.ADMIN, ""))
    add_invented(book)
    assert len(book.accounts()) == len(STAFF) + 1


# On the page


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path_factory.mktemp("kiosk") / "data") as running:
        yield running


def submit(kiosk: Kiosk, path: str, token: str, **fields: str) -> tuple[int, str, str]:
    """Status, place and text of the answer to a plain form."""
    own = {"Content-Type": "application/x-www-form-urlencoded", "Origin": kiosk.url, "Accept": "text/html"}
    answer = kiosk.ask("POST", path, urlencode(fields).encode(), own | {"Cookie": f"kiosk-session={token}"})
    return answer.status, answer.headers.get("Location", ""), answer.read().decode()


def page(kiosk: Kiosk, path: str, token: str) -> tuple[int, str]:
    answer = kiosk.ask("GET", path, headers={"Accept": "text/html", "Cookie": f"kiosk-session={token}"})
    return answer.status, answer.headers.get("Location", "")


def last_note(kiosk: Kiosk) -> dict[str, Any]:
    return [entry.body or {} for entry in kiosk.reader.events_after(0, 1000) if entry.header.kind == EntryKind.STAFF][
        -1
    ]


def signed_in(kiosk: Kiosk, name: str, pin: str) -> str:
    assert kiosk.sign_ins
    token = kiosk.sign_ins.sign_in(name, pin)
    assert isinstance(token, str), token
    return token


def given_pin(text: str) -> str:
    found = re.search(r'code-to-type">(\d{6})<', text)
    assert found
    return found[1]


def test_a_new_account_gets_a_pin_once_and_its_owner_chooses_another(kiosk: Kiosk) -> None:
    status, _, text = submit(kiosk, "/accounts/add", kiosk.sign_in(), name="Lan", role="volunteer")
    assert status == 200
    assert last_note(kiosk).items() >= {"act": "account", "by": "An admin", "about": "Lan: volunteer"}.items()
    pin = given_pin(text)
    lan = signed_in(kiosk, "Lan", pin)
    assert page(kiosk, "/", lan) == (303, "/own")
    assert submit(kiosk, "/own/pin", lan, now=pin, new=pin, again=pin)[0] == 422
    assert submit(kiosk, "/own/pin", lan, now=pin, new="123456", again="123456")[0] == 422
    assert submit(kiosk, "/own/pin", lan, now=pin, new=GOOD, again="571926")[0] == 422
    assert submit(kiosk, "/own/pin", lan, now="571926", new=GOOD, again=GOOD)[0] == 403
    assert submit(kiosk, "/own/pin", lan, now=pin, new=GOOD, again=GOOD)[:2] == (303, "/")
    assert page(kiosk, "/", lan)[0] == 200
    assert signed_in(kiosk, "Lan", GOOD)


def test_another_pin_signs_its_owner_out(kiosk: Kiosk) -> None:
    submit(kiosk, "/accounts/add", kiosk.sign_in(), name="Bình", role="staff")
    pin = given_pin(submit(kiosk, "/accounts/pin", kiosk.sign_in(), name="Bình")[2])
    before = signed_in(kiosk, "Bình", pin)
    submit(kiosk, "/accounts/pin", kiosk.sign_in(), name="Bình")
    assert page(kiosk, "/own", before)[0] == 303


def test_a_role_counts_from_the_next_page_on(kiosk: Kiosk) -> None:
    supervisor = kiosk.sign_in(Role.SUPERVISOR)
    assert page(kiosk, "/accounts", supervisor)[0] == 403
    submit(kiosk, "/accounts/role", kiosk.sign_in(), name="An supervisor", role="admin")
    assert page(kiosk, "/accounts", supervisor)[0] == 200
    submit(kiosk, "/accounts/role", kiosk.sign_in(), name="An supervisor", role="supervisor")
    assert page(kiosk, "/accounts", supervisor)[0] == 403


def test_who_is_disabled_is_signed_out_and_may_come_back(kiosk: Kiosk) -> None:
    staff = kiosk.sign_in(Role.STAFF)
    submit(kiosk, "/accounts/enabled", kiosk.sign_in(), name="An staff", enabled="no")
    assert page(kiosk, "/own", staff)[0] == 303
    assert last_note(kiosk)["about"] == "An staff: disabled"
    submit(kiosk, "/accounts/enabled", kiosk.sign_in(), name="An staff", enabled="yes")
    assert kiosk.sign_in(Role.STAFF)


def test_an_admin_unlocks_whom_wrong_pins_have_locked(kiosk: Kiosk) -> None:
    kiosk.sign_in(Role.TRACER)
    assert kiosk.sign_ins
    for _ in range(5):
        kiosk.sign_ins.sign_in("An tracer", "000000")
    assert not isinstance(kiosk.sign_ins.sign_in("An tracer", PIN), str)
    submit(kiosk, "/accounts/unlock", kiosk.sign_in(), name="An tracer")
    assert signed_in(kiosk, "An tracer", PIN)


def test_an_admin_ends_somebody_elses_session(kiosk: Kiosk) -> None:
    volunteer, admin = kiosk.sign_in(Role.VOLUNTEER), kiosk.sign_in()
    assert kiosk.sign_ins
    session = kiosk.sign_ins.who(volunteer)
    assert session
    assert submit(kiosk, "/accounts/sign-out", admin, id=str(session.id))[0] == 303
    assert page(kiosk, "/own", volunteer)[0] == 303


@pytest.mark.parametrize("fields", [{"id": "x"}, {"id": "-1"}, {"id": str(2**70)}, {}])
def test_what_is_no_number_is_a_bad_request(kiosk: Kiosk, fields: dict[str, str]) -> None:
    for path in ("/accounts/sign-out", "/devices/end", "/devices/unlock"):
        assert submit(kiosk, path, kiosk.sign_in(), **fields)[0] == 400


# At the terminal


def test_accounts_are_made_and_changed_at_the_terminal_beside_a_running_door(kiosk: Kiosk, tmp_path: Path) -> None:
    terminal = Terminal(kiosk.house.data)
    (tmp_path / "pin").write_text(f"{GOOD}\n")
    assert terminal("staff", "add", "Mai", "--role", "admin", stdin=f"{GOOD}\n").returncode == 0
    assert last_note(kiosk).items() >= {"act": "account", "by": "terminal", "about": "Mai: admin"}.items()
    assert page(kiosk, "/accounts", signed_in(kiosk, "Mai", GOOD))[0] == 200
    assert terminal("staff", "pin", "mai", "--pin-file", str(tmp_path / "pin")).returncode == 0
    assert terminal("staff", "role", "Mai", "--role", "tracer").returncode == 0
    assert terminal("staff", "disable", "Mai").returncode == 0
    (mai,) = [one for one in terminal.lines("staff", "list", "--json") if one["name"] == "Mai"]
    assert (mai["role"], mai["enabled"]) == ("tracer", False)


def test_the_terminal_refuses_in_one_sentence(kiosk: Kiosk, tmp_path: Path) -> None:
    terminal = Terminal(kiosk.house.data)
    for arguments, code in {
        ("add", "Thu"): 1,
        ("unlock", "Nobody"): 1,
        ("unlock",): 2,
        ("role", "An admin"): 2,
    }.items():
        done = terminal("staff", *arguments, stdin="123456\n")
        assert (done.returncode, len(done.stderr.splitlines())) == (code, 1), done
    nowhere = Terminal(tmp_path / "nowhere")("staff", "add", "Mai", stdin=f"{GOOD}\n")
    assert (nowhere.returncode, "no tracing keys" in nowhere.stderr) == (1, True)


def test_the_first_admin_is_made_before_anything_runs(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "data")
    assert terminal("keys", "new", "--out", str(tmp_path / "tracing.key")).returncode == 0
    assert terminal("staff", "add", "Mai", "--role", "admin", stdin=f"{GOOD}\n").returncode == 0
    assert terminal.lines("log", "--json")[-1]["kind"] == "staff"
    assert terminal("verify").returncode == 0
    refused = terminal("staff", "disable", "Mai")
    assert (refused.returncode, refused.stderr) == (1, f"kiosk: {SENTENCES[Refusal.LAST_ADMIN][1]}\n")
