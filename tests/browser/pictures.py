"""Makes the README's pictures of the pages and a ticket, from an invented site at work: ``make pictures``."""

from __future__ import annotations

import io
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

TESTS = Path(__file__).parent.parent
sys.path[:0] = [str(TESTS), str(TESTS.parent)]

from hub_staff import COOKIE, busy, token_of  # noqa: E402  # a script finds its neighbours by itself
from hubs import running_hub  # noqa: E402
from running import Kiosk, card_of  # noqa: E402

from browser.conftest import launch  # noqa: E402
from kiosk import config, demo  # noqa: E402
from kiosk.devices import clock  # noqa: E402
from kiosk.house import open_house  # noqa: E402
from kiosk.rules.access import Role  # noqa: E402
from kiosk.rules.hub_users import HubRole  # noqa: E402

PICTURES = TESTS / "pictures"
EXAMPLE = TESTS.parent / "firmware_config" / "vaccination.example.toml"
LARGEST_BYTES = 150_000
TABLET, PHONE, SCREEN = (1280, 800), (390, 844), (1280, 720)
DAYS = 3


def main() -> None:
    """Run the example site after some lively days, and look at it."""
    PICTURES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as data,
        lively_site(Path(data) / "data") as kiosk,
        sync_playwright() as playwright,
        launch(playwright) as browser,
    ):
        door = open_page(browser, kiosk, "/simulator")
        present_somebody(door)
        save(door, "door.png")
        save_picture(kiosk.client.ticket_png(), "ticket.png")
        save(open_page(browser, kiosk, "/display?sound=off", SCREEN), "display.png")
        save(open_page(browser, kiosk, "/"), "today.png")
        save(open_page(browser, kiosk, f"/person/{somebody_inside(kiosk)}", PHONE), "person.png")
        save(open_page(browser, kiosk, "/help", PHONE), "help.png")
        save(open_page(browser, kiosk, counter_at_work(kiosk)), "counter.png")
        save(open_page(browser, kiosk, "/board?sound=off", SCREEN), "board.png")
        save(open_page(browser, kiosk, "/numbers"), "numbers.png")
        save(open_page(browser, kiosk, "/house"), "house.png")
        picture_of_hub(browser, Path(data) / "hub")


def picture_of_hub(browser: Browser, data: Path) -> None:
    """A district's hub, as its admin sees it."""
    with running_hub(data) as hub:
        busy(hub)
        context = browser.new_context(viewport={"width": TABLET[0], "height": TABLET[1]}, ignore_https_errors=True)
        cookie = {"name": COOKIE, "value": token_of(hub, HubRole.ADMIN), "url": hub.url, "secure": True}
        context.add_cookies([cookie])  # type: ignore[list-item]  # its own type of a dictionary
        page = context.new_page()
        page.goto(hub.url)
        save(page, "hub.png")


@contextmanager
def lively_site(data: Path) -> Iterator[Kiosk]:
    """The example site, open since this morning; people come and go as in ``kiosk demo``."""
    settings = config.load(EXAMPLE)
    settings = replace(settings, web=replace(settings.web, port=0))
    now_ms = clock.now().wall_ms
    began_ms = demo.opening_ms(now_ms, settings.zone) - (DAYS - 1) * demo.DAY_MS
    with ExitStack() as closing:
        house = closing.enter_context(open_house(settings, data, demo=True, now=clock.stated(began_ms)))
        demo.fill(house.door(), house.store, now_ms, DAYS)
        kiosk = Kiosk(house)
        closing.callback(kiosk.close_door)
        closing.callback(kiosk.close_web)
        kiosk.open_door()
        kiosk.open_web()
        yield kiosk


def open_page(browser: Browser, kiosk: Kiosk, path: str, size: tuple[int, int] = TABLET) -> Page:
    """A page of the kiosk, signed in as an admin, once it follows live."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    context.add_cookies([{"name": "kiosk-session", "value": kiosk.sign_in(Role.ADMIN), "url": kiosk.url}])
    page = context.new_page()
    page.goto(kiosk.url + path)
    if page.locator("#live").count():
        page.wait_for_selector("#live[data-live=live]")
    time.sleep(1)  # until pictures and letters are there
    return page


def present_somebody(door: Page) -> None:
    """One more person, on the simulator; waits until their ticket is on paper."""
    door.locator("[data-do=person]").first.click()
    door.wait_for_selector('#printer[data-printed="1"]')
    door.evaluate("scrollTo(0, 0)")
    time.sleep(1.2)  # until the paper is out


def somebody_inside(kiosk: Kiosk) -> int:
    """The visit of somebody who came long ago."""
    return kiosk.reader.inside(500)[-1].id


def counter_at_work(kiosk: Kiosk) -> str:
    """The page of a counter that has called somebody, with people in line and one set aside."""
    counter = kiosk.house.settings.counters[0].id
    for person in range(200, 206):
        kiosk.show(card_of(person), "in")
    for act in ("call", "hold", "call", "recall"):
        kiosk.client.queue(act, counter=counter)
    return f"/counter/{counter}"


def save(page: Page, name: str) -> None:
    """Write what is seen of *page*."""
    save_picture(page.screenshot(), name)
    page.context.close()


def save_picture(png: bytes, name: str) -> None:
    """Write a picture in 256 colours, chosen so that a small red symbol keeps its red."""
    with Image.open(io.BytesIO(png)) as picture:
        few = picture.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE)
        few.save(PICTURES / name, optimize=True)
    size = (PICTURES / name).stat().st_size
    print(f"{name}: {size / 1000:.0f} kB")
    assert size < LARGEST_BYTES


if __name__ == "__main__":
    main()
