"""The machine's clocks, and how far the time of day may be trusted."""

from __future__ import annotations

import ctypes
import os
import time
from functools import cache
from pathlib import Path

from kiosk.devices.base import DeviceError
from kiosk.rules.model import ClockState, Moment
from kiosk.rules.true_times import Source

_TIME_ERROR = 5  # adjtimex(2): the clock is not kept by anything
_TIMEX_LONGS = 128  # more than struct timex needs anywhere; all zero asks and changes nothing
_MAX_ERROR = 3  # of the longs: the kernel's bound in microseconds, after modes, offset and frequency
_LEAST_ERROR_MS = 1000  # also over a leap second, and the way to the time server
_RTC_ERROR_MS = 60_000
_TIMESYNC = Path("/run/systemd/timesync/synchronized")  # where adjtimex is forbidden: systemd-timesyncd's mark
_RTC_APART_S = 60  # a hardware clock that lost its battery is years away
_RTC_SAME_S = 2  # no clock agrees so well with another by chance
_LONGS = ctypes.c_long * _TIMEX_LONGS
_BUILT_S = 1_735_689_600  # 2025-01-01: no working clock shows an earlier time

_TOLD: dict[str, int] = {}  # like the machine's own clock it is one for the whole process


def now() -> Moment:
    """This moment. Time asleep counts as passed. Raises DeviceError where the kernel tells no boot id.

    While nothing sets the machine's clock, it is what somebody said who knew (``follow``).
    """
    boot, running_ms, state = boot_id(), _since_boot_ms(), clock_state()
    if state is ClockState.TOLD and boot in _TOLD:
        return Moment(running_ms + _TOLD[boot], running_ms, boot, ClockState.TOLD)
    state = ClockState.UNKNOWN if state is ClockState.TOLD else state  # another boot's
    return Moment(time.time_ns() // 1_000_000, running_ms, boot, state)


def follow(boot: str, offset_ms: int | None) -> None:
    """While the machine runs as *boot*, its time is *offset_ms* more than its running time; None: nobody said so."""
    _TOLD.clear()
    if offset_ms is not None:
        _TOLD[boot] = offset_ms


def stated(wall_ms: int) -> Moment:
    """The moment that a person stated, in milliseconds since 1970, in place of the wall clock's."""
    return Moment(wall_ms, _since_boot_ms(), boot_id(), ClockState.STATED)


def boot_id() -> str:
    """The name of this run of the machine: monotonic times compare only where it is the same.

    Written as systemd's ``%b``. The variable KIOSK_BOOT_ID, where it is set, stands in for the kernel's.
    """
    return os.environ.get("KIOSK_BOOT_ID") or _kernel_boot_id()


def clock_state() -> ClockState:
    """SET where a time server keeps the clock or a working hardware clock set it at boot, else UNKNOWN.

    TOLD where only somebody said what time it was.
    """
    unset = ClockState.TOLD if _TOLD else ClockState.UNKNOWN
    return unset if source() is Source.UNKNOWN else ClockState.SET


def source() -> Source:
    """What set the machine's clock."""
    if _kept_by_kernel() or _TIMESYNC.exists():
        return Source.TIMESYNC
    return Source.RTC if set_by_hardware() else Source.UNKNOWN


def error_ms() -> int:
    """How wrong the machine's clock may be, once something has set it."""
    return _RTC_ERROR_MS if source() is Source.RTC else max(_LEAST_ERROR_MS, _timex()[_MAX_ERROR] // 1000)


@cache  # it is about what happened at boot, and reading the hardware clock may take a millisecond
def set_by_hardware(rtc: Path = Path("/sys/class/rtc/rtc0")) -> bool:
    """Whether the hardware clock *rtc* set the system's clock at boot, by the kernel or by udev, and agrees with it."""
    try:
        took_part = (rtc / "hctosys").read_text(encoding="ascii").strip() == "1"
        hardware_s = int((rtc / "since_epoch").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return False
    return hardware_s > _BUILT_S and abs(hardware_s - time.time()) < (_RTC_APART_S if took_part else _RTC_SAME_S)


def _since_boot_ms() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


@cache
def _kernel_boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip().replace("-", "")
    except OSError as error:
        raise DeviceError(f"the kernel tells no boot id: {error}") from error


def _kept_by_kernel() -> bool:
    state: int = _libc().adjtimex(_LONGS())
    return 0 <= state < _TIME_ERROR


def _timex() -> list[int]:
    """What the kernel tells of its clock: struct timex, which begins with longs."""
    buffer = _LONGS()
    return list(buffer) if _libc().adjtimex(buffer) >= 0 else [0] * _TIMEX_LONGS


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
