"""The story of an order that comes down from the hub: the door itself proves it, looks whether it may be done, and
writes down what became of it.

The door has no network: sync only carries orders here, so that whoever gets hold of what talks to the network can
change or forge none. What a hub may say is ``rules.down.Part``; all else is refused, and that stands in the log.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from kiosk.clock_watch import AGAIN_MS, take_from_hub
from kiosk.config import Settings
from kiosk.devices import clock
from kiosk.door_socket import Handler, Message
from kiosk.files import read_vouched, replace_whole
from kiosk.health import Health
from kiosk.hub_day import applied
from kiosk.hub_lists import HubLists
from kiosk.joined import JoinError, joined
from kiosk.rules import down
from kiosk.rules.clock import NotSet
from kiosk.rules.down import Order, OrderRefused, Part
from kiosk.rules.entries import Body, EntryKind
from kiosk.rules.formats.code import Trust
from kiosk.rules.model import ClockState, Moment
from kiosk.rules.order_answers import LONGEST_WHY, Done, answered
from kiosk.rules.true_times import Source
from kiosk.store.clocks import anchors
from kiosk.store.log import Store
from kiosk.taken_down import TakenDown, Told, keep_taken, taken_down
from kiosk.trust import FROM_HUB, site_trust
from kiosk.vault.down import proven_order, proven_time
from kiosk.vault.errors import VaultError
from kiosk.vault.succession import keep_next, keep_waiting, read_succession
from kiosk.vault.tracing import read_public_key

MOST_A_DAY = 300  # so that no hub can fill the log
MOST_OPENINGS = 50
MOST_DAYS = 60
MOST_NAMES = 20
_LONGEST_QUESTION_MS = 60_000
_FOLDER_MODE, _FILE_MODE = 0o750, 0o640


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an order, *why*, what is known from now on, and what the log keeps of it besides."""

    done: Done
    taken: TakenDown
    why: str = ""
    also: Body | None = None


