"""What really happened to a kiosk's clocks, invented, and what it could know of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

from kiosk.rules.clock import Shown, shown_ms
from kiosk.rules.model import ClockState, Moment
from kiosk.rules.true_times import Anchor, Read, Run, Source

TODAY_MS = 1_795_275_000_000  # in November 2026
WALLS_MS = (0, 2_147_483_647_000, 2_147_483_648_000, 4_102_444_800_000, TODAY_MS - 7_200_000, TODAY_MS)
HOUR_MS = 3_600_000
WEEK_MS = 7 * 24 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Noted:
    """An entry: when it truly was, and the clocks it carries."""

    sequence: int
    true_ms: int
    read: Read


@dataclass
class History:
    """A kiosk's life. Its *runs*, *anchors* and the clocks of *entries* are all that it knows."""

    now_ms: int = TODAY_MS  # in truth
    entries: list[Noted] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    anchors: list[Anchor] = field(default_factory=list)
    boot: int = 0
    running_ms: int = 0
    wall_ms: int = 0
    clock: ClockState = ClockState.UNKNOWN

    def start(self, off_ms: int, wall_ms: int) -> None:
        """The power comes back after *off_ms*; the clock shows *wall_ms*."""
        self.now_ms += off_ms
        self.boot, self.running_ms, self.wall_ms, self.clock = self.boot + 1, 0, wall_ms, ClockState.UNKNOWN

    def wait(self, running_ms: int, skew_ppm: int) -> None:
        """The kiosk runs for a while, by a crystal that is *skew_ppm* fast."""
        self.running_ms += running_ms
        self.wall_ms += running_ms
        self.now_ms += running_ms - running_ms * skew_ppm // 1_000_000

    def set(self, source: Source, wrong_ms: int, error_ms: int) -> None:
        """*source* sets the clock, wrong by *wrong_ms*, and says that it is by at most *error_ms*."""
        self.wall_ms = self.now_ms + wrong_ms
        self.clock = ClockState.SET if source in (Source.TIMESYNC, Source.RTC, Source.READ) else ClockState.TOLD
        if source is not Source.READ:
            self.anchors.append(Anchor(f"boot {self.boot}", self.running_ms, self.wall_ms, source, error_ms))

    def jump(self, wall_ms: int) -> None:
        """Somebody, or nobody, turns the clock to *wall_ms*."""
        self.wall_ms, self.clock = wall_ms, ClockState.UNKNOWN

    def note(self) -> Noted:
        """The kiosk records something."""
        moment = Moment(self.wall_ms, self.running_ms, f"boot {self.boot}", self.clock)
        last = self.entries[-1].read if self.entries else None
        shown = Shown(last.at_ms, last.moment.monotonic_ms, last.moment.boot_id) if last else None
        read = Read(moment, shown_ms(shown, moment))
        noted = Noted(len(self.entries) + 1, self.now_ms, read)
        self.entries.append(noted)
        begun = self.runs[-1] if self.runs and self.runs[-1].end.moment.boot_id == moment.boot_id else None
        if begun:
            self.runs[-1] = Run(begun.first, begun.begin, read)
        else:
            self.runs.append(Run(noted.sequence, read, read))
        return noted


@st.composite
def histories(draw: st.DrawFn, *, honest: bool = True) -> History:
    """Boots with power cuts between them, wrong clocks, jumps forth and back, clocks that are set, entries.

    Who sets a clock is *honest* where it is as right as they say.
    """
    history = History()
    for _ in range(draw(st.integers(1, 6))):
        history.start(draw(st.integers(0, WEEK_MS)), draw(st.sampled_from(WALLS_MS)))
        skew_ppm = draw(st.integers(-90, 90))
        for _ in range(draw(st.integers(1, 8))):
            history.wait(draw(st.integers(0, draw(st.sampled_from((HOUR_MS, WEEK_MS))))), skew_ppm)
            _happen(history, draw, honest=honest)
        history.note()
    return history


def _happen(history: History, draw: st.DrawFn, *, honest: bool) -> None:
    what = draw(st.sampled_from(("entry", "entry", "entry", "jump", "set")))
    if what == "entry":
        history.note()
    elif what == "jump" and history.clock is ClockState.UNKNOWN:  # else the kernel says that something keeps it
        history.jump(draw(st.sampled_from(WALLS_MS)))
    elif what == "set":
        source = draw(st.sampled_from((Source.TIMESYNC, Source.RTC, Source.HUB, Source.STAFF)))
        error_ms = draw(st.integers(10, 120_000))
        wrong_ms = draw(st.integers(-error_ms + 5, error_ms - 5)) if honest else draw(st.sampled_from(WALLS_MS))
        history.set(source, wrong_ms, error_ms)
