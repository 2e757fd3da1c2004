"""The drawings show the pins that the settings have, and the table of lamps says what the sheet on the wall says."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kiosk.config import Settings
from kiosk.rules.messages import SOUNDS
from kiosk.rules.model import Lamp, Sound
from kiosk.web.pages.guide import LAMPS

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "tests" / "pictures"
DRAWINGS = ("wiring.svg", "wiring-lamp.svg")
# Where a Raspberry Pi's header has them.
PIN_OF_GPIO = {17: 11, 18: 12, 22: 15, 23: 16, 27: 13}
NUMBERS = {1: "one", 2: "two", 3: "three"}
LONG_S = 0.5


def words_of(drawing: str) -> str:
    parsed = ElementTree.parse(PICTURES / drawing)
    return " ".join(text.strip() for text in parsed.getroot().itertext() if text.strip())


def test_every_pin_of_the_settings_is_drawn_with_its_place_on_the_header() -> None:
    outputs, drawn = Settings().outputs, words_of("wiring.svg")
    used = {outputs.green_pin, outputs.amber_pin, outputs.red_pin, outputs.buzzer_pin, outputs.button_pin}
    for gpio in sorted(used):
        assert re.search(rf"GPIO {gpio}\b[^0-9]{{1,3}}pin {PIN_OF_GPIO[gpio]}\b", drawn), f"GPIO {gpio}"


@pytest.mark.parametrize("drawing", DRAWINGS)
def test_a_drawing_can_be_read_in_print(drawing: str) -> None:
    """On 170 mm of paper its smallest letters are higher than 1.5 mm."""
    text = (PICTURES / drawing).read_text(encoding="utf-8")
    width = float(re.findall(r'viewBox="0 0 (\d+)', text)[0])
    smallest = min(float(size) for size in re.findall(r"font(?:-size)?:\s*([\d.]+)px", text))
    assert smallest * 170 / width > 1.5


def test_the_boot_lines_hold_the_same_pins_down() -> None:
    lines = (ROOT / "firmware_config/boot/kiosk.txt").read_text(encoding="utf-8")
    outputs = Settings().outputs
    down = {int(pin) for pin in re.findall(r"^gpio=([\d,]+)=op,dl", lines, re.MULTILINE)[0].split(",")}
    assert down == {outputs.green_pin, outputs.amber_pin, outputs.red_pin, outputs.buzzer_pin}
    assert f"gpio={outputs.button_pin}=ip,pu" in lines


def test_the_readme_says_of_each_lamp_what_the_sheet_on_the_wall_says() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| ([a-z ]+) \| ([a-z, ]+) \| [a-z]", readme, re.MULTILINE))
    for lamp, sound, _ in LAMPS:
        assert (lamp_in_words(lamp), sound_in_words(sound)) in rows


def lamp_in_words(lamp: Lamp) -> str:
    return lamp.value.replace("_", " and ")


def sound_in_words(sound: Sound) -> str:
    on = [beat for beat, _ in SOUNDS[sound]]
    short, long = sum(beat < LONG_S for beat in on), sum(beat >= LONG_S for beat in on)
    return ", ".join(f"{NUMBERS[number]} {name}" for number, name in ((short, "short"), (long, "long")) if number)
