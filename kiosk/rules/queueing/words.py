"""The words of the queue as frozen values: a ticket on its way, a counter's desk, what staff wish, why not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from kiosk.rules.model import TicketNumber


class State(StrEnum):
    """Where a ticket stands. Once its visit is over it is one of ENDS, for good."""

    WAITING = "waiting"
    CALLED = "called"  # to a counter, and not yet there
    SERVING = "serving"
    HELD = "held"  # set aside by a counter, as to fill in a form; keeps its place
    ABSENT = "absent"  # did not come, and is out of the line until they show themselves
    OBSERVING = "observing"
    DONE = "done"  # been through the last stage
    MISSED = "missed"  # absent to the end
    LEFT = "left"  # went before the last stage


AT_COUNTER = frozenset({State.CALLED, State.SERVING})
PRESENT = frozenset({State.CALLED, State.SERVING, State.OBSERVING})  # take up room in their stage
ENDS = frozenset({State.DONE, State.MISSED, State.LEFT})


class Act(StrEnum):
    """What staff do at a counter."""

    CALL = "call"  # the next, or a given number; who is at the counter is finished by it
    RECALL = "recall"
    START = "start"
    FINISH = "finish"  # on to the next stage
    HOLD = "hold"
    RELEASE = "release"  # somebody held or absent stands in line again
    ABSENT = "absent"
    TRANSFER = "transfer"
    PRIORITY = "priority"
    ORDINARY = "ordinary"
    NUMBER = "number"  # from a pre-printed roll
    UNDO = "undo"


class Refusal(StrEnum):
    """Why an act, or a number, was refused. Each has its sentence in SENTENCES."""

    CLOSED = "closed"
    FULL = "full"
    NO_COUNTER = "no_counter"
    NO_SERVICE = "no_service"
    SERVICE_GONE = "service_gone"
    NO_TICKET = "no_ticket"
    NOBODY_WAITING = "nobody_waiting"
    STAGE_FULL = "stage_full"
    NOT_HERE = "not_here"
    ELSEWHERE = "elsewhere"
    OTHER_SERVICE = "other_service"
    NOT_IN_LINE = "not_in_line"
    RECALL_FIRST = "recall_first"
    NUMBER_TAKEN = "number_taken"
    NOTHING_CHANGES = "nothing_changes"
    NOTHING_TO_UNDO = "nothing_to_undo"
    CHANGED_SINCE = "changed_since"


# Vietnamese, English: what the pages say.
SENTENCES = {
    Refusal.CLOSED: ("Ngoài giờ phát số.", "No numbers are given at this hour."),
    Refusal.FULL: ("Hàng chờ đã đủ người.", "The line is full."),
    Refusal.NO_COUNTER: ("Không có quầy này.", "There is no such counter."),
    Refusal.NO_SERVICE: ("Không có dịch vụ này.", "There is no such service."),
    Refusal.SERVICE_GONE: (
        "Dịch vụ của số này không còn; hãy chuyển sang dịch vụ khác.",
        "Its service is gone; transfer it.",
    ),
    Refusal.NO_TICKET: ("Không có số này, hoặc lượt đã kết thúc.", "No such number, or its visit is over."),
    Refusal.NOBODY_WAITING: ("Không còn ai chờ.", "Nobody is waiting."),
    Refusal.STAGE_FULL: ("Khu vực đã đủ người, xin chờ.", "The area is full; please wait."),
    Refusal.NOT_HERE: ("Số này không ở quầy.", "This number is not at the counter."),
    Refusal.ELSEWHERE: ("Số này đang ở quầy khác.", "This number is at another counter."),
    Refusal.OTHER_SERVICE: ("Số này chờ dịch vụ khác; hãy chuyển trước.", "It waits for another service; transfer it."),
    Refusal.NOT_IN_LINE: ("Số này không ở trong hàng chờ.", "This number is not in line."),
    Refusal.RECALL_FIRST: ("Hãy gọi lại trước khi báo vắng.", "Call again before marking as absent."),
    Refusal.NUMBER_TAKEN: ("Số này đã có người giữ.", "Somebody has this number."),
    Refusal.NOTHING_CHANGES: ("Đã như vậy rồi.", "It is so already."),
    Refusal.NOTHING_TO_UNDO: ("Không có gì để hoàn tác.", "There is nothing to undo."),
    Refusal.CHANGED_SINCE: ("Đã có thay đổi, xin xem lại.", "It has changed since; please look again."),
}


@dataclass(frozen=True, slots=True)
class QueueTicket:
    """A ticket on its way through the stages. ``id`` is the visit it belongs to; no name, no pseudonym.

    The line goes by ``order``: *place* is the entry since which it waits (or behind whose ticket it was put),
    *behind* the entry that put it there. *since_ms* is when it began to wait, *counter* where it is or was
    last called, *until_ms* the end of observation. *final*: nothing comes after this service.
    *ahead* is how many were in front when it began to wait, until it is called (None where it was called before).
    *acted* is the entry that changed it last, *closed_ms* when the visit ended; from then on nothing changes.
    """

    id: int
    key_id: bytes
    series: str
    number: int
    half: str
    service: str
    place: int
    since_ms: int
    acted: int
    behind: int = 0
    state: State = State.WAITING
    final: bool = True
    priority: bool = False
    counter: str = ""
    called_ms: int | None = None
    recalls: int = 0
    absences: int = 0
    until_ms: int | None = None
    ahead: int | None = None
    closed_ms: int | None = None

    @property
    def order(self) -> tuple[int, int]:
        """Its place in line; no two are the same."""
        return self.place, self.behind

    def remaining_ms(self, at_ms: int) -> int | None:
        """How long it stays under observation yet; 0 once it may go, None where it is not observed at all."""
        return None if self.until_ms is None else max(0, self.until_ms - at_ms)

    @property
    def ticket_number(self) -> TicketNumber:
        """Its number, as it is shown and called."""
        return TicketNumber(self.service, self.series, self.number)

    def __str__(self) -> str:
        return str(self.ticket_number)


@dataclass(frozen=True, slots=True)
class Desk:
    """What is known of a counter's work today: the entry of its last act, and priority calls in a row."""

    counter: str
    last: int = 0
    streak: int = 0


