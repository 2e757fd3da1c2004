"""A visit as staff put it right: its way through gates and stages, what would change, what is open to question."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kiosk.config import Settings
from kiosk.correcting import now_in
from kiosk.rules import corrections
from kiosk.rules.corrections import OTHERS, Act, Now, Refusal, Wish
from kiosk.rules.entries import Body, EntryKind
from kiosk.rules.presence import Visit
from kiosk.rules.queueing import QueueTicket
from kiosk.store.corrections import CorrectionTables
from kiosk.store.head import read_head
from kiosk.store.people import open_companions
from kiosk.store.reading import Reader
from kiosk.store.todays import entries_today
from kiosk.vault import Vault
from kiosk.web.correction_words import DONE
from kiosk.web.languages import gettext as _
from kiosk.web.queue_lines import shown_now_ms
from kiosk.web.said_times import SaidTimes
from kiosk.web.words import Words, joined

TODAYS_CORRECTIONS = 50  # on a page, the latest


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing on somebody's way: when, what, where. *by* and *why* of a correction; *undoes* it, where it can be."""

    at_ms: int
    at: str
    words: Words
    where: str = ""
    tone: str = "house"
    by: str = ""
    why: str = ""
    visit: int = 0
    undoes: int = 0


@dataclass(frozen=True, slots=True)
class Person:
    """All that the page of a visit shows beside its line; *gone* where staff struck it out or joined it to another."""

    visit: int
    gone: bool
    joined_to: int
    happened: tuple[Happening, ...]
    others: tuple[int, ...] = ()
    beside: tuple[int, ...] = ()
    acts: tuple[Act, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """What a wish would change, in sentences; or why it is refused."""

    sentences: tuple[str, ...] = ()
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Open:
    """What staff may want to look at: visits by question, and today's corrections."""

    forgotten: tuple[int, ...]
    unmatched: tuple[int, ...]
    alike: tuple[tuple[int, int], ...]
    inferred: tuple[int, ...]
    corrected: tuple[Happening, ...]


@dataclass(frozen=True, slots=True)
class _Look:
    """The log at one moment."""

    db: sqlite3.Connection
    view: CorrectionTables
    now: Now


class CorrectionLines:
    """Reads what corrections need; threads may share it. The day key must be in use already."""

    def __init__(self, reader: Reader, vault: Vault, settings: Settings) -> None:
        self._reader = reader
        self._vault = vault
        self._settings = settings
        self._times = SaidTimes(reader, vault, settings)
        self._plan = settings.plan()
        self._gates = {gate.id: gate.name for gate in settings.gates}

    def person(self, visit_id: int) -> Person | None:
        """The visit of that number, of whichever day; None where there never was one, or it is erased."""
        return self._reader.ask(lambda db: self._person(self._look(db), visit_id))

    def likely_others(self, act: Act, visit_id: int) -> list[int]:
        """The visits that may be the other one, the likeliest first."""
        return self._reader.ask(lambda db: self._others(self._look(db), act, visit_id))

    def numbered(self, number: tuple[str, int]) -> int:
        """Today's latest visit with that ticket number; 0 for none. An empty series fits any."""
        return self._reader.ask(lambda db: CorrectionTables(db).numbered(*number))

    def preview(self, wish: Wish) -> Preview:
        """What the entry would change that grants *wish*."""
        return self._reader.ask(lambda db: self._preview(self._look(db), wish))

    def open_questions(self) -> Open:
        """What of today may need somebody's eye."""
        return self._reader.ask(lambda db: self._open(self._look(db)))

    def _look(self, db: sqlite3.Connection) -> _Look:
        head = read_head(db)
        return _Look(db, CorrectionTables(db), now_in(db, head, self._settings, shown_now_ms(head)))

    def _person(self, look: _Look, visit_id: int) -> Person | None:
        visit, done = look.view.visit(visit_id), self._corrections(look, visit_id)
        if visit is None:
            return (
                Person(visit_id, gone=True, joined_to=_joined_to(look, visit_id), happened=tuple(done))
                if done
                else None
            )
        ticket = look.view.ticket(visit_id)
        happened = sorted((*self._passed(visit), *self._called(look, ticket), *done), key=lambda one: one.at_ms)
        whose = look.view.visits_of(visit.who) if visit.who and visit.key_id == look.now.key_id else ()
        return Person(
            visit_id,
            gone=False,
            joined_to=0,
            happened=tuple(happened),
            others=tuple(other.id for other in whose if other.id != visit_id),
            beside=(*self._led_by(look, visit_id), *open_companions(look.db, visit_id, self._vault.pseudonym)),
            acts=tuple(corrections.possible(visit, look.view, look.now)),
        )

    def _led_by(self, look: _Look, visit_id: int) -> tuple[int, ...]:
        leader = look.view.led_by(visit_id)
        return (leader,) if leader else ()

    def _passed(self, visit: Visit) -> Iterator[Happening]:
        if visit.entered_ms is not None:
            yield self._happening(visit.entered_ms, Words("Vào", "In"), self._gate(visit.gate_in), "in")
        if visit.left_ms is not None:
            words = Words("Ra (suy ra)", "Out (inferred)") if visit.exit_inferred else Words("Ra", "Out")
            yield self._happening(visit.left_ms, words, self._gate(visit.gate_out), "out")

    def _called(self, look: _Look, ticket: QueueTicket | None) -> Iterator[Happening]:
        if ticket is None:
            return
        for counter_id, service_id, called_ms in look.view.turns_of(ticket.id):
            counter, service = self._plan.counter(counter_id), self._plan.service(service_id)
            where = " · ".join((counter.name if counter else counter_id, service.name if service else service_id))
            yield self._happening(called_ms, Words("Mời tới quầy", "Called"), where, "wait")

    def _corrections(self, look: _Look, about: int = 0) -> list[Happening]:
        """Today's corrections, of one visit where *about* names it."""
        found = entries_today(look.db, EntryKind.CORRECTION)
        undone = {body["undoes"] for *_, body in found if body["act"] == Act.UNDO}
        return [
            self._correction(look, sequence, at_ms, body, can_be_undone=sequence not in undone)
            for sequence, at_ms, body in found
            if about in (0, *_concerned(body))
        ]

    def _correction(self, look: _Look, sequence: int, at_ms: int, body: Body, *, can_be_undone: bool) -> Happening:
        undo = Wish(Act.UNDO, undoes=sequence)
        can_be_undone = can_be_undone and not isinstance(corrections.undo(undo, look.view, body, look.now), Refusal)
        kept = next((after["id"] for _, after in body["visits"] if after), body["visit"])
        return Happening(
            at_ms,
            self._times.shown(at_ms),
            DONE.get(body["act"], joined(body["act"])),
            tone="corrected",
            by=body["by"],
            why=body["why"],
            visit=kept,
            undoes=sequence if can_be_undone else 0,
        )

    def _happening(self, at_ms: int, words: Words, where: str, tone: str) -> Happening:
        return Happening(at_ms, self._times.shown(at_ms), words, where, tone)

    def _gate(self, gate: str) -> str:
        return self._gates.get(gate, gate)

    def _others(self, look: _Look, act: Act, visit_id: int) -> list[int]:
        visit = look.view.visit(visit_id)
        if visit is None or (act not in OTHERS and act is not Act.WENT_OUT):
            return []
        among = look.view.unfinished(visit.like)
        return [one.id for one in corrections.likely_others(act, visit, among, look.view, look.now)]

    def _preview(self, look: _Look, wish: Wish) -> Preview:
        if wish.act is Act.UNDO:
            body = corrections.undo(wish, look.view, look.view.correction_of_today(wish.undoes), look.now)
        else:
            body = corrections.decide(wish, look.view, look.now)
        if isinstance(body, Refusal):
            return Preview(refusal=body)
        pairs = corrections.pairs_of(body, look.now.key_id)
        return Preview((*(self._change(*pair) for pair in pairs), *self._ticket_changes(look, body["moves"])))

    def _change(self, before: Visit | None, after: Visit | None) -> str:
        spans = {"before": self._span(before), "after": self._span(after)}
        if before is None:
            return _("A visit of its own: %(after)s.", **spans)
        if after is None:
            return _("The visit %(before)s is struck out.", **spans)
        return _("The visit %(before)s becomes %(after)s.", **spans)

    def _span(self, visit: Visit | None) -> str:
        if visit is None:
            return ""
        began = "?" if visit.entered_ms is None else self._times.shown(visit.entered_ms)
        if visit.left_ms is None:
            return _("%(began)s to now", began=began)
        left = self._times.shown(visit.left_ms)
        spanned = _("%(began)s to %(left)s", began=began, left=left)
        return f"{spanned} ({_('inferred')})" if visit.exit_inferred else spanned

    def _ticket_changes(self, look: _Look, moves: Iterable[Body]) -> Iterator[str]:
        for move in moves:
            ticket, (before, after) = look.view.ticket(move["ticket"]), move.get("closed_ms", (0, 0))
            if before is None and after is not None:
                yield _("Number %(ticket)s leaves the line.", ticket=str(ticket))
            elif before is not None and after is None:
                yield _("Number %(ticket)s stands where it stood.", ticket=str(ticket))

    def _open(self, look: _Look) -> Open:
        found = corrections.questions(look.view.unfinished(), look.view.stays_ms(), look.now.at_ms)
        return Open(
            forgotten=tuple(one.id for one in found.forgotten),
            unmatched=tuple(one.id for one in found.unmatched),
            alike=tuple((one.id, other.id) for one, other in found.alike),
            inferred=tuple(one.id for one in found.inferred),
            corrected=tuple(self._corrections(look)[: -TODAYS_CORRECTIONS - 1 : -1]),
        )


def _concerned(body: Body) -> set[int]:
    """The visits that a correction is about, those that it made or struck out included."""
    return {each["id"] for pair in body["visits"] for each in pair if each} | {body["visit"]}


def _joined_to(look: _Look, visit_id: int) -> int:
    """The visit that *visit_id*, which is gone, was made one with last; 0 for none."""
    kept = 0
    for _sequence, _at_ms, body in entries_today(look.db, EntryKind.CORRECTION):
        gone = [before["id"] for before, after in body["visits"] if before and not after]
        if visit_id in gone:
            kept = next((after["id"] for _, after in body["visits"] if after), 0)
    return kept
