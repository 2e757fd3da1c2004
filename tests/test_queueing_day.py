"""A vaccination day: 2,000 people, six stages, twelve counters, and all that goes wrong; every ticket has its end."""

from __future__ import annotations

import heapq
import itertools
import random
import time
from collections import Counter as Tally
from collections.abc import Callable

import pytest
from queue_story import MINUTE_MS, SECOND_MS, STAGES, Story, six_stages

from kiosk.rules.queueing import ENDS, Act, Refusal, State, queue_of

PEOPLE, HOURS = 2000, 10
SERVING_S = {"v0": 25, "v1": 25, "v2": 40, "v3": 55, "v5": 12}


class Day:
    """Simulates a day from a seed. Shares of people: what they and the staff do now and then."""

    def __init__(self, seed: int) -> None:
        self.story = Story(six_stages())
        self.took_s = 0.0
        self._random = random.Random(seed)
        self._tie = itertools.count()
        self._agenda: list[tuple[int, int, Callable[[], None]]] = []
        self._ends_ms = self.story.at_ms + HOURS * 60 * MINUTE_MS

    def run(self) -> None:
        """From the first arrival until the site closes."""
        for _ in range(PEOPLE):
            self._in(self._random.randrange((HOURS - 1) * 3600), self._arrive)
        for counter in self.story.plan.counters:
            self._in(0, self._worker(counter.id))
        while self._agenda:
            self.story.at_ms, _, happens = heapq.heappop(self._agenda)
            happens()
        self.story.close()

    def _in(self, seconds: float, happens: Callable[[], None]) -> None:
        at_ms = self.story.at_ms + round(seconds * SECOND_MS)
        heapq.heappush(self._agenda, (at_ms, next(self._tie), happens))

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _arrive(self) -> None:
        visit = self.story.arrive(priority=self._chance(0.1))
        assert not isinstance(visit, Refusal)
        if self._chance(0.02):
            self._in(self._random.randrange(5400), lambda: self.story.leave(visit))

    def _worker(self, counter: str) -> Callable[[], None]:
        return lambda: self._call(counter)

    def _call(self, counter: str) -> None:
        """The next one, please; somebody who was at the counter goes on with it."""
        here = self.story.queue.at_counter(counter)
        called = self.story.call(counter)
        if here:
            self._follow(here.id)
        if isinstance(called, Refusal) or (here and called == here.id):
            if self.story.at_ms < self._ends_ms:
                self._in(10, self._worker(counter))
            return
        if self._chance(0.01):
            self.story.act(Act.UNDO, counter)
            assert self.story.call(counter) == called
        comes = not self._chance(0.03)
        self._in(5 if comes else 60, lambda: self._serve(counter) if comes else self._nobody_came(counter))

    def _nobody_came(self, counter: str) -> None:
        self.story.mark_absent(counter)
        self._call(counter)

    def _serve(self, counter: str) -> None:
        self.story.act(Act.START, counter)
        here = self.story.queue.at_counter(counter)
        if here and self._chance(0.01):
            self.story.act(Act.HOLD, counter)
            self._in(300, lambda: void(self.story.act(Act.RELEASE, "", here.id)))
        elif here and here.service == "v2" and self._chance(0.02):
            self.story.act(Act.TRANSFER, counter, service="v1")
        served_s = self._random.expovariate(1 / SERVING_S[here.service]) if here else 0
        self._in(served_s, self._worker(counter))

    def _follow(self, visit: int) -> None:
        """What happens to somebody who has gone on from a counter."""
        ticket = self.story.ticket(visit)
        remaining_ms = ticket.remaining_ms(self.story.at_ms)
        if remaining_ms is not None:
            self._in(remaining_ms / SECOND_MS, lambda: void(self.story.act(Act.FINISH, "", visit)))
        if ticket.state is State.DONE and self._chance(0.97):
            self._in(60, lambda: self.story.leave(visit))


def void(result: object) -> None:
    """An act of the house on somebody who may have left meanwhile."""
    assert result is not None


@pytest.fixture(scope="module", params=[1, 2])
def day(request: pytest.FixtureRequest) -> Day:
    day, started = Day(request.param), time.perf_counter()
    day.run()
    day.took_s = time.perf_counter() - started
    ends = Tally(ticket.state for ticket in day.story.queue.tickets.values())
    told = ", ".join(f"{ends[end]} {end}" for end in sorted(ENDS))
    print(f"\n{PEOPLE} people, {len(day.story.entries)} entries in {day.took_s:.1f} s: {told}")
    return day


def test_every_ticket_of_the_day_has_exactly_one_end(day: Day) -> None:
    tickets = day.story.queue.tickets.values()
    assert len(tickets) == PEOPLE
    assert {ticket.state for ticket in tickets} == ENDS
    assert all(ticket.closed_ms is not None for ticket in tickets)


def test_nearly_everybody_is_served(day: Day) -> None:
    ends = Tally(ticket.state for ticket in day.story.queue.tickets.values())
    assert ends[State.DONE] > 0.95 * PEOPLE
    assert ends.total() == PEOPLE


def test_the_numbers_of_the_day_have_no_gap_and_no_double(day: Day) -> None:
    assert [ticket.number for ticket in day.story.queue.tickets.values()] == list(range(1, PEOPLE + 1))


def test_the_log_alone_tells_the_same_day(day: Day) -> None:
    assert len(day.story.plan.stages) == len(STAGES) == 6
    assert len(day.story.plan.counters) == 12
    assert queue_of(day.story.entries) == day.story.queue
