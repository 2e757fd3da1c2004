"""Lamps, buzzer, relay and button: through lgpio and the kernel's GPIO character device."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from kiosk.devices.base import DeviceError
from kiosk.devices.gpio import Button, Buzzer, Lamps, Relay
from kiosk.rules.model import Announcement, Lamp, Outcome, Reason, Sound
from machine.virtual_pins import VirtualPins

GREEN, AMBER, RED, BUZZER, RELAY, BUTTON = 17, 27, 22, 18, 5, 23
NOBODY = 65534
TRIES, REST_S = 20, 1.5
STILL_S = 0.05  # the shortest beep is twice as long


@pytest.fixture
def lamps(virtual_pins: VirtualPins) -> Iterator[Lamps]:
    lamps = Lamps(GREEN, AMBER, RED)
    yield lamps
    lamps.close()


def said(lamp: Lamp, sound: Sound = Sound.NONE, hold_s: float = 30.0) -> Announcement:
    return Announcement(Outcome.ADMITTED, Reason.WELCOME, lamp, sound, "", "", hold_s=hold_s)


def lit(pins: VirtualPins) -> set[int]:
    return {pin for pin in (GREEN, AMBER, RED) if pins.value(pin)}


def changes(pins: VirtualPins, pin: int, begin: Callable[[], None], expected: list[int]) -> list[int]:
    """The values that *pin* takes once it *begins*, until it rests.

    Others than were *expected* count only where no pause of this machine can have hidden a change.
    """
    for _ in range(TRIES):
        last_s, longest_s = time.monotonic(), 0.0
        begin()
        values, changed_s = [pins.value(pin)], time.monotonic()
        while (now_s := time.monotonic()) - changed_s < REST_S:
            longest_s, last_s = max(longest_s, now_s - last_s), now_s
            if (value := pins.value(pin)) != values[-1]:
                values.append(value)
                changed_s = now_s
            time.sleep(0.005)
        if values == expected or longest_s < STILL_S:
            return values
    pytest.fail(f"this machine paused in each of {TRIES} tries")


@pytest.mark.parametrize(
    ("lamp", "pins_lit"),
    [
        (Lamp.GREEN, {GREEN}),
        (Lamp.AMBER, {AMBER}),
        (Lamp.RED, {RED}),
        (Lamp.GREEN_AMBER, {GREEN, AMBER}),
        (Lamp.OFF, set()),
    ],
)
def test_each_lamp_lights_its_lines(virtual_pins: VirtualPins, lamps: Lamps, lamp: Lamp, pins_lit: set[int]) -> None:
    lamps.show(said(lamp))
    assert lit(virtual_pins) == pins_lit


def test_a_lamp_goes_dark_after_its_hold(virtual_pins: VirtualPins, lamps: Lamps) -> None:
    expected = [1, 0]
    assert changes(virtual_pins, GREEN, lambda: lamps.show(said(Lamp.GREEN, hold_s=0.5)), expected) == expected


def test_lamps_that_are_let_go_are_dark(virtual_pins: VirtualPins, lamps: Lamps) -> None:
    lamps.show(said(Lamp.RED))
    lamps.close()
    assert lit(virtual_pins) == set()


def test_the_buzzer_sounds_twice_for_a_goodbye(virtual_pins: VirtualPins) -> None:
    expected = [1, 0, 1, 0]
    with closing(Buzzer(BUZZER)) as buzzer:
        begin = partial(buzzer.show, said(Lamp.GREEN, Sound.BYE))
        assert changes(virtual_pins, BUZZER, begin, expected) == expected


def test_the_relay_pulses_once(virtual_pins: VirtualPins) -> None:
    expected = [1, 0]
    with closing(Relay(RELAY, pulse_s=0.3)) as relay:
        assert changes(virtual_pins, RELAY, lambda: relay.show(said(Lamp.GREEN)), expected) == expected


def test_a_press_calls_once(virtual_pins: VirtualPins) -> None:
    called = threading.Semaphore(0)
    virtual_pins.let_go(BUTTON)
    with closing(Button(BUTTON, called.release)):
        time.sleep(0.2)
        virtual_pins.press(BUTTON)
        assert called.acquire(timeout=120)
        virtual_pins.let_go(BUTTON)
        assert not called.acquire(timeout=0.5)
        virtual_pins.press(BUTTON)
        assert called.acquire(timeout=120)


def test_a_pin_that_another_program_holds_is_named(virtual_pins: VirtualPins) -> None:
    holder = Lamps(GREEN, 0, 0)
    with closing(holder), closing(Lamps(GREEN, AMBER, 0)) as lamps:
        holder.show(said(Lamp.OFF))
        with pytest.raises(DeviceError, match="green on GPIO 17"):
            lamps.show(said(Lamp.GREEN_AMBER))
        assert lit(virtual_pins) == {AMBER}


def test_a_service_that_may_write_nowhere_has_its_lamps_and_button(virtual_pins: VirtualPins) -> None:
    """A user of its own, with / as working directory, as systemd starts it."""
    Path("/dev/gpiochip0").chmod(0o666)  # a Pi gives it to a group of its own
    program = f"""
from kiosk.devices.gpio import *
lamps, button = Lamps({GREEN}, 0, 0), Button({BUTTON}, print)
lamps.show(Announcement(Outcome.ADMITTED, "", Lamp.GREEN, "", "", ""))
print(open("{virtual_pins.line(GREEN)}/value").read().strip())
"""
    path = os.pathsep.join([str(Path.cwd()), os.environ["PYTHONPATH"]])
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd="/",
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (ran.stdout, ran.stderr) == ("1\n", "")
