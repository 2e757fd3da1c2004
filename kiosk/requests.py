"""The story of a request about what is kept of somebody: taken down with a number, sealed, on paper; then answered."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from kiosk.config import Settings
from kiosk.feedback import numbered_slip
from kiosk.retention import local_time
from kiosk.rules import clock, requests
from kiosk.rules.entries import EntryKind, to_text
from kiosk.rules.feedback import next_number
from kiosk.rules.model import Moment, Queued, TicketNumber
from kiosk.rules.requests import SERIES, Act, Request, Urgency, Why, Wish
from kiosk.rules.true_times import TrueTime
from kiosk.store import days, spool
from kiosk.store.log import KeyTurned, Store
from kiosk.store.reading import Reader
from kiosk.times import Times
from kiosk.vault import Vault

TITLE = "Yêu cầu"
# Vietnamese, English: what is asked for, on paper and pages.
WISHES = {
    Wish.ACCESS: ("Xem dữ liệu về mình", "To see what is kept"),
    Wish.CORRECTION: ("Sửa dữ liệu về mình", "To correct what is kept"),
    Wish.ERASURE: ("Xóa dữ liệu về mình", "To erase what is kept"),
    Wish.OBJECTION: ("Phản đối, ngừng sử dụng", "To object to its use"),
}


class RequestRefused(Exception):  # noqa: N818  # a state of the requests, not a fault of the caller
    """It cannot be done to this request (any more); one sentence says why."""


@dataclass(frozen=True, slots=True)
class Dates:
    """The two clocks of a request: days by which it is answered and finished; *due* is the next, None once over."""

    answer_by: date
    finish_by: date
    due: date | None
    urgency: Urgency


def kept_requests(db: sqlite3.Connection) -> dict[int, Request]:
    """Every request that the log still has, by number."""
    return requests.requests_of(days.bodies(db, EntryKind.REQUEST))


def dates_of(request: Request, settings: Settings, now_ms: int) -> Dates:
    """By when *request* is to be answered and finished, at the site."""
    given, today = (local_time(at_ms, settings.zone).date() for at_ms in (request.given_ms, now_ms))
    days_off = settings.privacy.days_off()
    due = requests.due(request, given, days_off)
    return Dates(
        requests.answer_by(given, days_off),
        requests.finish_by(given, request.wish),
        due,
        requests.urgency(due, today) if due else Urgency.AHEAD,
    )


def true_requests(reader: Reader, times: Times) -> list[tuple[Request, TrueTime]]:
    """Every request that the log still has, given when it was in truth, with how sure that is."""
    dated = [(request, times.of_shown(request.given_ms)) for request in reader.ask(kept_requests).values()]
    return [(replace(request, given_ms=given.at_ms), given) for request, given in dated]


def urgent(asked: Iterable[Request], settings: Settings, now_ms: int) -> tuple[date, list[Request]] | None:
    """Those *asked* of which something is due today or late, and since which day; None where there are none."""
    dated = [(request, dates_of(request, settings, now_ms)) for request in asked]
    pressing = [(request, dates.due) for request, dates in dated if dates.due and dates.urgency is not Urgency.AHEAD]
    return (min(due for _, due in pressing), [request for request, _ in pressing]) if pressing else None


def take(
    store: Store, vault: Vault, settings: Settings, wish: Wish, said: dict[str, str], now: Moment, *, by: str = ""
) -> Request:
    """Take down *wish*: number, entry and paper in one transaction; what is *said* of whom is sealed.

    Raises StoreError, and VaultError when no day key is in use.
    """
    while True:
        sealed = to_text(vault.seal_request(said))
        try:
            with store.writing(vault.key_id) as writing:
                bodies = [body for *_, body in days.bodies(writing.db, EntryKind.REQUEST)]
                number = next_number(bodies, days.count_of(writing.db, EntryKind.REQUEST))
                body = requests.given_body(number, wish, sealed, by)
                entry = writing.append(EntryKind.REQUEST, "", now, body)
                request = Request(number, wish, entry.header.at_ms, entry.sequence)
                told_ms = clock.told_ms(request.given_ms, now)
                dates = dates_of(replace(request, given_ms=told_ms), settings, told_ms)
                paper = numbered_slip(settings, told_ms, WISHES[wish], _promise(dates), demo=vault.demo)
                queued = Queued(TicketNumber("", SERIES, number), TITLE, 0)
                spool.add(writing.db, entry.sequence, spool.draft(paper), queued, queued_ms=request.given_ms)
            return request
        except KeyTurned as turned:
            vault.use(turned.key_id)


def _promise(dates: Dates) -> tuple[str, ...]:
    answer, finish = (f"{day:%d/%m/%Y}" for day in (dates.answer_by, dates.finish_by))
    return (
        f"Trả lời chậm nhất {answer}, xong chậm nhất {finish}.",
        f"Answered by {answer}, done by {finish}.",
    )


def act_on(store: Store, number: int, act: Act, now: Moment, *, by: str = "", why: Why | None = None) -> None:
    """Answer, finish, refuse, undo or withdraw request *number*. Raises RequestRefused where it is not so."""
    with store.writing(None) as writing:
        if not requests.may(act, kept_requests(writing.db).get(number)):
            raise RequestRefused(f"request {SERIES}{number:03d} cannot be {act} now; please look at the list again")
        writing.append(EntryKind.REQUEST, "", now, requests.act_body(number, act, by, why))
