"""What is computed for a person before the log is locked, so that one door never waits for another's cryptography."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from kiosk.config import Consent, Settings
from kiosk.day_settings import settings_today
from kiosk.joined import told_days
from kiosk.rules import admission, clock, queueing
from kiosk.rules.admission import Decision, Policy
from kiosk.rules.day_settings import DaySettings
from kiosk.rules.model import Credential, Direction, Gate, Listing, Person, Reading, Reason, Ticket
from kiosk.rules.notice import notice
from kiosk.rules.ticket import local_time, make_ticket
from kiosk.scan import NOT_LISTED
from kiosk.store import spool
from kiosk.store.day_settings import day_settings_in_force
from kiosk.store.log import Store
from kiosk.store.people import is_sealed
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
        self.day = DaySettings()
        self.policy = policy(settings, self.day)
        self.plan = settings.plan()
        self.tempos = Tempos(self.plan)
        self.numbers = bool(self.plan.entrances())
        self.wait_ms = round(settings.door.wait_s * 1000)
        self.prints_now: Callable[[], str] = str  # under which name a ticket is printed at once; empty: some time
        self.blocked: frozenset[str] = frozenset()  # holder ids of slips that let nobody in
        self._told_days = 0
        self.forms: dict[str, Ticket] = {}
        self._tell_days()

    def take_day(self) -> None:
        """Take over what staff changed for today, here or in another process. Raises sqlite3.Error."""
        day = day_settings_in_force(self.store.db)
        if day != self.day:
            self.day, self.policy = day, policy(self.settings, day)
        self._tell_days()

    def _tell_days(self) -> None:
        """Tickets say for how long records are kept: longer once a hub has been joined that may be away."""
        days = told_days(self.settings, self.store.path.parent)
        if days != self._told_days:
            self._told_days = days
            gates, demo = self.settings.gates, self.vault.demo
            self.forms = {gate.id: _form(self.settings, gate.name, days, demo=demo) for gate in gates}

    def gate_today(self, gate: Gate) -> Gate:
        """*gate* with its direction of today."""
        return replace(gate, direction=self.day.directions.get(gate.id, gate.direction))

    def why(self, decision: Decision) -> tuple[str, str]:
        """What staff say (vi, en) of why nobody is let in today, where that is what was decided."""
        return (self.day.closed_vi, self.day.closed_en) if decision.reason is Reason.CLOSED else ("", "")


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


def prepare(
    recorder: Recorder,
    reading: Reading,
    gate: Gate,
    credential: Credential,
    *,
    needs_paper: bool = False,
    line: str = "",
) -> Prepared:
    """Pseudonyms, likeness, sealed identity, staff view, signed slip and drafted ticket of a person.

    Who *needs_paper* gets a slip also where the site gives no numbers; *line* stands before the site's own lines.
    """
    vault, person = recorder.vault, credential.person
    if credential.refusal is not None:
        code = hashlib.sha256(reading.data).hexdigest()
        return Prepared(vault.key_id, (vault.pseudonym(f"code:{code}"),))
    whos = tuple(vault.pseudonym(holder) for holder in admission.holders(credential))
    sealed = None if is_sealed(recorder.store.db, whos[0]) else vault.seal(person, credential.holder_id)
    at_ms = recorder.store.shown_ms(reading.at)
    now_ms = clock.told_ms(at_ms, reading.at)
    leaves = gate.direction is Direction.OUT
    listing = NOT_LISTED if leaves else recorder.find_listed(credential, now_ms)
    shown = Shown(person.name, person.number, person.birth, person.sex, listing.unit)
    concealed = vault.conceal(shown) if person != Person() else None
    like, classes = vault.likeness(person), admission.classes(credential)
    prepared = Prepared(vault.key_id, whos, like, classes, sealed, concealed, listing=listing)
    if leaves or not (recorder.numbers or needs_paper):
        return prepared
    slip, now = vault.issue_slip(at_ms), local_time(now_ms, recorder.settings.zone)
    form = recorder.forms[gate.id]
    ticket = replace(form, issued=now, slip_code=slip.code)
    if line:
        ticket = replace(ticket, guidance=(line, *ticket.guidance))
    priority = _has_priority(recorder, person, now_ms)
    draft, slip_who = spool.draft(ticket, form), vault.pseudonym(slip.holder_id)
    return replace(prepared, draft=draft, slip_who=slip_who, priority=priority)


def _has_priority(recorder: Recorder, person: Person, at_ms: int) -> bool:
    """By age alone; all else is told to staff. Where no counter calls, nobody goes first."""
    today = datetime.fromtimestamp(at_ms / 1000, recorder.settings.zone).date()
    return bool(recorder.plan.counters) and queueing.has_priority_by_age(person.birth, today)


def policy(settings: Settings, day: DaySettings) -> Policy:
    """The site's rules of admission, from its settings and what staff changed for the *day*."""
    settings = settings_today(settings, day)
    return Policy(
        min_stay_ms=round(settings.door.min_stay_s * 1000),
        forgotten_ms=round(settings.door.forgotten_s * 1000),
        capacity=settings.site.capacity,
        ask_consent=settings.site.consent is Consent.ASK,
        unlisted=settings.site.unlisted,
        require_id=settings.site.require_id,
        closed=day.closed,
    )


def _form(settings: Settings, gate: str, days: int, *, demo: bool) -> Ticket:
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
        notice=notice("", site.keeper, days, site.consent),
        demo=demo,
    )
