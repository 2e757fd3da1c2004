"""The display at a gate, on the screens it is made for: letters, contrast, shapes, room, as the browser draws them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Page
from running import Kiosk, running_kiosk

from browser.board_help import CONTRASTS
from browser.conftest import OpenPage
from kiosk.rules import messages
from kiosk.rules.model import Announcement, Lamp, Listed, Outcome, Queued, Reason, TicketNumber
from kiosk.web.display_lines import answer

pytestmark = pytest.mark.browser

# Screens at a gate: pixels, width in millimetres.
SCREENS = {
    "7 inches": ((1024, 600), 154),
    "10.1 inches": ((1280, 800), 217),
    "21 inches": ((1920, 1080), 465),
    "7 inches, upright": ((600, 1024), 90),
}
FAR_MM = 2000  # headline and number are read from there, sentences by who has just shown a code
NEAR_MM = 700
PARTS_OF_DISTANCE = 200
CONTRAST = 7

# The height of a capital in CSS pixels, as this browser draws it in each of the places that are seen.
CAPITALS = """places => [...document.querySelectorAll(places)]
  .filter((place) => place.textContent.trim() && place.checkVisibility())
  .map((place) => {
    const { fontWeight, fontSize, fontFamily } = getComputedStyle(place);
    const drawing = document.createElement('canvas').getContext('2d');
    drawing.font = `${fontWeight} ${fontSize} ${fontFamily}`;
    return [place.textContent, drawing.measureText('H').actualBoundingBoxAscent];
  })"""

# What does not fit: whatever is seen and reaches beyond the screen, and texts that cover each other.
MISFITS = """() => {
  const seen = [...document.querySelectorAll('main p, main h1, main li, main svg, main button, time, canvas, .number')]
    .filter((one) => one.checkVisibility() && (one.textContent.trim() || !one.matches('p, h1')));
  const boxes = seen.map((one) => [one, one.getBoundingClientRect()]);
  const found = boxes.filter(([, box]) => box.left < -1 || box.top < -1 || box.right > innerWidth + 1
    || box.bottom > innerHeight + 1).map(([one]) => `${one.textContent.trim() || one.outerHTML} sticks out`);
  for (const [one, box] of boxes) {
    if (one.scrollWidth > one.clientWidth + 2 && one.matches('p, li, h1')) found.push(`${one.textContent} is too wide`);
    for (const [other, there] of boxes) {
      if (one === other || one.contains(other) || other.contains(one)) continue;
      const wide = Math.min(box.right, there.right) - Math.max(box.left, there.left);
      const high = Math.min(box.bottom, there.bottom) - Math.max(box.top, there.top);
      if (wide > 2 && high > 2) found.push(`${one.textContent} covers ${other.textContent}`);
    }
  }
  return found;
}"""

# Puts an answer onto the page as its script does.
SHOW = """(told) => {
  Object.assign(document.body.dataset, { lamp: told.lamp, sign: told.sign, size: told.size, show: 'answer' });
  for (const place of document.querySelectorAll('#answer [data-f]')) {
    place.textContent = (place.dataset.f === 'waits' ? told.place || '' : told[place.dataset.f]) ?? '';
  }
}"""

# How a person without one kind of cones sees linear RGB: Viénot, Brettel and Mollon 1999 (protan, deutan).
COLOUR_BLIND = {
    "protanopia": ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0)),
    "deuteranopia": ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0)),
}

QUEUED = Queued(TicketNumber("Đón tiếp", "AB", 1123), "Đón tiếp", 112, (20, 35))


def every_answer() -> Iterator[Announcement]:
    """All that can be said, the longest forms of it."""
    for reason in Reason:
        outcome = Outcome.PASSED_UNRECORDED if reason is Reason.NOT_RECORDED else Outcome.ADMITTED
        yield messages.announcement(outcome, reason, holder="W.W.W.W.W. 1985")
    longest: dict[str, Any] = {"queued": QUEUED, "holder": "W.W.W.W.W. 1985"}
    yield messages.announcement(Outcome.ADMITTED, Reason.WELCOME_AGAIN, **longest)
    yield messages.announcement(Outcome.ADMITTED, Reason.WELCOME, listed=Listed.UNLISTED, **longest)
    yield messages.announcement(Outcome.ADMITTED, Reason.WELCOME, listed=Listed.LATE, due="08:30", **longest)
    yield messages.announcement(Outcome.WAITING, Reason.FULL, place=112, holder="W.W.W.W.W. 1985")
    yield messages.announcement(Outcome.REFUSED, Reason.CLOSED, why=("Hết vắc-xin. " * 9, "Out of vaccine. " * 7))


def told(said: Announcement) -> dict[str, Any]:
    names = ("outcome", "reason", "lamp", "vi", "en", "ticket", "holder", "place", "hold_s")
    shown = {"door": True, "change": 1, "beats": []} | {name: getattr(said, name) for name in names}
    return {name: value for name, value in answer(shown).items() if name != "beats"}


LAMPS = {
    Lamp.GREEN: messages.announcement(Outcome.ADMITTED, Reason.WELCOME, queued=QUEUED, holder="N.V.A. 1985"),
    Lamp.AMBER: messages.announcement(Outcome.WAITING, Reason.FULL, place=12, holder="N.V.A. 1985"),
    Lamp.RED: messages.announcement(Outcome.REFUSED, Reason.WIFI_CODE),
    Lamp.GREEN_AMBER: messages.announcement(Outcome.PASSED_UNRECORDED, Reason.NOT_RECORDED),
}


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    site = {"name": "Nhà văn hóa Ví Dụ", "capacity": 400, "consent": "ask"}
    with running_kiosk(tmp_path / "data", site=site) as running:
        yield running


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """A display that nobody tells anything more, so that a test says what it shows."""
    opened = open_page("/guide")
    opened.add_init_script(
        "window.EventSource = class { addEventListener() {} close() {} }; window.fetch = () => new Promise(() => {});"
        "window.setInterval = () => 0;"  # nor does it ask for how long nobody has told it anything
    )
    opened.goto(opened.url.replace("/guide", "/display?gate=in"))
    return opened


def on_screen(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})


def calm(page: Page, **marks: str) -> None:
    page.evaluate("(marks) => Object.assign(document.body.dataset, { show: 'calm', lamp: 'off', ...marks })", marks)


def fill_calm(page: Page) -> None:
    """The most that ever stands there."""
    words = {
        "inside": "388",
        "room": "/400",
        "wait_vi": "khoảng 20–35 phút",
        "wait_en": "about 20 to 35 minutes",
        "message_vi": "Hôm nay tiêm mũi hai cho người từ 65 tuổi, mời vào bàn số 3 bên trái; xin lấy phiếu ở bàn 1.",
        "message_en": "Today second doses for people over 65, please go to desk 3; tickets are given at desk 1.",
    }
    page.evaluate(
        "(words) => { for (const [name, text] of Object.entries(words))"
        " document.querySelector(`[data-f=${name}]`).textContent = text; }",
        words,
    )


def least_mm(page: Page, places: str, width_mm: int, width_px: int) -> float:
    measured = page.evaluate(CAPITALS, places)
    assert measured
    return float(min(height for _, height in measured) * width_mm / width_px)


def test_headline_and_number_are_read_from_two_metres_and_sentences_from_arm_s_length(page: Page) -> None:
    for screen, (size, width_mm) in SCREENS.items():
        on_screen(page, size)
        heads, sentences = [], []
        for said in every_answer():
            page.evaluate(SHOW, told(said))
            heads.append(least_mm(page, "#answer h1 [data-f=head_vi], .number", width_mm, size[0]))
            sentences.append(least_mm(page, ".words .vi", width_mm, size[0]))
        calm(page, ready="open")
        heads.append(least_mm(page, "#calm h1.of-open > span:first-of-type", width_mm, size[0]))
        page.evaluate("document.body.dataset.show = 'lost'")
        heads.append(least_mm(page, "#lost h1", width_mm, size[0]))
        print(f"{screen}: headlines and numbers {min(heads):.1f} mm, sentences {min(sentences):.1f} mm")
        assert min(heads) >= FAR_MM / PARTS_OF_DISTANCE, screen
        assert min(sentences) >= NEAR_MM / PARTS_OF_DISTANCE, screen


def test_all_that_is_written_has_a_contrast_of_seven(page: Page) -> None:
    measured = []
    for said in LAMPS.values():
        page.evaluate(SHOW, told(said))
        measured += page.evaluate(CONTRASTS, "body")
    fill_calm(page)
    for ready in ("open", "full", "closed", "blind"):
        calm(page, ready=ready)
        measured += page.evaluate(CONTRASTS, "body")
    page.evaluate("document.body.dataset.show = 'lost'")
    measured += page.evaluate(CONTRASTS, "body")
    least = min(measured, key=lambda each: each[1])
    print(f"{len(measured)} texts, the least contrast {least[1]:.1f}: {least[0]}")
    assert len(measured) > 60
    assert least[1] >= CONTRAST


def test_every_answer_fits_every_screen(page: Page) -> None:
    for screen, (size, _) in SCREENS.items():
        on_screen(page, size)
        for said in every_answer():
            page.evaluate(SHOW, told(said))
            assert page.evaluate(MISFITS) == [], (screen, said.reason)


@pytest.mark.parametrize("ready", ["open", "full", "closed", "blind"])
def test_all_that_may_stand_there_between_two_answers_fits(page: Page, ready: str) -> None:
    fill_calm(page)
    calm(page, ready=ready)
    for screen, (size, _) in SCREENS.items():
        on_screen(page, size)
        for show in ("calm", "aim", "away"):
            page.evaluate("(show) => { document.body.dataset.show = show; }", show)
            assert page.evaluate(MISFITS) == [], (screen, show)


def picture_of(page: Page, place: str) -> Image.Image:
    return Image.open(BytesIO(page.locator(place).screenshot())).convert("RGB")


def test_lamps_differ_by_their_shape_alone(page: Page) -> None:
    """Each lamp in black on white: no colour at all."""
    shapes = {}
    for lamp, said in LAMPS.items():
        page.evaluate(SHOW, told(said))
        shape = picture_of(page, ".lamp")
        ground = shape.getpixel((0, 0))
        flat = ImageChops.difference(shape, Image.new("RGB", shape.size, ground)).convert("L")
        shapes[lamp] = flat.point(lambda level: 255 * (level > 40)).resize((100, 100))
    for one, other in itertools.combinations(shapes, 2):
        differing = sum(map(bool, ImageChops.difference(shapes[one], shapes[other]).tobytes()))
        print(f"{one} and {other}: {differing / 100:.0f} % of the lamp differ in shape")
        assert differing > 800, (one, other)


@pytest.mark.parametrize("eyes", COLOUR_BLIND)
def test_grounds_differ_for_the_colour_blind(page: Page, eyes: str) -> None:
    seen = {}
    for lamp, said in LAMPS.items():
        page.evaluate(SHOW, told(said))
        seen[lamp] = lab(as_seen(page, eyes))
    for one, other in itertools.combinations(seen, 2):
        distance = sum((a - b) ** 2 for a, b in zip(seen[one], seen[other], strict=True)) ** 0.5
        print(f"{eyes}: {one} and {other} are {distance:.0f} apart")
        assert distance >= 20, "CIE 1976; 2 to 3 can just be told apart side by side"


def as_seen(page: Page, eyes: str) -> tuple[float, ...]:
    """The ground of the page in linear RGB, as such eyes see it."""
    red_green_blue = Image.open(BytesIO(page.screenshot())).convert("RGB").getpixel((2, 2))
    assert isinstance(red_green_blue, tuple)
    linear = [c / 3294.6 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in red_green_blue]
    return tuple(sum(a * b for a, b in zip(row, linear, strict=True)) for row in COLOUR_BLIND[eyes])


def lab(linear: tuple[float, ...]) -> tuple[float, float, float]:
    """CIE L*a*b* of linear sRGB, for the white of D65."""
    rows = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    xyz = [sum(a * b for a, b in zip(row, linear, strict=True)) for row in rows]
    x, y, z = (max(0.0, part / white) ** (1 / 3) for part, white in zip(xyz, (0.9505, 1.0, 1.089), strict=True))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def test_a_passage_that_was_not_recorded_has_no_green_ground(page: Page) -> None:
    page.evaluate(SHOW, told(LAMPS[Lamp.GREEN_AMBER]))
    red, green, blue = Image.open(BytesIO(page.screenshot())).convert("RGB").getpixel((2, 2))  # type: ignore[misc]
    assert max(red, green, blue) - min(red, green, blue) < 20
