"""The sheets that hang on the wall: each on one side of A4, in both languages, saying what the door really does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from running import running_kiosk

from kiosk.rules.messages import MESSAGES
from kiosk.web.pages.guide import LAMPS

LONGEST_SITE = "Trung tâm Y tế dự phòng huyện Ví Dụ, điểm tiêm chủng nhà văn hóa"


@pytest.mark.parametrize("path", ["/guide", "/guide/staff"])
def test_a_sheet_is_one_side_of_paper(browser: Browser, tmp_path: Path, path: str) -> None:
    with running_kiosk(tmp_path / "data", site={"name": LONGEST_SITE, "contact": "024 0000 0000"}) as kiosk:
        page = browser.new_page()
        page.goto(kiosk.url + path)
        printed = page.pdf(format="A4", print_background=True)
        page.close()
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


def test_the_sheet_for_staff_has_every_lamp_with_its_sound() -> None:
    said = {(message.lamp, message.sound) for message in MESSAGES.values()}
    assert said == {(lamp, sound) for lamp, sound, _ in LAMPS}
