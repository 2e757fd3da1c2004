"""A day with a log and a clock of its own, for tests that tell what staff put right."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from kiosk.rules import presence, queueing
from kiosk.rules.corrections import Act, Exit, Now, Refusal, Wish, decide, undo
from kiosk.rules.entries import Body, Entry, EntryKind, Header, encode
from kiosk.rules.model import ClockState, Moment
from kiosk.rules.presence import Presence, Visit
from kiosk.rules.queueing import Queue, QueueTicket

MINUTE_MS = 60_000
EIGHT_MS = 1_800_000_000_000 // MINUTE_MS * MINUTE_MS  # called eight o'clock


def name_of(person: str) -> bytes:
    """The pseudonym of one of *person*'s codes."""
    return person.encode().ljust(16, b"_")


class Day:
    """Entries, and what they come to; answers ``corrections.View``. Times are minutes past eight."""

    def __init__(self, closed_min: int | None = None) -> None:
        self.presence, self.queue = Presence(), Queue()
        self.entries: list[Entry] = []
        self.at_ms = EIGHT_MS
        self.key_id = bytes(16)
        self.closed_ms = 0 if closed_min is None else EIGHT_MS + closed_min * MINUTE_MS

    def at(self, minute: int) -> Day:
        """The same day, so many minutes past eight."""
        self.at_ms = EIGHT_MS + minute * MINUTE_MS
        return self

    def record(self, kind: EntryKind, body: Body, gate: str = "") -> int:
        """Write an entry, as the log would read it again; its sequence."""
        moment = Moment(self.at_ms, self.at_ms, "boot", ClockState.SET)
        header = Header("kiosk-1", "epoch", len(self.entries) + 1, kind, self.key_id, gate, self.at_ms, moment)
        entry = Entry(header, json.loads(encode(body)))
        self.entries.append(entry)
        for change in presence.changes(entry):
            self.presence.apply(change)
        for step in queueing.changes(entry):
            self.queue.apply(step)
        return entry.sequence

    def comes(self, person: str, *, like: str = "", ticket: int = 0, **more: Any) -> int:
        """*person* comes in; their visit."""
        body: Body = {"direction": "in", "opens": True, "who": name_of(person).hex(), "kind": "cccd"} | more
        if like:
            body["like"] = name_of(like).hex()
        if ticket:
            body["ticket"] = {"service": "a", "series": "A", "number": ticket}
        return self.record(EntryKind.SCAN, body, "in")

    def goes(self, person: str, visit: int = 0, **more: Any) -> int:
        """*person* leaves: from *visit*, or from none that anybody knows of."""
        body: Body = {"direction": "out", "who": name_of(person).hex(), "kind": "bhyt"} | more
        body |= {"closes": visit} if visit else {"opens": True}
        return self.record(EntryKind.SCAN, body, "out")

    def calls(self, counter: str, visit: int) -> None:
        """The holder of *visit*, who waits, is called to *counter*."""
        move = {
            "ticket": visit,
            "state": ["waiting", "called"],
            "counter": ["", counter],
            "called_ms": [None, self.at_ms],
        }
        self.record(EntryKind.CALL, {"act": "call", "counter": counter, "ticket": visit, "moves": [move], "desk": {}})

    def infer(self, visit: int) -> None:
        """The end of *visit* is inferred."""
        ended = {"first": visit, "last": visit, "ended_ms": self.at_ms, "longest_ms": 1 << 40}
        self.record(EntryKind.CLOSING, ended)

    def correct(
        self, act: Act, visit: int, other: int = 0, *, minute: int | None = None, why: str = "nhầm"
    ) -> int | Refusal:
        """Staff put something right: the entry, or why not."""
        at_ms = None if minute is None else EIGHT_MS + minute * MINUTE_MS
        return self._granted(decide(Wish(act, visit, other, at_ms, by="Lan", why=why), self, self.now))

    def undo(self, sequence: int) -> int | Refusal:
        """Staff take a correction back."""
        undone = self.entries[sequence - 1]
        body = undone.body if undone.header.kind == EntryKind.CORRECTION else None
        return self._granted(undo(Wish(Act.UNDO, undoes=sequence), self, body, self.now))

    def _granted(self, body: Body | Refusal) -> int | Refusal:
        return body if isinstance(body, Refusal) else self.record(EntryKind.CORRECTION, body)

    def stay(self, visit: int) -> tuple[int | None, int | None] | None:
        """From when to when, in minutes past eight; None where there is no such visit."""
        found = self.presence.visits.get(visit)
        return (_minute(found.entered_ms), _minute(found.left_ms)) if found else None

    def state(self) -> tuple[Any, ...]:
        """All that follows from the entries, to compare."""
        visits, names = dict(self.presence.visits), dict(self.presence.names)
        counts = {key_id: replace(counts) for key_id, counts in self.presence.counts.items()}
        return visits, names, counts, dict(self.queue.tickets), dict(self.queue.turns)

    @property
    def now(self) -> Now:
        """The entry to be written next."""
        return Now(len(self.entries) + 1, self.at_ms, self.key_id, self.closed_ms)

    def visit(self, visit_id: int) -> Visit | None:
        return self.presence.visits.get(visit_id)

    def visits_of(self, who: bytes) -> list[Visit]:
        return [one for one in self.presence.visits.values() if one.who == who and one.key_id == self.key_id]

    def names_of(self, visit_id: int) -> list[bytes]:
        return sorted(who for who, (visit, _) in self.presence.names.items() if visit == visit_id)

    def leads_to(self, who: bytes) -> int:
        return self.presence.names.get(who, (0, False))[0]

    def exit_of(self, visit: Visit) -> Exit:
        body = self.entries[visit.exit_sequence - 1].body or {} if visit.exit_sequence else {}
        return Exit(body.get("kind", ""), tuple(map(bytes.fromhex, (body["who"],))) if "who" in body else ())

    def ticket(self, ticket_id: int) -> QueueTicket | None:
        return self.queue.ticket(ticket_id)

    def at_counter(self, counter: str) -> QueueTicket | None:
        return self.queue.at_counter(counter)


def _minute(at_ms: int | None) -> int | None:
    return None if at_ms is None else (at_ms - EIGHT_MS) // MINUTE_MS
