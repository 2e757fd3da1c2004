"""The queue: one ticket follows a person through the stages of a site. Pure: time and sequence are handed in.

A ticket is issued with the check-in and belongs to that visit; whatever happens to it afterwards is an entry of kind
CALL, whose body names every field that changed, before and after. The tables are projections of these entries.

The plan (from the settings)
    Plan(stages, services, counters, zone, ordinary_every, recalls, absent_back_by, absent_turns)
    Stage(id, name, capacity, observe_ms)   Counter(id, name, services)
    Service(id, name, stage, series, opens, closes, reset, waiting_limit)

At the door, inside the transaction of the check-in
    line_room(plan, view, at_ms) -> int | None                  how many more may join
    entrance(plan, view, at_ms) -> Service | Refusal            for which service, or CLOSED, or FULL
    next_number(plan, service, view, at_ms) -> TicketNumber     goes into body["ticket"], as ever
    queue_body(plan, service, at_ms, ahead=, priority=) -> Body  goes into body["queue"]
    ahead(view, service, priority=) -> int                      how many are in front of one who comes now
    has_priority_by_age(birth, today) -> bool

At a counter, inside one transaction
    decide(Wish(act, counter, ticket, ...), plan, view, Now(sequence, at_ms)) -> Body | Refusal
    undo(Wish(Act.UNDO, counter), view, body of the entry view.desk(counter).last) -> Body | Refusal
    choose(plan, view, counter) -> QueueTicket | Refusal        who would be next; decide() asks it for CALL
    read_number("a 12") -> ("A", 12), then view.numbered("A", 12) -> the tickets that a typed number may mean
    Append the body as EntryKind.CALL; ``Now`` is the sequence and shown time that the entry will have.

After the entry, in the same transaction
    changes(entry) -> Issued | Moved | Worked | Ended | NewDay | Turn...  to be applied to the tables
    Queue: the same in memory, and the reference for them; ``View`` is what the rules ask of either.

On the way
    ticket.remaining_ms(at_ms)      of the observation: 0 may go, None is not observed. Over, and not ``final``: the
                                    house records FINISH for it, so that it stands in line for the next stage.
    ending(ticket, at_ms) -> State  what becomes of it when the visit ends: DONE, MISSED or LEFT
    skipped_ms(before, shown_ms, now), put_off(plan, observed, skipped, now) -> Body | None
                                    a clock that was set forward ends no observation
    plan.stage_of(service), plan.stage_after(service)           where somebody is, and what is next
"""

from kiosk.rules.queueing.acts import decide, undo
from kiosk.rules.queueing.changes import (
    Change,
    Ended,
    Erased,
    Issued,
    Moved,
    NewDay,
    Restated,
    TurnBegan,
    TurnEnded,
    TurnUndone,
    Worked,
    changes,
    ending,
    ticket_as_body,
)
from kiosk.rules.queueing.choosing import ahead, choose, entrance, has_room, line_room, onward
from kiosk.rules.queueing.numbers import has_priority_by_age, next_number, queue_body, read_number
from kiosk.rules.queueing.observing import put_off, skipped_ms
from kiosk.rules.queueing.plan import Counter, Plan, Reset, Service, Stage
from kiosk.rules.queueing.replay import Queue, queue_of
from kiosk.rules.queueing.words import (
    AT_COUNTER,
    ENDS,
    PRESENT,
    SENTENCES,
    Act,
    Desk,
    Now,
    Numbering,
    QueueTicket,
    Refusal,
    State,
    View,
    Wish,
)

__all__ = [
    "AT_COUNTER",
    "ENDS",
    "PRESENT",
    "SENTENCES",
    "Act",
    "Change",
    "Counter",
    "Desk",
    "Ended",
    "Erased",
    "Issued",
    "Moved",
    "NewDay",
    "Now",
    "Numbering",
    "Plan",
    "Queue",
    "QueueTicket",
    "Refusal",
    "Reset",
    "Restated",
    "Service",
    "Stage",
    "State",
    "TurnBegan",
    "TurnEnded",
    "TurnUndone",
    "View",
    "Wish",
    "Worked",
    "ahead",
    "changes",
    "choose",
    "decide",
    "ending",
    "entrance",
    "has_priority_by_age",
    "has_room",
    "line_room",
    "next_number",
    "onward",
    "put_off",
    "queue_body",
    "queue_of",
    "read_number",
    "skipped_ms",
    "ticket_as_body",
    "undo",
]
