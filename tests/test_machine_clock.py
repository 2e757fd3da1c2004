"""Each entry's moment names this run of the machine and says how far its wall time may be trusted."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from kiosk.devices import clock
from kiosk.rules.model import ClockState


def test_now_is_whole_milliseconds_of_wall_and_running_time() -> None:
    before_ms, moment, after_ms = time.time() * 1000, clock.now(), time.time() * 1000
    assert before_ms - 1 <= moment.wall_ms <= after_ms
    assert moment.monotonic_ms == pytest.approx(time.clock_gettime(time.CLOCK_BOOTTIME) * 1000, abs=1000)


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


def hardware_clock(folder: Path, *, hctosys: str, since_epoch_s: int) -> Path:
    (folder / "hctosys").write_text(f"{hctosys}\n", encoding="ascii")
    (folder / "since_epoch").write_text(f"{since_epoch_s}\n", encoding="ascii")
    return folder


@pytest.mark.parametrize(
    ("hctosys", "apart_s", "trusted"),
    [
        ("1", 0, True),
        ("1", 30, True),  # it is not as good as the system's, which has gone on by itself
        ("0", 0, True),  # udev had hwclock set the system's clock by it, of which the kernel knows nothing
        ("0", -30, False),  # it is there, but did not set the system's clock
        ("1", -400_000_000, False),  # its battery is flat, and systemd moved the system's clock on
    ],
)
def test_a_hardware_clock_is_trusted_only_if_it_set_the_time_and_agrees(
    tmp_path: Path, hctosys: str, apart_s: int, trusted: bool
) -> None:
    rtc = hardware_clock(tmp_path, hctosys=hctosys, since_epoch_s=int(time.time()) + apart_s)
    assert clock.set_by_hardware(rtc) is trusted


def test_a_machine_without_hardware_clock_has_none_to_trust(tmp_path: Path) -> None:
    assert clock.set_by_hardware(tmp_path) is False
