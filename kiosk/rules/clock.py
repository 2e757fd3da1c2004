"""The time shown, from clocks that cannot be trusted; and what an entry keeps of a clock that was set."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from kiosk.rules.entries import Body
from kiosk.rules.model import ClockState, Moment
from kiosk.rules.true_times import Anchor, Source

FIRST_MS, END_MS = 1_767_225_600_000, 4_102_444_800_000  # 2026 to 2099: what lies outside is a slip of the finger


HUB_BEHIND_MS, HUB_AHEAD_MS = 120_000, 60 * 86_400_000


class NotSet(StrEnum):
    """Why a time that somebody told does not count."""

    KEPT = "kept"  # something better keeps the clock
    FAR = "far"
    MOVED = "moved"  # the hub said another time before, since the machine was started
    LATE = "late"  # the machine was started again since it was asked


SENTENCES = {
    NotSet.KEPT: (
        "Mạng hoặc đồng hồ phần cứng đang giữ đúng giờ; không cần đặt tay.",
        "A time server or the hardware clock keeps the time; nobody needs to set it.",
    ),
    NotSet.FAR: ("Ngày này không thể đúng. Xem lại năm.", "That cannot be the date. Look at the year again."),
    NotSet.MOVED: (
        "Trung tâm báo giờ khác với lần trước. Máy giữ giờ cũ.",
        "The hub tells another time than before. The kiosk keeps the time it has.",
    ),
    NotSet.LATE: (
        "Máy đã khởi động lại từ lúc hỏi giờ. Xin đặt lại.",
        "The kiosk was started again since it asked. Please type the time again.",
    ),
}


NOT_SURE = (
    "Giờ của ngày này chưa chắc đúng: lúc ấy đồng hồ của máy chưa được đặt",
    "the hours of this day are not sure: the kiosk's clock was not set then",
)


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


def told_ms(shown_ms: int, now: Moment) -> int:
    """What people are told that it is *now*: by a clock that something keeps, else the time that the log shows.

    The two differ where a clock once ran ahead: the log's own time goes on from there.
    """
    return shown_ms if now.clock is ClockState.UNKNOWN else now.wall_ms


def why_not_told(wall_ms: int, running_ms: int, now: Moment) -> NotSet | None:
    """Why it does not count *now* that it was *wall_ms* when the machine had run for *running_ms*; None if it does."""
    if now.clock is ClockState.SET:
        return NotSet.KEPT
    if not FIRST_MS <= wall_ms < END_MS:
        return NotSet.FAR
    return NotSet.LATE if running_ms > now.monotonic_ms else None


def why_not_from_hub(anchor: Anchor, known: Iterable[Anchor], shown_ms: int, now: Moment) -> NotSet | None:
    """Why the time that a hub tells by *anchor* does not count *now*; None if it does. *known* are this boot's anchors.

    A hub moves the clock once in a boot: not before *shown_ms*, the time that the log shows, nor far ahead of it. So
    whoever takes a hub over ends no day twice, and no time of keeping.
    """
    if why_not := why_not_told(anchor.wall_ms, anchor.monotonic_ms, now):
        return why_not
    told = [one for one in known if one.source is Source.HUB]
    apart_ms = (
        anchor.error_ms + one.apart_ms(anchor.monotonic_ms) - abs(anchor.offset_ms - one.offset_ms) for one in told
    )
    if told:
        return None if min(apart_ms) >= 0 else NotSet.MOVED
    return None if -HUB_BEHIND_MS <= anchor.wall_ms - shown_ms <= HUB_AHEAD_MS else NotSet.FAR


def anchor_body(anchor: Anchor, before_ms: int, by: str = "") -> Body:
    """The body of the CLOCK entry that keeps *anchor*: the clock showed *before_ms* until (a person, *by*) set it."""
    body: Body = {
        "source": anchor.source,
        "monotonic_ms": anchor.monotonic_ms,
        "before_ms": before_ms,
        "after_ms": anchor.wall_ms,
        "error_ms": anchor.error_ms,
    }
    return body | ({"by": by} if by else {})


def anchor_of(boot_id: str, encoded: bytes) -> Anchor | None:
    """The anchor that a CLOCK entry of that boot keeps; None for one that is not as this program writes it."""
    try:
        body = json.loads(encoded)
        numbers = [int(body[name]) for name in ("monotonic_ms", "after_ms", "error_ms")]
        return Anchor(boot_id, numbers[0], numbers[1], Source(body["source"]), numbers[2])
    except (KeyError, TypeError, ValueError):
        return None
