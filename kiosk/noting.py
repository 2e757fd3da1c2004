"""The story of a note: what staff did that changes no visit is in the log before it is done."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from kiosk.devices import clock
from kiosk.door_socket import Handler, Message, RequestError, by_of, number_of, text_of
from kiosk.rules.entries import EntryKind
from kiosk.rules.staff_acts import LONGEST_TEXT, StaffAct, staff_body
from kiosk.store.log import Store


class Notes:
    """Takes notes one after another; *store* lends a connection."""

    def __init__(self, store: Callable[[], AbstractContextManager[Store]]) -> None:
        self._store = store

    def handlers(self) -> dict[str, Handler]:
        """What the socket can be asked, by name."""
        return {"note": self._note}

    def _note(self, message: Message, _: bytes) -> tuple[Message, bytes]:
        act = message.get("act")
        if act not in list(StaffAct):  # a list: what was sent may have no hash
            raise RequestError(f"act must be one of {', '.join(StaffAct)}, not {act!r}")
        body = staff_body(
            StaffAct(act),
            by_of(message),
            visit=int(number_of(message, "visit", 0)),
            reason=text_of(message, "reason", LONGEST_TEXT),
            about=text_of(message, "about", LONGEST_TEXT),
        )
        with self._store() as store, store.writing(None) as writing:
            entry = writing.append(EntryKind.STAFF, "", clock.now(), body)
        return {"seq": entry.sequence}, b""
