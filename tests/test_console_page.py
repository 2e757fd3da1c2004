"""The tracing team's page: one case, step by step, for who holds the secret; names stay in memory."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlencode

import pytest
from console_cases import AnsweredCase, served
from contact_lists import crowd, usual, with_second_order, with_texts
from hostile import ATTACKS

from kiosk.exports.contacts.handing_over import Receiver
from kiosk.hub.web.console_page import FORM_NAMES, MOST_SHOWN, ConsoleServer
from kiosk.rules.openings import State
from kiosk.rules.tracing import Count
from kiosk.tracing.handing_on import BESIDE, FORMS, Made, make

ASKING = {"case_number": "CA-2026-017", "reason": "Xác minh", "search": "number", "what": "001085012345"}


class Browser:
    """Asks as the page's own browser does; follows redirections."""

    def __init__(self, server: ConsoleServer) -> None:
        self.server = server
        self.headers = {"Host": f"127.0.0.1:{server.port}"}

    def ask(self, method: str, path: str, body: str = "", **more: str) -> tuple[int, http.client.HTTPMessage, bytes]:
        with closing(http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)) as connection:
            connection.request(method, path, body, {**self.headers, **more})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    def enter(self) -> Browser:
        path = self.server.url.partition(str(self.server.port))[2]
        status, headers, _ = self.ask("GET", path)
        assert status == 303
        self.headers["Cookie"] = headers["Set-Cookie"].partition(";")[0]
        return self

    def page(self) -> str:
        return self.ask("GET", "/")[2].decode()

    def post(self, path: str, **values: str) -> tuple[int, str]:
        origin = f"http://127.0.0.1:{self.server.port}"
        form = {"Origin": origin, "Content-Type": "application/x-www-form-urlencoded"}
        status, _, content = self.ask("POST", path, urlencode(values), **form)
        return status, self.page() if status == 303 else content.decode()


@pytest.fixture
def case() -> AnsweredCase:
    return AnsweredCase(usual())


@pytest.fixture
def browser(case: AnsweredCase) -> Iterator[Browser]:
    with served(case) as (server, _):
        yield Browser(server).enter()


def test_a_case_goes_from_its_number_to_names_and_files_and_is_forgotten(browser: Browser, case: AnsweredCase) -> None:
    name = case.list_.found[0].who.person.name
    _, counted = browser.post("/ask", **ASKING)
    assert case.told == ["look"] and name not in counted
    _, named = browser.post("/name")
    assert name in named and "<svg" in named
    _, made = browser.post("/make", form="csv")
    assert "contacts-CA-2026-017.csv" in made
    browser.post("/close")
    assert name not in browser.page() and case.told[-1] == "end"
    assert browser.ask("GET", "/file/contacts-CA-2026-017.csv")[0] == 404


def test_what_is_typed_is_handed_on_as_it_is(case: AnsweredCase) -> None:
    with served(case) as (server, typed):
        Browser(server).enter().post("/ask", **ASKING, second_order="yes", unknown="x")
        assert (typed[0].case_number, typed[0].what, typed[0].second_order) == ("CA-2026-017", "001085012345", "yes")


def test_a_persons_other_document_is_asked_about_with_the_first(case: AnsweredCase) -> None:
    with served(case) as (server, typed):
        Browser(server).enter().post("/ask", **ASKING, search_2="insurance", what_2=" 0123456789 ", also="x")
        assert (typed[0].what, typed[0].also) == ("001085012345", (("insurance", "0123456789"),))


def test_nothing_is_counted_before_a_second_person_approves(browser: Browser, case: AnsweredCase) -> None:
    case.waits = 2
    browser.post("/ask", **ASKING)
    browser.post("/go-on")
    assert case.told == [] and browser.post("/name")[0] == 422
    browser.post("/go-on")
    assert case.told == ["look"]


def test_what_a_second_person_refused_is_said_and_goes_no_further(browser: Browser, case: AnsweredCase) -> None:
    case.waits, case.state = 1, State.REFUSED
    browser.post("/ask", **ASKING)
    status, page = browser.post("/go-on")
    assert status == 422 and "từ chối" in page and case.told == []


def test_a_case_that_was_nowhere_can_be_looked_for_again_or_ended(browser: Browser, case: AnsweredCase) -> None:
    case.nowhere = True
    status, page = browser.post("/ask", **ASKING)
    assert status == 422 and "Không thấy người này." in page and "người thứ hai" not in page
    case.nowhere = False
    browser.post("/go-on")
    assert case.told == ["look"]


def test_nearly_everyone_is_never_named(case: AnsweredCase) -> None:
    case.count = Count(950, 1000)
    with served(case) as (server, _):
        browser = Browser(server).enter()
        _, counted = browser.post("/ask", **ASKING)
        status, refused = browser.post("/name")
    assert "95 %" in counted and 'action="/name"' not in counted
    assert status == 422 and "gần như tất cả" in refused and "answer" not in case.told


def test_a_second_order_that_is_too_large_is_one_sentence(browser: Browser, case: AnsweredCase) -> None:
    case.too_many = True
    browser.post("/ask", **ASKING)
    status, refused = browser.post("/name")
    assert status == 422 and "9 of 10" in refused


def test_a_phone_looked_for_among_too_many_is_one_sentence(browser: Browser, case: AnsweredCase) -> None:
    case.crowded = True
    status, refused = browser.post("/ask", **ASKING)
    assert status == 422 and "70000" in refused and "look" not in case.told


