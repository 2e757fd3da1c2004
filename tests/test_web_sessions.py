"""A session is its person's, on its device, while they may work here; and nobody guesses their way into one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import urlencode, urlsplit

import pytest
from running import PIN, Kiosk, running_kiosk
from tablets import NAME, TABLETS, answer_to_tablet

from kiosk.rules.access import Role
from kiosk.rules.pins import PERSON_TRIES
from kiosk.store.staff_tables import Account
from kiosk.web import haproxy

FORM = "application/x-www-form-urlencoded"
ELSEWHERE = (
    *("//evil.example", "https://evil.example", "evil.example", "javascript:alert(1)", "//evil.example%2f.."),
    *("/\\evil.example", "\\\\evil.example", "/\t/evil.example", "/ /evil.example", "/%0d%0aX:1", "/a\r\nX: 1"),
)

pytestmark = pytest.mark.skipif(haproxy.program() is None, reason=haproxy.NOT_INSTALLED)


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path_factory.mktemp("kiosk") / "data", web=TABLETS) as running:
        running.sign_in()
        yield running


def sign_in(kiosk: Kiosk, name: str = "An admin", pin: str = PIN, **more: str) -> tuple[int, str, str]:
    """What the form of names and PINs answers to a browser of this machine: status, where it leads, the cookie."""
    headers = {"Content-Type": FORM, "Origin": kiosk.url, "Cookie": more.pop("cookie", "")}
    fields = urlencode({"name": name, "pin": pin} | more).encode()
    with kiosk.ask("POST", "/sign-in", fields, headers) as answer:
        return answer.status, answer.headers["Location"] or "", answer.headers["Set-Cookie"] or ""


def gets_in(kiosk: Kiosk, cookie: str) -> bool:
    """Whether the browser with *cookie* is somebody who is signed in."""
    with kiosk.ask("GET", "/own", headers={"Cookie": cookie}) as answer:
        return answer.status == 200


def test_a_session_that_somebody_chose_is_not_the_one_that_begins(kiosk: Kiosk) -> None:
    """Whoever planted a cookie in a shared browser knows nothing of the session (fixation)."""
    planted = "kiosk-session=planted-by-somebody"
    _, _, cookie = sign_in(kiosk, cookie=planted)
    assert cookie.startswith("kiosk-session=")
    assert not cookie.startswith(planted)
    assert not gets_in(kiosk, planted)


def test_who_signs_in_again_leaves_no_session_behind(kiosk: Kiosk) -> None:
    first = sign_in(kiosk)[2].partition(";")[0]
    second = sign_in(kiosk, cookie=first)[2].partition(";")[0]
    assert first != second
    assert (gets_in(kiosk, first), gets_in(kiosk, second)) == (False, True)


def test_a_session_that_was_signed_out_is_good_for_nothing(kiosk: Kiosk) -> None:
    cookie = sign_in(kiosk)[2].partition(";")[0]
    kiosk.ask("POST", "/sign-out", b"", {"Content-Type": FORM, "Origin": kiosk.url, "Cookie": cookie}).close()
    assert not gets_in(kiosk, cookie)


def test_no_script_and_no_other_site_gets_the_cookie(kiosk: Kiosk) -> None:
    flags = {flag.strip() for flag in sign_in(kiosk)[2].split(";")[1:]}
    assert flags >= {"HttpOnly", "SameSite=Strict", "Path=/"}
    assert not any(flag.startswith("Domain") for flag in flags)


def test_a_session_of_this_machine_opens_nothing_on_a_tablet_that_was_not_paired(kiosk: Kiosk) -> None:
    token = kiosk.sign_in()
    for name in ("kiosk-session", "__Host-kiosk-session"):
        with answer_to_tablet(kiosk, "GET", "/own", headers={"Cookie": f"{name}={token}", "X-Kiosk": "page"}) as answer:
            assert answer.status == 401


def test_a_tablet_that_was_not_paired_cannot_even_try_a_pin(kiosk: Kiosk) -> None:
    fields = urlencode({"name": "An admin", "pin": PIN}).encode()
    own = {"Content-Type": FORM, "Origin": f"https://{NAME}:{kiosk.front.port}"}
    with answer_to_tablet(kiosk, "POST", "/sign-in", fields, own) as answer:
        assert (answer.headers["Location"], answer.headers["Set-Cookie"]) == ("/pair", None)


def test_pins_tried_all_at_once_are_no_more_guesses_than_one_after_the_other(kiosk: Kiosk) -> None:
    name = "Somebody tried"
    assert kiosk.sign_ins is not None
    with kiosk.sign_ins.book.writing() as tables:
        tables.save(replace(found(tables.account("An admin")), name=name))
    with ThreadPoolExecutor(20) as trying:
        answers = list(trying.map(lambda number: sign_in(kiosk, name, f"9{number:05}")[0], range(40)))
    assert answers.count(403) <= PERSON_TRIES
    assert sign_in(kiosk, name)[0] == 429


@pytest.mark.parametrize(
    "name", ["", "nobody", "An admin' OR '1'='1", "\x00", "An admin\n", "%", "A" * 10_000, "Ａn admin"]
)
def test_names_that_nobody_has_get_in_nowhere(kiosk: Kiosk, name: str) -> None:
    status, where, cookie = sign_in(kiosk, name)
    assert (status in (403, 429, 503), where, cookie) == (True, "", "")


@pytest.mark.parametrize("after", ELSEWHERE)
def test_signing_in_leads_to_no_other_site(kiosk: Kiosk, after: str) -> None:
    status, where, _ = sign_in(kiosk, next=after)
    assert status == 303
    parts = urlsplit(where)
    assert (parts.scheme, parts.netloc, where[:1], "\\" in where) == ("", "", "/", False)
    assert not re.match(r"[/\\s]{2}", where)


def test_who_may_no_longer_work_here_is_out_at_once(kiosk: Kiosk) -> None:
    asked = kiosk.as_(Role.TRACER)
    assert asked.get("/own").status == 200
    assert kiosk.sign_ins is not None
    with kiosk.sign_ins.book.writing() as tables:
        tables.save(replace(found(tables.account("An tracer")), enabled=False))
    assert asked.get("/own", **{"X-Kiosk": "page"}).status == 401
    with kiosk.sign_ins.book.writing() as tables:
        tables.save(replace(found(tables.account("An tracer")), enabled=True))


def found(account: Account | None) -> Account:
    assert account is not None
    return account


def test_a_role_that_was_taken_away_is_away_at_once(kiosk: Kiosk) -> None:
    asked = kiosk.as_(Role.SUPERVISOR)
    assert asked.get("/day").status == 200
    assert kiosk.sign_ins is not None
    with kiosk.sign_ins.book.writing() as tables:
        before = found(tables.account("An supervisor"))
        tables.save(replace(before, role=Role.VOLUNTEER))
    assert asked.get("/day").status == 403
    with kiosk.sign_ins.book.writing() as tables:
        tables.save(before)
