"""The story of a correction: what staff put right about a visit is one entry, on disk before anybody is told."""

from __future__ import annotations

import sqlite3

from kiosk.config import Settings
from kiosk.day_settings import settings_today
from kiosk.retention import last_closing
from kiosk.rules import clock, corrections
from kiosk.rules.corrections import Act, Now, Refusal, Wish
from kiosk.rules.entries import Body, Entry, EntryKind
from kiosk.rules.model import Moment
from kiosk.store.corrections import CorrectionTables
from kiosk.store.day_settings import day_settings_in_force
from kiosk.store.head import Head, read_head
from kiosk.store.log import Store


def correct(store: Store, settings: Settings, wish: Wish, now: Moment) -> Entry | Refusal:
    """Grant *wish*: the entry that is on disk now, or why it is refused. Raises StoreError."""
    # The day's visits are looked through before the lock; within, only where something was recorded meanwhile.
    sequence, body = _decided(store.db, settings, wish, now)
    with store.writing(None) as writing:
        if writing.head.sequence + 1 != sequence:
            sequence, body = _decided(store.db, settings, wish, now)
        return body if isinstance(body, Refusal) else writing.append(EntryKind.CORRECTION, "", now, body)


def now_in(db: sqlite3.Connection, head: Head, settings: Settings, at_ms: int) -> Now:
    """The entry that would be written behind *head*, showing *at_ms*."""
    today = settings_today(settings, day_settings_in_force(db))
    return Now(head.sequence + 1, at_ms, head.key_id, last_closing(today, at_ms) or 0)


def _decided(db: sqlite3.Connection, settings: Settings, wish: Wish, now: Moment) -> tuple[int, Body | Refusal]:
    """The sequence that the entry would have, and its body, or why there is none."""
    view, head = CorrectionTables(db), read_head(db)
    here = now_in(db, head, settings, clock.shown_ms(head.shown, now))
    if wish.act is not Act.UNDO:
        return here.sequence, corrections.decide(wish, view, here)
    return here.sequence, corrections.undo(wish, view, view.correction_of_today(wish.undoes), here)
