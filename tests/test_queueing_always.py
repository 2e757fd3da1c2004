"""What holds in every queue, whatever happens at its counters and in whatever order."""

from __future__ import annotations

from collections import Counter as Tally
from collections import defaultdict
from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from queue_story import MINUTE_MS, ZONE, Story

from kiosk.rules.entries import Body, EntryKind
from kiosk.rules.queueing import (
    AT_COUNTER,
    ENDS,
    PRESENT,
    Act,
    Counter,
    Plan,
    QueueTicket,
    Refusal,
    Reset,
    Service,
    Stage,
    State,
    queue_of,
)

SERVICES = (
    Service("a", "Đón tiếp", "in", "A", reset=Reset.NOON),
    Service("b", "Hỗ trợ", "in", "B"),
    Service("inject", "Tiêm", "inject", "C"),
    Service("observe", "Theo dõi", "observe", "D"),
    Service("out", "Ra về", "out", "E"),
)
COUNTERS = {"q1": ("a",), "q2": ("a", "b"), "q3": ("inject",), "q4": ("inject", "b"), "q5": ("out",)}
NAMES = st.sampled_from(sorted(COUNTERS))
small = st.integers(0, 3)

PLANS = st.builds(
    lambda room, seats, **rules: Plan(
        (
            Stage("in", "Đón tiếp"),
            Stage("inject", "Tiêm", room),
            Stage("observe", "Theo dõi", seats, 30 * MINUTE_MS),
            Stage("out", "Ra về"),
        ),
        SERVICES,
        tuple(Counter(name, name, services) for name, services in COUNTERS.items()),
        ZONE,
        **rules,
    ),
    room=small,
    seats=small,
    ordinary_every=st.integers(1, 3),
    recalls=st.integers(0, 1),
    absent_back_by=small,
    absent_turns=st.integers(0, 2),
)


