"""One person's passage: what is prepared, decided and made durable, before anybody is told."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kiosk.preparing import Prepared, Recorder, prepare
from kiosk.queue import Numbered, give_number
from kiosk.rules import admission, queueing
from kiosk.rules.admission import Decision, Facts
from kiosk.rules.by_hand import Overrule
from kiosk.rules.entries import Body, EntryKind, to_text
from kiosk.rules.model import Credential, Direction, Gate, Listed, Outcome, Reading, Reason
from kiosk.scan import NOT_LISTED, Scan, channel
from kiosk.store import spool
from kiosk.store.log import KeyTurned, Writing
from kiosk.store.people import PersonFacts, open_companions, person_facts
from kiosk.store.schema import StoreError


@dataclass(frozen=True, slots=True)
class Staff:
    """What staff say of a person before them; *by* is who says so.

    *overrule* is why the site's policy and its capacity do not count, None where they do. *agreed*: the person was
    asked and agrees to be recorded. *for_help*: they go to the volunteers who help to register. *beside* is the visit
    that they accompany, *asked* the entry that sent them to staff, *found* the pseudonym of the visit that staff found
    them under, *on_slip* a line for their paper.
    """

    by: str = ""
    overrule: Overrule | None = None
    agreed: bool = False
    priority: bool = False
    for_help: bool = False
    beside: int | None = None
    asked: int | None = None
    found: bytes | None = None
    on_slip: str = ""


def check_in(
    recorder: Recorder, reading: Reading, gate: Gate, credential: Credential, staff: Staff | None = None
) -> Scan:
    """Decide about *credential* and make the decision durable. Raises StoreError when it cannot be written.

    Signing and sealing come before the lock; when the day key turns meanwhile, all is prepared again.
    """
    while True:
        prepared = _prepared(recorder, reading, gate, credential, staff)
        try:
            return record(recorder, reading, gate, credential, prepared, staff)
        except KeyTurned as turned:
            if not recorder.vault.use(turned.key_id):
                raise StoreError("the day key that the log names is not in the key file") from turned


def _prepared(
    recorder: Recorder, reading: Reading, gate: Gate, credential: Credential, staff: Staff | None
) -> Prepared:
    if staff and staff.found:
        return Prepared(recorder.vault.key_id, (staff.found,))
    needs_paper = staff is not None
    prepared = prepare(
        recorder, reading, gate, credential, needs_paper=needs_paper, line=staff.on_slip if staff else ""
    )
    return replace(prepared, priority=True) if staff and staff.priority else prepared


def record(
    recorder: Recorder,
    reading: Reading,
    gate: Gate,
    credential: Credential,
    prepared: Prepared,
    staff: Staff | None = None,
) -> Scan:
    """One transaction: facts, decision, ticket number, entry, projections, spool."""
    with recorder.store.writing(prepared.key_id) as writing:
        at_ms = writing.shown_ms(reading.at)
        known = _known(recorder, writing, gate, credential, prepared, at_ms)
        facts = _heard(known.facts, staff)
        decision = admission.decide(credential, gate, facts, recorder.policy, at_ms)
        gets_slip = decision.outcome is Outcome.ADMITTED and bool(prepared.draft)
        numbered = None
        if gets_slip and recorder.numbers:
            limits = {"beyond_limits": facts.approved, "for_help": staff is not None and staff.for_help}
            numbered = number_now(recorder, writing, gate.id, at_ms, priority=prepared.priority, **limits)
        body = _body(recorder, reading, credential, decision) | _said(staff)
        if credential.refusal is not None:
            body["code"] = prepared.whos[0].hex()
        elif not decision.anonymous:
            body |= _holder(recorder, prepared, decision, known, gets_slip=gets_slip)
            body |= numbered.body if numbered else {}
            body |= _company(recorder, writing, decision, staff)
        listing = NOT_LISTED if decision.direction is Direction.OUT else prepared.listing
        if listing.listed is not Listed.NO_LIST:
            body["listed"] = listing.listed
        entry = writing.append(EntryKind.SCAN, gate.id, reading.at, body)
        queued = numbered.queued if numbered else None
        if gets_slip:
            now = recorder.prints_now()
            spool.add(writing.db, entry.sequence, prepared.draft, queued, queued_ms=at_ms, begun_by=now)
    if decision.outcome is Outcome.ASK_CONSENT and staff is None:
        recorder.consents.ask(credential.holder_id, at_ms)
    early = decision.reason is Reason.GOODBYE_EARLY
    until = recorder.plan.local_time(at_ms + facts.observed_ms) if early else ""
    return Scan(
        reading,
        gate,
        credential,
        decision,
        at_ms,
        sequence=entry.sequence,
        queued=queued,
        unnumbered=gets_slip and recorder.numbers and not queued,
        observed_until=until,
        listing=listing,
        why=recorder.why(decision),
    )


def number_now(
    recorder: Recorder,
    writing: Writing,
    gate: str,
    at_ms: int,
    *,
    priority: bool = False,
    beyond_limits: bool = True,
    for_help: bool = False,
) -> Numbered | None:
    """The next number for somebody who came in by *gate*; None while the site gives none."""
    numbered = give_number(
        recorder.plan,
        recorder.tempos,
        writing.queue,
        at_ms,
        priority=priority,
        series=recorder.settings.own_series(gate),
        beyond_limits=beyond_limits,
        for_help=for_help,
    )
    return numbered if isinstance(numbered, Numbered) else None


def _heard(facts: Facts, staff: Staff | None) -> Facts:
    """*facts* with what staff say. The lines at the entrance are no limit for who goes to a line of their own."""
    if staff is None:
        return facts
    agreed, room = facts.consented or staff.agreed, None if staff.for_help else facts.line_room
    return replace(facts, approved=staff.overrule is not None, consented=agreed, line_room=room)


def _known(
    recorder: Recorder, writing: Writing, gate: Gate, credential: Credential, prepared: Prepared, at_ms: int
) -> PersonFacts:
    if credential.refusal is not None:
        return PersonFacts(Facts())
    like = None
    if prepared.like and gate.direction is not Direction.IN:  # an entry asks nothing of look-alikes
        like = (prepared.like, prepared.classes)
    room = queueing.line_room(recorder.plan, writing.queue, at_ms) if prepared.draft else None
    counted = bool(recorder.policy.capacity) or room is not None
    known = person_facts(writing, prepared.whos, like, at_ms, counted=counted, wait_ms=recorder.wait_ms)
    consented = recorder.policy.ask_consent and recorder.consents.given_by(credential.holder_id, at_ms)
    blocked = not recorder.blocked.isdisjoint(admission.holders(credential))
    facts = replace(known.facts, line_room=room, consented=consented, listed=prepared.listing.listed, blocked=blocked)
    return replace(known, facts=facts)


def _body(recorder: Recorder, reading: Reading, credential: Credential, decision: Decision) -> Body:
    body: Body = {
        "outcome": decision.outcome,
        "reason": decision.reason,
        "kind": credential.kind,
        "check": credential.check,
        "source": channel(reading.source),
        "consent": recorder.settings.site.consent,
    }
    if decision.direction:
        body["direction"] = decision.direction
    if recorder.vault.demo:
        body["demo"] = True
    return body


def _holder(recorder: Recorder, prepared: Prepared, decision: Decision, known: PersonFacts, *, gets_slip: bool) -> Body:
    """What the log keeps of the holder: pseudonyms and sealed bytes; never a name, never a code."""
    who = known.who or prepared.whos[0]
    body: Body = {"who": who.hex()}
    if decision.closes_inferred is not None:
        body |= {"inferred": decision.closes_inferred, "longest_ms": recorder.policy.forgotten_ms}
    if decision.outcome is Outcome.WAITING:
        body |= {"place": decision.place, "wait_ms": recorder.wait_ms}
    if decision.direction:
        body |= _passage(prepared, decision, known)
        also = {other for other in prepared.whos if other != who}
        if gets_slip:
            also.add(prepared.slip_who)
        if also:
            body["also"] = sorted(other.hex() for other in also)
    return body


def _said(staff: Staff | None) -> Body:
    """What an entry keeps of who did it by hand, and why the site's rules did not count."""
    if staff is None:
        return {}
    said = {"by": staff.by, "overrule": staff.overrule, "agreed": staff.agreed, "asked": staff.asked}
    return {"staff": True} | {name: value for name, value in said.items() if value}


