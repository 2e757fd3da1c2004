"""Makes the README's pictures of the door, the pages and a ticket: ``python tests/browser/pictures.py``."""

from __future__ import annotations

import io
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

TESTS = Path(__file__).parent.parent
sys.path[:0] = [str(TESTS), str(TESTS.parent)]

from running import Kiosk, card_of, running_kiosk  # noqa: E402  # a script finds its neighbours by itself
from waiting_room import ROOM, arrive, call  # noqa: E402

from browser.conftest import launch  # noqa: E402
from kiosk.config import GateSettings  # noqa: E402
from kiosk.rules.model import Direction, Kind  # noqa: E402
from kiosk.web.pages.simulator import STRAY_CODES  # noqa: E402

PICTURES = TESTS / "pictures"
LARGEST_BYTES = 150_000
WINDOW = (1280, 800)


SITE = {"name": "Nhà văn hóa Ví Dụ", "capacity": 40, "keeper": "Trạm y tế Ví Dụ"}
GATES = (
    GateSettings("in", "Cổng vào", Direction.IN),
    GateSettings("out", "Cổng ra", Direction.OUT),
    GateSettings("both", "Cửa bên", Direction.BOTH),
)
KINDS = (Kind.ID_CARD, Kind.INSURANCE, Kind.ID_CARD, Kind.UNIFIED, Kind.TYPED)
PEOPLE = range(10, 38)


def main() -> None:
    """Run a kiosk, let people come and go, and look at it."""
    PICTURES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as data,
        running_kiosk(Path(data) / "door", GATES, site=SITE) as kiosk,
        running_kiosk(Path(data) / "queue", rows=ROOM, site=SITE) as hall,
        sync_playwright() as playwright,
        launch(playwright) as browser,
    ):
        door, staff = open_page(browser, kiosk.url + "/simulator"), open_page(browser, kiosk.url)
        let_people_pass(kiosk)
        present_the_last(door)
        save(door.screenshot(), "door.png")
        save(staff.screenshot(), "staff.png")
        save(kiosk.client.ticket_png(), "ticket.png")
        save(counter_at_work(browser, hall).screenshot(), "counter.png")
        save(board_at_work(browser, hall).screenshot(), "board.png")


def open_page(browser: Browser, url: str) -> Page:
    """A page of the kiosk, once it is live."""
    page = browser.new_page(viewport={"width": WINDOW[0], "height": WINDOW[1]})
    page.goto(url)
    page.wait_for_selector("#live[data-live=live]")
    return page


def counter_at_work(browser: Browser, hall: Kiosk) -> Page:
    """A counter that has called somebody, with people in line and one set aside."""
    arrive(hall, 14, first=20)
    for act in ("call", "hold", "call", "recall"):
        call(hall, "q1", act)
    counter = open_page(browser, f"{hall.url}/counter/q1")
    counter.wait_for_selector("[data-f=away]:not(:empty)")
    return counter


def board_at_work(browser: Browser, hall: Kiosk) -> Page:
    """The board while three counters call, somebody is examined and others may go."""
    arrive(hall, 8, first=40)
    for _ in range(5):
        for counter in ("q12", "q3", "k4", "t6"):
            hall.client.queue("call", counter=counter)
    for counter in ("k4", "t6"):
        hall.client.queue("start", counter=counter)
    board = browser.new_page(viewport={"width": WINDOW[0], "height": WINDOW[0] * 9 // 16})
    board.goto(f"{hall.url}/board?sound=off")
    board.wait_for_selector("#observed [data-over=yes]")
    board.wait_for_selector("#services .wait:has-text('khoảng')")
    return board


def let_people_pass(kiosk: Kiosk) -> None:
    """A morning in short: people come by every kind of code, some leave, one shows a payment code."""
    for person in PEOPLE:
        kiosk.show(card_of(person, KINDS[person % len(KINDS)]))
        if person % 4 == 1:
            kiosk.show(card_of(person - 2, KINDS[(person - 2) % len(KINDS)]), "out")
    kiosk.show(STRAY_CODES[Kind.PAYMENT].encode())


def present_the_last(door: Page) -> None:
    """One more person, on the simulator, once all tickets are printed; waits until theirs is on paper."""
    door.wait_for_selector(f'#printer[data-printed="{len(PEOPLE)}"]')
    door.locator("[data-do=person]").first.click()
    door.wait_for_selector(f'#printer[data-printed="{len(PEOPLE) + 1}"]')
    door.evaluate("scrollTo(0, 0)")
    time.sleep(1.2)  # until the paper is out


def save(png: bytes, name: str) -> None:
    """Write a picture in 256 colours, chosen so that a small red symbol keeps its red."""
    with Image.open(io.BytesIO(png)) as picture:
        few = picture.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE)
        few.save(PICTURES / name, optimize=True)
    size = (PICTURES / name).stat().st_size
    print(f"{name}: {size / 1000:.0f} kB")
    assert size < LARGEST_BYTES


if __name__ == "__main__":
    main()
