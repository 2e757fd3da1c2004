"""The machine's clocks, and how far the time of day may be trusted."""

from __future__ import annotations

import ctypes
import os
import time
from functools import cache
from pathlib import Path

from kiosk.devices.base import DeviceError
from kiosk.rules.model import ClockState, Moment

_TIME_ERROR = 5  # adjtimex(2): the clock is not kept by anything
_TIMEX_BYTES = 1024  # more than struct timex needs anywhere; all zero asks and changes nothing
_TIMESYNC = Path("/run/systemd/timesync/synchronized")  # where adjtimex is forbidden: systemd-timesyncd's mark
_RTC_APART_S = 60  # a hardware clock that lost its battery is years away
_BUILT_S = 1_735_689_600  # 2025-01-01: no working clock shows an earlier time


def now() -> Moment:
    """This moment. Time asleep counts as passed. Raises DeviceError where the kernel tells no boot id."""
    return Moment(time.time_ns() // 1_000_000, _since_boot_ms(), boot_id(), clock_state())


def stated(wall_ms: int) -> Moment:
    """The moment that a person stated, in milliseconds since 1970, in place of the wall clock's."""
    return Moment(wall_ms, _since_boot_ms(), boot_id(), ClockState.STATED)


def boot_id() -> str:
    """The name of this run of the machine: monotonic times compare only where it is the same.

    The variable KIOSK_BOOT_ID, where it is set, stands in for the kernel's.
    """
    return os.environ.get("KIOSK_BOOT_ID") or _kernel_boot_id()


def clock_state() -> ClockState:
    """SET where a time server keeps the clock or a working hardware clock set it at boot, else UNKNOWN."""
    if _kept_by_kernel() or _TIMESYNC.exists() or set_by_hardware():
        return ClockState.SET
    return ClockState.UNKNOWN


@cache  # it is about what happened at boot, and reading the hardware clock may take a millisecond
def set_by_hardware(rtc: Path = Path("/sys/class/rtc/rtc0")) -> bool:
    """Whether the hardware clock *rtc* set the system's clock at boot and still agrees with it."""
    try:
        took_part = (rtc / "hctosys").read_text(encoding="ascii").strip() == "1"
        hardware_s = int((rtc / "since_epoch").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return False
    return took_part and hardware_s > _BUILT_S and abs(hardware_s - time.time()) < _RTC_APART_S


def _since_boot_ms() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


@cache
def _kernel_boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError as error:
        raise DeviceError(f"the kernel tells no boot id: {error}") from error


def _kept_by_kernel() -> bool:
    state: int = _libc().adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    return 0 <= state < _TIME_ERROR


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