def _company(recorder: Recorder, writing: Writing, decision: Decision, staff: Staff | None) -> Body:
    """Whom a visit accompanies; and who is taken to leave with it, until they are seen to leave themselves."""
    body: Body = {}
    if staff and staff.beside is not None:
        body["beside"] = staff.beside
    if decision.closes is not None:
        together = open_companions(writing.db, decision.closes, recorder.vault.pseudonym)
        if together:
            body |= {"together": together, "longest_ms": recorder.policy.forgotten_ms}
    return body


def _passage(prepared: Prepared, decision: Decision, known: PersonFacts) -> Body:
    """What changes by it: a visit that opens or one that closes, and who it was, for the tracing team alone."""
    body: Body = {}
    if prepared.sealed:
        body |= {"sealed": to_text(prepared.sealed), "sealed_who": prepared.whos[0].hex()}
    if decision.closes is not None:
        body["closes"] = decision.closes
        if decision.reason is Reason.GOODBYE_LIKELY:
            body["link"] = "likely"
        return body
    body["opens"] = True
    # A slip says nothing of its holder; what the visit before showed of them still holds.
    if shown := prepared.shown or known.shown:
        body["shown"] = to_text(shown)
    if classes := prepared.classes or known.classes:
        body["classes"] = classes
    if prepared.like:
        body["like"] = prepared.like.hex()
    return body
