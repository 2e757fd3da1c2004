"""The lamps, the buzzer and the relay do what was announced: asked of the pins themselves."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory, MockPin
from patience import PATIENCE_S, eventually

from kiosk.devices.base import DeviceError, Output
from kiosk.devices.gpio import Button, Buzzer, Lamps, Relay
from kiosk.rules.messages import SOUNDS
from kiosk.rules.model import Announcement, Lamp, Outcome, Reason, Sound

GREEN, AMBER, RED, BUZZER, RELAY, BUTTON = 17, 27, 22, 18, 5, 23


@pytest.fixture
def pins() -> Iterator[MockFactory]:
    """gpiozero's own pins in memory, which remember every state they had."""
    usual, Device.pin_factory = Device.pin_factory, MockFactory()
    yield Device.pin_factory
    Device.pin_factory.reset()
    Device.pin_factory = usual


def said(lamp: Lamp, hold_s: float = 30.0, **more: Any) -> Announcement:
    words = {"outcome": Outcome.REFUSED, "reason": Reason.UNKNOWN_CODE, "sound": Sound.NONE} | more
    return Announcement(lamp=lamp, vi="", en="", hold_s=hold_s, **words)


def lit(pins: MockFactory) -> set[int]:
    return {number for number in (GREEN, AMBER, RED) if pins.pin(number).state}


@pytest.mark.parametrize(
    ("lamp", "expected"),
    [
        (Lamp.OFF, set()),
        (Lamp.GREEN, {GREEN}),
        (Lamp.AMBER, {AMBER}),
        (Lamp.RED, {RED}),
        (Lamp.GREEN_AMBER, {GREEN, AMBER}),
    ],
)
def test_each_lamp_lights_its_pins_and_no_other(pins: MockFactory, lamp: Lamp, expected: set[int]) -> None:
    lamps = Lamps(GREEN, AMBER, RED)
    lamps.show(said(Lamp.GREEN))
    lamps.show(said(lamp))
    assert lit(pins) == expected
    lamps.close()


def test_the_lamp_goes_off_after_its_hold(pins: MockFactory) -> None:
    lamps = Lamps(GREEN, AMBER, RED)
    lamps.show(said(Lamp.RED, hold_s=0.05))
    assert eventually(lambda: [state.state for state in pins.pin(RED).states] == [False, True, False])
    assert lit(pins) == set()
    lamps.close()


def test_the_gate_stays_red_for_its_whole_hold(pins: MockFactory) -> None:
    """The end of an earlier green must not put out a later red."""
    lamps = Lamps(GREEN, AMBER, RED)
    lamps.show(said(Lamp.GREEN, hold_s=0.05))
    lamps.show(said(Lamp.RED, hold_s=30))
    time.sleep(0.15)
    assert lit(pins) == {RED}
    lamps.close()


def test_all_is_dark_from_the_start_and_after_the_end(pins: MockFactory) -> None:
    pins.pin(RED).drive_high()
    lamps = Lamps(GREEN, AMBER, RED)
    assert not lit(pins)
    lamps.show(said(Lamp.GREEN))
    lamps.close()
    lamps.close()
    assert not lit(pins)


class BrokenPin(MockPin):  # type: ignore[misc]
    """A pin that another program holds."""

    def _set_function(self, value: str) -> None:
        if value == "output":
            raise RuntimeError("GPIO busy")


def test_a_broken_lamp_is_named_and_the_others_still_light(pins: MockFactory) -> None:
    pins.pin(AMBER, pin_class=BrokenPin)
    lamps = Lamps(GREEN, AMBER, RED)
    with pytest.raises(DeviceError, match="amber on GPIO 27: GPIO busy"):
        lamps.show(said(Lamp.GREEN_AMBER, hold_s=0.05))
    assert eventually(lambda: [state.state for state in pins.pin(GREEN).states] == [False, True, False])
    assert [state.state for state in pins.pin(RED).states] == [False]
    assert not lit(pins)
    lamps.close()


def test_a_lamp_that_returns_is_used_again(pins: MockFactory) -> None:
    pins.pin(AMBER, pin_class=BrokenPin)
    lamps = Lamps(GREEN, AMBER, RED)
    pins.reset()
    lamps.show(said(Lamp.AMBER))
    assert lit(pins) == {AMBER}
    lamps.close()


def test_a_lamp_that_is_not_wired_is_no_fault(pins: MockFactory) -> None:
    lamps = Lamps(GREEN, 0, RED)
    lamps.show(said(Lamp.GREEN_AMBER))
    assert lit(pins) == {GREEN}
    lamps.close()


@pytest.mark.parametrize("sound", Sound)
def test_the_buzzer_plays_each_sound_and_ends_silent(pins: MockFactory, sound: Sound) -> None:
    buzzer = Buzzer(BUZZER)
    pin = pins.pin(BUZZER)
    pin.clear_states()
    buzzer.show(said(Lamp.OFF, sound=sound))
    beats = len(SOUNDS[sound])
    assert eventually(lambda: [state.state for state in pin.states].count(True) == beats and not pin.state)
    buzzer.close()


def test_a_newer_sound_replaces_the_older(pins: MockFactory) -> None:
    buzzer = Buzzer(BUZZER)
    buzzer.show(said(Lamp.RED, sound=Sound.REFUSED))
    buzzer.show(said(Lamp.OFF, sound=Sound.NONE))
    assert not pins.pin(BUZZER).state
    buzzer.close()


@pytest.mark.parametrize("outcome", Outcome)
def test_the_door_relay_pulses_for_passages_only(pins: MockFactory, outcome: Outcome) -> None:
    relay = Relay(RELAY, pulse_s=0.05)
    relay.show(said(Lamp.GREEN, outcome=outcome))
    passes = outcome in (Outcome.ADMITTED, Outcome.LET_OUT, Outcome.PASSED_UNRECORDED)
    pin = pins.pin(RELAY)
    assert eventually(lambda: [state.state for state in pin.states].count(True) == passes and not pin.state)
    relay.close()


def test_a_relay_that_cannot_be_used_is_known_before_somebody_may_pass(pins: MockFactory) -> None:
    pins.pin(RELAY, pin_class=BrokenPin)
    relay = Relay(RELAY, pulse_s=0.05)
    with pytest.raises(DeviceError, match="relay on GPIO 5: GPIO busy"):
        relay.show(said(Lamp.RED))
    relay.close()


def test_a_refusal_does_not_cut_the_pulse_for_the_person_before(pins: MockFactory) -> None:
    relay = Relay(RELAY, pulse_s=30)
    relay.show(said(Lamp.GREEN, outcome=Outcome.ADMITTED))
    relay.show(said(Lamp.RED))
    assert pins.pin(RELAY).state
    relay.close()


def test_the_button_calls(pins: MockFactory) -> None:
    pressed = threading.Event()
    button = Button(BUTTON, pressed.set)
    pins.pin(BUTTON).drive_low()
    assert pressed.wait(PATIENCE_S)
    button.close()


def test_a_button_that_cannot_be_used_says_so_in_a_sentence(pins: MockFactory) -> None:
    with pytest.raises(DeviceError, match="button on GPIO 99"):
        Button(99, lambda: None)


def test_lamps_buzzer_and_relay_are_outputs(pins: MockFactory) -> None:
    outputs: list[Output] = [Lamps(GREEN, AMBER, RED), Buzzer(BUZZER), Relay(RELAY, 1.0)]
    assert [output.name for output in outputs] == ["lamps", "buzzer", "relay"]
    for output in outputs:
        output.close()
