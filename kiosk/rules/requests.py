"""What people ask about what is kept of them, and by when it is answered and finished.

Law 91/2025/QH15 on personal data, with decree 356/2025: an answer within two working days; done within 10 days
(to see or correct what is kept), 15 (to have its use stopped) or 20 (to have it erased) of the day of asking.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from kiosk.rules.entries import Body

SERIES = "YC-"  # yêu cầu; no series of tickets has a hyphen
ANSWER_WORKING_DAYS = 2
_SATURDAY = 5


class Wish(StrEnum):
    """What is asked for."""

    ACCESS = "access"
    CORRECTION = "correction"
    ERASURE = "erasure"
    OBJECTION = "objection"


FINISH_DAYS = {Wish.ACCESS: 10, Wish.CORRECTION: 10, Wish.OBJECTION: 15, Wish.ERASURE: 20}


class Act(StrEnum):
    """What happens to a request."""

    GIVEN = "given"
    ANSWERED = "answered"
    FINISHED = "finished"
    REFUSED = "refused"
    UNDONE = "undone"  # the last act was a mistake
    WITHDRAWN = "withdrawn"  # it was taken down by mistake, or is wished no more


ENDS = (Act.FINISHED, Act.REFUSED)


class Why(StrEnum):
    """Why a request is refused."""

    NOT_FOUND = "not_found"  # nothing is kept of them
    NOT_THEM = "not_them"  # they do not show that it is about them
    LAW = "law"  # the law wants it kept


class Urgency(StrEnum):
    """How a day by which something is due stands to today."""

    AHEAD = "ahead"
    TODAY = "today"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Done:
    """An act, when it was shown to happen, by whom of the staff, and why."""

    act: Act
    at_ms: int
    by: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """A request that was not withdrawn: the entry that has it, and what happened to it, undone acts left out."""

    number: int
    wish: Wish
    given_ms: int
    sequence: int
    acts: tuple[Done, ...] = ()

    @property
    def over(self) -> bool:
        """Whether it is finished or refused."""
        return any(done.act in ENDS for done in self.acts)

    @property
    def answered(self) -> bool:
        """Whether the person has heard: whatever is done about it answers it."""
        return bool(self.acts)

    def __str__(self) -> str:
        return f"{SERIES}{self.number:03d}"


def given_body(number: int, wish: Wish, sealed: str, by: str) -> Body:
    """The body of the entry by which a request is taken down; *sealed* is whose it is, for the tracing team alone."""
    return {"act": Act.GIVEN, "number": number, "wish": wish, "sealed": sealed} | ({"by": by} if by else {})


def act_body(number: int, act: Act, by: str, why: Why | None = None) -> Body:
    """The body of the entry by which something else happens to it."""
    said = {"by": by, "why": why}
    return {"act": act, "number": number} | {name: value for name, value in said.items() if value}


def requests_of(said: Iterable[tuple[int, int, Body]]) -> dict[int, Request]:
    """The requests by number, from sequences, times and bodies of REQUEST entries in order."""
    requests: dict[int, Request] = {}
    for sequence, at_ms, body in said:
        number, act = body["number"], body["act"]
        if act == Act.GIVEN:
            requests[number] = Request(number, Wish(body["wish"]), at_ms, sequence)
        elif act == Act.WITHDRAWN:
            requests.pop(number, None)
        elif number in requests:
            before = requests[number].acts
            done = Done(Act(act), at_ms, body.get("by", ""), body.get("why", ""))
            requests[number] = replace(requests[number], acts=before[:-1] if act == Act.UNDONE else (*before, done))
    return requests


def may(act: Act, request: Request | None) -> bool:
    """Tell whether *act* can happen to *request* now: a button pressed twice, or on two tablets, acts once."""
    if request is None or act is Act.GIVEN:
        return False
    match act:
        case Act.UNDONE:
            return bool(request.acts)
        case Act.ANSWERED | Act.WITHDRAWN:
            return not request.acts
    return not request.over


def answer_by(given: date, holidays: Collection[date] = ()) -> date:
    """The second working day after *given*: not a Saturday, a Sunday or one of the *holidays*."""
    day, left = given, ANSWER_WORKING_DAYS
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < _SATURDAY and day not in holidays
    return day


def finish_by(given: date, wish: Wish) -> date:
    """The day by which *wish* is granted or refused."""
    return given + timedelta(days=FINISH_DAYS[wish])


def due(request: Request, given: date, holidays: Collection[date] = ()) -> date | None:
    """The day by which something is to be done about *request* next; None once it is over."""
    if request.over:
        return None
    return finish_by(given, request.wish) if request.answered else answer_by(given, holidays)


def urgency(day: date, today: date) -> Urgency:
    """How *day* stands to *today*: all of the day is there for what is due."""
    if day == today:
        return Urgency.TODAY
    return Urgency.LATE if day < today else Urgency.AHEAD
