"""What pages can ask about lists, and what they are told: no more of a row than is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kiosk.config import Settings
from kiosk.devices import clock
from kiosk.door_socket import LONGEST_NAME, Message, RequestError, by_of, number_of, text_of
from kiosk.expecting import Day, Expecting
from kiosk.list_drafts import Asked, Draft, ListRefused, withdraw
from kiosk.rules import expected, identity
from kiosk.rules.finding import LONGEST_QUERY, query
from kiosk.rules.list_drafts import LONGEST_FIELD, Choice, Refusal, Sort, changes, places_of
from kiosk.rules.list_rows import column_letters
from kiosk.rules.registration import Registered
from kiosk.store import roster
from kiosk.store.log import Store

Answer = tuple[Message, bytes]

ROWS_A_PAGE = 20
PEOPLE_A_PAGE = 50


@dataclass(frozen=True, slots=True)
class Office:
    """What an answer is made with."""

    store: Store
    settings: Settings
    data: Path
    expecting: Expecting

    def draft(self, message: Message) -> Draft:
        """The draft that is asked about. Raises ListRefused where it is not here any more."""
        return Draft(list_of(message), self.store, self.settings, self.data)


def list_of(message: Message) -> int:
    """The number of the list that is asked about. Raises RequestError."""
    try:
        return int(str(message.get("list", "")), 16)
    except ValueError as error:
        raise RequestError("list must name a list") from error


def _overview(office: Office, message: Message) -> Answer:
    """The lists in force, and those that wait for somebody."""
    db = office.store.db
    lists = [asdict(listed) | {"id": f"{listed.id:08x}"} for listed in roster.stored_lists(db)]
    waiting = [_about(Draft(it.id, office.store, office.settings, office.data)) for it in roster.draft_lists(db)]
    return {"lists": lists, "drafts": waiting, "second_person": office.settings.lists.second_person}, b""


def _about(draft: Draft) -> dict[str, Any]:
    head = draft.head
    counts = [[sort, choice, count] for (sort, choice), count in draft.counts().items()]
    about = {"id": f"{draft.id:08x}", "name": head.name, "hands": head.hands, "handed": head.handed, "counts": counts}
    return about | {"day": head.defaults.day, "at_ms": head.at_ms, "unread": list(head.unread)}


def _draft(office: Office, message: Message) -> Answer:
    """What a draft has, and a page of its rows of one sort."""
    draft = office.draft(message)
    after = int(number_of(message, "after", 0))
    rows = draft.rows(_sort(message), after, ROWS_A_PAGE + 1)
    shown = [_shown(draft, asked) for asked in rows[:ROWS_A_PAGE]]
    more = rows[ROWS_A_PAGE - 1].one.row.number if len(rows) > ROWS_A_PAGE else 0
    return _about(draft) | {"rows": shown, "more": more, "second_person": office.settings.lists.second_person}, b""


def _shown(draft: Draft, asked: Asked) -> dict[str, Any]:
    """A row with the fields that somebody may put right, each with what is doubtful in it."""
    one, layout = asked.one, draft.head.layout
    places = sorted({*places_of(layout), *(finding.column for finding in one.findings)})
    fields = [
        {
            "place": place,
            "column": column_letters(place),
            "meaning": layout.meaning(place) or "",
            "text": one.row.text(place)[:LONGEST_FIELD],
            "said": [
                {"vi": it.problem.vi, "en": it.problem.en, "offer": it.offer or it.kept, "other": it.other}
                for it in one.findings
                if it.column == place
            ],
        }
        for place in places
    ]
    changed = [[column_letters(place), before[:80], after[:80]] for place, before, after in changes(one.row, one.cells)]
    number = one.row.number
    return {"row": number, "sort": asked.sort, "choice": asked.choice, "fields": fields, "changed": changed}


def _repair(office: Office, message: Message) -> Answer:
    typed = message.get("typed")
    if not isinstance(typed, dict) or not all(place.isdecimal() and isinstance(typed[place], str) for place in typed):
        raise RequestError("typed must be texts by column")
    draft = office.draft(message)
    allowed = {*places_of(draft.head.layout), 0}
    texts = {int(place): text for place, text in typed.items() if int(place) in allowed}
    return _shown(draft, draft.repair(_row(message), texts, by_of(message))), b""


def _choose(office: Office, message: Message) -> Answer:
    choice = message.get("choice")
    if choice not in (Choice.NONE, Choice.OUT, Choice.KEPT):
        raise RequestError(f"choice must be empty, out or kept, not {choice!r}")
    draft = office.draft(message)
    return _shown(draft, draft.choose(_row(message), Choice(choice), by_of(message))), b""


def _keep_all(office: Office, message: Message) -> Answer:
    office.draft(message).keep_all(_sort(message), by_of(message))
    return {}, b""


def _hand_over(office: Office, message: Message) -> Answer:
    draft = office.draft(message)
    draft.hand_over(by_of(message), clock.now())
    return {"waits": bool(draft.head.handed)}, b""


def _take_back(office: Office, message: Message) -> Answer:
    office.draft(message).take_back(by_of(message))
    return {}, b""


def _approve(office: Office, message: Message) -> Answer:
    office.draft(message).approve(by_of(message), clock.now())
    return {}, b""


def _withdraw(office: Office, message: Message) -> Answer:
    withdraw(list_of(message), office.store, office.settings, office.data, clock.now(), by_of(message))
    return {}, b""


def _cleaned(office: Office, message: Message) -> Answer:
    form = "csv" if message.get("form") == "csv" else "xlsx"
    return {}, office.draft(message).cleaned(form)


def _expected(office: Office, message: Message) -> Answer:
    """Today in counts, and a page of who has not come yet, masked."""
    day = office.expecting.today(clock.now().wall_ms)
    wanted = query(text_of(message, "q", LONGEST_QUERY))
    unit = text_of(message, "unit", 200) or None
    skip = max(0, int(number_of(message, "skip", 0)))
    found = expected.missing(day.expected.items(), day.arrived, wanted, unit)
    groups = [asdict(group) for group in expected.groups(day.expected.items(), day.arrived)]
    after = skip + PEOPLE_A_PAGE
    people = [_masked(row, one) for row, one in found[skip:after]]
    page = {"found": len(found), "skip": skip, "more": after if after < len(found) else 0}
    return {"day": day.day, **_totals(day), "groups": groups, "people": people, **page}, b""


def _counts(office: Office, message: Message) -> Answer:
    """Today in three counts."""
    return _totals(office.expecting.today(clock.now().wall_ms)), b""


def _totals(day: Day) -> Message:
    return {"expected": len(day.expected), "arrived": len(day.arrived), "unlisted": len(day.unlisted)}


def _masked(row: expected.RowId, one: Registered) -> dict[str, Any]:
    name, number = identity.name_key(one.person), expected.number_of(one.holders)
    return {
        "id": f"{row[0]:08x}-{row[1]}",
        "name": identity.initials(name),
        "birth": one.person.birth[:4],
        "number": identity.masked(number).lstrip("*"),
        "unit": one.unit,
        "since": one.slot.since,
        "until": one.slot.until,
    }


def _person(office: Office, message: Message) -> Answer:
    """Somebody who is expected, in full. Who asks has noted a reason."""
    listed, _, row = text_of(message, "id", LONGEST_NAME).partition("-")
    day = office.expecting.today(clock.now().wall_ms)
    try:
        one = day.expected.get((int(listed, 16), int(row)))
    except ValueError as error:
        raise RequestError("id must name a row") from error
    if one is None:
        raise ListRefused(Refusal.GONE)
    person = one.person
    full = {"name": identity.name_key(person), "birth": person.birth, "phone": person.phone}
    return full | {"number": expected.number_of(one.holders)}, b""


def _row(message: Message) -> int:
    return int(number_of(message, "row", 0))


def _sort(message: Message) -> Sort:
    sort = message.get("sort")
    if sort not in list(Sort):
        raise RequestError(f"sort must be one of {', '.join(Sort)}, not {sort!r}")
    return Sort(sort)


ANSWERS: dict[str, Callable[[Office, Message], Answer]] = {
    "overview": _overview,
    "draft": _draft,
    "repair": _repair,
    "choose": _choose,
    "keep_all": _keep_all,
    "hand_over": _hand_over,
    "take_back": _take_back,
    "approve": _approve,
    "withdraw": _withdraw,
    "cleaned": _cleaned,
    "expected": _expected,
    "counts": _counts,
    "person": _person,
}
