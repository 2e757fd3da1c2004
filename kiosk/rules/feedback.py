"""Feedback slips: a number, a topic, and 48 hours for an answer. Never a person, never their words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from kiosk.rules.entries import Body

REPLY_HOURS = 48
REPLY_MS = REPLY_HOURS * 3_600_000
SERIES = "PA-"  # phản ánh; no series of tickets has a hyphen

# The topics that come with the kiosk, in English.
TOPICS_EN = {
    "Sai họ tên": "Wrong name",
    "Thiếu mũi tiêm": "A dose is missing",
    "Sai ngày tiêm": "Wrong date",
    "Khác": "Other",
}


class Act(StrEnum):
    """What happens to a slip."""

    GIVEN = "given"
    PASSED = "passed"  # on to who can answer
    REOPENED = "reopened"  # it was not passed on after all
    WITHDRAWN = "withdrawn"  # it was given by mistake


@dataclass(frozen=True, slots=True)
class Slip:
    """A slip that was given and not withdrawn; *passed_ms* is None while nobody has passed it on."""

    number: int
    topic: str
    given_ms: int
    passed_ms: int | None = None

    @property
    def due_ms(self) -> int:
        """By when it is to be answered."""
        return self.given_ms + REPLY_MS

    def __str__(self) -> str:
        return f"{SERIES}{self.number:03d}"


def given_body(number: int, topic: str) -> Body:
    """The body of the entry by which a slip is given."""
    return {"act": Act.GIVEN, "number": number, "topic": topic}


def act_body(number: int, act: Act) -> Body:
    """The body of the entry by which something else happens to it."""
    return {"act": act, "number": number}


def slips_of(said: Iterable[tuple[int, Body]]) -> dict[int, Slip]:
    """The slips by number, from times and bodies of FEEDBACK entries in order. Of erased ones nothing is left."""
    slips: dict[int, Slip] = {}
    for at_ms, body in said:
        number, slip = body["number"], slips.get(body["number"])
        match body["act"]:
            case Act.GIVEN:
                slips[number] = Slip(number, body["topic"], at_ms)
            case Act.WITHDRAWN:
                slips.pop(number, None)
            case Act.PASSED | Act.REOPENED as act if slip:
                slips[number] = replace(slip, passed_ms=at_ms if act == Act.PASSED else None)
    return slips


def may(act: Act, slip: Slip | None) -> bool:
    """Tell whether *act* can happen to *slip* now: a button pressed twice, or on two tablets, acts once."""
    if slip is None or act is Act.GIVEN:
        return False
    return (slip.passed_ms is not None) is (act is Act.REOPENED)


def next_number(bodies: Iterable[Body], entries: int) -> int:
    """A number that no slip of this log ever had: one more than the last, also where that one was withdrawn.

    *bodies* are those of the FEEDBACK entries that are not erased, *entries* how many such entries there ever were:
    where all are erased, more than any number that was given.
    """
    given = [body["number"] for body in bodies if body["act"] == Act.GIVEN]
    return max(given, default=entries) + 1


def time_left(due_ms: int, at_ms: int) -> tuple[str, str]:
    """How long until *due_ms*, or how long it is over, in whole hours (minutes in the last hour)."""
    minutes = abs(due_ms - at_ms) // 60_000
    count, vi, en = (minutes // 60, "giờ", "h") if minutes >= 60 else (minutes, "phút", "min")
    return (
        (f"còn {count} {vi}", f"{count} {en} left")
        if at_ms < due_ms
        else (f"quá hạn {count} {vi}", f"{count} {en} late")
    )
