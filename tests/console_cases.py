"""Cases whose answer is there already, for what shows and hands on answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial

from contact_lists import ASKED

from kiosk.config.exports import ExportsSettings
from kiosk.hub.web.console_page import ConsoleServer
from kiosk.rules.contact_list import ContactList
from kiosk.rules.contact_words import Said
from kiosk.rules.contacts import Question
from kiosk.rules.openings import Opening, Request, Search, State
from kiosk.rules.tracing import By, Count, Index, Scope, TooManyError, nobody
from kiosk.tracing.console import Look
from kiosk.tracing.desk import Desk, NotAllowed, Typed
from kiosk.tracing.handing_on import receiver_of
from kiosk.vault import VaultError

REQUEST = Request(
    ASKED.case_number,
    ASKED.reason,
    Search.NUMBER,
    Scope(ASKED.from_ms, ASKED.until_ms, By.ZONE),
    Question(ASKED.least_ms, ASKED.tail_ms, 12 * 3_600_000),
)


@dataclass
class AnsweredCase:
    """A case with *list_*, which remembers what it was told. *waits*: how often its opening is not approved yet."""

    list_: ContactList
    waits: int = 0
    count: Count | None = None
    too_many: bool = False
    state: State = State.OPEN
    nowhere: bool = False
    crowded: bool = False
    told: list[str] = field(default_factory=list)
    files: list[tuple[str, int, str]] = field(default_factory=list)

    def opening(self) -> Opening:
        state = State.WAITING if self.waits else self.state
        self.waits = max(0, self.waits - 1)
        return Opening(7, replace(REQUEST, case_number=self.list_.asked.case_number), "Tùng", ASKED.asked_ms, state)

    def look(self) -> Look:
        stays = nobody("nha-van-hoa", "", ASKED.from_ms, ASKED.until_ms).stays
        if self.nowhere:
            raise NotAllowed(Said("Không thấy người này.", "Nobody was there."))
        if self.crowded:
            raise TooManyError("the answer would be of 70000, more than the 60000 that it may be of", 70_000)
        self.told.append("look")
        return Look(Index(stays, {}), frozenset(), self.count or self.list_.count, self.list_.gaps)

    def answer(self) -> ContactList:
        self.told.append("answer")
        if self.too_many:
            raise TooManyError("the second order would name 9 of 10 (90%)", 9)
        return self.list_

    def made(self, form: str, rows: int, sha256: str) -> None:
        self.files.append((form, rows, sha256))

    def end(self) -> None:
        self.told.append("end")


@contextmanager
def served(case: AnsweredCase) -> Iterator[tuple[ConsoleServer, list[Typed]]]:
    """The page over *case*, and what was typed there. A case without a number cannot be."""
    typed: list[Typed] = []

    def begin(said: Typed) -> AnsweredCase:
        typed.append(said)
        if said.case_number == "broken":
            raise VaultError("the key does not open")
        if not said.case_number.strip():
            raise NotAllowed(Said("Hãy ghi số ca.", "Say the case number."))
        return case

    server = ConsoleServer(Desk(begin, partial(receiver_of, ExportsSettings())))
    try:
        yield server, typed
    finally:
        server.close()
