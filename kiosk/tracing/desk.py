"""One case on a tracing team's screen: asked for, approved, counted, named, handed on, ended; in this order alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from kiosk.exports.contacts.handing_over import Receiver, Refused
from kiosk.rules.contact_list import ContactList
from kiosk.rules.contact_words import Said
from kiosk.rules.openings import SENTENCES, Fault, Opening, State
from kiosk.rules.tracing import TooManyError
from kiosk.tracing.console import Look, is_nearly_everyone
from kiosk.tracing.handing_on import Made, make
from kiosk.vault import VaultError


class Stage(StrEnum):
    """How far the case has come."""

    ASK = "ask"
    WAITING = "waiting"  # for a second person
    COUNTED = "counted"
    NAMED = "named"


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed about a case, as it was typed; *also* are further documents of the same person, each by its
    kind of search.
    """

    case_number: str = ""
    reason: str = ""
    search: str = "number"
    what: str = ""
    onset: str = ""
    days: str = "3"
    since: str = ""
    until: str = ""
    sites: str = ""
    zone: str = ""
    minutes: str = "15"
    tail: str = "30"
    by: str = "zone"
    second_order: str = ""
    also: tuple[tuple[str, str], ...] = ()


class NotAllowed(Exception):  # noqa: N818  # a refusal, said in a sentence
    """What was asked for cannot be; nothing was opened or made by it."""

    def __init__(self, said: Said) -> None:
        super().__init__(said.en)
        self.said = said


class Begun(Protocol):
    """A case whose opening is on record, wherever that is. What cannot be is NotAllowed, or TooManyError."""

    def opening(self) -> Opening:
        """How the opening stands now."""

    def look(self) -> Look:
        """The case's stays, and how many an answer would name."""

    def answer(self) -> ContactList:
        """The answer, with names."""

    def made(self, form: str, rows: int, sha256: str) -> None:
        """A file was made of the answer: say so where the opening is recorded."""

    def end(self) -> None:
        """Nothing more is asked under this opening."""


_ORDER = Said("Việc này chưa đến lượt, hoặc đã xong.", "It is not the time for this, or it is done already.")
_ALL = Said(
    "Kết quả sẽ là gần như tất cả mọi người có mặt, nên không mở. Hãy hỏi theo khu vực, ít ngày hơn"
    " hoặc nhiều phút hơn.",
    "The answer would be nearly everyone who was there, so nobody is named. Ask by zone, for fewer days, or for more"
    " minutes.",
)
_OVER = {State.REFUSED: Said(*SENTENCES[Fault.REFUSED]), State.ENDED: Said(*SENTENCES[Fault.OVER])}
_MANY = Said("Kết quả quá lớn để gọi từng người: ", "More people than anybody can call: ")


class Desk:
    """The case that is being worked on, for one person; threads may share it. *begin* puts an opening on record,
    *receivers* tells of those who get files, by what they call the case.

    Answers and files stay in memory and are gone with the case. Each method raises NotAllowed where it cannot be.
    """

    def __init__(self, begin: Callable[[Typed], Begun], receivers: Callable[[str], Receiver]) -> None:
        self._begin = begin
        self._receivers = receivers
        self._turn = threading.Lock()
        self._clear()

    def _clear(self) -> None:
        self._case: Begun | None = None
        self.typed = Typed()
        self.opening: Opening | None = None
        self.look: Look | None = None
        self.answer: ContactList | None = None
        self.files: dict[str, Made] = {}

    @property
    def stage(self) -> Stage:
        """What comes next."""
        if self.answer:
            return Stage.NAMED
        if self.look:
            return Stage.COUNTED
        return Stage.WAITING if self._case else Stage.ASK

    @property
    def is_all(self) -> bool:
        """Whether an answer would be nearly everyone."""
        return self.look is not None and is_nearly_everyone(self.look.count)

    def begin(self, typed: Typed) -> None:
        """Have the opening of *typed* recorded, and count where nobody else has to approve."""
        with self._turn:
            if self._case:
                raise NotAllowed(_ORDER)
            self.typed = typed
            self._case = self._begin(typed)
            self._count_when_open()

    def go_on(self) -> None:
        """See whether a second person has approved; count then."""
        with self._turn:
            self._count_when_open()

    def _count_when_open(self) -> None:
        if not self._case or self.look:
            raise NotAllowed(_ORDER)
        self.opening = self._case.opening()
        if self.opening.state in _OVER:
            raise NotAllowed(_OVER[self.opening.state])
        if self.opening.state is State.OPEN:
            with _refused():
                self.look = self._case.look()

    def name(self) -> None:
        """Open who was counted; never nearly everyone."""
        with self._turn:
            if not self._case or not self.look or self.answer:
                raise NotAllowed(_ORDER)
            if self.is_all:
                raise NotAllowed(_ALL)
            with _refused():
                self.answer = self._case.answer()

    def make(self, form: str, recipient: str = "", their_case: str = "") -> Made:
        """A file of the answer in *form*, sealed to *recipient* where that is given; on record before it is there.

        *their_case* is what the receiving system calls the case.
        """
        with self._turn:
            if not self._case or not self.answer:
                raise NotAllowed(_ORDER)
            try:
                done = make(self.answer, form, self._receivers(their_case), recipient)
            except VaultError as error:
                raise NotAllowed(Said(f"Không phải người nhận age (age1...): {recipient}", f"{error}")) from error
            if isinstance(done, Refused):
                raise NotAllowed(done.why)
            self._case.made(form, done.rows, done.sha256)
            self.files[done.name] = done
            return done

    def close(self) -> None:
        """The case is done: its opening ends, its names and files are forgotten."""
        with self._turn:
            case = self._case
            self._clear()
            if case:
                case.end()


@contextmanager
def _refused() -> Iterator[None]:
    """More people than anybody can call are not allowed."""
    try:
        yield
    except TooManyError as error:
        raise NotAllowed(Said(f"{_MANY.vi}{error}.", f"{_MANY.en}{error}.")) from error
