"""Settings of a day as a hub orders them: in force on that day, by the same rules and entries as staff's."""

from __future__ import annotations

from dataclasses import replace

from kiosk.config import Settings
from kiosk.day_settings import change_day
from kiosk.rules.day_settings import SENTENCES, DayRefusal
from kiosk.rules.down import DayOrder
from kiosk.rules.model import Moment
from kiosk.store.day_settings import day_changes
from kiosk.store.log import Store
from kiosk.taken_down import TakenDown

BY = "Trung tâm (hub)"  # as the log names a hub where it names staff
OVER = "that day is over"


def applied(
    store: Store, settings: Settings, taken: TakenDown, now: Moment
) -> tuple[TakenDown, list[tuple[DayOrder, str]]]:
    """*taken* without the settings whose day has come, which are in force now; and these, each with why not where staff
    could not change it so either, or its day is over, else with nothing.
    """
    today = store.head().key_day
    due = [order for order in taken.days if order.day <= today]
    waiting = tuple(order for order in taken.days if order.day > today)
    became = [(order, OVER if order.day < today else _changed(store, settings, order, now)) for order in due]
    return replace(taken, days=waiting), became


def _changed(store: Store, settings: Settings, order: DayOrder, now: Moment) -> str:
    """Put *order* in force; why not, where it cannot be."""
    while True:
        seen = max((change.sequence for change in day_changes(store.db)), default=0)
        try:
            made = change_day(store, settings, order.fields, now, by=BY, seen=seen)
        except KeyError as error:
            return f"there is no setting of the day {error} here"
        if made is DayRefusal.CHANGED:  # staff were faster
            continue
        return "" if not isinstance(made, DayRefusal) or made is DayRefusal.NOTHING else SENTENCES[made][1]