def test_what_cannot_be_is_said_and_what_was_typed_is_still_there(browser: Browser) -> None:
    status, page = browser.post("/ask", **ASKING | {"case_number": " "})
    assert status == 422 and "Hãy ghi số ca." in page and "001085012345" in page


def test_what_the_machine_cannot_do_is_said_on_the_page(browser: Browser) -> None:
    status, page = browser.post("/ask", **ASKING | {"case_number": "broken"})
    assert status == 500 and "the key does not open" in page and "001085012345" in page


def test_no_step_is_taken_out_of_turn(browser: Browser, case: AnsweredCase) -> None:
    assert [browser.post(path, form="csv")[0] for path in ("/go-on", "/name", "/make")] == [422] * 3
    browser.post("/ask", **ASKING)
    assert browser.post("/ask", **ASKING)[0] == 422
    assert browser.post("/make", form="csv")[0] == 422
    assert case.told == ["look"]


def test_a_file_is_on_record_before_it_can_be_fetched(browser: Browser, case: AnsweredCase) -> None:
    browser.post("/ask", **ASKING)
    browser.post("/name")
    browser.post("/make", form="json")
    ((form, rows, sha256),) = case.files
    status, headers, content = browser.ask("GET", "/file/contacts-CA-2026-017.json")
    assert (status, form, rows) == (200, "json", 5)
    assert headers["Content-Disposition"].startswith("attachment") and headers["Cache-Control"] == "no-store"
    beside = browser.ask("GET", f"/file/contacts-CA-2026-017.json{BESIDE}")[2].decode()
    done = make(usual(), "json", Receiver())
    assert isinstance(done, Made) and content == done.content
    assert sha256 in beside


def test_a_file_for_no_recipient_or_of_no_form_is_not_made(browser: Browser, case: AnsweredCase) -> None:
    browser.post("/ask", **ASKING)
    browser.post("/name")
    assert browser.post("/make", form="csv", recipient="age1nobody")[0] == 422
    assert browser.post("/make", form="../csv")[0] == 400
    assert browser.post("/make", form="sormas")[0] == 422  # which needs settings, or what is next
    assert case.files == []


def test_sormas_is_told_its_own_case(browser: Browser, case: AnsweredCase) -> None:
    browser.post("/ask", **ASKING)
    browser.post("/name")
    assert browser.post("/make", form="sormas", their_case="ABCDEF-GHIJKL")[0] == 303
    assert b"ABCDEF-GHIJKL" in browser.ask("GET", "/file/contacts-CA-2026-017.sormas.csv")[2]


def test_every_form_has_a_name_on_the_page() -> None:
    assert set(FORM_NAMES) == set(FORMS)


def test_nobody_looks_in_without_the_secret(case: AnsweredCase) -> None:
    with served(case) as (server, _):
        stranger = Browser(server)
        Browser(server).enter().post("/ask", **ASKING)
        assert [stranger.ask("GET", path)[0] for path in ("/", "/file/x", "/enter/x", "/enter/%C3%A9")] == [403] * 4
        stranger.headers["Cookie"] = "console=x"
        assert stranger.ask("GET", "/")[0] == 403


@pytest.mark.parametrize(
    "strange",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:80"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Content-Type": "text/plain"},
    ],
    ids=str,
)
def test_another_sites_page_changes_nothing(browser: Browser, case: AnsweredCase, strange: dict[str, str]) -> None:
    form = {"Origin": f"http://127.0.0.1:{browser.server.port}", "Content-Type": "application/x-www-form-urlencoded"}
    status, _, _ = browser.ask("POST", "/ask", urlencode(ASKING), **form | strange)
    assert status in (400, 403) and case.told == []


def test_a_browser_stores_nothing_and_loads_nothing_from_elsewhere(browser: Browser) -> None:
    _, headers, content = browser.ask("GET", "/")
    assert headers["Cache-Control"] == "no-store" and "default-src 'none'" in headers["Content-Security-Policy"]
    assert not re.findall(r'(?:src|href|action)="(?![/#])', content.decode())


@pytest.mark.parametrize("text", [attack.decode(errors="replace") for attack in ATTACKS.values()], ids=ATTACKS)
def test_no_name_is_more_than_a_text_on_the_page(text: str) -> None:
    with served(AnsweredCase(with_texts(text))) as (server, _):
        browser = Browser(server).enter()
        browser.post("/ask", **ASKING)
        status, page = browser.post("/name")
    assert status == 303 and "<script>alert" not in page and "<img src=x" not in page and 'onmouseover="' not in page


def test_what_is_typed_is_no_more_than_a_text_either(browser: Browser) -> None:
    values = dict.fromkeys(("case_number", "reason", "what", "sites"), "") | {"what": ATTACKS["html"].decode()}
    assert "<script>alert" not in browser.post("/ask", **values)[1]


def test_both_orders_are_on_the_page_and_a_crowd_is_counted() -> None:
    for answer, told in ((with_second_order(), "Vòng 2"), (crowd(MOST_SHOWN + 5), f"{MOST_SHOWN} người đầu")):
        with served(AnsweredCase(answer)) as (server, _):
            browser = Browser(server).enter()
            browser.post("/ask", **ASKING)
            assert told in browser.post("/name")[1]


def test_the_page_speaks_english_too(browser: Browser) -> None:
    _, headers, _ = browser.ask(
        "POST",
        "/language",
        "language=en",
        **{
            "Origin": f"http://127.0.0.1:{browser.server.port}",
            "Content-Type": "application/x-www-form-urlencoded",
        },
    )
    browser.headers["Cookie"] += "; " + headers["Set-Cookie"].partition(";")[0]
    assert "People present at the same time" in browser.page()
