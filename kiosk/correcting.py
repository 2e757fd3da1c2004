"""The story of a correction: what staff put right about a visit is one entry, on disk before anybody is told."""

from __future__ import annotations

import sqlite3

from kiosk.config import Settings
from kiosk.day_settings import settings_today
from kiosk.retention import last_closing
from kiosk.rules import corrections
from kiosk.rules.corrections import Act, Now, Refusal, Wish
from kiosk.rules.entries import Body, Entry, EntryKind
from kiosk.rules.model import Moment
from kiosk.store.corrections import CorrectionTables
from kiosk.store.day_settings import day_settings_in_force
from kiosk.store.head import read_head
from kiosk.store.log import Store, Writing


def correct(store: Store, settings: Settings, wish: Wish, now: Moment) -> Entry | Refusal:
    """Grant *wish*: the entry that is on disk now, or why it is refused. Raises StoreError."""
    with store.writing(None) as writing:
        body = _decided(writing, settings, wish, now)
        return body if isinstance(body, Refusal) else writing.append(EntryKind.CORRECTION, "", now, body)


def now_in(db: sqlite3.Connection, settings: Settings, at_ms: int) -> Now:
    """The entry that would be written next to the log of *db*, showing *at_ms*."""
    head, today = read_head(db), settings_today(settings, day_settings_in_force(db))
    return Now(head.sequence + 1, at_ms, head.key_id, last_closing(today, at_ms) or 0)


def _decided(writing: Writing, settings: Settings, wish: Wish, now: Moment) -> Body | Refusal:
    view, here = CorrectionTables(writing.db), now_in(writing.db, settings, writing.shown_ms(now))
    if wish.act is not Act.UNDO:
        return corrections.decide(wish, view, here)
    return corrections.undo(wish, view, view.correction_of_today(wish.undoes), here)
