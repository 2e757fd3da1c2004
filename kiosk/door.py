"""The story of one scan: recognise, decide and record, then announce."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from kiosk import retention
from kiosk.checkin import Staff, check_in
from kiosk.clock_watch import ClockWatch
from kiosk.config import Settings
from kiosk.devices.base import Output
from kiosk.health import Health
from kiosk.memory import Memory
from kiosk.preparing import Consents, Recorder
from kiosk.reprinting import reprint
from kiosk.roster import Roster
from kiosk.rules import admission, credentials, messages
from kiosk.rules.admission import Decision, Facts
from kiosk.rules.by_hand import NotNow, Overrule
from kiosk.rules.credentials import Trust
from kiosk.rules.entries import EntryKind
from kiosk.rules.model import Announcement, Credential, Direction, Gate, Listing, Moment, Outcome, Reading, Reason
from kiosk.scan import NOT_LISTED, Scan
from kiosk.store.log import Store
from kiosk.store.reserve import GapCounter, Reserve, given_room
from kiosk.store.writeback import WriteBack
from kiosk.tempos import Tempos
from kiosk.trust import trust_now
from kiosk.vault import Vault, VaultError

log = logging.getLogger(__name__)


class NobodyWaits(Exception):  # noqa: N818  # a state of the house, not a fault of the caller
    """What staff asked for cannot be done (any more); *why* has the sentence."""

    def __init__(self, why: NotNow) -> None:
        super().__init__(why.en)
        self.why = why


class Door:
    """One door of a site: its log, its vault, its outputs. Presentations are taken one after another.

    *tickets_waiting* is set when a ticket was spooled. *trust* says whose certificates are believed.
    """

    def __init__(
        self,
        settings: Settings,
        vault: Vault,
        store: Store,
        data: Path,
        health: Health,
        outputs: Sequence[Output] = (),
        trust: Trust | None = None,
    ) -> None:
        self.settings = settings
        self.health = health
        self.outputs = list(outputs)
        self.tickets_waiting = threading.Event()
        self._vault = vault
        self._trust = replace(trust or Trust(), patterns=settings.own_codes())
        self._store = store
        self._lock = threading.Lock()
        consents = Consents(round(settings.door.consent_s * 1000))
        self._recorder = Recorder(settings, vault, store, consents, self._find_listed)
        self._memory = Memory(settings.door.quiet_s)
        self._gap = GapCounter(data)
        if store.kind_of(self._gap.gap().entry) == EntryKind.GAP:
            self._gap.clear()
        self._roster = Roster(settings, store, data)
        self.clock_watch = ClockWatch(store)
        self._reserve = Reserve(data)
        self._reserve.fill()
        self._write_back = WriteBack(store.path)

    def present(self, codes: Sequence[bytes], gate: Gate, reading: Reading) -> Scan:
        """Take one presentation: decide, record, then announce. Never raises: the door is not shut on people.

        *codes* are all codes of one frame, of which the recognised one counts; *reading* has source and time.
        A card in several codes counts once the last of them was shown, within a minute of the first.
        """
        with self._lock:
            gate = self._today(gate)
            codes = self._memory.whole(codes, gate, reading.at.wall_ms)
            found = self._recognise(codes, reading)
            credential = credentials.best(found)
            return self._take(replace(reading, data=codes[found.index(credential)]), gate, credential)

    def present_all(self, codes: Sequence[bytes], gate: Gate, reading: Reading) -> list[Scan]:
        """Take everybody whose code is among *codes*, those of one frame, one after another as ``present`` does.

        Two who hold up their phones together both pass; where nobody is recognised, the best code is answered.
        """
        with self._lock:
            gate = self._today(gate)
            codes = self._memory.whole(codes, gate, reading.at.wall_ms)
            found = self._recognise(codes, reading)
            return [
                self._take(replace(reading, data=codes[found.index(credential)]), gate, credential)
                for credential in credentials.persons_of(found)
            ]

    def _today(self, gate: Gate) -> Gate:
        """*gate* as it is today, once what staff changed for today is taken over."""
        with contextlib.suppress(Exception):  # what is broken shows when this person is recorded
            self._recorder.take_day()
        return self._recorder.gate_today(gate)

    def believe(self, trust: Trust, blocked: frozenset[str]) -> None:
        """From now on believe whom *trust* says, and let nobody in by a slip of *blocked* (holder ids)."""
        with self._lock:
            self._trust, self._recorder.blocked = replace(trust, patterns=self._trust.patterns), blocked

    def names_somebody(self, code: bytes) -> bool:
        """Tell whether *code* is a person's, good or not, by the standards or by the site's own patterns."""
        return credentials.names_somebody(code, self._trust.patterns)

    def prints_with(self, prints_now: Callable[[], str]) -> None:
        """*prints_now* says under which name the printer's spooler prints a ticket that is queued now at once."""
        self._recorder.prints_now = prints_now

    @property
    def tempos(self) -> Tempos:
        """How fast the counters work, which somebody else must learn: it takes longer than a person should wait."""
        return self._recorder.tempos

    def pseudonyms_of(self, reading: Reading) -> tuple[bytes, ...]:
        """To which pseudonyms of today a code leads; none where it names nobody. Nothing is recorded."""
        credential = self.recognise(reading)
        if credential.refusal is not None:
            return ()
        return tuple(self._vault.pseudonym(holder) for holder in admission.holders(credential))

    def recognise(self, reading: Reading) -> Credential:
        """What one code, or a typed number, is. Nothing is recorded."""
        with self._lock:
            return credentials.best(self._recognise([reading.data], reading))

    def _recognise(self, codes: Sequence[bytes], reading: Reading) -> list[Credential]:
        trust, at_ms = trust_now(self._trust, self._store, self._vault, self.settings, reading.at)
        return [credentials.read_credential(code, trust=trust, at_ms=at_ms, typed=reading.typed) for code in codes]

    def _take(self, reading: Reading, gate: Gate, credential: Credential) -> Scan:
        if self._memory.is_held(reading, gate):
            return Scan(reading, gate, credential, Decision(Outcome.REPEAT, Reason.ALREADY_IN), reading.at.wall_ms)
        return self._told(self._record(reading, gate, credential))

    def _told(self, scan: Scan) -> Scan:
        """What follows once *scan* is recorded: people are told, and what could not be recorded before is."""
        self._memory.remember(scan)
        self._announce(scan)
        if scan.sequence is not None:
            self._write_back.entries += 1
            with self._watched("log"):
                self._record_gap(scan.reading.at)
        return scan

    def take_by_hand(
        self, gate: Gate, way: Direction, now: Moment, who: Callable[[Recorder], tuple[Credential, Staff]]
    ) -> Scan:
        """Take somebody whom staff have before them, in or out (*way*), as a scan is taken.

        *who* says whom, once it is their turn; what it raises leaves nothing recorded. Raises NobodyWaits for a way in
        at an exit.
        """
        with self._lock:
            today = self._today(gate)
            if way is Direction.IN and today.direction is Direction.OUT:
                raise NobodyWaits(NotNow.AN_EXIT)
            credential, staff = who(self._recorder)
            reading = Reading(b"", "page", now, typed=True)
            return self._told(self._record(reading, replace(today, direction=way), credential, staff))

    def let_in(self, sequence: int, now: Moment, by: str = "") -> Scan:
        """Staff let in the person whom entry *sequence* sent to them. Raises NobodyWaits when it is too late."""
        with self._lock:
            asked = self._memory.sent_to_staff(sequence, now.wall_ms)
            if asked is None:
                raise NobodyWaits(NotNow.NOBODY_ASKED)
            gate, staff = self._today(asked.gate), Staff(by, Overrule.SENT, asked=sequence)
            return self._told(self._record(replace(asked.reading, at=now), gate, asked.credential, staff))

    def reprint(self, visit: int, now: Moment) -> str:
        """The ticket of the open *visit* once more, as a copy; its number. Raises NobodyWaits where it is over."""
        with self._lock:
            try:
                number = reprint(self._recorder, visit, now)
            except VaultError as error:
                raise NobodyWaits(NotNow.NEW_DAY) from error
        if number is None:
            raise NobodyWaits(NotNow.NOT_PRINTED)
        self.tickets_waiting.set()
        return number

    def call_for_help(self, gate: Gate, now: Moment) -> None:
        """Somebody pressed the assistance button: an entry, a lamp, a line on the staff page."""
        with self._lock:
            with self._watched("log"), self._store.writing(None) as writing:
                writing.append(EntryKind.HELP, gate.id, now, {})
            self._show(replace(messages.announcement(Outcome.ASK_STAFF, Reason.HELP), gate=gate.id))

    def keep_house(self, now: Moment) -> None:
        """What comes with time: closing, the turn of the day key, lists that are over, reserve. Never raises."""
        with self._lock:
            with self._watched("log"):
                self.clock_watch.look(now)
                retention.close_if_due(self._store, self.settings, now)
                self._record_gap(now)
            with self._watched("keys"):
                retention.turn_if_due(self._store, self._vault, self.settings, now)
            with self._watched("lists"):
                self._roster.forget_over(now)
            if self._reserve.fill():
                self.health.works("disk")
            self._memory.forget_over(now.wall_ms)
            self._recorder.consents.forget_over(now.wall_ms)
        self._write_back.if_due()  # no longer locked: people come and go meanwhile

    def make_room(self) -> bool:
        """Give the reserve back to a full disk; False where there is none any more."""
        freed = self._reserve.free()
        if freed:
            self.health.failed("disk", "the disk is full; the reserve was freed")
        return freed

    def _record(self, reading: Reading, gate: Gate, credential: Credential, staff: Staff | None = None) -> Scan:
        started = time.perf_counter()
        try:
            write = partial(check_in, self._recorder, reading, gate, credential, staff)
            scan = given_room(write, self.make_room)
        except Exception as error:  # whatever is broken, the person in front of us must get an answer
            log.debug("not recorded", exc_info=True)
            self.health.failed("log", str(error))
            scan = self._unrecorded(reading, gate, credential)
        return replace(scan, record_ms=(time.perf_counter() - started) * 1000)

    def _unrecorded(self, reading: Reading, gate: Gate, credential: Credential) -> Scan:
        at_ms = reading.at.wall_ms
        waits = credential.refusal is Reason.NEXT_PART
        shut = self._recorder.policy.closed and gate.direction is Direction.IN
        if waits or shut or (credential.refusal is not None and gate.direction is not Direction.OUT):
            decision = admission.decide(credential, gate, Facts(), self._recorder.policy, at_ms)
            return Scan(reading, gate, credential, decision, at_ms, why=self._recorder.why(decision))
        self._gap.add(at_ms)
        return Scan(reading, gate, credential, Decision(Outcome.PASSED_UNRECORDED, Reason.NOT_RECORDED), at_ms)

    def _find_listed(self, credential: Credential, at_ms: int) -> Listing:
        """Where the registration lists have them; a list that cannot be read keeps nobody outside."""
        with self._watched("lists"):
            return self._roster.find(tuple(admission.holders(credential)), credential.person, at_ms)
        return NOT_LISTED

    def _record_gap(self, now: Moment) -> None:
        gap = self._gap.gap()
        if gap.count:
            body = {"count": gap.count, "first_ms": gap.first_ms, "last_ms": gap.last_ms}
            with self._store.writing(None) as writing:
                self._gap.becomes(writing.head.sequence + 1)
                writing.append(EntryKind.GAP, "", now, body)
            self._gap.clear()

    @contextlib.contextmanager
    def _watched(self, name: str) -> Iterator[None]:
        """House work: when it fails, *name* is what does not work, and it is tried again later."""
        try:
            yield
        except Exception as error:  # noqa: BLE001  # the door goes on, whatever is broken behind it
            self.health.failed(name, str(error))
        else:
            self.health.works(name)

    def _announce(self, scan: Scan) -> None:
        self._show(scan.announcement(paper_form=self.settings.site.paper_form))
        if scan.ticket:
            self.tickets_waiting.set()

    def _show(self, announcement: Announcement) -> None:
        for output in self.outputs:
            try:
                output.show(announcement)
            except Exception as error:  # noqa: BLE001  # one dead lamp must not silence the others, nor stop the door
                self.health.failed(output.name, str(error))
            else:
                self.health.works(output.name)
