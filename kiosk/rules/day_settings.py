"""Settings of the day: what staff changed for today of what the file says. The turn of the day key ends them.

A field's name is one of NAMES, or ``gate:`` and the id of a gate, whose value is then its direction. A value of None
is the file's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from kiosk.rules.entries import Body
from kiosk.rules.identity import clean_text
from kiosk.rules.model import Direction

LONGEST_TEXT = 120
LARGEST_CAPACITY = 100_000
GATE = "gate:"
TEXTS = ("closed_vi", "closed_en", "message_vi", "message_en")
NAMES = ("capacity", "closes", "closed", *TEXTS)

Value: TypeAlias = int | str | bool | None
Values: TypeAlias = Mapping[str, Value]


class DayRefusal(StrEnum):
    """Why a change is not taken."""

    CAPACITY = "capacity"
    CLOSES = "closes"
    CLOSES_PAST = "closes_past"
    CLOSED = "closed"
    DIRECTION = "direction"
    TOO_LONG = "too_long"
    NOTHING = "nothing"
    CHANGED = "changed"
    NO_UNDO = "no_undo"


SENTENCES: dict[DayRefusal, tuple[str, str]] = {
    DayRefusal.CAPACITY: (
        "Sức chứa là một số nguyên; 0 là không giới hạn.",
        "The capacity is a whole number; 0 means no limit.",
    ),
    DayRefusal.CLOSES: ("Giờ đóng cửa viết như 17:30.", "The closing time is written like 17:30."),
    DayRefusal.CLOSES_PAST: (
        "Giờ đóng cửa này đã qua. Xin chọn giờ muộn hơn, hoặc ngừng nhận người vào.",
        "This closing time is over. Choose a later one, or stop arrivals.",
    ),
    DayRefusal.CLOSED: ("Ngừng nhận người vào: yes hoặc no.", "Whether arrivals are stopped is yes or no."),
    DayRefusal.DIRECTION: ("Chiều của cổng không đúng.", "A gate has no such direction."),
    DayRefusal.TOO_LONG: (
        f"Câu này quá dài: tối đa {LONGEST_TEXT} chữ.",
        f"This sentence is too long: at most {LONGEST_TEXT} characters.",
    ),
    DayRefusal.NOTHING: ("Chưa có gì thay đổi.", "Nothing was changed."),
    DayRefusal.CHANGED: (
        "Người khác vừa thay đổi. Xin xem lại rồi làm tiếp.",
        "Somebody else has just changed something. Look again, then go on.",
    ),
    DayRefusal.NO_UNDO: ("Không còn gì để hoàn tác.", "There is nothing left to undo."),
}


@dataclass(frozen=True, slots=True)
class DaySettings:
    """What is changed for today; None is what the file says. *capacity* 0: no limit.

    *closed*: nobody is let in, for the reason *closed_vi*, *closed_en* (may be empty); who is inside leaves as ever.
    *message_vi*, *message_en*: a sentence on the door display, empty for none.
    """

    capacity: int | None = None
    closes: str | None = None
    closed: bool = False
    closed_vi: str = ""
    closed_en: str = ""
    message_vi: str = ""
    message_en: str = ""
    directions: Mapping[str, Direction] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DayChange:
    """One change as the log has it: the fields that it changed, and what they were. *undoes* another one, or None."""

    sequence: int
    at_ms: int
    by: str
    before: Values
    after: Values
    undoes: int | None = None


def change_of(sequence: int, at_ms: int, body: Body) -> DayChange:
    """The change that entry *sequence* records."""
    return DayChange(sequence, at_ms, body["by"], body["before"], body["after"], body.get("undoes"))


def body_of(by: str, before: Values, after: Values, undoes: int | None = None) -> Body:
    """The body of the entry for a change."""
    body: Body = {"by": by, "before": dict(before), "after": dict(after)}
    return body if undoes is None else body | {"undoes": undoes}


def values_after(changes: Iterable[DayChange]) -> dict[str, Value]:
    """Every field that is not as the file says after *changes*, in their order."""
    values: dict[str, Value] = {}
    for change in changes:
        values |= change.after
    return {name: value for name, value in values.items() if value is not None}


def in_force(changes: Iterable[DayChange]) -> DaySettings:
    """What is in force after *changes*, those of today in their order."""
    values = values_after(changes)
    named: dict[str, Any] = {name: values[name] for name in NAMES if name in values}
    directions = {
        name.removeprefix(GATE): Direction(str(value)) for name, value in values.items() if name.startswith(GATE)
    }
    return DaySettings(**named, directions=directions)


def to_undo(changes: Iterable[DayChange]) -> DayChange | None:
    """The latest change that was not undone yet; undoing goes back step by step."""
    standing: list[DayChange] = []
    for change in changes:
        if change.undoes is None:
            standing.append(change)
        else:
            standing.pop()
    return standing[-1] if standing else None


def as_typed(value: Value) -> str:
    """*value* as staff type it, and as a form shows it."""
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)


def asked_for(
    asked: Mapping[str, str], file: Values, changes: Sequence[DayChange], now: str, turn_at: str
) -> dict[str, Value] | DayRefusal:
    """What is to be changed where staff typed *asked*, after *changes*; what equals the settings' *file* is None again.

    A field typed as it is stays as it is. *now* and *turn_at*, when the day ends, are local times HH:MM.
    Raises KeyError for a field that *file* has not.
    """
    today = {**file, **values_after(changes)}
    after: dict[str, Value] = {}
    for name, text in asked.items():
        typed = text.strip()
        if typed == as_typed(today[name]):
            continue
        value = _value(name, typed, now, turn_at)
        if isinstance(value, DayRefusal):
            return value
        after[name] = None if value == file[name] else value
    return after or DayRefusal.NOTHING


def never_taken(name: str, text: str) -> DayRefusal | None:
    """Why no site takes *text* for the field *name*, whatever its own settings and the time are; None where one may."""
    typed = text.strip()
    if name == "closed" and typed not in map(as_typed, (True, False)):
        return DayRefusal.CLOSED
    value = _value(name, typed, "00:00", "00:00")
    return value if isinstance(value, DayRefusal) and value is not DayRefusal.CLOSES_PAST else None


def before_of(changes: Iterable[DayChange], after: Values) -> dict[str, Value]:
    """What the fields of *after* are now, after *changes*."""
    now = values_after(changes)
    return {name: now.get(name) for name in after}


def _value(name: str, typed: str, now: str, turn_at: str) -> Value | DayRefusal:
    if name == "capacity":
        whole = typed.isascii() and typed.isdigit() and len(typed) <= len(str(LARGEST_CAPACITY))
        return int(typed) if whole and int(typed) <= LARGEST_CAPACITY else DayRefusal.CAPACITY
    if name == "closes":
        return _closing_time(typed, now, turn_at)
    if name == "closed":
        return typed == "yes"
    if name in TEXTS:
        return DayRefusal.TOO_LONG if len(typed) > LONGEST_TEXT else clean_text(typed, LONGEST_TEXT)
    return typed if typed in tuple(Direction) else DayRefusal.DIRECTION


def _closing_time(typed: str, now: str, turn_at: str) -> str | DayRefusal:
    """A closing time that is over would close the visits of who is inside as if they had left by then."""
    if not typed:
        return ""
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", typed):
        return DayRefusal.CLOSES
    return typed if _minute_of_day(typed, turn_at) > _minute_of_day(now, turn_at) else DayRefusal.CLOSES_PAST


def _minute_of_day(time: str, turn_at: str) -> int:
    return (_minutes(time) - _minutes(turn_at)) % (24 * 60)


def _minutes(time: str) -> int:
    hours, minutes = time.split(":")
    return int(hours) * 60 + int(minutes)
