"""What a centre sent is read on every screen, however long its words are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from ordering import Pen, taken, today
from playwright.sync_api import Browser
from running import Kiosk, running_kiosk

from browser.conftest import SIZES
from kiosk.accounts import Accounts
from kiosk.vault import new_tracing_keys, read_private_key
from kiosk.vault.succession import succession

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    home = tmp_path_factory.mktemp("kiosk")
    new_tracing_keys(home / "data", home / "team.key")
    new_tracing_keys(home / "next", home / "next.key")
    pen = Pen(home / "data", home)
    with running_kiosk(home / "data") as running:
        opening = {
            "id": "42",
            "case": "CA-2026-117",
            "reason": "Ca bệnh ở khu phố 3, khởi phát ngày 15",
            "by": ["Hoa", "Minh"],
        }
        taken(running, pen.say("opening", "42", **opening, since="2026-11-15", until="2026-11-20"))
        taken(
            running,
            pen.say(
                "opening", "43", **{**opening, "id": "43", "case": "X" * 80}, since="2026-11-20", until="2026-11-20"
            ),
        )
        taken(running, pen.say("blocked", "mất ngày 20", slips=["slip:" + "0a" * 16]))
        taken(running, pen.say("day", today(running), day=today(running), fields={"capacity": "40"}))
        taken(running, pen.say("day", "2999-01-01", day="2999-01-01", fields={"capacity": "40"}))
        taken(running, pen.order("keep_days", "W" * 80, b"9999"))
        taken(running, pen.order("key", "", succession(read_private_key(home / "next.key").public, None)))
        yield running


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_page_can_be_used_by_everybody(kiosk: Kiosk, browser: Browser, size: str, language: str) -> None:
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height})
    token = kiosk.sign_in()
    assert kiosk.sign_ins
    Accounts(kiosk.sign_ins.book).set_language("An admin", language)
    named = {"kiosk-session": token, "language": language}
    context.add_cookies([{"name": name, "value": value, "url": kiosk.url} for name, value in named.items()])
    page = context.new_page()
    answer = page.goto(f"{kiosk.url}/orders")
    assert answer
    assert answer.status == 200
    found = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is wider than the screen"
    context.close()
