"""Entries and anchors -> the true time of every entry, and how sure it is.

Within one boot, running time ties every entry to the moments at which the clock was set. A boot in which nothing set
it lies somewhere between its neighbours. No clock of a kiosk runs wrong by more than DRIFT_PPM while it is on; how
long it was off, nobody knows.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from kiosk.rules.model import ClockState, Moment

DRIFT_PPM = 100  # of a cheap crystal, cold or hot
SURE_MS = 120_000
FAR_MS = 1 << 62  # no time is
READ_ERROR_MS = 1_000  # of a clock that something set, where nothing says what


class Source(StrEnum):
    """What set a clock, the most trusted first."""

    TIMESYNC = "timesync"
    RTC = "rtc"
    READ = "read"  # entries say that the clock was set, and no anchor by what
    HUB = "hub"
    STAFF = "staff"
    BELIEVED = "believed"  # nothing has set it, on a kiosk for trying out
    UNKNOWN = "unknown"  # it jumped, and nothing is known of why: no anchor


_TRUST = {source: rank for rank, source in enumerate(Source)}


def more_trusted(one: Source, other: Source) -> bool:
    """Whether *one* is trusted more than the *other*."""
    return _TRUST[one] < _TRUST[other]


def drift_ms(passed_ms: int) -> int:
    """How much a clock may have gained or lost in *passed_ms* of running time."""
    return -(-abs(passed_ms) * DRIFT_PPM // 1_000_000)


class Sureness(StrEnum):
    """How far a true time may be relied on."""

    SURE = "sure"  # within SURE_MS
    WITHIN = "within"
    ORDER = "order"  # only what was before and after it is known


@dataclass(frozen=True, slots=True)
class Anchor:
    """At *monotonic_ms* of a boot it was *wall_ms*, within *error_ms*, as *source* says."""

    boot_id: str
    monotonic_ms: int
    wall_ms: int
    source: Source
    error_ms: int

    @property
    def offset_ms(self) -> int:
        """What makes true time of running time."""
        return self.wall_ms - self.monotonic_ms

    def apart_ms(self, monotonic_ms: int) -> int:
        """How wrong the time may be that this anchor gives for *monotonic_ms* of its boot."""
        return self.error_ms + drift_ms(monotonic_ms - self.monotonic_ms)


@dataclass(frozen=True, slots=True)
class LastSet:
    """What set a clock last, how long ago, and how wrong it may have been then. Drift since then comes on top."""

    source: Source = Source.UNKNOWN
    ago_ms: int = 0
    error_ms: int = 0


@dataclass(frozen=True, slots=True)
class Read:
    """The clocks of one entry, and the time that was shown for it."""

    moment: Moment
    at_ms: int


@dataclass(frozen=True, slots=True)
class Run:
    """Entries of one boot that follow one another, from the sequence *first* on; *begin* and *end* are their clocks.

    *stated*: their times were given on the command line one by one, and have nothing to do with running time.
    """

    first: int
    begin: Read
    end: Read
    stated: bool = False


@dataclass(frozen=True, slots=True)
class TrueTime:
    """The best guess of a time, and what it lies between; None is an end that is not known."""

    at_ms: int
    earliest_ms: int | None
    latest_ms: int | None

    @property
    def within_ms(self) -> int | None:
        """How wrong it may be at most; None where nobody knows."""
        if self.earliest_ms is None or self.latest_ms is None:
            return None
        return max(self.at_ms - self.earliest_ms, self.latest_ms - self.at_ms)

    def moved(self, by_ms: int) -> TrueTime:
        """The time *by_ms* after this one, as sure as it is."""
        ends = (None if end is None else end + by_ms for end in (self.earliest_ms, self.latest_ms))
        return TrueTime(self.at_ms + by_ms, *ends)

    @property
    def sureness(self) -> Sureness:
        """Whether it may be relied on."""
        within_ms = self.within_ms
        if within_ms is None:
            return Sureness.ORDER
        return Sureness.SURE if within_ms <= SURE_MS else Sureness.WITHIN


def clock_of(boot_id: str, anchors: Iterable[Anchor]) -> list[Anchor]:
    """Of *anchors* those by which the clock of a boot is repaired: its most trusted source's, in their order.

    Where two of them cannot both be right, the later one is. Empty where nothing set the clock.
    """
    known = [anchor for anchor in anchors if anchor.boot_id == boot_id and anchor.source is not Source.UNKNOWN]
    best = min((_TRUST[anchor.source] for anchor in known), default=None)
    kept: list[Anchor] = []
    for anchor in sorted(known, key=lambda one: one.monotonic_ms, reverse=True):
        if _TRUST[anchor.source] == best and all(_agree(anchor, other) for other in kept):
            kept.append(anchor)
    return kept[::-1]


def _agree(one: Anchor, later: Anchor) -> bool:
    apart_ms, passed_ms = abs(later.offset_ms - one.offset_ms), later.monotonic_ms - one.monotonic_ms
    return 2 * apart_ms <= passed_ms and apart_ms <= one.apart_ms(later.monotonic_ms) + later.error_ms


class TrueTimes:
    """The true time of every entry of *runs*, which are whole, in order. *anchors* are of any boots.

    Times of entries whose clocks were read one after another never run backwards. *believed*: a clock that nothing has
    set counts as one that was set: on a kiosk for trying out.
    """

    def __init__(self, runs: Sequence[Run], anchors: Iterable[Anchor], *, believed: bool = False) -> None:
        by_boot: dict[str, list[Anchor]] = {}
        for anchor in anchors:
            by_boot.setdefault(anchor.boot_id, []).append(anchor)
        self._firsts = [run.first for run in runs]
        self._spans = [_Span(run, _clock_of_run(run, by_boot, believed=believed)) for run in runs]
        _disbelieve(self._spans)
        _bound(self._spans)

    def of(self, sequence: int, read: Read) -> TrueTime:
        """The true time of the entry *sequence* with its clocks. There must be a run that it belongs to."""
        return self._spans[bisect_right(self._firsts, sequence) - 1].time_of(read)


@dataclass(slots=True)
class _Span:
    """A run with what is known of its time: by its own *clock*, and by its neighbours."""

    run: Run
    clock: list[Anchor]
    after_ms: int | None = None  # its first entry was not earlier
    before_ms: int | None = None  # its last entry was not later
    floor_ms: int = -FAR_MS  # the best guess for the last entry before it
    ceiling_ms: int = FAR_MS  # the best guess for the next entry after it in a boot whose clock was set

    @property
    def known(self) -> bool:
        return self.run.stated or bool(self.clock)

    @property
    def lasted_ms(self) -> int:
        """At least so long it lasted."""
        return _least_ms(self._to_end_ms(self.run.begin))

    def time_of(self, read: Read) -> TrueTime:
        earliest_ms, latest_ms = self.earliest_ms(read), self.latest_ms(read)
        at_ms = min(self._guess_ms(read), self.ceiling_ms - _least_ms(self._to_end_ms(read)))
        at_ms = at_ms if latest_ms is None else min(at_ms, latest_ms)
        at_ms = max(at_ms, self.floor_ms, at_ms if earliest_ms is None else earliest_ms)
        # What contradicts itself is not less wrong than the guess.
        return TrueTime(at_ms, earliest_ms, None if latest_ms is None else max(latest_ms, at_ms))

    def earliest_ms(self, read: Read) -> int | None:
        known = [] if self.after_ms is None else [self.after_ms + _least_ms(self._from_begin_ms(read))]
        return max([*known, *self._own_ms(read, -1)], default=None)

    def latest_ms(self, read: Read) -> int | None:
        known = [] if self.before_ms is None else [self.before_ms - _least_ms(self._to_end_ms(read))]
        return min([*known, *self._own_ms(read, 1)], default=None)

    def _own_ms(self, read: Read, sign: int) -> list[int]:
        if self.run.stated:
            return [read.at_ms]
        running_ms = read.moment.monotonic_ms
        return [running_ms + anchor.offset_ms + sign * anchor.apart_ms(running_ms) for anchor in self.clock]

    def _from_begin_ms(self, read: Read) -> int:
        return 0 if self.run.stated else read.moment.monotonic_ms - self.run.begin.moment.monotonic_ms

    def _to_end_ms(self, read: Read) -> int:
        return 0 if self.run.stated else self.run.end.moment.monotonic_ms - read.moment.monotonic_ms

    def _guess_ms(self, read: Read) -> int:
        if self.run.stated:
            return read.at_ms
        if not self.clock:
            return self._begin_ms() + self._from_begin_ms(read)
        return read.moment.monotonic_ms + self._offset_ms(read.moment.monotonic_ms)

    def _begin_ms(self) -> int:
        """The first entry by the clock as it was read last, as far as the neighbours allow."""
        latest_ms = self.latest_ms(self.run.begin)
        begin_ms = self.run.end.moment.wall_ms - self._to_end_ms(self.run.begin)
        begin_ms = begin_ms if latest_ms is None else min(begin_ms, latest_ms)
        return begin_ms if self.after_ms is None else max(begin_ms, self.after_ms)

    def _offset_ms(self, running_ms: int) -> int:
        """What makes true time of *running_ms*: between two anchors it goes evenly from one to the other."""
        after = bisect_right(self.clock, running_ms, key=lambda anchor: anchor.monotonic_ms)
        one, other = self.clock[max(0, after - 1)], self.clock[min(after, len(self.clock) - 1)]
        passed_ms = other.monotonic_ms - one.monotonic_ms
        if not passed_ms:
            return one.offset_ms
        return one.offset_ms + (other.offset_ms - one.offset_ms) * (running_ms - one.monotonic_ms) // passed_ms


def _clock_of_run(run: Run, by_boot: dict[str, list[Anchor]], *, believed: bool) -> list[Anchor]:
    if run.stated:
        return []
    boot_id = run.begin.moment.boot_id
    sources = {ClockState.SET: Source.READ} | ({ClockState.UNKNOWN: Source.BELIEVED} if believed else {})
    implied = [
        Anchor(boot_id, one.monotonic_ms, one.wall_ms, sources[one.clock], READ_ERROR_MS)
        for one in {run.begin.moment, run.end.moment}
        if one.clock in sources
    ]
    return clock_of(boot_id, [*by_boot.get(boot_id, ()), *implied])


def _disbelieve(spans: list[_Span]) -> None:
    """Of clocks that contradict the order of the entries, the least trusted and the oldest do not count."""
    believed: list[int] = []
    known = [number for number, span in enumerate(spans) if span.known]
    for number in sorted(known, key=lambda one: (_trust(spans[one]), -one)):
        place = bisect_right(believed, number)
        before = [spans[believed[place - 1]]] if place else []
        after = [spans[believed[place]]] if place < len(believed) else []
        chain = [*before, spans[number], *after]
        if all(_in_order(one, other) for one, other in pairwise(chain)):
            believed.insert(place, number)
        else:
            spans[number].clock = []


def _trust(span: _Span) -> int:
    return -1 if span.run.stated else _TRUST[span.clock[0].source]


def _in_order(one: _Span, later: _Span) -> bool:
    earliest_ms, latest_ms = one.earliest_ms(one.run.end), later.latest_ms(later.run.begin)
    return earliest_ms is None or latest_ms is None or earliest_ms <= latest_ms


def _bound(spans: list[_Span]) -> None:
    """Each run lies between its neighbours, and lasted as long as it ran."""
    for one, later in pairwise(spans):
        later.after_ms = one.earliest_ms(one.run.end)
    for later, one in pairwise(spans[::-1]):
        begin = later.run.begin
        one.before_ms = later.latest_ms(begin)
        one.ceiling_ms = later.time_of(begin).at_ms if later.known else later.ceiling_ms - later.lasted_ms
    for one, later in pairwise(spans):
        later.floor_ms = one.time_of(one.run.end).at_ms


def _least_ms(passed_ms: int) -> int:
    """How long *passed_ms* of running time lasted at least; what was read out of turn lasted nothing."""
    return max(0, passed_ms) - drift_ms(max(0, passed_ms))
