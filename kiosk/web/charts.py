"""Counts -> the geometry of a picture, which ``templates/charts.html`` draws as SVG.

Pure. Lengths are units of a picture WIDTH wide, from its top left. A *look* is the name of a class and of a pattern,
so that parts differ on a thermal printer, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

WIDTH, HEIGHT = 720, 280
LEFT, RIGHT, TOP, BOTTOM = 46, 8, 12, 36  # margins: counts stand left of the picture, times below it
MOST_LEVELS = 5
MOST_TICKS = 14
_GAP = 0.2  # between columns, in columns


@dataclass(frozen=True, slots=True)
class Part:
    """So many of one look."""

    look: str
    count: int


@dataclass(frozen=True, slots=True)
class Column:
    """What stands at one place along the picture: piles side by side, each of parts one upon the other."""

    label: str  # empty for a place that is not named
    piles: Sequence[Sequence[Part]] = ()


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float
    look: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A text at a place of an axis. A *minor* one is left out where there is little room."""

    at: float
    text: str
    minor: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture: horizontal *levels*, *ticks* below, boxes, an *area* (points of a polygon), and a *limit* across."""

    levels: tuple[Tick, ...]
    ticks: tuple[Tick, ...]
    boxes: tuple[Box, ...] = ()
    area: str = ""
    limit: Tick | None = None
    width: int = field(default=WIDTH, init=False)
    height: int = field(default=HEIGHT, init=False)
    left: int = field(default=LEFT, init=False)
    right: int = field(default=WIDTH - RIGHT, init=False)
    ground: int = field(default=HEIGHT - BOTTOM, init=False)


def columns(places: Sequence[Column]) -> Chart:
    """A picture of columns."""
    highest = max((sum(part.count for part in pile) for place in places for pile in place.piles), default=0)
    top = levels(highest)[-1]
    return Chart(_levels(highest), _ticks(places), tuple(_boxes(places, top)))


def steps(places: Sequence[tuple[str, int]], limit: int = 0) -> Chart:
    """A picture of a count that goes up and down, by the label and the count of each place; *limit* 0: no limit."""
    highest = max([limit, *(count for _, count in places)])
    top = levels(highest)[-1]
    outline: list[tuple[float, float]] = [(LEFT, _y(0, top))]
    for number, (_, count) in enumerate(places):
        outline += [(_x(number, len(places)), _y(count, top)), (_x(number + 1, len(places)), _y(count, top))]
    outline.append((_x(1, 1), _y(0, top)))
    return Chart(
        _levels(highest),
        _ticks([Column(label) for label, _ in places]),
        area=" ".join(f"{x:g},{y:g}" for x, y in outline),
        limit=Tick(_y(limit, top), str(limit)) if limit else None,
    )


def row(parts: Iterable[Part], most: int) -> list[Box]:
    """One bar of parts beside each other, in a picture 100 wide and 10 high that *most* would fill."""
    shown = list(parts)
    ends = list(accumulate((part.count for part in shown), initial=0))
    return [
        Box(_round(100 * begins / most), 0, _round(100 * part.count / most), 10, part.look)
        for part, begins in zip(shown, ends, strict=False)
        if part.count
    ]


def levels(highest: int) -> list[int]:
    """Round numbers from 0 to one that is not below *highest*, at most MOST_LEVELS."""
    for step in _round_numbers():
        found = list(range(0, max(highest, 1) + step, step))
        if len(found) <= MOST_LEVELS:
            return found
    raise AssertionError("round numbers never end")


def _round_numbers() -> Iterator[int]:
    tens = 1
    while True:
        yield from (tens, 2 * tens, 5 * tens)
        tens *= 10


def _levels(highest: int) -> tuple[Tick, ...]:
    found = levels(highest)
    return tuple(Tick(_y(level, found[-1]), str(level)) for level in found)


def _ticks(places: Sequence[Column]) -> tuple[Tick, ...]:
    """The names of places where they stand, thinned out until there is room for them."""
    named = [(number, place.label) for number, place in enumerate(places) if place.label]
    every = -(-len(named) // MOST_TICKS) or 1
    ticks = [Tick(_x(number, len(places)), label) for number, label in named[::every]]
    return tuple(Tick(tick.at, tick.text, minor=bool(place % 3)) for place, tick in enumerate(ticks))


def _boxes(places: Sequence[Column], top: int) -> Iterator[Box]:
    for number, place in enumerate(places):
        wide = (_x(1, len(places)) - LEFT) * (1 - _GAP) / max(1, len(place.piles))
        for pile_number, pile in enumerate(place.piles):
            x, height = _x(number + _GAP / 2, len(places)) + pile_number * wide, 0
            for part in pile:
                height += part.count
                if part.count:
                    y = _y(height, top)
                    yield Box(_round(x), y, _round(wide), _round(_y(height - part.count, top) - y), part.look)


def _x(place: float, places: int) -> float:
    return _round(LEFT + (WIDTH - LEFT - RIGHT) * place / max(1, places))


def _y(count: int, top: int) -> float:
    return _round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * count / top)


def _round(length: float) -> float:
    return round(length, 1)
