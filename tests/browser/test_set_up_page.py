"""The set-up on each size of screen and in both languages, without a script: WCAG 2.2 AA, large enough for gloves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page
from setting_up import ANSWERS, PIN, SettingUp, setting_up

from browser.conftest import SIZES, follow
from kiosk import config
from kiosk.config import Settings
from kiosk.devices.base import DeviceError

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PAGES = ["/", "/screen", *(f"/step/{step}" for step in ("place", "gate", "devices", "keys", "backups", "admin"))]
GLOVE_PX = 74  # 12 mm on a telephone of 390 px, as on the sign-in pages
LETTERS_PX = 36


def broken(settings: Settings) -> str:
    raise DeviceError("không thấy máy in · no printer is plugged in")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SettingUp]:
    place = tmp_path_factory.mktemp("kiosk")
    with setting_up(place, printer=broken, scanner=lambda settings: "mã 12 ký tự · a code of 12 characters") as running:
        yield running


@pytest.fixture(scope="module", params=SIZES)
def page(request: pytest.FixtureRequest, browser: Browser, own: SettingUp) -> Iterator[Page]:
    width, height = SIZES[request.param]
    context = browser.new_context(viewport={"width": width, "height": height})
    yield inside(context, own)
    context.close()


def inside(context: BrowserContext, own: SettingUp) -> Page:
    page = context.new_page()
    page.goto(f"{own.url}/claim?code={own.context.claim.code}")
    follow(page.locator("button.main"))
    page.wait_for_url(f"{own.url}/")
    return page


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_can_be_used_by_everybody(page: Page, own: SettingUp, path: str, language: str) -> None:
    own.context.set_up.note(language=language)
    page.goto(own.url + path)
    found = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is wider than the screen"


@pytest.mark.parametrize("path", [path for path in PAGES if path != "/screen"])
def test_gloves_hit_what_is_touched(page: Page, own: SettingUp, path: str) -> None:
    page.goto(own.url + path)
    touched = page.locator("main :is(button, a.button, input:not([type=radio], [type=checkbox]), label.setup-choice)")
    heights = [box["height"] for each in touched.all() if (box := each.bounding_box())]
    assert heights
    assert min(heights) >= GLOVE_PX


@pytest.mark.parametrize("broken", [False, True], ids=["printed", "out of paper"])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_recovery_code_is_large_and_whole(page: Page, own: SettingUp, language: str, broken: bool) -> None:
    own.context.set_up.note(language=language)
    own.printed.broken = broken
    page.goto(own.url + "/step/backups")
    follow(page.locator("form[action$=code] button"))
    page.wait_for_url("**/backups/code")
    groups = page.locator(".recovery-code span")
    assert [len(group.rstrip("-")) for group in groups.all_inner_texts()] == [4] * 5
    assert all(box["height"] >= LETTERS_PX for group in groups.all() if (box := group.bounding_box()))
    assert page.locator(".recovery-code").evaluate("shown => shown.scrollWidth <= shown.clientWidth"), "it is cut off"
    found = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is wider than the screen"


def test_a_device_that_failed_stands_where_it_was_tried(page: Page, own: SettingUp) -> None:
    page.goto(own.url + "/step/devices")
    follow(page.locator("button[value=printer]"))
    said = page.locator("#printer [role=status]")
    assert "no printer" in said.inner_text()
    assert page.url.endswith("#printer")


def test_a_kiosk_is_set_up_with_a_telephone_whose_browser_runs_no_script(browser: Browser, tmp_path: Path) -> None:
    width, height = SIZES["phone"]
    context = browser.new_context(viewport={"width": width, "height": height}, java_script_enabled=False)
    with setting_up(tmp_path) as own:
        page = inside(context, own)
        for step in ("place", "gate", "devices"):
            follow(page.locator(f"a[href='/step/{step}']"))
            for name, value in ANSWERS[step].items():
                field = page.locator(f"[name={name}]")
                if value == "on":
                    field.check()
                elif name == "direction":
                    page.locator(f"[name=direction][value={value}]").check()
                else:
                    field.fill(value)
            follow(page.locator("form button.main"))
        follow(page.locator("a[href='/step/keys']"))
        with page.expect_download() as saved:
            page.locator("form[action$=file] button").click()
        assert saved.value.suggested_filename == "tracing-private.json"
        follow(page.locator("form[action$=keep] button"))
        follow(page.locator("a[href='/step/backups']"))
        follow(page.locator("form[action$=code] button"))
        code = page.locator(".recovery-code").inner_text()
        page.fill("[name=group]", code[-4:])
        follow(page.locator("form[action$='backups/keep'] button"))
        follow(page.locator("a[href='/step/admin']"))
        page.fill("[name=name]", "Nguyễn Thị Mẫu")
        page.fill("[name=pin]", PIN)
        page.fill("[name=again]", PIN)
        follow(page.locator("form button.main"))
        follow(page.locator("form[action='/finish'] button"))
        assert page.locator("h1").inner_text().strip() == "Máy bắt đầu hoạt động"
    context.close()
    assert config.load(own.settings_file).site.name == ANSWERS["place"]["site"]
