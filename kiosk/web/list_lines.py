"""Lists as their pages say them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from kiosk.door_socket import Message
from kiosk.rules.access import Right
from kiosk.rules.list_drafts import ASKED, Choice, Sort, may_approve
from kiosk.web.access import Signed
from kiosk.web.context import house
from kiosk.web.languages import gettext as _
from kiosk.web.words import Words

SHOWN = (*ASKED, Sort.CHANGED, Sort.CLEAN)


@dataclass(frozen=True, slots=True)
class Tab:
    """Rows of one sort: what they are called, how many, and of how many of them nobody has said anything."""

    sort: Sort
    name: str
    about: str
    count: int
    open: int


@dataclass(frozen=True, slots=True)
class DraftLines:
    """A draft as its page shows it."""

    id: str
    name: str
    hands: list[str]
    handed: str
    brought: str
    day: str
    unread: list[str]
    tabs: list[Tab]
    sort: Sort
    rows: list[dict[str, Any]]
    more: int
    kept: int
    out: int
    people: int
    after: int
    may_approve: bool
    second_person: bool

    @property
    def tab(self) -> Tab:
        """The one that is shown."""
        return next(tab for tab in self.tabs if tab.sort is self.sort)


@dataclass(frozen=True, slots=True)
class Overview:
    """Every list, and whether a second person is wanted."""

    lists: list[dict[str, Any]] = field(default_factory=list)
    drafts: list[dict[str, Any]] = field(default_factory=list)
    second_person: bool = True


def list_lines(overview: Message) -> Overview:
    """Lists in force and drafts, as the page of all of them shows them."""
    lists = [one | {"days": days(one["first_day"], one["last_day"])} for one in overview["lists"]]
    drafts = [one | _totals(one) | {"brought": _at(one["at_ms"])} for one in overview["drafts"]]
    return Overview(lists, drafts, overview["second_person"])


def draft_lines(answer: Message, sort: Sort, after: int, who: Signed) -> DraftLines:
    """A draft with its rows of *sort*, for *who* looks at it."""
    names = columns()
    rows = [row | {"fields": [_field(one, names) for one in row["fields"]]} for row in answer["rows"]]
    totals = _totals(answer)
    return DraftLines(
        id=answer["id"],
        name=answer["name"],
        hands=answer["hands"],
        handed=answer["handed"],
        brought=_at(answer["at_ms"]),
        day=days(answer["day"], answer["day"]),
        unread=answer["unread"],
        tabs=_tabs(answer),
        sort=sort,
        rows=rows,
        more=answer["more"],
        kept=totals["kept"],
        out=totals["out"],
        people=totals["people"],
        after=after,
        may_approve=who.may(Right.APPROVE) and may_approve(who.name, answer["hands"]),
        second_person=answer["second_person"],
    )


def _field(one: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """A cell with what its column is called, and every verdict about it in words."""
    verdicts = [{**verdict, "words": Words(verdict["vi"], verdict["en"])} for verdict in one["said"]]
    return {**one, "name": names.get(one["meaning"]) or one["column"], "said": verdicts}


def _tabs(answer: Message) -> list[Tab]:
    said = {
        Sort.REFUSED: (_("Cannot be used"), _("Nobody could be found by these rows at the door.")),
        Sort.DOUBTFUL: (
            _("Doubtful"),
            _("Something in these rows may be wrong. They count unless you leave them out."),
        ),
        Sort.DUPLICATE: (_("Perhaps twice"), _("The same person may stand in another row. Nobody is merged.")),
        Sort.CHANGED: (_("Put in order"), _("Only the way of writing was changed, such as spaces and lost zeros.")),
        Sort.CLEAN: (_("Good"), _("Nothing was changed.")),
    }
    return [
        Tab(
            sort,
            *said[sort],
            sum(count for one, _choice, count in answer["counts"] if one == sort),
            sum(count for one, choice, count in answer["counts"] if (one, choice) == (sort, "")),
        )
        for sort in SHOWN
    ]


def _totals(draft: Mapping[str, Any]) -> dict[str, int]:
    people = sum(count for sort, _choice, count in draft["counts"] if sort != Sort.NOBODY)
    out = sum(
        count
        for sort, choice, count in draft["counts"]
        if sort != Sort.NOBODY and (choice == Choice.OUT or sort == Sort.REFUSED)
    )
    unsaid = sum(count for sort, choice, count in draft["counts"] if sort in ASKED and not choice)
    return {"people": people, "out": out, "kept": people - out, "open": unsaid}


def columns() -> dict[str, str]:
    """What the columns of a list are called on pages."""
    return {
        "name": _("Name"),
        "given": _("Given name"),
        "birth": _("Birth date or year"),
        "birth_m": _("Birth year, men"),
        "birth_f": _("Birth year, women"),
        "sex": _("Sex"),
        "phone": _("Telephone"),
        "number": _("ID number"),
        "old_number": _("Old ID number"),
        "insurance": _("Insurance number"),
        "day": _("Day of coming"),
        "time": _("Time of coming"),
        "site": _("Place"),
        "unit": _("Organisation"),
    }


def days(first: str, last: str) -> str:
    """Days (ISO) as people read them."""
    said = [f"{date.fromisoformat(day):%d/%m/%Y}" for day in dict.fromkeys((first, last)) if day]
    return " – ".join(said)


def _at(at_ms: int) -> str:
    return house().lines.times.shown_dated(at_ms)
