"""The time shown, from clocks that cannot be trusted."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.rules.model import Moment


@dataclass(frozen=True, slots=True)
class Shown:
    """The time shown for an entry, with the clocks it was computed from."""

    at_ms: int
    monotonic_ms: int
    boot_id: str


def shown_ms(last: Shown | None, now: Moment) -> int:
    """The time to show for *now*: wall time, but never before *last*.

    A wall clock that fell behind is carried on by the monotonic clock of the same boot, so that stays
    keep their length; across boots it stands still until wall time has caught up.
    """
    if last is None or now.wall_ms >= last.at_ms:
        return now.wall_ms
    elapsed_ms = now.monotonic_ms - last.monotonic_ms if now.boot_id == last.boot_id else 0
    return last.at_ms + max(0, elapsed_ms)


def ran_ms(last: Shown | None, now: Moment) -> int:
    """Running time since *last* that is certain: the monotonic difference within one boot, else 0."""
    if last is None or now.boot_id != last.boot_id:
        return 0
    return max(0, now.monotonic_ms - last.monotonic_ms)