class AnyQueue(RuleBasedStateMachine):
    """People come, staff do what they like, people go."""

    @initialize(plan=PLANS)
    def open_site(self, plan: Plan) -> None:
        self.story = Story(plan)
        self.over: dict[int, QueueTicket] = {}
        self.acts: defaultdict[str, list[tuple[Act, bool]]] = defaultdict(list)  # of each counter, not undone
        self.before: dict[int, dict[int, QueueTicket]] = {}

    @rule(priority=st.booleans(), number=st.integers(1, 4))
    def people_come(self, priority: bool, number: int) -> None:
        self.story.people(number, priority=priority)

    @rule(counter=NAMES, times=st.integers(1, 4))
    def call_the_next(self, counter: str, times: int) -> None:
        for _ in range(times):
            self._call(counter)

    @rule(counter=NAMES, act=st.sampled_from([Act.RECALL, Act.START, Act.FINISH, Act.HOLD]))
    def serve(self, counter: str, act: Act) -> None:
        self._act(act, counter)

    @rule(counter=NAMES)
    def nobody_comes(self, counter: str) -> None:
        here = self.story.queue.at_counter(counter)
        for _ in range(self.story.plan.recalls):
            self._act(Act.RECALL, counter)
        if here and here.state is State.CALLED:
            assert not isinstance(self._act(Act.ABSENT, counter), Refusal)
            self._check_back_in_line(here)
            self._call(counter)

    @rule(counter=NAMES, data=st.data(), act=st.sampled_from([Act.CALL, Act.RELEASE, Act.PRIORITY, Act.ORDINARY]))
    def ask_for_a_number(self, counter: str, data: st.DataObject, act: Act) -> None:
        self._act(act, counter, self._any_ticket(data))

    @rule(counter=NAMES, data=st.data(), service=st.sampled_from(SERVICES))
    def transfer(self, counter: str, data: st.DataObject, service: Service) -> None:
        before = self.story.queue.ticket(self._any_ticket(data))
        if before and not isinstance(self._act(Act.TRANSFER, counter, before.id, service=service.id), Refusal):
            after = self.story.ticket(before.id)
            assert (after.since_ms, after.order, after.service) == (before.since_ms, before.order, service.id)

    @rule(counter=NAMES)
    def undo(self, counter: str) -> None:
        undone, now = self.story.queue.desk(counter).last, dict(self.story.queue.tickets)
        body = self.story.act(Act.UNDO, counter)
        if not isinstance(body, Refusal):
            self.acts[counter].pop()
            moved = {move["ticket"]: self.before[undone][move["ticket"]] for move in body["moves"]}
            assert self.story.queue.tickets == now | moved

    @rule(data=st.data())
    def somebody_goes(self, data: st.DataObject) -> None:
        if visit := self._any_ticket(data):
            self.story.leave(visit)

    @rule(minutes=st.sampled_from([1, 10, 30, 300]))
    def time_passes(self, minutes: int) -> None:
        self.story.at_ms += minutes * MINUTE_MS
        for ticket in list(self.story.queue.tickets.values()):
            if ticket.closed_ms is None and not ticket.final and ticket.remaining_ms(self.story.at_ms) == 0:
                assert not isinstance(self._act(Act.FINISH, "", ticket.id), Refusal)

    @rule()
    def the_day_ends(self) -> None:
        self.story.close()
        self.story.turn_key()
        self.acts.clear()

    @invariant()
    def a_counter_has_one_person_at_most(self) -> None:
        at = Tally(ticket.counter for ticket in self._tickets() if ticket.state in AT_COUNTER)
        assert set(at.values()) <= {1}
        assert {counter for counter in COUNTERS if self.story.queue.at_counter(counter)} == set(at)

    @invariant()
    def nobody_is_in_two_places(self) -> None:
        queue, found = self.story.queue, Tally[int]()
        for service in SERVICES:
            for priority in (True, False):
                place = 1
                while ticket := queue.line(service.id, priority=priority, place=place):
                    found[ticket.id] += 1
                    place += 1
        found.update(here.id for counter in COUNTERS if (here := queue.at_counter(counter)))
        somewhere = {State.WAITING, *AT_COUNTER}
        assert found == {ticket.id: 1 for ticket in self._tickets() if ticket.state in somewhere}

    @invariant()
    def no_two_have_the_same_place_in_line(self) -> None:
        waiting = [ticket.order for ticket in self._tickets() if ticket.state is State.WAITING]
        assert len(set(waiting)) == len(waiting)

    @invariant()
    def counts_are_right(self) -> None:
        for service in SERVICES:
            of_it = [ticket.state for ticket in self._tickets() if ticket.service == service.id]
            assert self.story.queue.waiting(service.id) == of_it.count(State.WAITING)
            assert self.story.queue.present(service.id) == sum(state in PRESENT for state in of_it)

    @invariant()
    def a_ticket_ends_with_its_visit_once_and_for_all(self) -> None:
        closed = {ticket.id: ticket for ticket in self._tickets() if ticket.closed_ms is not None}
        assert closed == closed | self.over
        assert all(ticket.state in ENDS for ticket in closed.values())
        assert {ticket.state for ticket in self._tickets() if ticket.closed_ms is None}.isdisjoint(
            {State.MISSED, State.LEFT}
        )
        self.over = closed

    @invariant()
    def only_who_is_observed_has_an_end_of_observation(self) -> None:
        live = [ticket for ticket in self._tickets() if ticket.closed_ms is None]
        assert all((ticket.until_ms is None) is (ticket.state is not State.OBSERVING) for ticket in live)

    def teardown(self) -> None:
        if not hasattr(self, "story"):
            return
        self.story.close()
        assert all(ticket.state in ENDS and ticket.closed_ms for ticket in self._tickets())
        assert queue_of(self.story.entries) == self.story.queue
        self._check_numbers()

    def _call(self, counter: str) -> None:
        here, waiting = self.story.queue.at_counter(counter), self._eligible(counter)
        body = self._act(Act.CALL, counter)
        if isinstance(body, Refusal):
            assert here is None and not waiting
        elif body["act"] == Act.FINISH:
            assert here and body["ticket"] == here.id and not waiting
        else:
            self._check_choice(counter, self.before[len(self.story.entries)], body, waiting)

    def _tickets(self) -> list[QueueTicket]:
        return list(self.story.queue.tickets.values())

    def _any_ticket(self, data: st.DataObject) -> int:
        known = sorted(self.story.queue.tickets)[-8:]
        return data.draw(st.sampled_from(known)) if known else 0

    def _act(self, act: Act, counter: str, ticket: int = 0, **wish: Any) -> Body | Refusal:
        """Do it, and remember how things stood before."""
        before = dict(self.story.queue.tickets)
        body = self.story.act(act, counter, ticket, **wish)
        if not isinstance(body, Refusal):
            self.before[len(self.story.entries)] = before
            touched = [before[move["ticket"]] for move in body["moves"]]
            assert all(one.counter == counter for one in touched if one.state in AT_COUNTER)
            self.acts[counter].append((Act(body["act"]), before[body["ticket"]].priority))
        return body

    def _eligible(self, counter: str) -> list[QueueTicket]:
        """Who may be called by *counter*: in line for one of its services, where there is room."""
        here = self.story.queue.at_counter(counter)
        return [
            ticket
            for ticket in self._tickets()
            if ticket.state is State.WAITING
            and ticket.service in COUNTERS[counter]
            and self._fits(replace(ticket, state=State.CALLED), here)
        ]

    def _fits(self, called: QueueTicket, here: QueueTicket | None) -> bool:
        """Whether the rooms would still do if *called* came, and *here* went on."""
        there = Tally(t.service for t in self._tickets() if t.state in PRESENT and t.id != (here.id if here else 0))
        there[called.service] += 1
        if here and here.service == "inject":
            there["observe"] += 1
        if called.service != "inject":
            return True
        room, seats = (self.story.plan.stages[i].capacity for i in (1, 2))
        return not (room and there["inject"] > room) and not (seats and there["inject"] + there["observe"] > seats)

    def _check_choice(
        self, counter: str, before: dict[int, QueueTicket], body: Body, waiting: list[QueueTicket]
    ) -> None:
        chosen = before[body["ticket"]]
        lane = [ticket for ticket in waiting if ticket.priority is chosen.priority]
        assert chosen == min(lane, key=lambda ticket: ticket.order)
        others = [ticket for ticket in waiting if ticket.priority is not chosen.priority]
        due = self._ordinary_is_due(self.acts[counter][:-1])
        assert not others or chosen.priority is not due

    def _ordinary_is_due(self, acts: list[tuple[Act, bool]]) -> bool:
        """After so many priority calls in a row, or when somebody with priority did not come."""
        streak = 0
        for act, priority in acts:
            if act is Act.CALL:
                streak = streak + 1 if priority else 0
            if act is Act.ABSENT and priority:
                streak = max(streak, self.story.plan.ordinary_every)
        return streak >= self.story.plan.ordinary_every

    def _check_back_in_line(self, before: QueueTicket) -> None:
        after, plan = self.story.ticket(before.id), self.story.plan
        assert after.absences == before.absences + 1
        if after.absences > plan.absent_turns:
            assert after.state is State.ABSENT
            return
        lane = [t for t in self._tickets() if t.state is State.WAITING and t.service == after.service]
        lane = [t for t in lane if t.priority is after.priority and t.id != after.id]
        ahead = sum(ticket.order < after.order for ticket in lane)
        assert after.state is State.WAITING and after.since_ms == before.since_ms
        # Further back only behind those who were put back behind the same person before.
        assert plan.absent_back_by == 0 or ahead >= min(plan.absent_back_by, len(lane))

    def _check_numbers(self) -> None:
        given = defaultdict(list)
        for entry in self.story.entries:
            if entry.header.kind == EntryKind.SCAN and entry.body and "ticket" in entry.body:
                ticket, half = entry.body["ticket"], entry.body.get("queue", {}).get("half", "")
                given[entry.header.key_id, ticket["service"], ticket["series"], half].append(ticket["number"])
        assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in given.values())


AnyQueue.TestCase.settings = settings(max_examples=300, stateful_step_count=60, deadline=None)
TestAnyQueue = AnyQueue.TestCase
