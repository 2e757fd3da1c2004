"""What may become of accounts: names, PINs, and an admin who is always left."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Protocol

from kiosk.rules.access import Role
from kiosk.rules.identity import clean_name
from kiosk.rules.pins import LEAST_DIGITS, MOST_DIGITS, Weakness, weakness

LONGEST_NAME = 40


class Refusal(StrEnum):
    """Why an account cannot become so."""

    NAME = "name"
    TAKEN = "taken"
    UNKNOWN = "unknown"
    LAST_ADMIN = "last_admin"
    SAME_PIN = "same_pin"
    DIFFERENT = "different"
    PIN_DIGITS = "pin_digits"
    PIN_REPEATED = "pin_repeated"
    PIN_RUN = "pin_run"
    PIN_DATE = "pin_date"


# In Vietnamese and English.
SENTENCES: dict[Refusal, tuple[str, str]] = {
    Refusal.NAME: (f"Tên cần 1 đến {LONGEST_NAME} chữ.", f"A name has 1 to {LONGEST_NAME} letters."),
    Refusal.TAKEN: ("Đã có người mang tên này.", "Somebody has this name already."),
    Refusal.UNKNOWN: ("Không có ai tên này.", "Nobody has this name."),
    Refusal.LAST_ADMIN: (
        "Đây là quản trị viên cuối cùng; phải luôn còn một người.",
        "This is the last admin; one must always be left.",
    ),
    Refusal.SAME_PIN: ("PIN mới phải khác PIN cũ.", "The new PIN must be another one."),
    Refusal.DIFFERENT: ("Hai lần nhập PIN mới không giống nhau.", "The new PIN was not typed the same way twice."),
    Refusal.PIN_DIGITS: (
        f"PIN gồm {LEAST_DIGITS} đến {MOST_DIGITS} chữ số.",
        f"A PIN has {LEAST_DIGITS} to {MOST_DIGITS} digits.",
    ),
    Refusal.PIN_REPEATED: ("PIN lặp lại thì quá dễ đoán.", "A PIN that repeats itself is guessed first."),
    Refusal.PIN_RUN: ("Dãy số liên tiếp thì quá dễ đoán.", "Digits in a row are guessed first."),
    Refusal.PIN_DATE: ("Ngày tháng thì quá dễ đoán.", "A date is guessed first."),
}

_WEAK = {
    Weakness.NO_DIGITS: Refusal.PIN_DIGITS,
    Weakness.SHORT: Refusal.PIN_DIGITS,
    Weakness.LONG: Refusal.PIN_DIGITS,
    Weakness.REPEATED: Refusal.PIN_REPEATED,
    Weakness.RUN: Refusal.PIN_RUN,
    Weakness.DATE: Refusal.PIN_DATE,
}


class Member(Protocol):
    """Somebody with an account."""

    @property
    def role(self) -> Role:
        """What they are."""

    @property
    def enabled(self) -> bool:
        """Whether they may sign in."""


def refused_name(name: str) -> Refusal | None:
    """Why nobody can have *name*; None where it is clean, and neither too long nor without a letter."""
    good = name == clean_name(name) and len(name) <= LONGEST_NAME and any(map(str.isalpha, name))
    return None if good else Refusal.NAME


def refused_pin(pin: str) -> Refusal | None:
    """Why *pin* is not taken; None where it is good."""
    weak = weakness(pin)
    return _WEAK[weak] if weak else None


def has_admin(members: Iterable[Member]) -> bool:
    """Whether one of *members* can look after the accounts."""
    return any(member.enabled and member.role is Role.ADMIN for member in members)
