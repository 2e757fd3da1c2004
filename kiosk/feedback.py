"""The story of a feedback slip: given with a number and on paper, passed on, or taken back; each an entry."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import replace

from kiosk.config import Settings
from kiosk.rules import feedback
from kiosk.rules.clock import told_ms
from kiosk.rules.entries import EntryKind
from kiosk.rules.feedback import REPLY_HOURS, SERIES, TOPICS_EN, Act, Slip
from kiosk.rules.model import Moment, Queued, Ticket, TicketNumber
from kiosk.rules.ticket import local_time, make_ticket
from kiosk.store import days, spool
from kiosk.store.log import Store

TITLE = "Phản ánh"


class SlipRefused(Exception):  # noqa: N818  # a state of the slips, not a fault of the caller
    """It cannot be done to this slip (any more); one sentence says why."""


def kept_slips(db: sqlite3.Connection) -> dict[int, Slip]:
    """Every slip that the log still has, by number."""
    return feedback.slips_of((at_ms, body) for _, at_ms, body in days.bodies(db, EntryKind.FEEDBACK))


def give(store: Store, settings: Settings, topic: str, now: Moment, *, demo: bool) -> Slip:
    """A new slip about *topic*: number, entry and paper in one transaction. Raises SlipRefused and StoreError."""
    if topic not in settings.session.topics:
        raise SlipRefused(f"{topic!r} is no topic of this site; there are: {', '.join(settings.session.topics)}")
    with store.writing(None) as writing:
        said = [body for *_, body in days.bodies(writing.db, EntryKind.FEEDBACK)]
        number = feedback.next_number(said, days.count_of(writing.db, EntryKind.FEEDBACK))
        slip = Slip(number, topic, writing.shown_ms(now))
        told = replace(slip, given_ms=told_ms(slip.given_ms, now))
        entry = writing.append(EntryKind.FEEDBACK, "", now, feedback.given_body(number, topic))
        queued = Queued(TicketNumber("", SERIES, number), TITLE, 0)
        spool.add(
            writing.db, entry.sequence, spool.draft(_paper(told, settings, demo=demo)), queued, queued_ms=slip.given_ms
        )
    return slip


def _paper(slip: Slip, settings: Settings, *, demo: bool) -> Ticket:
    due = local_time(slip.due_ms, settings.zone)
    promise = (f"Trả lời trong {REPLY_HOURS} giờ, trước {due}.", f"Answered within {REPLY_HOURS} hours.")
    about = (slip.topic, TOPICS_EN.get(slip.topic, ""))
    return numbered_slip(settings, slip.given_ms, about, promise, demo=demo)


def numbered_slip(
    settings: Settings, given_ms: int, about: Iterable[str], promise: Iterable[str], *, demo: bool
) -> Ticket:
    """The paper of whoever waits for an answer: what it is *about* and what is promised; never a name."""
    ticket = make_ticket(
        site=settings.site.name,
        gate="",
        issued_ms=given_ms,
        zone=settings.zone,
        slip_code="",
        guidance=(*promise, "Xin giữ phiếu này. Please keep this slip.", settings.site.contact),
        demo=demo,
    )
    return replace(ticket, about="\n".join(filter(None, about)))


def act_on(store: Store, number: int, act: Act, now: Moment) -> None:
    """Pass slip *number* on, reopen or withdraw it. Raises SlipRefused where it is not so, and StoreError."""
    with store.writing(None) as writing:
        if not feedback.may(act, kept_slips(writing.db).get(number)):
            raise SlipRefused(f"slip {SERIES}{number:03d} cannot be {act} now; please look at the list again")
        writing.append(EntryKind.FEEDBACK, "", now, feedback.act_body(number, act))