@dataclass(frozen=True, slots=True)
class Numbering:
    """What has numbers of its own under one day key; *half* is ``am``, ``pm``, or empty for the whole day.

    The series alone, for that is what people read: services that share one, or exchange theirs, give no number twice.
    """

    series: str
    half: str = ""


@dataclass(frozen=True, slots=True)
class Now:
    """The entry that is being written: its sequence, and the time it shows."""

    sequence: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody at a counter asks for.

    *counter* may be empty for what needs none (release, transfer, priority, ordinary, number, finish of an
    observation). *ticket* 0 means who is at the counter; for CALL, the next by rule. *service* is where to, for
    TRANSFER and (instead of the next stage) FINISH; *number* what the roll says. *seen* is ``Desk.last`` as the
    page showed it: with it, a button pressed twice or on two tablets acts once.
    """

    act: Act
    counter: str = ""
    ticket: int = 0
    service: str = ""
    number: str = ""
    by: str = ""
    seen: int | None = None


class View(Protocol):
    """All that the rules ask about the present queue. ``Queue`` answers from memory, the store from tables."""

    def ticket(self, ticket_id: int) -> QueueTicket | None:
        """The ticket of that visit."""

    def at_counter(self, counter: str) -> QueueTicket | None:
        """Who is called to *counter* or served there; at most one."""

    def line(self, service: str, *, priority: bool, place: int = 1) -> QueueTicket | None:
        """Who stands at that *place* (from 1) in a lane of the service's line, by ``order``."""

    def waiting(self, service: str, *, priority: bool | None = None) -> int:
        """How many stand in line for *service*; in one of its lanes where *priority* says which."""

    def present(self, service: str) -> int:
        """How many are called, served or observed for *service*."""

    def numbered(self, series: str, number: int) -> list[QueueTicket]:
        """Tickets of visits that are not over with that number, the newest first; an empty *series* fits any."""

    def last_number(self, numbering: Numbering) -> int:
        """The last number given under the present day key; 0 for none."""

    def desk(self, counter: str) -> Desk:
        """The counter's desk; a new one where it has done nothing today."""
