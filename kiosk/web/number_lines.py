"""A day's numbers as the page shows them: pictures, the rows beside them, and what stands out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from kiosk.config import Settings
from kiosk.numbers import Day
from kiosk.retention import local_time
from kiosk.rules.arrivals import QUARTER_MS, Flow, Quarter
from kiosk.rules.loudspeaker import day_words
from kiosk.rules.numbers import FEWEST_OF_A_KIND, OTHER, Numbers, Waits
from kiosk.web.charts import Box, Chart, Column, Part, columns, row, steps
from kiosk.web.words import Words, kind_words

WEEKS = 8
NEARLY_ALL = 0.9

OTHER_KINDS = Words(f"Loại khác (mỗi loại dưới {FEWEST_OF_A_KIND})", f"Others (fewer than {FEWEST_OF_A_KIND} each)")


@dataclass(frozen=True, slots=True)
class QuarterLine:
    """A quarter hour with its times of day."""

    begins: str
    ends: str
    at: Quarter

    @property
    def mark(self) -> str:
        """What stands below it in a picture: full hours."""
        return self.begins if self.begins.endswith(":00") else ""


@dataclass(frozen=True, slots=True)
class WaitLine:
    """The waits for a service, in whole minutes; *nearly_all*: within which nine in ten were called."""

    service: str
    waits: Waits
    median: int
    nearly_all: int
    bar: Sequence[Box]


@dataclass(frozen=True, slots=True)
class KindLine:
    """How many came with a kind of code."""

    words: Words
    count: int
    bar: Sequence[Box]


@dataclass(frozen=True, slots=True)
class GateLine:
    """What was seen at a gate."""

    name: str
    flow: Flow
    bar: Sequence[Box]


@dataclass(frozen=True, slots=True)
class NumbersView:
    """What is known of a day beside its counts."""

    numbers: Numbers
    quarters: Sequence[QuarterLine]
    busiest: QuarterLine | None
    fullest: QuarterLine | None
    arrivals: Chart
    inside: Chart
    waits: Sequence[WaitLine]
    kinds: Sequence[KindLine]
    gates: Sequence[GateLine]


@dataclass(frozen=True, slots=True)
class DayView:
    """A day; of one that kept its counts alone, *more* is None. *sure*: its hours may be relied on."""

    day: str
    short: str
    words: Words
    flow: Flow
    is_open: bool
    sure: bool
    more: NumbersView | None


@dataclass(frozen=True, slots=True)
class DayLine:
    """A day among others; None is what was not kept, or not to be known of an empty day."""

    day: str
    short: str
    flow: Flow
    sure: bool
    most_inside: int | None = None
    median: int | None = None
    id_percent: int | None = None


def day_view(day: Day, settings: Settings, *, sure: bool) -> DayView:
    """All that the page of *day* shows."""
    more = _numbers_view(day.numbers, settings) if day.numbers else None
    return DayView(day.day, short_date(day.day), Words(*day_words(day.day)), _flow(day), day.is_open, sure, more)


def day_line(day: Day, *, sure: bool) -> DayLine:
    """What a list of days says of *day*."""
    numbers, flow = day.numbers, _flow(day)
    if numbers is None:
        return DayLine(day.day, short_date(day.day), flow, sure)
    waits, fullest = numbers.all_waits, numbers.fullest
    most_inside, median = fullest.inside if fullest else 0, waits.within(0.5) if waits.count else None
    with_id = percent(numbers.with_id, flow.came)
    return DayLine(day.day, short_date(day.day), flow, sure, most_inside, median, with_id)


def weeks(days: Sequence[DayLine], today: str) -> Chart:
    """Arrivals and exits of *days*, each at its date until *today*; a date without a day is a gap."""
    flows = {each.day: each.flow for each in days}
    first = min([*flows, today])
    dates = [_date(first) + timedelta(number) for number in range((_date(today) - _date(first)).days + 1)]
    return columns([Column(f"{at:%d/%m}", _piles(flows.get(at.isoformat(), Flow()))) for at in dates])


def since(today: str) -> str:
    """The first day (ISO) of the weeks that are shown together."""
    return (_date(today) - timedelta(weeks=WEEKS, days=-1)).isoformat()


def short_date(day: str) -> str:
    """``20/11``, as dates are written in Viet Nam."""
    return f"{_date(day):%d/%m}"


def percent(part: int, whole: int) -> int | None:
    """Whole per cent, rounded down so that 100 is all of them; None of nothing."""
    return 100 * part // whole if whole else None


def _date(day: str) -> date:
    return date.fromisoformat(day)


def _flow(day: Day) -> Flow:
    counts = day.counts
    if day.numbers:  # counted a moment ago, as the pictures beside it
        return day.numbers.flow
    return Flow(counts.entered, counts.left + counts.unmatched, counts.inferred, counts.unmatched)


def _numbers_view(numbers: Numbers, settings: Settings) -> NumbersView:
    quarters = [_quarter_line(quarter, settings) for quarter in numbers.quarters]
    by_start = {line.at.began_ms: line for line in quarters}
    return NumbersView(
        numbers=numbers,
        quarters=quarters,
        busiest=by_start[numbers.busiest.began_ms] if numbers.busiest else None,
        fullest=by_start[numbers.fullest.began_ms] if numbers.fullest else None,
        arrivals=columns([Column(line.mark, _piles(line.at)) for line in quarters]),
        inside=steps([(line.mark, line.at.inside) for line in quarters], numbers.capacity),
        waits=_wait_lines(numbers.waits, settings),
        kinds=_kind_lines(numbers.kinds, settings),
        gates=_gate_lines(numbers.gates, settings),
    )


def _quarter_line(quarter: Quarter, settings: Settings) -> QuarterLine:
    begins, ends = (local_time(at_ms, settings.zone) for at_ms in (quarter.began_ms, quarter.began_ms + QUARTER_MS))
    return QuarterLine(f"{begins:%H:%M}", f"{ends:%H:%M}", quarter)


def _piles(passed: Flow | Quarter) -> tuple[tuple[Part, ...], ...]:
    return (Part("came", passed.came),), (Part("went", passed.went), Part("inferred", passed.inferred))


def _wait_lines(waits: Mapping[str, Waits], settings: Settings) -> list[WaitLine]:
    names = {service.id: service.name for service in settings.plan().services}
    ordered = [*(name for name in names if name in waits), *sorted(waits.keys() - names.keys())]
    return [_wait_line(names.get(service, service), waits[service]) for service in ordered]


def _wait_line(service: str, waits: Waits) -> WaitLine:
    parts = (Part("sooner", waits.sooner), Part("as-told", waits.as_told), Part("later", waits.later))
    return WaitLine(service, waits, waits.within(0.5), waits.within(NEARLY_ALL), row(parts, waits.told or 1))


def _kind_lines(kinds: Mapping[str, int], settings: Settings) -> list[KindLine]:
    """The most frequent first; those that stand together last."""
    most = max(kinds.values(), default=1)
    ordered = sorted(kinds, key=lambda kind: (kind == OTHER, -kinds[kind], kind))
    words = {kind: OTHER_KINDS if kind == OTHER else kind_words(kind, settings) for kind in kinds}
    return [KindLine(words[kind], kinds[kind], row([Part("came", kinds[kind])], most)) for kind in ordered]


def _gate_lines(gates: Mapping[str, Flow], settings: Settings) -> list[GateLine]:
    names = {gate.id: gate.name for gate in settings.gates}
    most = max((flow.came + flow.went for flow in gates.values()), default=1)
    return [
        GateLine(names.get(gate, gate), flow, row([Part("came", flow.came), Part("went", flow.went)], most))
        for gate, flow in sorted(gates.items())
    ]
