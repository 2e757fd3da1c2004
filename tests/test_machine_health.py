"""The machine's own troubles: read where Linux shows them, told once, kept in the log, over when they are over."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Site
from hypothesis import given
from hypothesis import strategies as st

from kiosk.devices import clock
from kiosk.devices.machine import Machine
from kiosk.machine_watch import MachineWatch
from kiosk.rules.entries import EntryKind
from kiosk.rules.machine import Limits, Measured, Part, Watch
from kiosk.rules.model import ClockState
from kiosk.store import days
from kiosk.store.reading import DeviceState

LIMITS = Limits(least_free_mb=200, hottest_c=80.0, calm_ms=60_000)
FINE = Measured(ClockState.SET, free_mb=5000, temperature_c=45.0, undervoltage=False)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """What a Raspberry Pi 4 shows below /sys, as far as it matters here."""
    for path, content in {
        "class/thermal/thermal_zone0/temp": "48212\n",
        "class/hwmon/hwmon0/name": "cpu_thermal\n",
        "class/hwmon/hwmon1/name": "rpi_volt\n",
        "class/hwmon/hwmon1/in0_lcrit_alarm": "0\n",
        "class/rtc/rtc0/since_epoch": "1795222800\n",
    }.items():
        put(tmp_path, path, content)
    return tmp_path


def put(root: Path, path: str, content: str) -> None:
    (root / "sys" / path).parent.mkdir(parents=True, exist_ok=True)
    (root / "sys" / path).write_text(content, encoding="ascii")


def test_a_raspberry_pi_is_read(root: Path) -> None:
    measured = Machine(root, root).measure()
    assert (measured.temperature_c, measured.undervoltage, measured.hardware_clock) == (48.212, False, True)
    assert measured.free_mb is not None
    assert measured.free_mb > 0


def test_low_voltage_is_the_alarm_of_the_firmware_s_driver(root: Path) -> None:
    put(root, "class/hwmon/hwmon1/in0_lcrit_alarm", "1\n")
    assert Machine(root, root).measure().undervoltage is True


def test_the_hottest_sensor_counts_and_one_that_tells_nothing_does_not(root: Path) -> None:
    put(root, "class/thermal/thermal_zone1/temp", "71500\n")
    put(root, "class/thermal/thermal_zone2/temp", "-274000\n")
    put(root, "class/thermal/thermal_zone3/temp", "")
    assert Machine(root, root).measure().temperature_c == 71.5


def test_a_machine_without_any_of_it_is_no_trouble(tmp_path: Path) -> None:
    measured = replace(Machine(tmp_path / "no-disk", tmp_path).measure(), clock=ClockState.SET)
    assert measured == Measured(ClockState.SET)
    assert not Watch(LIMITS).look(measured, 0).standing


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"free_mb": 199}, Part.SPACE),
        ({"temperature_c": 80.0}, Part.TEMPERATURE),
        ({"undervoltage": True}, Part.POWER),
        ({"clock": ClockState.UNKNOWN}, Part.CLOCK),
    ],
)
def test_each_part_is_in_trouble_by_its_own_limit(change: dict[str, object], part: Part) -> None:
    assert Watch(LIMITS).look(FINE, 0).standing == []
    assert Watch(LIMITS).look(replace(FINE, **change), 0).standing == [part]  # type: ignore[arg-type]  # one of many


@given(st.lists(st.floats(75.1, 85.0), min_size=1))
def test_heat_that_wavers_at_the_limit_is_one_trouble(temperatures_c: list[float]) -> None:
    watch = Watch(LIMITS).look(replace(FINE, temperature_c=81.0), 0)
    for second, temperature_c in enumerate(temperatures_c):
        watch = watch.look(replace(FINE, temperature_c=temperature_c), second * 1000)
        assert watch.standing == [Part.TEMPERATURE]
    assert not watch.look(replace(FINE, temperature_c=74.9), 0).standing


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 90_000)), max_size=20))
def test_low_voltage_is_over_after_a_quiet_minute_and_not_before(looks: list[tuple[bool, int]]) -> None:
    watch, at_ms, last_low_ms = Watch(LIMITS), 0, None
    for low, later_ms in looks:
        at_ms += later_ms
        last_low_ms = at_ms if low else last_low_ms
        watch = watch.look(replace(FINE, undervoltage=low), at_ms)
        stands = last_low_ms is not None and at_ms - last_low_ms < LIMITS.calm_ms
        assert (Part.POWER in watch.standing) == stands


def told(site: Site, part: Part, *, ok: bool) -> DeviceState:
    """The state of *part* as pages read it, once it is *ok* or not."""
    until_s = time.monotonic() + 20
    while time.monotonic() < until_s:
        for state in site.reader.devices():
            if state.name == part and state.ok is ok:
                return state
        time.sleep(0.01)
    raise AssertionError(f"{part} was never told to be {'well' if ok else 'in trouble'}")


def test_every_rise_is_in_the_log_and_shown_until_it_is_over(site: Site, root: Path) -> None:
    store = site.house.store
    watch = MachineWatch(Machine(root, root), LIMITS, site.house.health, lambda: nullcontext(store), demo=True)
    for millidegrees in (48_000, 81_000, 82_000, 60_000, 80_500):
        put(root, "class/thermal/thermal_zone0/temp", str(millidegrees))
        watch.look(clock.now())
        state = told(site, Part.TEMPERATURE, ok=millidegrees < 80_000)
    assert state.note == "80 °C; 80 °C is too hot"
    troubles = [(body["part"], body["over"]) for *_, body in days.bodies(store.db, EntryKind.TROUBLE)]
    assert troubles == [("temperature", False), ("temperature", True), ("temperature", False)]
    assert Part.CLOCK not in {state.name for state in site.reader.devices()}  # any machine's clock will do to try out
