"""PINs of staff: which are good enough, and how long is waited after wrong ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise

from kiosk.rules.lasting import NEVER, Since, since
from kiosk.rules.model import Moment

LEAST_DIGITS, MOST_DIGITS = 6, 12

PERSON_TRIES = 5
# A tablet is shared: who mistypes their own PIN does not lock it for the others.
DEVICE_TRIES = 15
FIRST_LOCK_MS, LONGEST_LOCK_MS = 60_000, 15 * 60_000


class Weakness(StrEnum):
    """Why a PIN is not taken; it is among those that are tried first (NIST SP 800-63B, 5.1.1.2)."""

    NO_DIGITS = "no_digits"
    SHORT = "short"
    LONG = "long"
    REPEATED = "repeated"
    RUN = "run"
    DATE = "date"


def weakness(pin: str) -> Weakness | None:
    """What is wrong with *pin*, which is from 6 to 12 of the digits 0 to 9; None where it is good."""
    if not (pin.isascii() and pin.isdecimal()):
        return Weakness.NO_DIGITS
    if len(pin) < LEAST_DIGITS:
        return Weakness.SHORT
    if len(pin) > MOST_DIGITS:
        return Weakness.LONG
    if pin in (pin + pin)[1:-1]:  # 777777, 121212, 123123
        return Weakness.REPEATED
    if _steps(pin) in ({1}, {-1}):
        return Weakness.RUN
    return Weakness.DATE if _is_date(pin) else None


def _steps(pin: str) -> set[int]:
    return {(int(after) - int(before) + 5) % 10 - 5 for before, after in pairwise(pin)}


def _is_date(pin: str) -> bool:
    """As people here write it: 210388, 21031988, 1988-03-21 without its dashes."""
    if len(pin) == 6:
        return _is_day(f"20{pin[4:]}", pin[2:4], pin[:2]) or _is_day(f"19{pin[4:]}", pin[2:4], pin[:2])
    if len(pin) != 8:
        return False
    forms = (pin[4:], pin[2:4], pin[:2]), (pin[:4], pin[4:6], pin[6:])
    return any("1900" <= year < "2100" and _is_day(year, month, day) for year, month, day in forms)


def _is_day(year: str, month: str, day: str) -> bool:
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Tries:
    """Wrong PINs in a row, and when the last of them was."""

    wrong: int = 0
    last: Since = NEVER


def wrong_again(tries: Tries, now: Moment) -> Tries:
    """After one more wrong PIN, at *now*."""
    return Tries(tries.wrong + 1, since(now))


def lock_ms(wrong: int, free: int) -> int:
    """How long a lock lasts from the last of *wrong* PINs: none before the *free*-th, then 1 minute, doubling to 15."""
    if wrong < free:
        return 0
    doubled = min(wrong - free, 8)  # beyond, it is the longest anyway
    return min(FIRST_LOCK_MS << doubled, LONGEST_LOCK_MS)


def locked_ms(tries: Tries, free: int, now: Moment) -> int:
    """How long no PIN is tried any more, from *now*; 0 where one may be tried.

    A restart of the machine shortens no lock, and no clock lengthens it: it is over once the machine has been
    running for as long as it lasts.
    """
    return max(0, lock_ms(tries.wrong, free) - tries.last.lasted_ms(now))
