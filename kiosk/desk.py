"""What staff write down beside the door, as the door's socket takes it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict

from kiosk import feedback, session
from kiosk.config import Settings
from kiosk.devices import clock
from kiosk.door_socket import Handler, Message, RequestError, number_of
from kiosk.feedback import SlipRefused
from kiosk.invitations import listed_groups
from kiosk.rules.feedback import Act
from kiosk.rules.session import LARGEST_COUNT
from kiosk.session import NoSession
from kiosk.store.log import Store
from kiosk.store.schema import StoreError, connect_read_only
from kiosk.vault import VaultError


class Desk:
    """Takes requests one after another, with a connection of its own: nobody at the door waits for staff.

    *paper_waits* is told when something is to be printed, which says so where this is a *demo*.
    """

    def __init__(
        self, settings: Settings, open_store: Callable[[], Store], paper_waits: Callable[[], None], *, demo: bool
    ) -> None:
        self._settings = settings
        self._paper_waits = paper_waits
        self._demo = demo
        self._open_store = open_store
        self._opened: Store | None = None
        self._lock = threading.Lock()

    def handlers(self) -> dict[str, Handler]:
        """What the socket can be asked, by name."""
        return {
            "session_entered": self._entered,
            "listed_groups": self._listed,
            "give_feedback": self._give_feedback,
            "act_on_feedback": self._act_on_feedback,
        }

    def close(self) -> None:
        """Close the connection, once whoever is being answered has been."""
        with self._lock:
            if self._opened:
                self._opened.close()

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The connection, for one at a time."""
        with self._lock:
            self._opened = self._opened or self._open_store()
            yield self._opened

    def _entered(self, message: Message, _: bytes) -> tuple[Message, bytes]:
        day, count = str(message.get("day", "")), number_of(message, "count", -1)
        if count != int(count) or not 0 <= count <= LARGEST_COUNT:
            raise RequestError(f"count must be a whole number from 0 to {LARGEST_COUNT}, not {count}")
        try:
            with self.store() as store:
                session.enter(store, self._settings, day, int(count), clock.now())
        except NoSession as error:
            raise RequestError(str(error)) from error
        return {"day": day, "count": int(count)}, b""

    def _give_feedback(self, message: Message, _: bytes) -> tuple[Message, bytes]:
        try:
            with self.store() as store:
                slip = feedback.give(store, self._settings, str(message.get("topic")), clock.now(), demo=self._demo)
        except SlipRefused as error:
            raise RequestError(str(error)) from error
        self._paper_waits()
        return {"number": slip.number, "slip": str(slip)}, b""

    def _act_on_feedback(self, message: Message, _: bytes) -> tuple[Message, bytes]:
        number, act = int(number_of(message, "number", 0)), message.get("act")
        if act not in list(Act):
            raise RequestError(f"act must be one of {', '.join(Act)}, not {act!r}")
        try:
            with self.store() as store:
                feedback.act_on(store, number, Act(act), clock.now())
        except SlipRefused as error:
            raise RequestError(str(error)) from error
        return {"number": number}, b""

    def _listed(self, message: Message, _: bytes) -> tuple[Message, bytes]:
        with self.store() as store:
            path = store.path
        try:
            with closing(connect_read_only(path)) as db:  # for as long as it takes, beside the counters
                groups = listed_groups(db, path.parent, self._settings, str(message.get("day", "")))
        except (StoreError, VaultError) as error:
            raise RequestError(str(error)) from error
        return {}, json.dumps([asdict(group) for group in groups]).encode()
