"""A wish to put something right, with all it is decided by, and what it comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from kiosk.rules.corrections.words import Now, View, Wish
from kiosk.rules.presence import Visit

Pair = tuple[Visit | None, Visit | None]  # as it was, as it is


@dataclass(frozen=True, slots=True)
class Step:
    """What an act comes to. Visits that end or go come before those that open: nobody is inside twice meanwhile."""

    visits: tuple[Pair, ...]
    names: Mapping[bytes, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """A wish with all it is decided by; *other* is there wherever the act needs it."""

    wish: Wish
    view: View
    now: Now
    visit: Visit
    other: Visit | None

    def close(self, visit: Visit, at_ms: int, sequence: int, gate: str = "", link: str = "") -> Visit:
        """*visit*, ended where somebody saw it or staff say so."""
        return replace(visit, left_ms=at_ms, gate_out=gate, exit_sequence=sequence, exit_inferred=False, link=link)

    def reopen(self, visit: Visit) -> Visit:
        """*visit* without the end it had; of who came before closing time nobody knows more than that it was over."""
        opened = replace(visit, left_ms=None, gate_out="", exit_sequence=None, exit_inferred=False, link="")
        if not is_past(opened, self.now):
            return opened
        return replace(opened, left_ms=self.now.closed_ms, exit_sequence=self.now.sequence, exit_inferred=True)

    def led_to(self, visit: int, *, instead_of: int) -> dict[bytes, int]:
        """Every name that leads to one visit, leading to another."""
        return dict.fromkeys(self.view.names_of(instead_of), visit)


def is_past(visit: Visit, now: Now) -> bool:
    """Whether *visit* began before the last closing time."""
    return visit.entered_ms is not None and visit.entered_ms <= now.closed_ms


def began_ms(visit: Visit) -> int:
    """When *visit* began; where nobody saw that, when it ended."""
    at_ms = visit.left_ms if visit.entered_ms is None else visit.entered_ms
    assert at_ms is not None
    return at_ms


def end_ms(visit: Visit) -> int:
    """When *visit*, which is over, ended."""
    assert visit.left_ms is not None
    return visit.left_ms


def was_seen_leaving(visit: Visit) -> bool:
    """Whether the end of *visit* is known, not inferred."""
    return visit.left_ms is not None and not visit.exit_inferred
