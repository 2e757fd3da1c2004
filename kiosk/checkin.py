"""One person's passage: what is prepared, decided and made durable, before anybody is told."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from kiosk.config import Consent, Settings
from kiosk.queue import Numbered, give_number
from kiosk.rules import admission, identity, messages, queueing
from kiosk.rules.admission import Decision, Facts, Policy
from kiosk.rules.entries import Body, EntryKind, to_text
from kiosk.rules.model import (
    Credential,
    Direction,
    Gate,
    Listed,
    Listing,
    Outcome,
    Person,
    Reading,
    Reason,
    Ticket,
)
from kiosk.rules.ticket import local_time, make_ticket
from kiosk.scan import NOT_LISTED, Scan, channel
from kiosk.store import spool
from kiosk.store.log import KeyTurned, PersonFacts, Store, Writing, is_sealed
from kiosk.store.queue import QueueTables
from kiosk.store.schema import StoreError
from kiosk.tempos import Tempos
from kiosk.vault import Shown, Vault

FindListed = Callable[[Credential, int], Listing]


def on_no_list(_credential: Credential, _at_ms: int) -> Listing:
    """The answer of a kiosk that has no registration lists."""
    return NOT_LISTED


@dataclass(slots=True)
class Consents:
    """Who was asked for consent a moment ago, and so agrees by coming again. Lives in memory only."""

    open_ms: int
    _asked_at_ms: dict[str, int] = field(default_factory=dict)

    def given_by(self, holder: str, at_ms: int) -> bool:
        """Tell whether *holder* was asked at most ``open_ms`` before *at_ms*."""
        asked_ms = self._asked_at_ms.get(holder)
        return asked_ms is not None and at_ms - asked_ms <= self.open_ms

    def ask(self, holder: str, at_ms: int) -> None:
        """Remember that *holder* was asked; forget the questions that are over."""
        self.forget_over(at_ms)
        self._asked_at_ms[holder] = at_ms

    def forget_over(self, at_ms: int) -> None:
        """Forget whom nothing is asked any more."""
        self._asked_at_ms = {known: ms for known, ms in self._asked_at_ms.items() if at_ms - ms <= self.open_ms}


class Recorder:
    """What a passage is recorded with; what the settings alone decide is worked out here, once."""

    def __init__(
        self, settings: Settings, vault: Vault, store: Store, consents: Consents, find_listed: FindListed = on_no_list
    ) -> None:
        self.settings = settings
        self.vault = vault
        self.store = store
        self.consents = consents
        self.find_listed = find_listed
        self.policy = policy(settings)
        self.plan = settings.plan()
        self.tempos = Tempos(self.plan)
        self.numbers = bool(self.plan.entrances())
        self.wait_ms = round(settings.door.wait_s * 1000)
        self.forms = {gate.id: _form(settings, gate.name, demo=vault.demo) for gate in settings.gates}


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that is computed for a person before the lock is taken, under the day key *key_id*."""

    key_id: bytes
    whos: tuple[bytes, ...]
    like: bytes | None = None
    classes: int = 0
    sealed: bytes | None = None
    shown: bytes | None = None
    draft: str = ""
    slip_who: bytes = b""
    priority: bool = False
    listing: Listing = NOT_LISTED


@dataclass(frozen=True, slots=True)
class Staff:
    """What staff said of a person before them: let in; *beside* the visit that they accompany."""

    beside: int | None = None


def check_in(
    recorder: Recorder, reading: Reading, gate: Gate, credential: Credential, staff: Staff | None = None
) -> Scan:
    """Decide about *credential* and make the decision durable. Raises StoreError when it cannot be written.

    Signing and sealing come before the lock; when the day key turns meanwhile, all is prepared again.
    """
    while True:
        prepared = prepare(recorder, reading, gate, credential)
        try:
            return record(recorder, reading, gate, credential, prepared, staff)
        except KeyTurned as turned:
            if not recorder.vault.use(turned.key_id):
                raise StoreError("the day key that the log names is not in the key file") from turned


