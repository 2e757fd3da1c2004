"""A ticket that was lost is printed once more, marked as a copy; who came before the numbers gets one now."""

from __future__ import annotations

from dataclasses import replace

from kiosk.checkin import number_now
from kiosk.preparing import Recorder
from kiosk.queue import queued_of
from kiosk.rules import clock
from kiosk.rules.entries import Body, EntryKind
from kiosk.rules.model import Moment
from kiosk.rules.ticket import local_time
from kiosk.store import spool
from kiosk.store.log import KeyTurned
from kiosk.store.people import gate_of_open_visit
from kiosk.vault import VaultError


def reprint(recorder: Recorder, visit: int, now: Moment) -> str | None:
    """Queue the ticket of the open *visit* for the printer again; its number, None where nobody is inside under it.

    It has a slip code of its own, which an entry links to the visit, so that the lost one and the copy both serve at
    the exit; its number stands as it is now in line. A visit without a number gets the next one, where any is given
    now, and its first ticket. Raises StoreError.
    """
    try:
        with recorder.store.writing(recorder.vault.key_id) as writing:
            gate = gate_of_open_visit(writing.db, visit)
            if gate is None:
                return None
            at_ms = writing.shown_ms(now)
            slip = recorder.vault.issue_slip(at_ms)
            body: Body = {"act": "reprint", "names": visit, "also": [recorder.vault.pseudonym(slip.holder_id).hex()]}
            ticket = writing.queue.ticket(visit)
            numbered = None if ticket else number_now(recorder, writing, gate, at_ms)
            writing.append(EntryKind.DESK, gate, now, body | (numbered.body if numbered else {}))
            queued = numbered.queued if numbered else None
            if ticket:
                queued = queued_of(recorder.plan, recorder.tempos, writing.queue, ticket)
            own = recorder.forms.get(gate, next(iter(recorder.forms.values())))  # a gate that is no more has none
            form = replace(
                own, issued=local_time(clock.told_ms(at_ms, now), recorder.settings.zone), copy=numbered is None
            )
            draft = spool.draft(replace(form, slip_code=slip.code), own)
            spool.add(writing.db, visit, draft, queued, queued_ms=at_ms, begun_by=recorder.prints_now())
            return str(queued.number) if queued else ""
    except KeyTurned as turned:
        raise VaultError("the day has turned; nobody of the day before is inside") from turned
