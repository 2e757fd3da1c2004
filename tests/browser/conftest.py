"""Debian's Chromium, driven by Playwright, and a whole kiosk for it to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pictures_of_codes import code_picture, on_canvas
from playwright.sync_api import Browser, Locator, Page, Playwright, expect, sync_playwright
from running import Kiosk, card_of, running_kiosk

from kiosk.rules.access import Role
from kiosk.rules.messages import MESSAGES

CHROMIUM = Path("/usr/bin/chromium-headless-shell")  # draws as Chromium does, and opens a page in a fourth of its time
QUIETLY = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 30_000  # a page that is slow on a busy machine has not failed
HOLD_S = 15.0
SIZES = {"laptop": (1280, 800), "tablet": (800, 1280), "phone": (390, 844)}

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not there: apt install chromium-headless-shell, or make test")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    started = launch(playwright)
    yield started
    started.close()


def launch(playwright: Playwright, *more: str) -> Browser:
    """Chromium without a window."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIETLY, *more])


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path / "data", site={"name": "Nhà văn hóa Ví Dụ", "capacity": 40}) as running:
        yield running


@pytest.fixture
def open_page(browser: Browser, kiosk: Kiosk) -> Iterator[OpenPage]:
    """Opens a page of the kiosk; the test fails where the page has an error of its own or asks for one elsewhere."""
    faults: list[str] = []
    with ExitStack() as closing:

        def open_(
            path: str,
            size: str = "laptop",
            in_browser: Browser = browser,
            role: Role | None = Role.ADMIN,
            **options: Any,
        ) -> Page:
            width, height = SIZES[size]
            context = in_browser.new_context(viewport={"width": width, "height": height}, **options)
            closing.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.on(
                "console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None
            )
            page.on("request", lambda asked: faults.append(asked.url) if _is_elsewhere(asked.url, kiosk) else None)
            if role:
                context.add_cookies([{"name": "kiosk-session", "value": kiosk.sign_in(role), "url": kiosk.url}])
            page.goto(kiosk.url + path)
            return page

        yield open_
    assert not faults


@pytest.fixture
def long_lamps(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer stands longer than at a real door, for a busy machine looks late."""
    for reason, message in list(MESSAGES.items()):
        monkeypatch.setitem(MESSAGES, reason, replace(message, hold_s=HOLD_S))


def follow(leads: Locator, act: Callable[[Locator], None] = Locator.click) -> None:
    """Do *act* to what leads to another page, and wait until that page is whole: the act alone may return before."""
    with leads.page.expect_navigation():
        act(leads)


def _is_elsewhere(url: str, kiosk: Kiosk) -> bool:
    return not url.startswith((kiosk.url, "blob:", "data:"))


@pytest.fixture(scope="session")
def camera_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Chromium's pretended camera sees: somebody's card, held still (Motion JPEG is JPEGs in a row)."""
    film = tmp_path_factory.mktemp("film") / "card.mjpeg"
    frame = on_canvas(code_picture(card_of(7), scale=5), (640, 480), "grey")
    with film.open("wb") as written:
        for _ in range(3):
            frame.save(written, "JPEG", quality=90)
    return film