def prepare(recorder: Recorder, reading: Reading, gate: Gate, credential: Credential) -> Prepared:
    """Pseudonyms, likeness, sealed identity, staff view, signed slip and drafted ticket of a person."""
    vault, person = recorder.vault, credential.person
    if credential.refusal is not None:
        code = hashlib.sha256(reading.data).hexdigest()
        return Prepared(vault.key_id, (vault.pseudonym(f"code:{code}"),))
    whos = tuple(vault.pseudonym(holder) for holder in admission.holders(credential))
    sealed = None if is_sealed(recorder.store.db, whos[0]) else vault.seal(person, credential.holder_id)
    at_ms = recorder.store.shown_ms(reading.at)
    leaves = gate.direction is Direction.OUT
    listing = NOT_LISTED if leaves else recorder.find_listed(credential, at_ms)
    shown = Shown(person.name, identity.masked(person.number), person.birth, person.sex, listing.unit)
    concealed = vault.conceal(shown) if person != Person() else None
    like, classes = vault.likeness(person), admission.classes(credential)
    prepared = Prepared(vault.key_id, whos, like, classes, sealed, concealed, listing=listing)
    if leaves or not recorder.numbers:
        return prepared
    recorder.tempos.learn(QueueTables(recorder.store.db), at_ms)
    slip, now = vault.issue_slip(at_ms), local_time(at_ms, recorder.settings.zone)
    ticket = replace(recorder.forms[gate.id], issued=now, slip_code=slip.code)
    priority = _has_priority(recorder, person, at_ms)
    return replace(prepared, draft=spool.draft(ticket), slip_who=vault.pseudonym(slip.holder_id), priority=priority)


def _has_priority(recorder: Recorder, person: Person, at_ms: int) -> bool:
    """By age alone; all else is told to staff. Where no counter calls, nobody goes first."""
    today = datetime.fromtimestamp(at_ms / 1000, recorder.settings.zone).date()
    return bool(recorder.plan.counters) and queueing.has_priority_by_age(person.birth, today)


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
        facts = replace(known.facts, listed=prepared.listing.listed, approved=staff is not None)
        decision = admission.decide(credential, gate, facts, recorder.policy, at_ms)
        gets_slip = decision.outcome is Outcome.ADMITTED and bool(prepared.draft)
        numbered = _number(recorder, writing, gate, prepared, staff, at_ms) if gets_slip else None
        body = _body(recorder, reading, credential, decision)
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
            spool.add(writing.db, entry.sequence, prepared.draft, queued, queued_ms=at_ms)
    if decision.outcome is Outcome.ASK_CONSENT:
        recorder.consents.ask(credential.holder_id, at_ms)
    until_ms = facts.observed_ms and at_ms + facts.observed_ms
    until = local_time(until_ms, recorder.settings.zone)[-5:] if decision.reason is Reason.GOODBYE_EARLY else ""
    return Scan(reading, gate, credential, decision, at_ms, entry.sequence, queued, until, listing)


def _number(
    recorder: Recorder, writing: Writing, gate: Gate, prepared: Prepared, staff: Staff | None, at_ms: int
) -> Numbered | None:
    """The number of somebody admitted; None while the site gives none."""
    numbered = give_number(
        recorder.plan,
        recorder.tempos,
        writing.queue,
        at_ms,
        priority=prepared.priority,
        series=recorder.settings.own_series(gate.id),
        beyond_limits=staff is not None,
    )
    return numbered if isinstance(numbered, Numbered) else None


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
    known = writing.person_facts(prepared.whos, like, at_ms, counted=counted, wait_ms=recorder.wait_ms)
    known = replace(known, facts=replace(known.facts, line_room=room)) if room is not None else known
    if not recorder.policy.ask_consent:
        return known
    consented = recorder.consents.given_by(credential.holder_id, at_ms)
    return replace(known, facts=replace(known.facts, consented=consented))


def policy(settings: Settings) -> Policy:
    """The site's rules of admission, from its settings."""
    return Policy(
        min_stay_ms=round(settings.door.min_stay_s * 1000),
        forgotten_ms=round(settings.door.forgotten_s * 1000),
        capacity=settings.site.capacity,
        ask_consent=settings.site.consent is Consent.ASK,
        unlisted=settings.site.unlisted,
        require_id=settings.site.require_id,
    )


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


def _company(recorder: Recorder, writing: Writing, decision: Decision, staff: Staff | None) -> Body:
    """Whom a visit accompanies; and who is taken to leave with it, until they are seen to leave themselves."""
    body: Body = {}
    if staff:
        body["staff"] = True
        if staff.beside is not None:
            body["beside"] = staff.beside
    if decision.closes is not None:
        together = writing.open_companions(decision.closes, recorder.vault.pseudonym)
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
    if prepared.like:
        body |= {"like": prepared.like.hex(), "classes": prepared.classes}
    return body


def _form(settings: Settings, gate: str, *, demo: bool) -> Ticket:
    """What all tickets of a gate have in common; cleaning its texts takes longer than all else in a check-in."""
    site, tickets = settings.site, settings.tickets
    return make_ticket(
        site=site.name,
        gate=gate,
        issued_ms=0,
        zone=settings.zone,
        slip_code="",
        service="?",
        number="?",
        guidance=(tickets.guidance, site.contact),
        notice=messages.notice("", site.keeper, site.keep_days, site.consent),
        demo=demo,
    )
