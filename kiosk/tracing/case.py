"""A case from its opening to its end, wherever the opening is on record: what a desk works through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from kiosk.rules.contact_list import Asked, ContactList, Gap
from kiosk.rules.contact_words import Said
from kiosk.rules.openings import Opening, State
from kiosk.tracing import remote
from kiosk.tracing.console import Console, Look, Wanted
from kiosk.tracing.desk import NotAllowed

_NOBODY = Said(
    "Không thấy người này ở nơi và thời gian đã hỏi; không ai được mở.",
    "Nobody recorded under this was there in that time; nobody was opened.",
)


@dataclass(frozen=True, slots=True)
class ReadBy:
    """How the answer is to be read: in which time zone, by whose key (its fingerprint), of people or of a demo."""

    time_zone: str
    key: str = ""
    demo: bool = False


class Register(Protocol):
    """Where an opening is on record."""

    def opening(self) -> Opening:
        """As it stands now."""

    def late(self) -> Sequence[Gap]:
        """Of which sites not everything is there yet."""

    def made(self, form: str, rows: int, sha256: str) -> None:
        """A file was made of the answer."""

    def ended(self, found: int, named: int, present: int) -> None:
        """What it came to: how many of those *present* were *found*, how many were *named*, with the second order.

        Nothing more is asked.
        """


class RunningCase:
    """A case that *console* asks about, whose opening is in *register*."""

    def __init__(self, console: Console, wanted: Wanted, register: Register, read_by: ReadBy) -> None:
        self._console = console
        self._wanted = wanted
        self._register = register
        self._read_by = read_by
        self._opening: Opening | None = None
        self._look: Look | None = None
        self._answer: ContactList | None = None

    def opening(self) -> Opening:
        """As it stands now."""
        self._opening = self._register.opening()
        return self._opening

    def look(self) -> Look:
        """The case's stays, and how many an answer would name. Raises NotAllowed where the case was nowhere."""
        seen = self._console.look(self._wanted)
        self._look = replace(seen, gaps=(*seen.gaps, *self._register.late()))
        if not self._look.index.stays and not self._look.gaps:
            raise NotAllowed(_NOBODY)
        return self._look

    def answer(self) -> ContactList:
        """The answer, with names. Raises TooManyError."""
        look = self._look or self.look()
        self._answer = self._console.answer(look, head_of(self._opening or self.opening(), self._read_by))
        return self._answer

    def made(self, form: str, rows: int, sha256: str) -> None:
        """A file was made of the answer: it is on record."""
        self._register.made(form, rows, sha256)

    def end(self) -> None:
        """Nothing more is asked under this opening; what it came to is on record."""
        if (self._opening or self.opening()).state is State.OPEN:
            listed = self._answer.found if self._answer else ()
            found = sum(one.order == 1 for one in listed)
            named = sum(one.who.unnamed is None for one in listed)
            self._register.ended(found, named, self._look.count.present if self._look else 0)


def head_of(opening: Opening, read_by: ReadBy) -> Asked:
    """What stands at the head of the answer to *opening*."""
    request = opening.request
    scope, question = request.scope, request.question
    return Asked(
        case_number=request.case_number,
        reason=request.reason,
        opening=str(opening.id),
        asked_ms=opening.asked_ms,
        asked_by=opening.asked_by,
        who=request.search,
        from_ms=scope.from_ms,
        until_ms=scope.until_ms,
        by=scope.by,
        least_ms=question.least_ms,
        tail_ms=question.tail_ms,
        second_order=request.second_order,
        time_zone=read_by.time_zone,
        sites=tuple(sorted(scope.sites)),
        approved_by=opening.decided_by,
        key=read_by.key,
        demo=read_by.demo,
    )


class HubRegister:
    """The hub that *ask* reaches, which has recorded the opening *number*."""

    def __init__(self, ask: remote.Ask, number: int) -> None:
        self._ask = ask
        self._number = number

    def opening(self) -> Opening:
        """As the hub has it now."""
        return remote.opening_of(self._ask, self._number)

    def late(self) -> Sequence[Gap]:
        """What the hub has not heard of yet."""
        return remote.late(self._ask, self.opening())

    def made(self, form: str, rows: int, sha256: str) -> None:
        """The hub's tamper log has that a file was made."""
        remote.exported(self._ask, self._number, kind=form, rows=rows, sha256=sha256)

    def ended(self, found: int, named: int, present: int) -> None:
        """The hub hands out nothing more."""
        remote.ended(self._ask, self._number, found=found, named=named, present=present)


class LogRegister:
    """The kiosk's own log, which has the *opening*; *note* adds an entry that says what came of it."""

    def __init__(self, opening: Opening, note: Callable[[str], object]) -> None:
        self._opening = opening
        self._note = note

    def opening(self) -> Opening:
        """As it was recorded."""
        return self._opening

    def late(self) -> Sequence[Gap]:
        """The log is here, whole."""
        return ()

    def made(self, form: str, rows: int, sha256: str) -> None:
        """The log has that a file was made."""
        self._note(f"{form}: {rows} rows, sha256 {sha256[:16]}")

    def ended(self, found: int, named: int, present: int) -> None:
        """The log has how many were found."""
        self._note(f"{found} found of {present}, {named} named")
