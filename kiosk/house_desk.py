"""What staff do with the house itself, as the door's socket takes it: settings of the day, a test of the printer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from kiosk.clock_watch import take_told
from kiosk.config import Settings
from kiosk.day_settings import change_day, undo_day
from kiosk.devices import clock
from kiosk.door_socket import Handler, Message, RequestError, by_of, number_of
from kiosk.rules.clock import SENTENCES as NOT_SET
from kiosk.rules.clock import NotSet, told_ms
from kiosk.rules.day_settings import SENTENCES, DayChange, DayRefusal
from kiosk.rules.entries import EntryKind
from kiosk.rules.model import Moment
from kiosk.rules.staff_acts import StaffAct, staff_body
from kiosk.rules.ticket import make_ticket
from kiosk.store import spool
from kiosk.store.log import Store

PAPER = (
    "THỬ MÁY IN · PRINTER TEST",
    "Phiếu này chỉ để thử máy in. This ticket is a test of the printer.",
    "ă â đ ê ô ơ ư ạ ả ấ ầ ẩ ẫ ậ 0123456789",
)


class HouseDesk:
    """Takes requests on connections that *store* opens; *paper_waits* is told when something is to be printed."""

    def __init__(
        self,
        settings: Settings,
        store: Callable[[], AbstractContextManager[Store]],
        paper_waits: Callable[[], None],
        *,
        demo: bool,
    ) -> None:
        self._settings = settings
        self._store = store
        self._paper_waits = paper_waits
        self._demo = demo

    def handlers(self) -> dict[str, Handler]:
        """What the socket can be asked, by name."""
        return {
            "change_day": self._change,
            "undo_day": self._undo,
            "print_test": self._print_test,
            "tell_time": self._tell_time,
        }

    def _change(self, message: Message, _: bytes) -> tuple[Message, bytes]:
        fields = message.get("fields")
        if not isinstance(fields, dict) or not all(isinstance(text, str) for text in fields.values()):
            raise RequestError("fields must be texts by name")
        seen = int(number_of(message, "seen", 0))
        try:
            with self._store() as store:
                made = change_day(store, self._settings, fields, clock.now(), by=by_of(message), seen=seen)
        except KeyError as error:
            raise RequestError(f"there is no setting of the day {error}") from error
        return _told(made), b""

    def _undo(self, message: Message, _: bytes) -> tuple[Message, bytes]:
        with self._store() as store:
            return _told(undo_day(store, clock.now(), by=by_of(message), seen=int(number_of(message, "seen", 0)))), b""

    def _tell_time(self, message: Message, _: bytes) -> tuple[Message, bytes]:
        """``wall_ms``: what time it was when the machine, in the boot ``boot``, had run for ``monotonic_ms``."""
        now, wall_ms = clock.now(), int(number_of(message, "wall_ms", 0))
        running_ms = int(number_of(message, "monotonic_ms", 0)) if message.get("boot") == now.boot_id else None
        with self._store() as store:
            told = (
                NotSet.LATE
                if running_ms is None
                else take_told(store, wall_ms, now, by=by_of(message), monotonic_ms=running_ms)
            )
        if isinstance(told, NotSet):
            vi, en = NOT_SET[told]
            return {"refused": {"reason": told, "vi": vi, "en": en}}, b""
        return {"seq": told}, b""

    def _print_test(self, message: Message, _: bytes) -> tuple[Message, bytes]:
        with self._store() as store:
            print_test(store, self._settings, clock.now(), by_of(message), demo=self._demo)
        self._paper_waits()
        return {}, b""


def print_test(store: Store, settings: Settings, now: Moment, by: str, *, demo: bool) -> None:
    """A test ticket without number or code, and the entry that says who wanted it."""
    with store.writing(None) as writing:
        at_ms = writing.shown_ms(now)
        entry = writing.append(EntryKind.STAFF, "", now, staff_body(StaffAct.TEST, by, about="printer"))
        paper = make_ticket(
            site=settings.site.name,
            gate="",
            issued_ms=told_ms(at_ms, now),
            zone=settings.zone,
            slip_code="",
            guidance=PAPER,
            demo=demo,
        )
        spool.add(writing.db, entry.sequence, spool.draft(paper), None, queued_ms=at_ms)


def _told(made: DayChange | DayRefusal) -> Message:
    if isinstance(made, DayRefusal):
        vi, en = SENTENCES[made]
        return {"refused": {"reason": made, "vi": vi, "en": en}}
    return {"seq": made.sequence}
