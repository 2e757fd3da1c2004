"""The words of corrections as frozen values: what staff put right, why not, and what the rules ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from kiosk.rules.presence import Visit
from kiosk.rules.queueing import QueueTicket


class Act(StrEnum):
    """What staff put right about a visit."""

    EXIT = "exit"  # left without scanning, at a stated time
    STILL_HERE = "still_here"  # the exit was none
    CAME_IN = "came_in"  # an exit without an entry was an entry
    WENT_OUT = "went_out"  # the entry was an exit: of an earlier visit, or nobody knows of which
    NEVER_HERE = "never_here"  # the wrong person, a trial
    LINK = "link"  # two visits are one person's, and one
    UNLINK = "unlink"  # the exit was somebody else's, nobody knows whose
    EXIT_OF_OTHER = "exit_of_other"  # the exit was that of another visit
    UNDO = "undo"


OTHERS = frozenset({Act.LINK, Act.EXIT_OF_OTHER})  # need another visit; WENT_OUT may name one


class Refusal(StrEnum):
    """Why a correction was refused. Each has its sentence in SENTENCES."""

    NO_VISIT = "no_visit"
    NO_OTHER = "no_other"
    NO_ENTRY = "no_entry"
    HAS_ENTRY = "has_entry"
    NO_EXIT = "no_exit"
    INSIDE = "inside"
    LEFT = "left"
    OTHER_LEFT = "other_left"
    NOT_IN_TIME = "not_in_time"
    OVERLAPS = "overlaps"
    CLOSED = "closed"
    NO_WHY = "no_why"
    NOTHING_TO_UNDO = "nothing_to_undo"
    CHANGED_SINCE = "changed_since"


# Vietnamese, English: what the pages say.
SENTENCES = {
    Refusal.NO_VISIT: ("Hôm nay không có lượt này.", "There is no such visit today."),
    Refusal.NO_OTHER: ("Hãy chọn lượt kia.", "Choose the other visit."),
    Refusal.NO_ENTRY: ("Lượt này không có giờ vào.", "Nobody saw this visit begin."),
    Refusal.HAS_ENTRY: ("Lượt này đã có giờ vào.", "This visit has an entry."),
    Refusal.NO_EXIT: ("Không ai thấy lượt này ra.", "Nobody saw the exit of this visit."),
    Refusal.INSIDE: ("Người này đang ở trong.", "This person is inside."),
    Refusal.LEFT: ("Lượt này đã có giờ ra được quét.", "The exit of this visit was seen."),
    Refusal.OTHER_LEFT: ("Lượt kia đã có giờ ra được quét.", "The exit of the other visit was seen."),
    Refusal.NOT_IN_TIME: (
        "Giờ phải nằm giữa lúc vào và bây giờ.",
        "The time must lie between the entry and now.",
    ),
    Refusal.OVERLAPS: (
        "Người này có lượt khác trong cùng thời gian; hãy gộp hai lượt.",
        "The same person has another visit in that time; join the two.",
    ),
    Refusal.CLOSED: (
        "Đã qua giờ đóng cửa: không ghi ai còn ở trong. Hãy ghi giờ ra thật.",
        "It is past closing: nobody counts as inside. State when they left.",
    ),
    Refusal.NO_WHY: ("Hãy ghi lý do.", "Say why."),
    Refusal.NOTHING_TO_UNDO: ("Không có gì để hoàn tác.", "There is nothing to undo."),
    Refusal.CHANGED_SINCE: (
        "Sau đó đã có thay đổi khác, không hoàn tác được.",
        "Something has changed since; it cannot be undone.",
    ),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What staff ask for. *at_ms* is a stated time, a whole minute; None: now. *undoes*: the entry, for UNDO."""

    act: Act
    visit: int = 0
    other: int = 0
    at_ms: int | None = None
    undoes: int = 0
    by: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Now:
    """The entry that is being written, and the last closing time, 0 where the site never closes."""

    sequence: int
    at_ms: int
    key_id: bytes
    closed_ms: int = 0


@dataclass(frozen=True, slots=True)
class Exit:
    """What was scanned when a visit ended: the kind of code, and names that only this scan brought to the visit."""

    kind: str = ""
    whos: tuple[bytes, ...] = ()


class View(Protocol):
    """All that the rules ask about today."""

    def visit(self, visit_id: int) -> Visit | None:
        """That visit, of whichever day."""

    def visits_of(self, who: bytes) -> Sequence[Visit]:
        """Today's visits of that pseudonym."""

    def names_of(self, visit_id: int) -> Sequence[bytes]:
        """The pseudonyms that lead to that visit, in their order."""

    def leads_to(self, who: bytes) -> int:
        """The visit to which a pseudonym leads; 0 for none."""

    def exit_of(self, visit: Visit) -> Exit:
        """The scan by which *visit* ended."""

    def ticket(self, ticket_id: int) -> QueueTicket | None:
        """The ticket of that visit."""

    def at_counter(self, counter: str) -> QueueTicket | None:
        """Who is called to *counter* or served there; at most one."""
