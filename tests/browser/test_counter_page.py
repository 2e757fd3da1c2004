"""The counter page in a browser: keys, fingers in gloves, two tablets in step, refusals as sentences, the door away."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from patience import eventually
from playwright.sync_api import APIResponse, Error, Page, Route, expect
from running import Kiosk, card_of, running_kiosk
from waiting_room import OBSERVE_S, ROOM, arrive, call

from browser.conftest import PATIENCE_MS, SIZES, OpenPage, follow
from kiosk.rules import invented
from kiosk.rules.entries import Body, EntryKind

pytestmark = pytest.mark.browser

# The stated screens: a 10.1-inch tablet of 1280 x 800 is 216 mm wide, a 6.1-inch phone of 390 x 844 is 64.6 mm wide.
PX_PER_MM = {"laptop": 1280 / 216, "tablet": 1280 / 216, "phone": 390 / 64.6}
SMALLEST_MM, CLOSEST_MM = 15.0, 3.0
CONTRAST = 7.0

State = Callable[[Kiosk, Page], None]  # what happens until the page looks so
BOUNCE_S = 0.5  # longer than the page takes for one touch


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path / "data", rows=ROOM, site={"name": "Nhà văn hóa Ví Dụ"}) as running:
        yield running


@pytest.fixture
def open_counter(kiosk: Kiosk, open_page: OpenPage) -> Callable[..., Page]:
    """Opens the page of a counter, once it is live."""

    def open_(counter: str = "q1", size: str = "laptop", **options: object) -> Page:
        page = open_page(f"/counter/{counter}", size, **options)
        expect(page.locator("#live")).to_have_attribute("data-live", "live")
        return page

    return open_


def press(page: Page, key: str, said: str) -> None:
    """Press *key* and wait for the sentence that it leads to."""
    time.sleep(BOUNCE_S)
    page.locator("#told").evaluate("told => { told.textContent = ''; }")  # the same may have been said before
    page.keyboard.press(key)
    expect(page.locator("#told")).to_contain_text(said)


@contextmanager
def still(page: Page) -> Iterator[None]:
    """No time goes by for the page, however long keys and touches are on their way."""
    page.clock.install()
    page.clock.pause_at(datetime.now() + timedelta(hours=1))
    yield
    page.clock.resume()


def calls(kiosk: Kiosk) -> list[Body]:
    """The bodies of all that was recorded at counters."""
    entries = kiosk.reader.events_after(0, 500)
    return [entry.body for entry in entries if entry.header.kind == EntryKind.CALL and entry.body]


def test_the_next_person_is_shown_with_all_that_staff_need_and_no_name(kiosk: Kiosk, open_counter: OpenPage) -> None:
    kiosk.show(card_of(1))
    page = open_counter()
    expect(page.locator("#number")).not_to_be_visible()
    page.get_by_role("button", name="Mời tiếp").click()
    expect(page.locator("#number")).to_have_text("A001")
    person = invented.person(1).person
    here = page.locator("#here")
    expect(here).to_contain_text(f"{person.birth[:4]} · Nam · •••{person.number[-4:]}")
    expect(here).to_contain_text("".join(f"{word[0]}." for word in person.name.split()))
    expect(here).to_contain_text("Khám sàng lọc")
    assert person.name not in page.content()
    assert person.number not in page.content()


def test_every_act_has_its_key(kiosk: Kiosk, open_counter: OpenPage) -> None:
    arrive(kiosk, 4, first=20)
    page = open_counter()
    number = page.locator("#number")
    press(page, "Space", "Đã ghi: mời")
    expect(number).to_contain_text("A")
    first = number.inner_text()
    press(page, "a", "Hãy gọi lại trước khi báo vắng.")
    press(page, "r", f"Đã ghi: gọi lại {first}")
    press(page, "p", "ưu tiên")
    press(page, "u", f"Đã ghi: hoàn tác với {first}")
    press(page, "s", f"Đã ghi: bắt đầu {first}")
    press(page, "d", f"Đã ghi: xong {first}")
    press(page, "Enter", "Đã ghi: mời")
    expect(number).not_to_have_text(first)
    second = number.inner_text()
    press(page, "r", f"Đã ghi: gọi lại {second}")
    press(page, "R", f"Đã ghi: gọi lại {second}")
    press(page, "a", f"Đã ghi: báo vắng {second}")
    press(page, " ", "Đã ghi: mời")
    press(page, "h", "Đã ghi: tạm giữ")
    assert [body["act"] for body in calls(kiosk)] == [
        *("call", "recall", "priority", "undo", "start", "finish"),
        *("call", "recall", "recall", "absent", "call", "hold"),
    ]


@pytest.mark.parametrize(
    ("key", "panel"), [("t", "transfer"), ("n", "given"), ("b", "away"), ("o", "watch"), ("w", "who")]
)
def test_panels_open_and_close_by_keys(kiosk: Kiosk, open_counter: OpenPage, key: str, panel: str) -> None:
    arrive(kiosk, 1)
    call(kiosk, "q1")
    page = open_counter()
    page.keyboard.press(key)
    expect(page.locator(f"#{panel}")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(f"#{panel}")).not_to_be_visible()


def test_every_key_stands_on_its_button(kiosk: Kiosk, open_counter: OpenPage) -> None:
    arrive(kiosk, 2)
    call(kiosk, "q1")
    page = open_counter()
    shown = page.locator("#main .key:visible, .desk .key:visible").evaluate_all(
        "keys => keys.map(key => [key.ariaKeyShortcuts ?? key.getAttribute('aria-keyshortcuts'),"
        " key.querySelector('kbd')?.textContent])"
    )
    assert [keys for keys, cap in shown if keys and (cap or "").split(" · ") != keys.split()] == []
    assert len([keys for keys, _ in shown if keys]) == 12


def test_keys_are_letters_while_somebody_types(kiosk: Kiosk, open_counter: OpenPage) -> None:
    arrive(kiosk, 1)
    page = open_counter()
    page.locator("#code").click()
    page.keyboard.type("rahs ", delay=120)
    expect(page.locator("#code")).to_have_value("rahs ")
    page.keyboard.press("Escape")
    press(page, "Space", "Đã ghi: mời")


def test_what_a_scanner_types_anywhere_is_a_code_and_never_a_row_of_commands(
    kiosk: Kiosk, open_counter: OpenPage
) -> None:
    arrive(kiosk, 3, first=20)
    page = open_counter()
    with still(page):
        page.keyboard.type(card_of(22).decode())
        page.keyboard.press("Enter")
    found = page.locator("#found .stop")
    expect(found).to_contain_text("A003")
    expect(found).to_contain_text("2 người trước")
    expect(found).to_contain_text("Khám sàng lọc")
    assert calls(kiosk) == []
    press(page, "1", "Đã ghi: mời A003")
    expect(page.locator("#number")).to_have_text("A003")
    expect(page.locator("#found")).not_to_be_visible()


def test_a_given_number_is_called_by_large_keys(kiosk: Kiosk, open_counter: OpenPage) -> None:
    arrive(kiosk, 12)
    page = open_counter()
    page.get_by_role("button", name="Gọi số").click()
    for sign in ("A", "1", "1"):
        page.locator(f".signs [data-type='{sign}']:visible").click()
    page.get_by_role("button", name="Mời số này").click()
    expect(page.locator("#number")).to_have_text("A011")


def test_a_number_from_a_roll_takes_the_tickets_place(kiosk: Kiosk, open_counter: OpenPage) -> None:
    arrive(kiosk, 1)
    call(kiosk, "q1")
    page = open_counter()
    page.keyboard.press("n")
    page.locator("#letters").click()
    page.locator(".alphabet [data-type='K']").click()
    page.locator("#letters").click()
    page.locator(".digits [data-type='7']").click()
    page.get_by_role("button", name="Số cuộn của A001").click()
    expect(page.locator("#number")).to_have_text("K007")


def test_who_was_held_is_brought_back_and_who_is_observed_long_enough_may_go(
    kiosk: Kiosk, open_counter: OpenPage
) -> None:
    arrive(kiosk, 1)
    page = open_counter("t6")
    for counter in ("q1", "k4"):
        call(kiosk, counter)
        call(kiosk, counter, "finish")
    press(page, "Space", "Đã ghi: mời A001")
    press(page, "h", "Đã ghi: tạm giữ A001")
    expect(page.locator("[data-f=away]")).to_have_text("1")
    page.keyboard.press("b")
    expect(page.locator("#away")).to_be_visible()
    press(page, "1", "Đã ghi: mời A001")
    press(page, "s", "Đã ghi: bắt đầu A001")
    page.route("**/now", lambda route: None)  # what the act itself answers stands, however late it is looked at
    press(page, "d", "Đã ghi: xong A001")
    page.keyboard.press("o")
    expect(page.locator("#observed .stop")).to_contain_text("Theo dõi đến")
    page.unroute("**/now")
    expect(page.locator("#observed .stop")).to_contain_text("Đủ giờ", timeout=OBSERVE_S * 1000 + PATIENCE_MS)
    page.get_by_role("button", name="Cho về").click()
    expect(page.locator("#observed .stop")).to_have_count(0)


def test_a_transfer_keeps_the_wait_and_goes_by_one_key_more(kiosk: Kiosk, open_counter: OpenPage) -> None:
    arrive(kiosk, 1)
    call(kiosk, "q1")
    page = open_counter()
    page.keyboard.press("t")
    expect(page.locator("#transfer")).to_be_visible()
    press(page, "2", "Đã ghi: chuyển A001")
    expect(open_counter("k4").locator("#chips")).to_contain_text("A001")


def shows_another(page: Page, number: str) -> bool:
    return page.evaluate("number.textContent") not in {"", number}


def test_two_tablets_on_one_counter_are_in_step(kiosk: Kiosk, open_counter: OpenPage) -> None:
    arrive(kiosk, 12, first=20)
    left, right = open_counter(), open_counter(size="tablet")
    took_s = []
    for acting, following in ((left, right), (right, left)) * 3:
        time.sleep(BOUNCE_S)
        before = following.locator("#number").inner_text()
        began_s = time.monotonic()
        acting.locator(".next").click()
        assert eventually(partial(shows_another, following, before))
        took_s.append(time.monotonic() - began_s)
        expect(acting.locator("#number")).to_have_text(following.locator("#number").inner_text())
    print(f"from the press on one tablet to the number on the other: at most {max(took_s):.2f} s")


def test_a_button_pressed_on_two_tablets_acts_once_and_the_second_hears_why(
    kiosk: Kiosk, open_counter: OpenPage
) -> None:
    arrive(kiosk, 3)
    late, quick = open_counter(), open_counter()
    with late.expect_event("requestfailed", lambda asked: asked.url.endswith("/now")):
        late.route("**/now", lambda route: route.abort())  # it does not know yet what the other does
    quick.locator(".next").click()
    expect(quick.locator("#number")).to_have_text("A001")
    late.locator(".next").click()
    expect(late.locator("#told")).to_have_text("Đã có thay đổi, xin xem lại.")
    late.unroute("**/now")
    expect(late.locator("#number")).to_have_text("A001")
    assert len(calls(kiosk)) == 1


def test_a_finger_that_bounces_calls_one_person(kiosk: Kiosk, open_counter: OpenPage) -> None:
    arrive(kiosk, 3)
    page = open_counter()
    with still(page):
        page.locator(".next").dblclick(delay=30)
    expect(page.locator("#number")).to_have_text("A001")
    time.sleep(BOUNCE_S)
    assert len(calls(kiosk)) == 1


def test_somebody_quick_on_the_keys_is_not_taken_for_a_bouncing_finger(kiosk: Kiosk, open_counter: OpenPage) -> None:
    arrive(kiosk, 1)
    page = open_counter()
    for key, said in (("Space", "mời"), ("r", "gọi lại"), ("s", "bắt đầu")):
        page.keyboard.press(key)
        expect(page.locator(".undo")).to_contain_text(said)
        expect(page.locator("#told")).to_contain_text(f"Đã ghi: {said}")  # until then the act is on its way
    assert [body["act"] for body in calls(kiosk)] == ["call", "recall", "start"]


def test_one_act_follows_another_however_late_the_news_of_them_comes(kiosk: Kiosk, open_counter: OpenPage) -> None:
    arrive(kiosk, 1)
    page = open_counter()
    page.route("**/now", lambda route: None)  # asked, and not answered
    for key, said in (("Space", "mời"), ("r", "gọi lại"), ("p", "ưu tiên"), ("u", "hoàn tác với"), ("s", "bắt đầu")):
        press(page, key, f"Đã ghi: {said}")
    assert [body["act"] for body in calls(kiosk)] == ["call", "recall", "priority", "undo", "start"]


def test_news_of_before_an_act_that_comes_after_it_is_no_news(kiosk: Kiosk, open_counter: OpenPage) -> None:
    arrive(kiosk, 1)
    page = open_counter()
    held: list[tuple[Route, APIResponse]] = []
    page.route("**/now", lambda route: held.append((route, route.fetch())))
    while not held:
        page.wait_for_timeout(20)
    press(page, "Space", "Đã ghi: mời A001")
    page.unroute("**/now")
    for route, response in held:
        with suppress(Error):  # the page waits for five seconds
            route.fulfill(response=response)
    press(page, "r", "Đã ghi: gọi lại A001")
    expect(page.locator("#number")).to_have_text("A001")


def test_a_long_number_of_a_roll_still_fits(kiosk: Kiosk, open_counter: OpenPage) -> None:
    arrive(kiosk, 1)
    page = open_counter()
    call(kiosk, "q1")
    call(kiosk, "q1", "number", number="KTCVACXI 104455")
    expect(page.locator("#number")).to_have_text("KTCVACXI104455")
    for width, height in SIZES.values():
        page.set_viewport_size({"width": width, "height": height})
        assert page.locator("#number").evaluate("number => number.scrollWidth <= number.clientWidth")


def test_without_the_door_the_page_says_since_when_and_its_keys_go_on_working(
    kiosk: Kiosk, open_counter: OpenPage
) -> None:
    arrive(kiosk, 2)
    page = open_counter()
    press(page, "Space", "Đã ghi: mời A001")
    kiosk.close_door()
    live = page.locator("#live")
    expect(live).to_have_attribute("data-live", "away")
    expect(live).to_contain_text("Cửa chưa trả lời từ")
    expect(live.locator("time")).not_to_be_empty()
    press(page, "r", "Cửa chưa trả lời. Trang sẽ tự nối lại.")
    expect(page.locator("#number")).to_have_text("A001")
    with still(page):
        page.keyboard.type("A002")
    expect(page.locator("#code")).to_have_value("A002")
    kiosk.open_door()
    expect(live).to_have_attribute("data-live", "live")
    press(page, "r", "Đã ghi: gọi lại A001")


def test_without_the_pages_it_says_since_when_and_catches_up(kiosk: Kiosk, open_counter: OpenPage) -> None:
    arrive(kiosk, 2)
    page = open_counter()
    kiosk.close_web()
    expect(page.locator("#live")).to_contain_text("Mất liên lạc với máy từ")
    call(kiosk, "q1")
    kiosk.open_web()
    expect(page.locator("#number")).to_have_text("A001")
    expect(page.locator("#live")).to_have_attribute("data-live", "live")


def test_what_would_be_taken_back_is_always_said(kiosk: Kiosk, open_counter: OpenPage) -> None:
    arrive(kiosk, 1)
    page = open_counter()
    expect(page.locator(".undo")).to_be_disabled()
    press(page, "Space", "Đã ghi")
    expect(page.locator(".undo")).to_contain_text("mời A001")
    press(page, "u", "Đã ghi: hoàn tác với A001")
    expect(page.locator("#number")).not_to_be_visible()
    expect(page.locator(".undo")).to_be_disabled()


def test_who_works_here_stands_in_the_log_and_is_changed_with_one_tap(kiosk: Kiosk, open_counter: OpenPage) -> None:
    arrive(kiosk, 1)
    page = open_counter()
    press(page, "Space", "Đã ghi")
    assert [body["by"] for body in calls(kiosk)] == ["An admin"]
    page.keyboard.press("w")
    page.get_by_role("button", name="Ra khỏi máy").click()
    expect(page).to_have_url(re.compile("/sign-in"))


def test_the_main_acts_go_without_javascript(kiosk: Kiosk, open_page: OpenPage) -> None:
    arrive(kiosk, 2)
    page = open_page("/counter/q1", java_script_enabled=False)
    follow(page.get_by_role("button", name="Mời tiếp"))
    expect(page.locator("#number")).to_have_text("A001")
    follow(page.locator("button.absent"))
    expect(page.locator("#told")).to_contain_text("Hãy gọi lại trước khi báo vắng.")
    follow(page.locator("button[value=recall]"))
    follow(page.get_by_role("button", name="Hoàn tác"))
    page.locator("#code").fill("A002")
    follow(page.get_by_role("button", name="Tìm"))
    follow(page.locator("#found").get_by_role("button", name="Mời vào"))
    expect(page.locator("#number")).to_have_text("A002")
    assert [body["act"] for body in calls(kiosk)] == ["call", "recall", "undo", "call"]


def _called(kiosk: Kiosk, _: Page) -> None:
    arrive(kiosk, 16, first=20)
    call(kiosk, "q1")


def _serving(kiosk: Kiosk, page: Page) -> None:
    _called(kiosk, page)
    call(kiosk, "q1", "start")


def _favoured(kiosk: Kiosk, page: Page) -> None:
    _called(kiosk, page)
    kiosk.client.queue("priority", counter="q1")  # refused where they have it by their age


def _refused(kiosk: Kiosk, page: Page) -> None:
    _called(kiosk, page)
    expect(page.locator("#number")).to_be_visible()
    press(page, "a", "Hãy gọi lại")


def _held(kiosk: Kiosk, page: Page) -> None:
    _called(kiosk, page)
    for _ in range(2):
        call(kiosk, "q1", "hold")
        call(kiosk, "q1")
    expect(page.locator("[data-f=away]")).to_have_text("2")


def _observed(kiosk: Kiosk, page: Page) -> None:
    _called(kiosk, page)
    for counter in ("q1", "k4", "t6"):
        for _ in range(2):
            kiosk.client.queue("call", counter=counter)
            call(kiosk, counter, "finish")
    call(kiosk, "q1")
    expect(page.locator("[data-f=watch]")).to_have_text("2", timeout=OBSERVE_S * 1000 + PATIENCE_MS)


def _found(kiosk: Kiosk, page: Page) -> None:
    _called(kiosk, page)
    page.locator("#code").fill("A009")
    page.keyboard.press("Enter")
    expect(page.locator("#found .stop")).to_be_visible()


def _away(kiosk: Kiosk, page: Page) -> None:
    _called(kiosk, page)
    kiosk.close_door()
    expect(page.locator("#live")).to_have_attribute("data-live", "away")


def _opening(key: str, before: State = _called) -> State:
    def opened(kiosk: Kiosk, page: Page) -> None:
        before(kiosk, page)
        expect(page.locator("#number")).to_be_visible()
        page.keyboard.press(key)
        expect(page.locator(":popover-open")).to_be_visible()

    return opened


def _letters(kiosk: Kiosk, page: Page) -> None:
    _opening("n")(kiosk, page)
    page.locator("#letters").click()


STATES: dict[str, State] = {
    "nobody": lambda kiosk, page: None,
    "called": _called,
    "serving": _serving,
    "priority": _favoured,
    "refused": _refused,
    "transfer": _opening("t"),
    "number": _opening("n"),
    "letters": _letters,
    "held": _opening("b", _held),
    "observed": _opening("o", _observed),
    "who": _opening("w"),
    "found": _found,
    "away": _away,
}


@pytest.mark.parametrize("state", STATES)
def test_gloves_and_sunlight(kiosk: Kiosk, open_counter: OpenPage, state: str) -> None:
    """Every button there is to see is 15 mm large and 3 mm from the next, every text stands out seven to one."""
    page = open_counter()
    STATES[state](kiosk, page)
    judge(page)


def test_the_counters_to_choose_are_as_large(kiosk: Kiosk, open_page: OpenPage) -> None:
    arrive(kiosk, 2)
    page = open_page("/counter")
    judge(page)
    page.get_by_role("link", name="Quầy 12").click()
    expect(page.locator("#live")).to_have_attribute("data-live", "live")


def judge(page: Page) -> None:
    """The targets, their gaps and the contrast of what *page* shows, on each of the stated screens."""
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        targets, gaps = page.evaluate(TARGETS)
        smallest, closest, faintest = min(targets), min(gaps), min(page.evaluate(CONTRASTS))
        mm, gap_mm = smallest[0] / PX_PER_MM[size], closest[0] / PX_PER_MM[size]
        print(f"{size}: smallest target {mm:.1f} mm, gap {gap_mm:.1f} mm, contrast {faintest[0]:.1f}:1")
        assert mm >= SMALLEST_MM, (size, smallest)
        assert gap_mm >= CLOSEST_MM, (size, closest)
        assert faintest[0] >= CONTRAST, (size, faintest)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"something sticks out ({size})"


# [shorter side, name] of each target; [distance, names] of each two, as far as they are not scrolled out of sight.
TARGETS = """() => {
  const panel = document.querySelector(':popover-open');
  const isReachable = (one) => one.checkVisibility() && !one.matches('.skip') && one.type !== 'hidden'
    && (!panel || panel.contains(one) || one.closest('header'));
  const targets = [...document.querySelectorAll('a, button, input, summary, select')].filter(isReachable);
  const name = (one) => (one.textContent || one.name).trim().replace(/\\s+/g, ' ').slice(0, 30);
  const seen = (one) => {
    let { left, top, right, bottom } = one.getBoundingClientRect();
    for (let around = one.parentElement; around; around = around.parentElement) {
      if (getComputedStyle(around).overflowY === 'visible') continue;
      const box = around.getBoundingClientRect();
      [left, top, right, bottom] = [Math.max(left, box.left), Math.max(top, box.top),
        Math.min(right, box.right), Math.min(bottom, box.bottom)];
    }
    return { left, top, right, bottom, name: name(one), gone: right <= left || bottom <= top };
  };
  const apart = (one, two) => Math.hypot(
    Math.max(0, two.left - one.right, one.left - two.right), Math.max(0, two.top - one.bottom, one.top - two.bottom));
  const boxes = targets.map(seen).filter((box) => !box.gone);
  return [
    targets.map((one) => [Math.min(one.offsetWidth, one.offsetHeight), name(one)]),
    boxes.flatMap((one, n) => boxes.slice(n + 1).map((two) => [apart(one, two), `${one.name} | ${two.name}`])),
  ];
}"""

# [contrast, text] of each piece of text on the page, by the formula of WCAG 2; what is disabled says nothing.
CONTRASTS = """() => {
  const rgb = (color) => color.match(/[0-9.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = rgb(color).map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (one) => {
    for (; one; one = one.parentElement) {
      const color = getComputedStyle(one).backgroundColor;
      if ((rgb(color)[3] ?? 1) === 1) return color;
    }
    return 'rgb(255, 255, 255)';
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (texts.nextNode()) {
    const text = texts.currentNode.textContent.trim();
    const one = texts.currentNode.parentElement;
    if (!text || !one.checkVisibility() || one.closest('.demo, .skip, .unseen, :disabled, script, noscript')) continue;
    const [a, b] = [light(getComputedStyle(one).color), light(ground(one))].sort((x, y) => y - x);
    found.push([(a + 0.05) / (b + 0.05), text]);
  }
  return found;
}"""
