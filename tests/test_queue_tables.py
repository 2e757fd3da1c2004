"""The queue's tables say what the rules say, whatever happens; and they follow from the log."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from hypothesis import settings
from hypothesis.stateful import initialize, invariant, precondition
from test_queueing_always import COUNTERS, PLANS, SERVICES, AnyQueue

from kiosk.rules.queueing import Desk, Plan, Queue, State, changes
from kiosk.store import schema
from kiosk.store.queue import QUEUE_TABLES, QueueTables, ticket_of


def tables_in_memory() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.execute("CREATE TABLE head (key_id BLOB)")
    for statement in schema.QUEUE.format(temp="", prefix="").split(";"):
        db.execute(statement)
    return db


def queue_in(db: sqlite3.Connection) -> Queue:
    """What the tables say, in the words of the rules."""
    rows = {table: db.execute(f"SELECT {', '.join(columns)} FROM {table}") for table, columns in QUEUE_TABLES.items()}
    tickets = {ticket.id: ticket for ticket in map(ticket_of, rows["queue_ticket"])}
    desks = {counter: Desk(counter, *rest) for counter, *rest in rows["queue_desk"]}
    return Queue(tickets, desks)


class AnyQueueInTables(AnyQueue):
    """The same, kept in tables."""

    @initialize(plan=PLANS)
    def open_site(self, plan: Plan) -> None:
        super().open_site(plan)
        self.db = tables_in_memory()
        self.tables = QueueTables(self.db)
        self.taken = 0

    @precondition(lambda self: hasattr(self, "tables"))
    @invariant()
    def tables_say_what_the_rules_say(self) -> None:
        for entry in self.story.entries[self.taken :]:
            for change in changes(entry):
                self.tables.apply(change)
        self.taken = len(self.story.entries)
        kept, queue = queue_in(self.db), self.story.queue
        assert (kept.tickets, kept.desks) == (queue.tickets, queue.desks)
        assert self.tables.turns(0) == [queue.turns[sequence] for sequence in sorted(queue.turns)]
        for counter in COUNTERS:
            assert self.tables.at_counter(counter) == queue.at_counter(counter)
        for service in SERVICES:
            self._check_line(service.id)

    def teardown(self) -> None:
        super().teardown()
        if hasattr(self, "db"):
            self.db.close()

    def _check_line(self, service: str) -> None:
        queue, tables = self.story.queue, self.tables
        assert tables.present(service) == queue.present(service)
        for lane in (None, True, False):
            assert tables.waiting(service, priority=lane) == queue.waiting(service, priority=lane)
        standing = tables.standing(service, 100)
        places = [queue.line(service, priority=lane, place=place) for lane in (True, False) for place in range(1, 6)]
        assert standing[:5] == [ticket for ticket in places if ticket][:5]
        assert [tables.in_front(ticket) for ticket in standing] == list(range(len(standing)))


AnyQueueInTables.TestCase.settings = settings(max_examples=300, stateful_step_count=50, deadline=None)
TestAnyQueueInTables = pytest.mark.slow(AnyQueueInTables.TestCase)


def test_no_question_of_a_counter_reads_the_tickets_of_every_kept_day() -> None:
    asked = list[str]()
    with closing(tables_in_memory()) as db:
        queue = QueueTables(db)
        db.set_trace_callback(asked.append)
        queue.at_counter("1")
        queue.line("a", priority=False)
        queue.waiting("a")
        queue.present("a")
        queue.numbered("A", 1)
        queue.standing("a", 30)
        queue.called()
        queue.in_state(State.OBSERVING)
        queue.last_called("a")
        queue.astray(["a"], ["1"], 30)
        db.set_trace_callback(None)
        plans = [db.execute(f"EXPLAIN QUERY PLAN {query}").fetchall() for query in asked]
    assert not [step for plan in plans for *_, step in plan if step.startswith(("SCAN queue", "SCAN t"))]
