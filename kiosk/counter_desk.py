"""What staff at the counters ask of the door, as its socket takes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from kiosk.devices import clock
from kiosk.door_socket import Handler, Message, RequestError, number_of
from kiosk.queue import Counters
from kiosk.rules.identity import clean_text
from kiosk.rules.model import Moment, Reading
from kiosk.rules.queueing import SENTENCES, Act, Refusal, Wish, read_number
from kiosk.store.log import Store
from kiosk.store.people import open_visit_of
from kiosk.store.queue import QueueTables
from kiosk.store.reserve import given_room
from kiosk.tempos import Tempos

LONGEST_TEXT = 80


class CounterDesk:
    """Takes the acts of the counters; *store* lends a connection that one at a time uses.

    *pseudonyms_of* says to which pseudonyms a code leads, none where it names nobody; *tempos* are kept up to date.
    *make_room* gives room to a full disk, once.
    """

    def __init__(
        self,
        counters: Counters,
        store: Callable[[], AbstractContextManager[Store]],
        pseudonyms_of: Callable[[Reading], Sequence[bytes]],
        tempos: Tempos,
        make_room: Callable[[], bool] = lambda: False,
    ) -> None:
        self._counters = counters
        self._store = store
        self._pseudonyms_of = pseudonyms_of
        self._tempos = tempos
        self._make_room = make_room

    def handlers(self) -> dict[str, Handler]:
        """What the socket can be asked, by name."""
        return {"queue": self._act, "find_ticket": self._find}

    def keep_house(self, now: Moment) -> None:
        """What comes with time: observation that is over, how fast the counters work. Raises StoreError."""
        with self._store() as store:
            self._counters.finish_observed(store, now)
            self._tempos.learn(QueueTables(store.db), store.shown_ms(now))

    def _act(self, message: Message, _: bytes) -> tuple[Message, bytes]:
        wish = _wish(message)
        with self._store() as store:
            entry = given_room(lambda: self._counters.act(store, wish, clock.now()), self._make_room)
            if isinstance(entry, Refusal):
                return _refused(entry), b""
            body = entry.body or {}
            ticket = QueueTables(store.db).ticket(body["ticket"])
        return {"seq": entry.sequence, "act": body["act"], "ticket": str(ticket or "")}, b""

    def _find(self, message: Message, payload: bytes) -> tuple[Message, bytes]:
        """By a number as it stands on the ticket or a roll, else by the slip or card that holds it."""
        found = self._numbered(payload.decode(errors="replace"))
        if not found:
            # The door may be busy; the counters' connection is not taken meanwhile.
            typed = bool(message.get("typed"))
            found = self._held_by(self._pseudonyms_of(Reading(payload, "page", clock.now(), typed=typed)))
        return ({"ticket": found[0], "tickets": found} if found else _refused(Refusal.NO_TICKET)), b""

    def _numbered(self, text: str) -> list[int]:
        number = read_number(text)
        if number is None:
            return []
        with self._store() as store:
            return [ticket.id for ticket in QueueTables(store.db).numbered(*number)]

    def _held_by(self, whos: Sequence[bytes]) -> list[int]:
        with self._store() as store:
            visit = open_visit_of(store.db, whos)
            return [visit] if visit is not None and QueueTables(store.db).ticket(visit) else []


def _wish(message: Message) -> Wish:
    act, seen = message.get("act"), message.get("seen")
    if act not in list(Act):  # a list: what was sent may have no hash
        raise RequestError(f"act must be one of {', '.join(Act)}, not {act!r}")
    return Wish(
        Act(act),
        counter=_text(message, "counter"),
        ticket=int(number_of(message, "ticket", 0)),
        service=_text(message, "service"),
        number=_text(message, "number"),
        by=clean_text(_text(message, "by"), LONGEST_TEXT),
        seen=None if seen is None else int(number_of(message, "seen", 0)),
    )


def _text(message: Message, name: str) -> str:
    return str(message.get(name, ""))[:LONGEST_TEXT].encode(errors="replace").decode()  # no lone surrogates


def _refused(refusal: Refusal) -> Message:
    vi, en = SENTENCES[refusal]
    return {"refused": {"reason": refusal, "vi": vi, "en": en}}