class TakingDown:
    """Takes orders on connections that *store* opens, one at a time. *believe* tells the door whom it believes now."""

    def __init__(
        self,
        settings: Settings,
        data: Path,
        store: Callable[[], AbstractContextManager[Store]],
        lists: HubLists,
        believe: Callable[[Trust, frozenset[str]], None],
        health: Health,
    ) -> None:
        self._settings = settings
        self._data = data
        self._store = store
        self._lists = lists
        self._believe = believe
        self._health = health
        self._lock = threading.Lock()
        self._asked: tuple[str, Moment] | None = None
        self._parts: Mapping[str, Callable[[Order, TakenDown], Result]] = {
            Part.DAY: self._day,
            Part.LIST: self._list,
            Part.TRUST: self._trust,
            Part.BLOCKED: self._blocked,
            Part.OPENING: self._opening,
            Part.KEY: self._key,
        }

    def handlers(self) -> dict[str, Handler]:
        """What the socket can be asked, by name."""
        return {"take_order": self._answer, "ask_hub_time": self._ask_time, "take_hub_time": self._take_time}

    def begin(self) -> None:
        """What was blocked before the door was closed is blocked now."""
        with suppress(JoinError):  # house work tells of it
            if blocked := self._known().all_blocked():
                self._believe(site_trust(self._settings, self._data, self._health), blocked)

    def look(self, now: Moment) -> None:
        """Put settings in force whose day has come; house work."""
        with self._lock:
            taken = self._known()
            if (after := self._put_due(taken, now)) != taken:
                keep_taken(self._data, after)

    def _put_due(self, taken: TakenDown, now: Moment) -> TakenDown:
        """*taken*, once the settings whose day has come are in force and the log has what became of each order."""
        if not taken.days:
            return taken
        with self._store() as store:
            after, became = applied(store, self._settings, taken, now)
            if not became:
                return taken
            with store.writing(None) as writing:
                for order, why in became:
                    done = Done.REFUSED if why else Done.TAKEN
                    for number in order.numbers:
                        writing.append(EntryKind.HUB, "", now, answered(number, Part.DAY, order.day, done, why))
                        after = after.later(number, done, why)
        return after

    def _known(self) -> TakenDown:
        hub = joined(self._data, read_vouched)
        return taken_down(self._data, hub.verifier) if hub else TakenDown()

    def _answer(self, _: Message, blob: bytes) -> tuple[Message, bytes]:
        with self._lock:
            try:
                taken, order = self._proven(blob)
            except (OrderRefused, JoinError) as refused:
                self._health.failed("orders", str(refused))
                return {"done": Done.REFUSED, "why": str(refused), "have": -1}, b""
            self._health.works("orders")
            return self._dealt_with(order, taken), b""

    def _proven(self, blob: bytes) -> tuple[TakenDown, Order]:
        """Raises OrderRefused and JoinError for what no hub of ours has signed for us; nothing is kept of that."""
        hub = joined(self._data, read_vouched)
        if blob and hub:
            return taken_down(self._data, hub.verifier), proven_order(blob, hub.verifier, hub.kiosk)
        raise OrderRefused("this kiosk has joined no hub" if hub is None else "this is no order of a hub")

    def _dealt_with(self, order: Order, taken: TakenDown) -> Message:
        if order.number <= taken.have:
            return {"done": Done.KNOWN, "have": taken.have}
        with self._store() as store:
            key = store.head().key_id.hex()
        if key == taken.key and taken.count >= MOST_A_DAY:
            return {"done": Done.BUSY, "have": taken.have, "why": f"a hub may send {MOST_A_DAY} orders a day"}
        result = self._done(order, taken)
        if result.done is Done.BUSY:
            keep_taken(self._data, result.taken)
            return {"done": Done.BUSY, "have": taken.have, "why": result.why}
        self._keep(order, result, key)
        return {"done": result.done, "have": order.number, "why": result.why}

    def _done(self, order: Order, taken: TakenDown) -> Result:
        part = self._parts.get(order.part)
        try:
            if part is None:
                raise OrderRefused(f"a hub does not decide {order.part!r} here")
            return part(order, taken)
        except (OrderRefused, VaultError) as refused:
            return Result(Done.REFUSED, taken, str(refused)[:LONGEST_WHY])

    def _keep(self, order: Order, result: Result, key: str) -> None:
        """The entry first; whom the door believes changes with what is kept."""
        name = "" if order.part == Part.LIST else order.name  # people's names may be in it
        body = answered(order.number, order.part, name, result.done, result.why) | (result.also or {})
        now = clock.now()
        with self._store() as store, store.writing(None) as writing:
            writing.append(EntryKind.HUB, "", now, body)
        told = Told(order.number, order.part, order.name, result.done, result.why, now.wall_ms)
        taken = result.taken.with_told(told, key)
        keep_taken(self._data, taken)
        if result.done is Done.TAKEN and order.part in (Part.TRUST, Part.BLOCKED):
            self._believe(site_trust(self._settings, self._data, self._health), taken.all_blocked())

    def _day(self, order: Order, taken: TakenDown) -> Result:
        """In force at once on its day; until then it waits. Staff may change it back."""
        wanted, now = down.day_of(order), clock.now()
        taken = self._put_due(taken, now)
        for earlier in (one for one in taken.days if one.day == wanted.day):
            wanted = wanted.after(earlier)
        others = tuple(one for one in taken.days if one.day != wanted.day)
        if len(others) >= MOST_DAYS:
            return Result(Done.REFUSED, taken, f"settings of {MOST_DAYS} days wait already")
        with self._store() as store:
            after, became = applied(store, self._settings, replace(taken, days=(wanted,)), now)
        after, why = replace(after, days=(*others, *after.days)), became[0][1] if became else ""
        return Result(Done.REFUSED if why else Done.TAKEN if became else Done.WAITS, after, why)

    def _list(self, order: Order, taken: TakenDown) -> Result:
        """A draft, as if staff had brought it: nobody is on it before they approve it."""
        name, day = down.list_day_of(order)
        done, reading, why = self._lists.take(order.number, name, day, order.payload, taken.reading)
        return Result(Done(done), replace(taken, reading=reading), why)

    def _trust(self, order: Order, taken: TakenDown) -> Result:
        from kiosk.vault.trust.offered import check_offered  # X.509 is loaded by who judges certificates

        name, folder = down.file_of(order), self._data / FROM_HUB
        if not order.payload:
            (folder / name).unlink(missing_ok=True)
            return Result(Done.TAKEN, taken)
        check_offered(folder, name, order.payload, clock.now().wall_ms)
        folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
        replace_whole(folder / name, order.payload, _FILE_MODE)
        return Result(Done.TAKEN, taken)

    def _blocked(self, order: Order, taken: TakenDown) -> Result:
        slips = down.blocked_of(order)
        blocked = {name: kept for name, kept in taken.blocked.items() if name != order.name}
        if sum(map(len, blocked.values()), len(slips)) > down.MOST_BLOCKED or len(blocked) >= MOST_NAMES:
            raise OrderRefused(f"more than {down.MOST_BLOCKED} slips would be blocked, or under {MOST_NAMES} names")
        after = blocked | ({order.name: tuple(sorted(slips))} if slips else {})
        return Result(Done.TAKEN, replace(taken, blocked=after))

    def _opening(self, order: Order, taken: TakenDown) -> Result:
        opening = down.opening_of(order)
        openings = (*(one for one in taken.openings if one.id != opening.id), opening)[-MOST_OPENINGS:]
        return Result(Done.TAKEN, replace(taken, openings=openings), also={"opening": asdict(opening)})

    def _key(self, order: Order, taken: TakenDown) -> Result:
        """The next tracing key where the holder of the one in force has signed it; else it waits for its words."""
        successor, current = read_succession(order.payload), read_public_key(self._data)
        if current.demo:
            raise OrderRefused("this kiosk has demo keys, which nothing follows")
        said = {"fingerprint": successor.public.fingerprint, "words": successor.words, "after": successor.after}
        if successor.is_signed_by(current):
            record_key(self._store, said | {"how": "signed", "by": ""})
            keep_next(self._data, order.payload)
            return Result(Done.TAKEN, taken, also=said)
        if successor.signature:
            raise OrderRefused("this tracing key is not signed by the one in force")
        keep_waiting(self._data, order.payload)
        return Result(Done.WAITS, taken, "somebody here must type its words: kiosk keys accept", said)

    def _ask_time(self, _: Message, __: bytes) -> tuple[Message, bytes]:
        """``nonce`` for the hub to sign with its time; empty where the time need not be asked for."""
        now = clock.now()
        with self._store() as store:
            known = anchors(store.db, now.boot_id)
        told = [one.monotonic_ms for one in known if one.source is not Source.UNKNOWN]
        fresh = any(now.monotonic_ms - at_ms < AGAIN_MS for at_ms in told)
        if now.clock in (ClockState.SET, ClockState.STATED) or fresh:
            return {"nonce": ""}, b""
        nonce = secrets.token_hex(16)
        self._asked = nonce, now
        return {"nonce": nonce}, b""

    def _take_time(self, _: Message, note: bytes) -> tuple[Message, bytes]:
        """The hub's word for what time it is: taken or not, and ``why``."""
        now, asked, self._asked = clock.now(), self._asked, None
        try:
            hub = joined(self._data, read_vouched)
            if hub is None or asked is None or now.monotonic_ms - asked[1].monotonic_ms > _LONGEST_QUESTION_MS:
                raise OrderRefused("nobody has asked for the time, or it took too long")
            at_ms = proven_time(note.decode(errors="replace"), hub.verifier, hub.kiosk, asked[0])
        except (OrderRefused, JoinError) as refused:
            return {"done": Done.REFUSED, "why": str(refused)}, b""
        with self._store() as store:
            told = take_from_hub(store, at_ms, asked[1], now)
        if isinstance(told, NotSet):
            return {"done": Done.REFUSED, "why": f"the hub says it is a time that cannot be: {told}"}, b""
        return {"done": Done.TAKEN, "seq": told}, b""


def record_key(store: Callable[[], AbstractContextManager[Store]], said: Body) -> None:
    """The entry that a new tracing key is to follow, before it does."""
    with store() as opened, opened.writing(None) as writing:
        writing.append(EntryKind.TRACING_KEY, "", clock.now(), said)
