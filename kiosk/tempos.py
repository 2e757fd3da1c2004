"""How fast the counters work now, from the calls of the last hours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from math import ceil

from kiosk.rules import waits
from kiosk.rules.queueing import Plan, View
from kiosk.rules.waits import Tempo, Turn, Wait
from kiosk.store.queue import QueueTables

LEARNED_MS = 2 * 3_600_000
EARLIER_MS = 4 * 86_400_000
FRESH_MS = 10_000
OPEN_MS = 45 * 60_000  # a counter that called nobody for so long is closed

_MINUTE_MS = 60_000


class Tempos:
    """The tempo of each service of *plan*, as it was learned last. One thread learns, any may ask."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._at_ms: int | None = None
        self._tempos: dict[str, Tempo] = {}
        self._earlier: tuple[str, dict[str, float]] = "", {}

    def learn(self, queue: QueueTables, now_ms: int) -> None:
        """Learn from the calls of today, unless that was done a moment ago."""
        if not self._plan.counters or (self._at_ms is not None and 0 <= now_ms - self._at_ms < FRESH_MS):
            return
        self._at_ms = now_ms
        turns, earlier = queue.turns(now_ms - LEARNED_MS), self._earlier_paces(queue, now_ms)
        tempos: dict[str, Tempo] = {}
        for service in self._plan.services:
            own = [turn for turn in turns if turn.service == service.id]
            since_ms, pace_ms = _line_since(queue, service.id), earlier.get(service.id)
            counters = self._open(service.id, turns, now_ms)
            tempo = waits.learn(own, counters, now_ms, line_since_ms=since_ms, earlier_pace_ms=pace_ms)
            if tempo:
                tempos[service.id] = tempo
        self._tempos = tempos

    def wait(self, service: str, ahead: int, *, priority: bool) -> Wait | None:
        """How long one with *ahead* people in front will wait; None where that is not known yet."""
        tempo = self._tempos.get(service)
        return tempo.wait(ahead, priority=priority) if tempo else None

    def _open(self, service: str, turns: Sequence[Turn], now_ms: int) -> list[str]:
        """Counters that call for *service* and have called somebody lately."""
        working = {turn.counter for turn in turns if turn.ended_ms is None or now_ms - turn.called_ms < OPEN_MS}
        return [each.id for each in self._plan.counters if service in each.services and each.id in working]

    def _earlier_paces(self, queue: QueueTables, now_ms: int) -> dict[str, float]:
        """The pace of each service on the last day that it worked before today."""
        today = self._day(now_ms)
        if self._earlier[0] != today:
            turns = [turn for turn in queue.turns(now_ms - EARLIER_MS) if self._day(turn.called_ms) < today]
            self._earlier = (
                today,
                {each.id: pace for each in self._plan.services if (pace := self._pace(each.id, turns))},
            )
        return self._earlier[1]

    def _pace(self, service: str, turns: Sequence[Turn]) -> float | None:
        own = [turn for turn in turns if turn.service == service]
        last = self._day(own[-1].called_ms) if own else ""
        day = [turn for turn in own if self._day(turn.called_ms) == last]
        tempo = waits.learn(day, {turn.counter for turn in day}, day[-1].called_ms) if day else None
        return tempo.pace_ms if tempo else None

    def _day(self, at_ms: int) -> str:
        return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(self._plan.zone).date().isoformat()


def _line_since(queue: View, service: str) -> int | None:
    heads = [queue.line(service, priority=lane) for lane in (True, False)]
    return min((head.since_ms for head in heads if head), default=None)


def minutes(wait: Wait | None) -> tuple[int, int] | None:
    """The range of *wait* in whole minutes, as people are told it."""
    return (wait.from_ms // _MINUTE_MS, ceil(wait.to_ms / _MINUTE_MS)) if wait else None
