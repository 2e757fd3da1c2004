"""What staff do by hand for people, as the door's socket takes it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from enum import StrEnum
from typing import Any, TypeVar

from kiosk import by_hand, help_calls
from kiosk.by_hand import Answer
from kiosk.checkin import Staff
from kiosk.devices import clock
from kiosk.door import Door, NobodyWaits
from kiosk.door_socket import Handler, Message, RequestError, by_of, number_of
from kiosk.help_calls import CallRefused
from kiosk.rules import identity
from kiosk.rules.by_hand import NotNow, Overrule, Typed, Way
from kiosk.rules.entries import EntryKind
from kiosk.rules.help_calls import TAKEN_EN, TAKEN_VI, Act
from kiosk.rules.model import Outcome, Person, Reading
from kiosk.rules.queueing import read_number
from kiosk.scan import Scan
from kiosk.store.log import Store
from kiosk.store.people import gate_of_open_visit, open_numbered, open_visit_of

LONGEST_TEXT = 8192  # a scanner may type a whole code into a field
MOST_ANSWERS = 200

Choice = TypeVar("Choice", bound=StrEnum)


class Helping:
    """Takes what staff do at *door* one after another; *store* lends a connection that one at a time uses."""

    def __init__(self, door: Door, store: Callable[[], AbstractContextManager[Store]]) -> None:
        self._door = door
        self._store = store
        self._lock = threading.Lock()
        self._answered: dict[str, Message] = {}

    def handlers(self) -> dict[str, Handler]:
        """What the socket can be asked, by name."""
        asked = {
            "check_in": self._check_in,
            "let_out": self._let_out,
            "let_in": self._let_in,
            "accompany": self._accompany,
            "reprint": self._reprint,
            "see_id": self._see_id,
            "find_inside": self._find_inside,
            "call_help": self._call_help,
            "answer_call": self._answer_call,
        }
        return {name: _told(answer) for name, answer in asked.items()}

    def _check_in(self, message: Message, _: bytes) -> Message:
        """Once for every form that staff fill in: who taps twice gets the same answer."""
        with self._lock:
            once = _text(message, "once")
            if once and once in self._answered:
                return self._answered[once]
            gate = self._door.settings.gate(_text(message, "gate"))
            staff = replace(_staff(message), for_help=bool(message.get("for_help") and self._door.settings.queue.help))
            answer = by_hand.check_in(
                self._door,
                _typed(message),
                gate,
                clock.now(),
                staff,
                insist=bool(message.get("insist") or staff.overrule),
            )
            told = self._as_message(answer)
            if once and any(scan.went_in for scan in answer.scans):
                self._answered[once] = told | {"scans": [scan | {"holder": ""} for scan in told["scans"]]}
                while len(self._answered) > MOST_ANSWERS:
                    self._answered.pop(next(iter(self._answered)))
            return told

    def _as_message(self, answer: Answer) -> Message:
        return {
            "scans": [self._scan(scan) for scan in answer.scans],
            "doubts": [asdict(doubt) for doubt in answer.doubts],
            "alike": list(answer.alike),
        }

    def _scan(self, scan: Scan) -> Message:
        said = scan.announcement(paper_form=self._door.settings.site.paper_form)
        opened = scan.sequence if scan.decision.outcome is Outcome.ADMITTED else scan.decision.closes
        words = {"vi": said.vi, "en": said.en, "lamp": said.lamp, "visit": opened}
        return scan.as_json(self._door.settings.zone) | words

    def _let_out(self, message: Message, _: bytes) -> Message:
        gate = self._door.settings.gate(_text(message, "gate"))
        visit = int(number_of(message, "visit", 0))
        return self._scan(by_hand.let_out(self._door, visit, gate, clock.now(), by_of(message)))

    def _let_in(self, message: Message, _: bytes) -> Message:
        return self._scan(self._door.let_in(int(number_of(message, "sequence", 0)), clock.now(), by_of(message)))

    def _accompany(self, message: Message, _: bytes) -> Message:
        gate = self._door.settings.gate(_text(message, "gate"))
        name, birth = _text(message, "name"), _text(message, "birth")
        person = Person(identity.clean_name(name), identity.parse_date(birth))
        visit = int(number_of(message, "visit", 0))
        return self._scan(by_hand.accompany(self._door, visit, person, gate, clock.now(), by_of(message)))

    def _reprint(self, message: Message, _: bytes) -> Message:
        return {"ticket": self._door.reprint(int(number_of(message, "visit", 0)), clock.now())}

    def _see_id(self, message: Message, _: bytes) -> Message:
        """Staff have held the document of who is inside under ``visit`` in their hands; or, not ``seen``, had not."""
        visit, seen = int(number_of(message, "visit", 0)), bool(message.get("seen", True))
        with self._store() as store, store.writing(None) as writing:
            gate = gate_of_open_visit(writing.db, visit)
            if gate is None:
                raise NobodyWaits(NotNow.OVER)
            body = {"act": "id_seen", "names": visit, "id_seen": seen, "by": by_of(message)}
            entry = writing.append(EntryKind.DESK, gate, clock.now(), body)
        return {"seq": entry.sequence}

    def _find_inside(self, _: Message, payload: bytes) -> Message:
        """Who is inside with this number, by the slip or card that a scanner types, or by an ID number."""
        text = payload.decode("utf-8", "replace")
        number = read_number(text)
        if number:
            with self._store() as store:
                if visits := open_numbered(store.db, *number):
                    return {"visits": visits}
        whos = self._door.pseudonyms_of(Reading(payload, "typed", clock.now(), typed=True))
        with self._store() as store:
            visit = open_visit_of(store.db, whos)
        return {"visits": [] if visit is None else [visit]}

    def _call_help(self, message: Message, _: bytes) -> Message:
        self._door.call_for_help(self._door.settings.gate(_text(message, "gate")), clock.now())
        return {}

    def _answer_call(self, message: Message, _: bytes) -> Message:
        act, call = _choice(message, "act", Act), int(number_of(message, "call", 0))
        with self._store() as store:
            help_calls.act_on(store, call, act, by_of(message), clock.now())
        return {"call": call, "act": act}


def _told(answer: Callable[[Message, bytes], Message]) -> Handler:
    """What cannot be done (any more) is one sentence for who asked."""

    def handle(message: Message, payload: bytes) -> tuple[Message, bytes]:
        try:
            return answer(message, payload), b""
        except NobodyWaits as error:
            return {"refused": {"vi": error.why.vi, "en": error.why.en}}, b""
        except CallRefused:
            return {"refused": {"vi": TAKEN_VI, "en": TAKEN_EN}}, b""

    return handle


def _typed(message: Message) -> Typed:
    texts = {name: _text(message, name) for name in ("number", "name", "birth", "sex", "phone", "once")}
    count = number_of(message, "count", 1)
    return Typed(_choice(message, "way", Way), **texts, count=int(count), another=bool(message.get("another")))


def _staff(message: Message) -> Staff:
    reason = message.get("overrule")
    overrule = _choice(message, "overrule", Overrule) if reason else None
    if overrule in (Overrule.SENT, Overrule.BESIDE):
        raise RequestError(f"{overrule} is not for staff to choose")
    return Staff(by_of(message), overrule, agreed=bool(message.get("agreed")), priority=bool(message.get("priority")))


def _choice(message: Message, name: str, of: type[Choice]) -> Choice:
    value = message.get(name)
    if value not in list(of):  # a list: what was sent may have no hash
        raise RequestError(f"{name} must be one of {', '.join(of)}")
    return of(value)


def _text(message: dict[str, Any], name: str) -> str:
    return str(message.get(name, ""))[:LONGEST_TEXT].encode(errors="replace").decode()  # no lone surrogates
