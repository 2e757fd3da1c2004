"""The story of a call for help: pressed at the door, somebody comes, it is done; each an entry."""

from __future__ import annotations

import sqlite3

from kiosk.rules import help_calls
from kiosk.rules.entries import EntryKind
from kiosk.rules.help_calls import Act, HelpCall
from kiosk.rules.model import Moment
from kiosk.store.days import present_span
from kiosk.store.help_calls import help_said
from kiosk.store.log import Store


class CallRefused(Exception):  # noqa: N818  # a state of the calls, not a fault of the caller
    """It is not open any more, or somebody is on the way already."""


def calls_today(db: sqlite3.Connection) -> dict[int, HelpCall]:
    """Every call under the day key in use, by id."""
    span = present_span(db)
    return help_calls.calls_of(help_said(db, span.first, span.last)) if span else {}


def act_on(store: Store, call: int, act: Act, by: str, now: Moment) -> HelpCall:
    """Let *act* happen to *call*; the call as it is then. Raises CallRefused where it cannot, and StoreError."""
    with store.writing(None) as writing:
        found = calls_today(writing.db).get(call)
        if found is None or not help_calls.may(act, found):
            raise CallRefused
        writing.append(EntryKind.HELP, found.gate, now, help_calls.act_body(call, act, by))
        return calls_today(writing.db)[call]
