"""The simulator in a browser: a card, a photo, a code before the camera; lamp, words and ticket as at the door."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pictures_of_codes import as_file, code_picture, on_canvas
from PIL import Image
from playwright.sync_api import FilePayload, Page, Playwright, expect
from running import Kiosk, card_of, running_kiosk

from browser.conftest import OpenPage, launch
from kiosk.rules import invented
from kiosk.web.guard import LARGEST_BODY_BYTES

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("long_lamps")]


@pytest.fixture
def door() -> dict[str, Any]:
    """[door] of the kiosk; a test parametrizes it to set another."""
    return {}


@pytest.fixture
def kiosk(tmp_path: Path, door: dict[str, Any]) -> Iterator[Kiosk]:
    site = {"name": "Nhà văn hóa Ví Dụ", "capacity": 40}
    with running_kiosk(tmp_path / "data", site=site, door=door) as running:
        yield running


def joined(page: Page) -> Page:
    """The page once it hears from the door."""
    expect(page.locator("#live")).to_have_attribute("data-live", "live")
    return page


def present(page: Page, card: str, gate: str = "in") -> None:
    page.locator(f"input[name=gate][value={gate}]").check(force=True)
    page.locator(f'[data-do=person][data-code="{card}"]').click()


def photo_of(code: bytes) -> FilePayload:
    return {"name": "the.jpg", "mimeType": "image/jpeg", "buffer": as_file(on_canvas(code_picture(code, scale=4)))}


def test_a_chosen_person_shows_a_card_and_the_door_answers(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = joined(open_page("/simulator"))
    page.get_by_text(invented.person(2).person.name).click()
    present(page, "cccd")
    door = page.locator("#door")
    expect(door).to_have_attribute("data-lamp", "green")
    expect(door.locator(".display")).to_contain_text("Xin mời vào.")
    expect(door.locator(".number")).to_have_text("A001")
    expect(door.locator(".lamp")).to_contain_text("Đèn xanh")
    expect(page.locator("#told")).to_contain_text("đã ghi mục số")
    expect(page.locator("#paper")).to_be_visible()
    expect(page.locator("#paper")).to_have_js_property("naturalWidth", 576)
    assert kiosk.reader.inside()[0].ticket == "A001"


def test_the_lamp_goes_out_and_the_door_invites_the_next(open_page: OpenPage) -> None:
    page = joined(open_page("/simulator"))
    present(page, "bhyt")
    expect(page.locator("#door")).to_have_attribute("data-lamp", "green")
    expect(page.locator("#door")).to_have_attribute("data-lamp", "off")
    expect(page.locator(".invite")).to_be_visible()


def test_the_ticket_that_was_printed_opens_the_exit(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = joined(open_page("/simulator"))
    present(page, "unified")
    expect(page.locator("#paper")).to_be_visible()
    page.locator("input[name=gate][value=out]").check(force=True)
    page.locator("[data-do=slip]").click()
    expect(page.locator("#door .display")).to_contain_text("Tạm biệt")
    assert kiosk.reader.inside() == []


def test_a_photo_is_chosen(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = joined(open_page("/simulator"))
    page.locator("#photo").set_input_files(photo_of(card_of(5)))
    expect(page.locator("#told")).to_contain_text("Căn cước: đã ghi")
    assert len(kiosk.reader.inside()) == 1


def test_a_large_photo_is_made_smaller_first(open_page: OpenPage) -> None:
    large = Image.effect_noise((3200, 2400), 60).convert("RGB")
    large.paste(code_picture(card_of(5), scale=16), (600, 400))
    photo = as_file(large)
    assert len(photo) > LARGEST_BODY_BYTES
    page = joined(open_page("/simulator"))
    page.locator("#photo").set_input_files({"name": "large.jpg", "mimeType": "image/jpeg", "buffer": photo})
    expect(page.locator("#told")).to_contain_text("Căn cước: đã ghi")


def test_a_photo_is_dropped(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = joined(open_page("/simulator"))
    held = page.evaluate_handle(
        """(bytes) => {
          const held = new DataTransfer();
          held.items.add(new File([new Uint8Array(bytes)], "the.jpg", { type: "image/jpeg" }));
          return held;
        }""",
        list(as_file(on_canvas(code_picture(card_of(6), scale=4)))),
    )
    page.locator("#drop").dispatch_event("drop", {"dataTransfer": held})
    expect(page.locator("#told")).to_contain_text("Căn cước: đã ghi")
    assert len(kiosk.reader.inside()) == 1


def test_what_is_no_photo_is_a_sentence(open_page: OpenPage) -> None:
    page = joined(open_page("/simulator"))
    page.locator("#photo").set_input_files({"name": "x.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"})
    expect(page.locator("#told")).to_contain_text("Cửa không làm được việc này.")


@pytest.mark.parametrize("door", [{"quiet_s": 600.0}])  # a card that is held still is shown once
def test_a_code_before_the_camera_comes_in(
    kiosk: Kiosk, open_page: OpenPage, playwright: Playwright, camera_film: Path
) -> None:
    with launch(
        playwright,
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={camera_film}",
    ) as with_camera:
        page = joined(open_page("/simulator", in_browser=with_camera))
        page.locator("#camera").click()
        expect(page.locator("#viewfinder")).to_be_visible()
        expect(page.locator("#door .number")).to_have_text("A001")
        page.locator("#camera").click()
        expect(page.locator("#viewfinder")).to_be_hidden()
    assert len(kiosk.reader.inside()) == 1


def test_a_camera_that_may_not_be_used_is_a_sentence(open_page: OpenPage) -> None:
    page = joined(open_page("/simulator"))
    page.locator("#camera").click()
    expect(page.locator("#told")).to_contain_text("Không mở được máy ảnh")


def test_a_number_is_typed(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = joined(open_page("/simulator"))
    page.locator("#typed").fill("099085000001")
    page.locator("#typed").press("Enter")
    expect(page.locator("#told")).to_contain_text("Nhập số: đã ghi")
    assert len(kiosk.reader.inside()) == 1


def test_a_stray_code_is_refused_with_symbol_words_and_rhythm(open_page: OpenPage) -> None:
    page = joined(open_page("/simulator"))
    page.locator("main summary").click()
    page.locator("[data-do=stray][data-code=payment]").click()
    door = page.locator("#door")
    expect(door).to_have_attribute("data-lamp", "red")
    expect(door.locator(".lens use")).to_have_attribute("href", "#i-red")
    expect(door.locator(".display")).to_contain_text("Đây là mã thanh toán.")
    expect(door.locator(".beats .long")).to_have_count(1)


def test_the_page_works_on_while_the_door_is_away_and_joins_it_again(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = joined(open_page("/simulator"))
    kiosk.close_door()
    expect(page.locator(".away")).to_be_visible()
    page.locator("[data-do=person]").first.click()
    expect(page.locator("#told")).to_contain_text("Cửa chưa trả lời")
    kiosk.open_door()
    joined(page)
    present(page, "cccd")
    expect(page.locator("#door")).to_have_attribute("data-lamp", "green")


def test_a_printer_fault_can_be_tried(kiosk: Kiosk, open_page: OpenPage) -> None:
    page, staff = joined(open_page("/simulator")), open_page("/")
    page.locator("main summary").click()
    page.locator("[data-status=paper_out]").click()
    expect(page.locator("[data-status=paper_out]")).to_have_attribute("aria-pressed", "true")
    expect(staff.get_by_role("alert").filter(visible=True)).to_contain_text("Máy in")
    expect(staff.locator("main")).to_contain_text("hết giấy")
