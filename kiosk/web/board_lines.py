"""What the board in the waiting room says, in its words and as often as it has rows. It names nobody."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from kiosk import __version__
from kiosk.rules.queueing import Plan, Service
from kiosk.web.queue_lines import CallLine, ObservedLine, QueueState, ServiceLine
from kiosk.web.words import Words

# The rows of the page; it has all of them from the start. Of more calls those whose people have come are left out,
# of more services those for whom nobody waits.
CALLS = 6
SERVICES = 7
OBSERVED = 9
OVER = 6  # of them, if others are still to come; the latest, for who could go long ago has seen it or has gone

LONG_NUMBER, LONG_DESK = 6, 3  # characters: from here on they take less room each

_NUMBERED = re.compile(r"(.*?)\s*(?<!\d)(\d{1,3}[^\W\d_]?)")


@dataclass(frozen=True, slots=True)
class BoardCall:
    """A number, and the counter to which it is called: ``Quầy 2`` in two parts, *desk* empty where it has no number.

    *key* is another one with each call and recall. *serving*: they have come. *long* is the number,
    *wide* that of the counter.
    """

    key: str
    number: str
    word: str
    desk: str
    serving: bool
    long: bool
    wide: bool


@dataclass(frozen=True, slots=True)
class BoardService:
    """How many wait for a service, and how long who comes now will wait; empty where that is not known."""

    name: str
    waiting: int
    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class BoardObserved:
    """A number under observation, until when, and whether that is over."""

    number: str
    until: str
    over: bool


@dataclass(frozen=True, slots=True)
class SpokenCall:
    """A call with its sentences as (language, text), for the browser's voice; *come*: it need not be said any more."""

    key: str
    number: str
    counter: str
    called_ms: int
    come: bool
    said: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Board:
    """All that the board shows and says.

    *calling*: ``now``, ``last`` (all have come) or ``none``. *observes*: ``no``, ``yes`` or ``only``, where nobody is
    called and the numbers under observation have the whole place.
    """

    calling: str
    observes: str
    calls: tuple[BoardCall, ...]
    services: tuple[BoardService, ...]
    observed: tuple[BoardObserved, ...]
    spoken: tuple[SpokenCall, ...]
    version: str = __version__


def board_of(state: QueueState, plan: Plan, services: Collection[str]) -> Board:
    """The board of a waiting room for *services*; all of them where that is empty."""
    shown = [service for service in plan.services if not services or service.id in services]
    ids = {service.id for service in shown}
    calls = sorted((call for call in state.calls if call.service_id in ids), key=lambda call: call.serving)
    called_for = {service.id for service in shown if not _observes(plan, service)}
    lines = [line for line in state.lines if line.service in called_for]
    observed = [line for line in state.observed if line.service in ids]
    observes = "no" if called_for == ids else "yes" if called_for else "only"
    return Board(
        calling="none" if not calls else "last" if calls[0].serving else "now",
        observes=observes,
        calls=tuple(map(_call, calls[:CALLS])),
        services=tuple(map(_service, _busiest(lines))),
        observed=tuple(map(_observed, _soonest(observed))),
        spoken=tuple(map(_spoken, sorted(calls, key=lambda call: call.called_ms))),
    )


def _observes(plan: Plan, service: Service) -> bool:
    stage = plan.stage_of(service.id)
    return stage is not None and stage.observe_ms > 0


def _busiest(lines: list[ServiceLine]) -> list[ServiceLine]:
    kept = {line.service for line in sorted(lines, key=lambda line: -line.waiting)[:SERVICES]}
    return [line for line in lines if line.service in kept]


def _soonest(observed: list[ObservedLine]) -> list[ObservedLine]:
    over = [line for line in observed if line.over]
    coming = [line for line in observed if not line.over]
    return [*over[-max(OVER, OBSERVED - len(coming)) :], *coming][:OBSERVED]


def _call(call: CallLine) -> BoardCall:
    numbered = _NUMBERED.fullmatch(call.name)
    word, desk = numbered.groups() if numbered else (call.name, "")
    long, wide = len(call.ticket) >= LONG_NUMBER, len(desk) >= LONG_DESK
    return BoardCall(_key(call), call.ticket, word, desk, call.serving, long, wide)


def _key(call: CallLine) -> str:
    return f"{call.ticket} {call.counter} {call.called_ms} {call.recalls}"


def _service(line: ServiceLine) -> BoardService:
    words = wait_words(line.from_min, line.to_min)
    return BoardService(line.name, line.waiting, words.vi, words.en)


def wait_words(from_min: int | None, to_min: int | None) -> Words:
    """A wait from one whole minute to another; nothing where it is not known."""
    if from_min is None or to_min is None:
        return Words("", "")
    if from_min == to_min or to_min <= 1:
        return Words(f"khoảng {max(1, to_min)} phút", f"about {_minutes(max(1, to_min))}")
    if from_min < 1:
        return Words(f"khoảng {to_min} phút trở lại", f"about {to_min} minutes or less")
    return Words(f"khoảng {from_min}–{to_min} phút", f"about {from_min} to {to_min} minutes")


def _observed(line: ObservedLine) -> BoardObserved:
    return BoardObserved(line.ticket, line.until, line.over)


def _spoken(call: CallLine) -> SpokenCall:
    return SpokenCall(_key(call), call.ticket, call.counter, call.called_ms, call.serving, call.said)


def _minutes(count: int) -> str:
    return "1 minute" if count == 1 else f"{count} minutes"
