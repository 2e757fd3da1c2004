"""Invented staff call invented people to the counters of a site, through all its stages, in order of time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from heapq import heappop, heappush
from itertools import count
from random import Random

from kiosk.devices import clock
from kiosk.queue import Counters
from kiosk.rules.entries import Body
from kiosk.rules.queueing import Act, Counter, Plan, QueueTicket, Refusal, State, Wish
from kiosk.store.log import Store
from kiosk.store.queue import QueueTables

BREAKS = (("11:30", "12:00"), ("12:00", "12:30"))  # of every second counter, and of the others
WALK_S, LEAST_S, LEISURE, LONG_LINE = 20, 10, 1.3, 6
NOT_THERE, GONE, IMPATIENT, MISTAKEN, TOLD = 0.04, 0.004, 0.03, 0.01, 0.02

Happening = Callable[[int], object]  # at that time, in milliseconds
Leave = Callable[[int, int], object]  # whose visit, and when


class Agenda:
    """What will happen, in order of time; *dice* say when. After each happening comes *afterwards*."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self.afterwards: Happening = lambda now_ms: None
        self._due: list[tuple[int, int, Happening]] = []
        self._order = count()

    def add(self, now_ms: int, from_s: float, to_s: float, happening: Happening) -> None:
        """Between *from_s* and *to_s* from now it will happen."""
        due_ms = now_ms + round(self.dice.uniform(from_s, to_s) * 1000)
        heappush(self._due, (due_ms, next(self._order), happening))

    def until(self, at_ms: int) -> None:
        """Let everything happen that is due by then."""
        while self._due and self._due[0][0] <= at_ms:
            now_ms, _, happening = heappop(self._due)
            happening(now_ms)
            self.afterwards(now_ms)

    def chance(self, share: float) -> bool:
        """Tell whether what happens to that *share* of people happens now."""
        return self.dice.random() < share


class Hall:
    """The counters of a site, and who sits before them until they *leave*.

    One comes every *each_s*. Staff take their time, and less of it the longer their line is.
    """

    def __init__(self, plan: Plan, store: Store, agenda: Agenda, leave: Leave, each_s: int) -> None:
        self._plan, self._store, self._agenda, self._leave, self._each_s = plan, store, agenda, leave, each_s
        self._counters, self._queue = Counters(plan), QueueTables(store.db)
        self._gone: set[int] = set()
        self._idle = list(plan.counters)
        agenda.afterwards = self._look_up

    def _look_up(self, now_ms: int) -> None:
        for counter in [each for each in self._idle if any(map(self._queue.waiting, each.services))]:
            self._idle.remove(counter)
            self._agenda.add(now_ms, 5, 40, partial(self._call, counter))

    def _act(self, wish: Wish, now_ms: int) -> Body:
        """What is recorded; empty where it was refused, as when somebody has left meanwhile."""
        entry = self._counters.act(self._store, wish, clock.stated(now_ms))
        body = {} if isinstance(entry, Refusal) else entry.body or {}
        for moved in [self._queue.ticket(move["ticket"]) for move in body.get("moves", ())]:
            if moved:
                self._go_on(moved, now_ms)
        return body

    def _go_on(self, ticket: QueueTicket, now_ms: int) -> None:
        """What its holder does next without being called."""
        leave = partial(self._leave, ticket.id)
        if ticket.state is State.DONE:
            self._agenda.add(now_ms, 30, 240, leave)
        elif ticket.state is State.ABSENT and ticket.id not in self._gone:
            self._agenda.add(now_ms, 300, 1200, partial(self._act, Wish(Act.RELEASE, ticket=ticket.id)))
        elif ticket.state is State.OBSERVING and ticket.until_ms:
            if self._agenda.chance(IMPATIENT):
                self._agenda.add(now_ms, 300, 1500, leave)
            self._agenda.add(ticket.until_ms, 5, 60, leave if ticket.final else self._end_observation)

    def _end_observation(self, now_ms: int) -> None:
        self._counters.finish_observed(self._store, clock.stated(now_ms))

    def _call(self, counter: Counter, now_ms: int) -> None:
        begins, ends = BREAKS[self._plan.counters.index(counter) % 2]
        if begins <= self._plan.local_time(now_ms) < ends:
            self._act(Wish(Act.FINISH, counter.id), now_ms)
            self._agenda.add(now_ms, 60, 180, partial(self._call, counter))
            return
        body = self._act(Wish(Act.CALL, counter.id), now_ms)
        if body.get("act") != Act.CALL:
            self._idle.append(counter)
        elif self._agenda.chance(MISTAKEN) and self._act(Wish(Act.UNDO, counter.id), now_ms):
            self._agenda.add(now_ms, 5, 20, partial(self._call, counter))
        else:
            self._await(counter, body["ticket"], NOT_THERE, now_ms)

    def _await(self, counter: Counter, ticket: int, absent: float, now_ms: int) -> None:
        if self._agenda.chance(GONE):
            self._gone.add(ticket)
        if ticket in self._gone or self._agenda.chance(absent):
            self._agenda.add(now_ms, 40, 60, partial(self._recall, counter, ticket))
        else:
            self._agenda.add(now_ms, WALK_S / 2, WALK_S * 1.5, partial(self._serve, counter, ticket))

    def _recall(self, counter: Counter, ticket: int, now_ms: int) -> None:
        here = self._queue.ticket(ticket)
        if here and here.recalls < self._plan.recalls and self._act(Wish(Act.RECALL, counter.id, ticket), now_ms):
            self._await(counter, ticket, 0.6, now_ms)
        else:
            self._act(Wish(Act.ABSENT, counter.id, ticket), now_ms)
            self._call(counter, now_ms)

    def _serve(self, counter: Counter, ticket: int, now_ms: int) -> None:
        if not self._act(Wish(Act.START, counter.id, ticket), now_ms):
            self._call(counter, now_ms)
            return
        if self._agenda.chance(TOLD):
            self._act(Wish(Act.PRIORITY, counter.id, ticket), now_ms)
        next_act = self._agenda.dice.choices((self._call, self._hold, self._send_back), (96, 2, 2))[0]
        self._agenda.add(now_ms, *self._takes_s(counter), partial(next_act, counter))

    def _takes_s(self, counter: Counter) -> tuple[float, float]:
        stage = self._plan.stage_of(counter.services[0])
        beside = sum(self._plan.stage_of(each.services[0]) == stage for each in self._plan.counters)
        haste = 1 + sum(map(self._queue.waiting, counter.services)) / LONG_LINE
        mean_s = max(LEAST_S, LEISURE * self._each_s * beside / haste - WALK_S)
        return mean_s * 0.5, mean_s * 1.5

    def _hold(self, counter: Counter, now_ms: int) -> None:
        if held := self._act(Wish(Act.HOLD, counter.id), now_ms):
            self._agenda.add(now_ms, 180, 600, partial(self._act, Wish(Act.RELEASE, ticket=held["ticket"])))
        self._call(counter, now_ms)

    def _send_back(self, counter: Counter, now_ms: int) -> None:
        before = [service.id for service in self._plan.services].index(counter.services[0]) - 1
        if before >= 0:
            self._act(Wish(Act.TRANSFER, counter.id, service=self._plan.services[before].id), now_ms)
        self._call(counter, now_ms)
