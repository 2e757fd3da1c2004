"""Each entry's moment names this run of the machine and says how far its wall time may be trusted."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from kiosk.devices import clock
from kiosk.rules.model import ClockState
from kiosk.rules.true_times import Source

DAY_S = 86_400


def test_now_is_whole_milliseconds_of_wall_and_running_time() -> None:
    before_ms, began_ms = time.time() * 1000, time.clock_gettime(time.CLOCK_BOOTTIME) * 1000
    moment = clock.now()
    after_ms, ended_ms = time.time() * 1000, time.clock_gettime(time.CLOCK_BOOTTIME) * 1000
    assert before_ms - 1 <= moment.wall_ms <= after_ms
    assert began_ms - 1 <= moment.monotonic_ms <= ended_ms


def test_running_time_never_goes_back() -> None:
    moments = [clock.now().monotonic_ms for _ in range(100)]
    assert moments == sorted(moments)


def test_a_stated_time_stands_in_for_the_wall_clock_only() -> None:
    moment = clock.stated(1_000)
    assert (moment.wall_ms, moment.clock, moment.boot_id) == (1_000, ClockState.STATED, clock.boot_id())
    assert moment.monotonic_ms <= clock.now().monotonic_ms


def test_the_kernel_names_this_run_unless_the_environment_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KIOSK_BOOT_ID", raising=False)
    assert clock.boot_id() == Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip().replace(
        "-", ""
    )
    monkeypatch.setenv("KIOSK_BOOT_ID", "another-run")
    assert clock.now().boot_id == "another-run"


@pytest.fixture
def sandboxed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine's root, seen from where adjtimex is refused."""
    monkeypatch.setattr(clock, "_kept_by_kernel", lambda: False)
    return tmp_path


def heard(root: Path, ago_s: float) -> None:
    """systemd-timesyncd heard a time server."""
    mark = root / "run/systemd/timesync/synchronized"
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()
    os.utime(mark, (time.time() - ago_s,) * 2)


def hardware_clock(root: Path, *, hctosys: str, apart_s: float, set_by_unit: bool = False) -> None:
    for path, text in {
        "sys/class/rtc/rtc0/hctosys": hctosys,
        "sys/class/rtc/rtc0/since_epoch": str(round(time.time() + apart_s)),
        **({"run/kiosk-hardware-clock/set": ""} if set_by_unit else {}),
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text + "\n", encoding="ascii")


def test_a_time_server_that_was_heard_three_weeks_ago_says_nothing_of_today(sandboxed: Path) -> None:
    heard(sandboxed, 21 * DAY_S)
    found = clock.last_set(sandboxed)
    assert (found.source, found.error_ms) == (Source.TIMESYNC, 1000)
    assert found.ago_ms == pytest.approx(21 * DAY_S * 1000, abs=60_000)


def test_a_time_server_is_not_believed_of_a_clock_that_was_set_back_since(sandboxed: Path) -> None:
    heard(sandboxed, -3600)
    assert clock.last_set(sandboxed).source is Source.UNKNOWN


@pytest.mark.parametrize(
    ("hctosys", "set_by_unit", "apart_s", "trusted"),
    [
        ("1", False, 0, True),
        ("1", False, 30, True),  # it is not as good as the system's, which has gone on by itself
        ("0", True, -30, True),  # the driver came late: our unit set the system's clock, of which the kernel is unaware
        ("0", False, 0, False),  # it is there, but did not set the system's clock
        ("1", False, -400_000_000, False),  # its battery is flat, and systemd moved the system's clock on
    ],
)
def test_a_hardware_clock_is_trusted_only_if_it_set_the_time_and_agrees(
    sandboxed: Path, hctosys: str, set_by_unit: bool, apart_s: int, trusted: bool
) -> None:
    hardware_clock(sandboxed, hctosys=hctosys, apart_s=apart_s, set_by_unit=set_by_unit)
    assert clock.set_by_hardware(sandboxed) is trusted
    assert (clock.last_set(sandboxed).source is Source.RTC) is trusted


def test_what_the_system_is_apart_from_the_hardware_clock_is_part_of_the_error(sandboxed: Path) -> None:
    began_s = time.monotonic()
    hardware_clock(sandboxed, hctosys="1", apart_s=-30)
    error_ms = clock.last_set(sandboxed).error_ms
    assert 88_000 <= error_ms <= 92_000 + (time.monotonic() - began_s) * 1000


def test_a_hardware_clock_whose_driver_comes_after_the_door_is_seen_all_the_same(sandboxed: Path) -> None:
    assert clock.set_by_hardware(sandboxed) is False
    hardware_clock(sandboxed, hctosys="0", apart_s=0)
    assert clock.set_by_hardware(sandboxed) is False
    hardware_clock(sandboxed, hctosys="0", apart_s=0, set_by_unit=True)
    assert clock.set_by_hardware(sandboxed) is True
