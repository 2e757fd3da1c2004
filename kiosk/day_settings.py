"""The story of the settings of the day: staff change for today what the file says, and take it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from kiosk.config import Settings
from kiosk.rules.clock import told_ms
from kiosk.rules.day_settings import (
    GATE,
    TEXTS,
    DayChange,
    DayRefusal,
    DaySettings,
    Values,
    asked_for,
    before_of,
    body_of,
    to_undo,
)
from kiosk.rules.entries import EntryKind
from kiosk.rules.model import Moment
from kiosk.store.day_settings import day_changes
from kiosk.store.log import Store, Writing


def settings_today(settings: Settings, today: DaySettings) -> Settings:
    """*settings* with what is changed for *today*: capacity, closing time and the gates' directions."""
    if today == DaySettings():
        return settings
    site = settings.site
    capacity = site.capacity if today.capacity is None else today.capacity
    closes = site.closes if today.closes is None else today.closes
    gates = tuple(replace(gate, direction=today.directions.get(gate.id, gate.direction)) for gate in settings.gates)
    return replace(settings, site=replace(site, capacity=capacity, closes=closes), gates=gates)


def file_values(settings: Settings) -> Values:
    """Every field that can be changed for a day, with what the settings say."""
    gates = {GATE + gate.id: str(gate.direction) for gate in settings.gates}
    site = settings.site
    return {"capacity": site.capacity, "closes": site.closes, "closed": False, **dict.fromkeys(TEXTS, ""), **gates}


def change_day(
    store: Store, settings: Settings, asked: Mapping[str, str], now: Moment, *, by: str, seen: int
) -> DayChange | DayRefusal:
    """Staff typed *asked* for today, while *seen* was the latest change that they saw (0: none).

    What they changed is in force with its entry. Raises KeyError for a field that there is not.
    """
    with store.writing(None) as writing:
        changes = day_changes(writing.db)
        if _latest(changes) != seen:
            return DayRefusal.CHANGED
        local = datetime.fromtimestamp(told_ms(writing.shown_ms(now), now) / 1000, settings.zone)
        after = asked_for(asked, file_values(settings), changes, f"{local:%H:%M}", settings.vault.turn_at)
        if isinstance(after, DayRefusal):
            return after
        return _append(writing, now, by, before_of(changes, after), after)


def undo_day(store: Store, now: Moment, *, by: str, seen: int) -> DayChange | DayRefusal:
    """Take back the latest change that stands, *seen* being the latest entry that its page had."""
    with store.writing(None) as writing:
        changes = day_changes(writing.db)
        if _latest(changes) != seen:
            return DayRefusal.CHANGED
        last = to_undo(changes)
        if last is None:
            return DayRefusal.NO_UNDO
        return _append(writing, now, by, last.after, last.before, last.sequence)


def _latest(changes: list[DayChange]) -> int:
    return changes[-1].sequence if changes else 0


def _append(
    writing: Writing, now: Moment, by: str, before: Values, after: Values, undoes: int | None = None
) -> DayChange:
    entry = writing.append(EntryKind.DAY_SETTINGS, "", now, body_of(by, before, after, undoes))
    return DayChange(entry.sequence, entry.header.at_ms, by, before, after, undoes)
