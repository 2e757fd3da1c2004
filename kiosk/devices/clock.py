"""The machine's clocks, and how far the time of day may be trusted."""

from __future__ import annotations

import ctypes
import os
import time
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path

from kiosk.devices.base import DeviceError
from kiosk.rules.model import ClockState, Moment
from kiosk.rules.true_times import LastSet, Source, drift_ms

_TIME_ERROR = 5  # adjtimex(2): the clock is not kept by anything
_TIMEX_LONGS = 128  # more than struct timex needs anywhere; all zero asks and changes nothing
_MAX_ERROR = 3  # of the longs: the kernel's bound in microseconds, after modes, offset and frequency
_LEAST_ERROR_MS = 1000  # also over a leap second, and the way to the time server
_RTC_ERROR_MS = 60_000
_RTC_APART_MS = 60_000  # a hardware clock that lost its battery is years away
_READ_AGAIN_MS = 10_000
# Where adjtimex is forbidden: systemd-timesyncd touches it whenever a time server was heard.
_TIMESYNC = "run/systemd/timesync/synchronized"
_RTC = "sys/class/rtc/rtc0"
_RTC_SET = "run/kiosk-hardware-clock/set"  # the mark of kiosk-hardware-clock.service, of which the kernel knows nothing
_ROOT = Path("/")
_LONGS = ctypes.c_long * _TIMEX_LONGS
_BUILT_MS = 1_735_689_600_000  # 2025-01-01: no working clock shows an earlier time

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
    if _kept_by_kernel() or _heard_ago_ms(_ROOT) is not None:
        return Source.TIMESYNC
    return Source.RTC if set_by_hardware() else Source.UNKNOWN


def last_set(root: Path = _ROOT) -> LastSet:
    """What set the machine's clock last, by the files below *root*; the source is UNKNOWN where nothing did.

    A hardware clock goes on saying what time it is: what the system's clock is apart from it is part of the error.
    """
    if _kept_by_kernel():
        return LastSet(Source.TIMESYNC, 0, max(_LEAST_ERROR_MS, _timex()[_MAX_ERROR] // 1000))
    if (ago_ms := _heard_ago_ms(root)) is not None:
        return LastSet(Source.TIMESYNC, ago_ms, _LEAST_ERROR_MS)
    apart_ms = _hardware_apart_ms(root) if _hardware_took_part(root) else None
    return LastSet() if apart_ms is None else LastSet(Source.RTC, 0, _RTC_ERROR_MS + abs(apart_ms))


def set_by_hardware(root: Path = _ROOT) -> bool:
    """Whether a hardware clock set the system's in this boot, as files below *root* tell, and still agrees with it."""
    return _hardware_took_part(root) and _hardware_agrees(root, _since_boot_ms() // _READ_AGAIN_MS)


@lru_cache(maxsize=1)  # reading one may take a millisecond, and every time on a page asks
def _hardware_agrees(root: Path, _lately: int) -> bool:
    return _hardware_apart_ms(root) is not None


def _hardware_took_part(root: Path) -> bool:
    """By the kernel, or by the unit that sets the clock where the driver of the hardware clock came late."""
    with suppress(OSError):
        return (root / _RTC_SET).exists() or (root / _RTC / "hctosys").read_text(encoding="ascii").strip() == "1"
    return False


def _hardware_apart_ms(root: Path) -> int | None:
    """How far the hardware clock is ahead of the system's; None where it cannot be right."""
    try:
        hardware_ms = 1000 * int((root / _RTC / "since_epoch").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    apart_ms = hardware_ms - time.time_ns() // 1_000_000
    far_ms = _RTC_APART_MS + drift_ms(_since_boot_ms())
    return apart_ms if hardware_ms > _BUILT_MS and abs(apart_ms) <= far_ms else None


def _heard_ago_ms(root: Path) -> int | None:
    """How long ago systemd-timesyncd heard a time server; None where it has not, or the clock was set back since."""
    with suppress(OSError):
        ago_ms = (time.time_ns() - (root / _TIMESYNC).stat().st_mtime_ns) // 1_000_000
        return max(0, ago_ms) if ago_ms > -_LEAST_ERROR_MS else None
    return None


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
