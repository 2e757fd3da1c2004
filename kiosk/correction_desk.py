"""What staff put right, as the door's socket takes it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from kiosk.config import Settings
from kiosk.correcting import correct
from kiosk.devices import clock
from kiosk.door_socket import Handler, Message, RequestError, by_of, number_of, text_of
from kiosk.rules.corrections import SENTENCES, Act, Refusal, Wish
from kiosk.store.log import Store
from kiosk.store.reserve import given_room

LONGEST_WHY = 80


class CorrectionDesk:
    """Takes corrections one after another; *store* lends a connection, *make_room* gives room to a full disk, once."""

    def __init__(
        self, settings: Settings, store: Callable[[], AbstractContextManager[Store]], make_room: Callable[[], bool]
    ) -> None:
        self._settings = settings
        self._store = store
        self._make_room = make_room

    def handlers(self) -> dict[str, Handler]:
        """What the socket can be asked, by name."""
        return {"correct": self._correct}

    def _correct(self, message: Message, _: bytes) -> tuple[Message, bytes]:
        act, at_ms = message.get("act"), message.get("at_ms")
        if act not in list(Act):  # a list: what was sent may have no hash
            raise RequestError(f"act must be one of {', '.join(Act)}, not {act!r}")
        wish = Wish(
            Act(act),
            visit=int(number_of(message, "visit", 0)),
            other=int(number_of(message, "other", 0)),
            at_ms=None if at_ms is None else int(number_of(message, "at_ms", 0)),
            undoes=int(number_of(message, "undoes", 0)),
            by=by_of(message),
            why=text_of(message, "why", LONGEST_WHY),
        )
        return self._granted(wish)

    def _granted(self, wish: Wish) -> tuple[Message, bytes]:
        with self._store() as store:
            entry = given_room(lambda: correct(store, self._settings, wish, clock.now()), self._make_room)
        if isinstance(entry, Refusal):
            vi, en = SENTENCES[entry]
            return {"refused": {"reason": entry, "vi": vi, "en": en}}, b""
        return {"seq": entry.sequence, "visits": _left_over(entry.body or {})}, b""


def _left_over(body: Message) -> list[int]:
    """The visits that a correction has changed and that are still there."""
    return [after["id"] for _, after in body["visits"] if after]
