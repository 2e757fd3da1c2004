"""What the pages say: who is inside, who came and went, what is broken; and never more of a person than staff need."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from html import unescape
from pathlib import Path
from typing import Any, cast

import pytest
from conftest import OpenSite, Site
from flask.testing import FlaskClient
from hostile import CORPUS
from running import signed_in

from kiosk.devices import clock
from kiosk.door_socket import DoorClient
from kiosk.house import open_vault
from kiosk.retention import turn_if_due
from kiosk.rules import identity, invented
from kiosk.rules.entries import EntryKind
from kiosk.rules.model import Direction, Kind, Lamp, Reason
from kiosk.signing_in import SignIns
from kiosk.store.news import NewsListener
from kiosk.store.staff import StaffBook
from kiosk.web import words
from kiosk.web.app import make_app
from kiosk.web.context import WebContext

SOMEBODY = invented.person(1)
CARD = invented.codes(SOMEBODY)[Kind.ID_CARD]


OpenPages = Callable[[Site], FlaskClient]


@pytest.fixture
def pages_of() -> Iterator[OpenPages]:
    """The pages over a site, asked without a server."""
    with ExitStack() as closing:

        def open_(site: Site) -> FlaskClient:
            house = site.house
            vault = open_vault(house.settings, house.data, demo=True)
            news = NewsListener(house.data, house.database)
            closing.callback(news.close)
            sign_ins = SignIns(StaffBook(house.data / "staff.db"), house.settings, clock.now)
            context = WebContext(house.settings, site.reader, vault, DoorClient(house.data), news, sign_ins)
            client = make_app(context).test_client()
            client.set_cookie("kiosk-session", signed_in(sign_ins))
            return client

        yield open_


@pytest.fixture
def pages(site: Site, pages_of: OpenPages) -> FlaskClient:
    return pages_of(site)


def seen(pages: FlaskClient, path: str = "/") -> str:
    """The text of a page, without its markup and blanks."""
    page = pages.get(path)
    assert page.status_code == 200
    body = re.sub(r"<template.*?</template>|<head.*?</head>", "", page.text, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


def test_an_empty_log_is_a_page_too(pages: FlaskClient) -> None:
    assert '<b data-f="inside">0</b>' in pages.get("/").text
    assert "Không có ai" in seen(pages)


def test_who_is_inside_is_shown_with_initials_year_sex_last_digits_ticket_and_time(
    site: Site, pages: FlaskClient
) -> None:
    site.show(CARD, "in", "08:05")
    person = SOMEBODY.person
    shown = f"{identity.initials(person.name)} {person.birth[:4]} · Nam · •••{person.number[-4:]} A001"
    assert shown in seen(pages)
    assert re.search(r"20/11 08:05 .* Căn cước · Cổng in", seen(pages))


def test_an_exit_is_shown_with_both_times(site: Site, pages: FlaskClient) -> None:
    site.show(CARD, "in", "08:05")
    site.show(CARD, "out", "08:40")
    assert "20/11 08:05 → 20/11 08:40" in seen(pages, "/?show=all")
    assert 'class="person" data-visit="' not in pages.get("/").text.partition("<template")[0]


def test_an_exit_that_nobody_saw_is_marked_as_inferred(site: Site, pages: FlaskClient) -> None:
    first = site.show(CARD, "in", "08:05").sequence
    second = site.show(CARD, "in", "17:30").sequence
    page = pages.get("/?show=all").text
    assert f'data-visit="{first}" data-inside="no" data-inferred="yes"' in page
    assert f'data-visit="{second}" data-inside="yes" data-inferred="no"' in page


def test_names_are_gone_with_their_day_key(site: Site, pages: FlaskClient) -> None:
    site.show(CARD, "in", "08:05")
    turn_if_due(site.house.store, site.house.vault, site.house.settings, clock.stated(site.ms("2026-11-22T08:00")))
    text = seen(pages, "/?show=all")
    assert identity.initials(SOMEBODY.person.name) not in text
    assert "—" in text


def test_the_page_says_how_many_are_inside_and_when_it_is_full(open_site: OpenSite, pages_of: OpenPages) -> None:
    site = open_site(site={"capacity": 2})
    for number in range(3):
        site.show(invented.codes(invented.person(number))[Kind.ID_CARD], "in", f"08:0{number}")
    page = pages_of(site).get("/").text
    assert '<b data-f="inside">2</b> <span class="limit">/ <span data-f="capacity">2</span></span>' in page
    assert 'data-full="yes"' in page
    assert "Chờ bên ngoài" in page


def test_a_broken_device_is_shown_with_since_when_and_why(site: Site, pages: FlaskClient) -> None:
    site.house.health.failed("printer", "Máy in hết giấy")
    site.house.health.close()  # the pages are told
    assert re.search(r"Máy in Máy in hết giấy từ \d\d:\d\d", seen(pages))


def test_passages_that_could_not_be_recorded_are_a_line(site: Site, pages: FlaskClient) -> None:
    with site.house.store.writing(None) as writing:
        writing.append(EntryKind.GAP, "", clock.stated(site.ms("09:00")), {"count": 3, "first_ms": 1, "last_ms": 2})
    assert "3 lượt qua chưa ghi được" in seen(pages)


def test_a_call_for_help_is_a_line(site: Site, pages: FlaskClient) -> None:
    site.door.call_for_help(site.house.settings.gate("in"), clock.stated(site.ms("09:00")))
    assert "Có người gọi giúp" in seen(pages)


def test_an_entry_of_a_newer_program_is_a_line(site: Site, pages: FlaskClient) -> None:
    with site.house.store.writing(None) as writing:
        writing.append(
            cast(EntryKind, "song"), "in", clock.stated(site.ms("09:00")), {"reason": "sung", "kind": "tune"}
        )
    assert "Mục của phiên bản khác" in seen(pages)


def test_whatever_a_code_says_stays_text(site: Site, pages: FlaskClient) -> None:
    site.show(CARD, "in", "08:00")
    harmless = tags_of(pages.get("/").text)
    names = list(CORPUS)
    for first in range(0, len(names), 100):
        for name in names[first : first + 100]:
            site.show(CORPUS[name], "in", "08:00")
        assert tags_of(pages.get("/").text) == harmless, f"one of {names[first : first + 100]}"


def tags_of(page: str) -> set[tuple[str, ...]]:
    """Every kind of tag: its name with the names of its attributes."""
    return {(tag, *re.findall(r'([\w-]+)="', attributes)) for tag, attributes in re.findall(r"<(\w+)([^>]*)>", page)}


def test_a_hostile_setting_stays_text(open_site: OpenSite, pages_of: OpenPages) -> None:
    evil = "<script>alert(1)</script>\"'"
    site = open_site(site={"name": evil, "keeper": evil, "contact": evil})
    pages = pages_of(site)
    for path in ("/", "/guide", "/simulator"):
        assert "<script>alert" not in pages.get(path).text


def test_the_guide_says_who_keeps_what_how_long_and_why(open_site: OpenSite, pages_of: OpenPages) -> None:
    site = open_site(site={"keeper": "Trạm y tế Ví Dụ", "keep_days": 14, "contact": "Bàn số 1"})
    text = seen(pages_of(site), "/guide")
    for said in ("Trạm y tế Ví Dụ", "14 ngày", "14 days", "truy vết", "Bàn số 1"):
        assert said in text


def test_every_page_of_trial_keys_says_so(pages: FlaskClient) -> None:
    assert all("BẢN THỬ" in seen(pages, path) for path in ("/", "/guide", "/simulator"))


def test_a_first_look_costs_less_than_100_kilobytes(site: Site, pages: FlaskClient) -> None:
    for number in range(200):
        site.show(invented.codes(invented.person(number))[Kind.ID_CARD], "in", f"08:{number // 60:02}:{number % 60:02}")
    page = pages.get("/?show=all", headers={"Accept-Encoding": "gzip"})
    names = ("kiosk.css", "today.css", "kiosk.svg", "today.js", "sheet.js", "ask.js", "dom.js", "live.js")
    size = len(page.data)
    for name in names:
        with pages.get(f"/static/{name}") as part:
            size += len(part.data)
    print(f"first look: {size / 1000:.0f} kB, of it the page {len(page.data)} B")
    assert size < 100_000


@pytest.mark.parametrize(
    ("table", "members"),
    [(words.PASSAGES, Reason), (words.KINDS, Kind), (words.LAMPS, Lamp), (words.DIRECTIONS, Direction)],
)
def test_everything_that_may_be_said_has_words(table: dict[Any, Any], members: Any) -> None:
    assert set(table) == set(members)


def test_every_device_that_the_door_speaks_of_has_words_on_the_page() -> None:
    sources = "".join(
        path.read_text(encoding="utf-8") for path in Path(__file__).parent.parent.joinpath("kiosk").rglob("*.py")
    )
    spoken_of = set(re.findall(r'(?:health\.(?:failed|works)|_watched)\("(\w+)"', sources))
    assert {"log", "keys", "disk", "purge"} <= spoken_of
    assert spoken_of <= set(words.DEVICES)
