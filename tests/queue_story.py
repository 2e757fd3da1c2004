"""A queue with a log and a clock of its own, for tests that tell what happens at its counters."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

from kiosk.rules.entries import Body, Entry, EntryKind, Header, encode
from kiosk.rules.model import ClockState, Moment
from kiosk.rules.queueing import (
    Act,
    Counter,
    Now,
    Plan,
    Queue,
    QueueTicket,
    Refusal,
    Service,
    Stage,
    Wish,
    ahead,
    changes,
    decide,
    entrance,
    next_number,
    queue_body,
    undo,
)

ZONE = timezone(timedelta(hours=7))
SECOND_MS, MINUTE_MS = 1000, 60_000
MORNING_MS = round(datetime(2026, 11, 21, 7, 30, tzinfo=ZONE).timestamp() * 1000)
STAGES = ("Đón tiếp", "Khai báo", "Khám sàng lọc", "Tiêm", "Theo dõi", "Ra về")


def one_stage(**rules: Any) -> Plan:
    """A site with one service, for which two counters call."""
    services = (Service("a", "Đón tiếp", "first"),)
    counters = (Counter("q1", "Quầy 1", ("a",)), Counter("q2", "Quầy 2", ("a",)))
    return Plan((Stage("first", "Đón tiếp"),), services, counters, ZONE, **rules)


def six_stages(counters: tuple[int, ...] = (2, 2, 3, 4, 0, 1), *, seats: int = 0, **rules: Any) -> Plan:
    """The way of a vaccination site, with so many counters for each stage; the fifth observes for 30 minutes."""
    stages = [Stage(f"s{i}", name) for i, name in enumerate(STAGES)]
    stages[4] = Stage("s4", STAGES[4], seats, 30 * MINUTE_MS)
    services = tuple(Service(f"v{i}", name, f"s{i}", "ABCDEF"[i]) for i, name in enumerate(STAGES))
    desks = [Counter(f"q{i}{n}", f"Quầy {i}-{n}", (f"v{i}",)) for i, many in enumerate(counters) for n in range(many)]
    return Plan(tuple(stages), services, tuple(desks), ZONE, **rules)


class Story:
    """Entries of a site, and what they come to."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.queue = Queue()
        self.entries: list[Entry] = []
        self.at_ms = MORNING_MS
        self.key_id = bytes(16)

    @property
    def now(self) -> Now:
        """The entry to be written next."""
        return Now(len(self.entries) + 1, self.at_ms)

    def record(self, kind: EntryKind, body: Body) -> Entry:
        """Write an entry, as the log would read it again."""
        now = self.now
        moment = Moment(now.at_ms, now.at_ms, "boot", ClockState.SET)
        header = Header("kiosk-1", "epoch", now.sequence, kind, self.key_id, "main", now.at_ms, moment)
        entry = Entry(header, json.loads(encode(body)))
        self.entries.append(entry)
        for change in changes(entry):
            self.queue.apply(change)
        return entry

    def arrive(self, *, priority: bool = False) -> int | Refusal:
        """Somebody comes in and takes a number; the visit's id, or why there is no number."""
        service = entrance(self.plan, self.queue, self.at_ms)
        if isinstance(service, Refusal):
            return service
        number = next_number(self.plan, service, self.queue, self.at_ms)
        ticket = {"service": number.service, "series": number.series, "number": number.number}
        body: Body = {"direction": "in", "opens": True, "ticket": ticket}
        in_front = ahead(self.queue, service.id, priority=priority)
        body["queue"] = queue_body(self.plan, service, self.at_ms, ahead=in_front, priority=priority)
        return self.record(EntryKind.SCAN, body).sequence

    def people(self, number: int, *, priority: bool = False) -> list[int]:
        """So many people come in."""
        ids = [self.arrive(priority=priority) for _ in range(number)]
        assert not any(isinstance(ticket, Refusal) for ticket in ids)
        return [int(ticket) for ticket in ids]

    def leave(self, visit: int) -> None:
        """Somebody shows the slip at the exit."""
        self.record(EntryKind.SCAN, {"direction": "out", "closes": visit})

    def close(self) -> None:
        """The day is over: open visits end as inferred."""
        self.record(EntryKind.CLOSING, {"first": 1, "last": len(self.entries), "ended_ms": self.at_ms, "longest_ms": 0})

    def turn_key(self) -> None:
        """Another day begins."""
        self.key_id = bytes([self.key_id[0] + 1, *self.key_id[1:]])
        self.record(EntryKind.DAY_KEY, {})

    def act(self, act: Act, counter: str = "", ticket: int = 0, **wish: Any) -> Body | Refusal:
        """Somebody at *counter* does it; the body recorded, or why not."""
        wanted = Wish(act, counter, ticket, **wish)
        if act is Act.UNDO:
            last = self.queue.desk(counter).last
            body = undo(wanted, self.queue, self.entries[last - 1].body if last else None)
        else:
            body = decide(wanted, self.plan, self.queue, self.now)
        return body if isinstance(body, Refusal) else self.record(EntryKind.CALL, body).body or {}

    def call(self, counter: str) -> int | Refusal:
        """The next person is called: whom, or why nobody."""
        body = self.act(Act.CALL, counter)
        return body if isinstance(body, Refusal) else int(body["ticket"])

    def calls(self, counter: str, number: int) -> list[int | Refusal]:
        """So many people are called, one after another."""
        return [self.call(counter) for _ in range(number)]

    def mark_absent(self, counter: str) -> Body | Refusal:
        """Who was called does not come, however often."""
        for _ in range(self.plan.recalls):
            self.act(Act.RECALL, counter)
        return self.act(Act.ABSENT, counter)

    def ticket(self, visit: int) -> QueueTicket:
        """The ticket of that visit."""
        return self.queue.tickets[visit]
