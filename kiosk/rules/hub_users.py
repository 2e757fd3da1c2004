"""Who may do what at a hub, and what may become of its users: roles, rights, passwords, an admin who is always left."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Protocol

from kiosk.rules.model import Moment
from kiosk.rules.pins import Tries, locked_ms

LEAST_LETTERS, MOST_LETTERS = 12, 128
LEAST_STRANGE = 6  # different letters
GIVEN_MS = 7 * 86_400_000  # so long a password is good that somebody else has given


class HubRole(StrEnum):
    """What somebody is at the hub."""

    ADMIN = "admin"
    TRACER = "tracer"
    AUDITOR = "auditor"


class HubRight(StrEnum):
    """What somebody may do. Who looks after the hub sees and opens no case, and who opens cases makes no users."""

    SEE = "see"  # kiosks, what was refused, what is kept, a checkpoint
    CASES = "cases"  # which cases were opened, by whom, why
    TRACE = "trace"  # ask, and approve what another asks
    AUDIT = "audit"  # the tamper log, which has all cases in it
    KIOSKS = "kiosks"  # let them in, shut them out
    ADMIN = "admin"  # users


HUB_RIGHTS: dict[HubRole, frozenset[HubRight]] = {
    HubRole.ADMIN: frozenset({HubRight.SEE, HubRight.KIOSKS, HubRight.ADMIN}),
    HubRole.TRACER: frozenset({HubRight.SEE, HubRight.CASES, HubRight.TRACE}),
    HubRole.AUDITOR: frozenset({HubRight.SEE, HubRight.CASES, HubRight.AUDIT}),
}


class Refusal(StrEnum):
    """Why a user cannot become so."""

    NAME = "name"
    TAKEN = "taken"
    UNKNOWN = "unknown"
    LAST_ADMIN = "last_admin"
    SHORT = "short"
    EASY = "easy"
    SAME = "same"
    DIFFERENT = "different"
    CODE = "code"
    WRONG = "wrong"


# In Vietnamese and English.
SENTENCES: dict[Refusal, tuple[str, str]] = {
    Refusal.NAME: ("Tên cần có chữ và không quá 40 chữ.", "A name has letters, and no more than 40."),
    Refusal.TAKEN: ("Đã có người mang tên này.", "Somebody has this name already."),
    Refusal.UNKNOWN: ("Không có ai tên này.", "Nobody has this name."),
    Refusal.LAST_ADMIN: (
        "Đây là quản trị viên cuối cùng; phải luôn còn một người.",
        "This is the last admin; one must always be left.",
    ),
    Refusal.SHORT: (
        f"Mật khẩu cần từ {LEAST_LETTERS} đến {MOST_LETTERS} ký tự.",
        f"A password has {LEAST_LETTERS} to {MOST_LETTERS} characters.",
    ),
    Refusal.EASY: (
        "Mật khẩu này quá dễ đoán: có tên bạn, lặp lại hoặc theo dãy.",
        "This password is guessed first: it has your name in it, repeats itself or runs in a row.",
    ),
    Refusal.SAME: ("Mật khẩu mới phải khác mật khẩu cũ.", "The new password must be another one."),
    Refusal.DIFFERENT: (
        "Hai lần nhập mật khẩu mới không giống nhau.",
        "The new password was not typed the same way twice.",
    ),
    Refusal.CODE: (
        "Mã 6 số không đúng. Xem lại giờ trên điện thoại và thử mã tiếp theo.",
        "The 6 digits are not right. Look at the telephone's clock, and try the next ones.",
    ),
    Refusal.WRONG: ("Mật khẩu hiện tại không đúng.", "This is not your password."),
}


def refused_password(password: str, name: str) -> Refusal | None:
    """Why *password* is not taken for whom is called *name*; None where it is good (NIST SP 800-63B, 3.1.1.2)."""
    if not LEAST_LETTERS <= len(password) <= MOST_LETTERS:
        return Refusal.SHORT
    small = password.casefold()
    steps = {ord(after) - ord(before) for before, after in pairwise(small)}
    easy = len(steps) == 1 or len(set(small)) < LEAST_STRANGE or small in (small + small)[1:-1]
    return Refusal.EASY if easy or name.casefold() in small else None


class Member(Protocol):
    """A user."""

    @property
    def role(self) -> HubRole:
        """What they are."""

    @property
    def enabled(self) -> bool:
        """Whether they may sign in."""


def has_admin(members: Iterable[Member]) -> bool:
    """Whether one of *members* can look after the users."""
    return any(member.enabled and member.role is HubRole.ADMIN for member in members)


@dataclass(frozen=True, slots=True)
class Allowed:
    """How many wrong answers are free before each further one costs time.

    A wrong password counts for the network address alone, so that no stranger locks anybody out by their name. Only
    who has the password and not the one-time code counts for the user.
    """

    user: int = 5
    address: int = 15


ALLOWED = Allowed()


def wait_ms(user: Tries, address: Tries, now: Moment) -> int:
    """How long no password is looked at, from *now*."""
    return max(locked_ms(user, ALLOWED.user, now), locked_ms(address, ALLOWED.address, now))
