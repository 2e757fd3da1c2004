"""The story of an erasure: what is kept of one person goes from the disk, what is kept of others stays right."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from enum import StrEnum

from kiosk.rules.entries import Entry, EntryKind
from kiosk.rules.model import Moment
from kiosk.store.days import KeySpan, key_spans, present_span
from kiosk.store.erasing import Kept, entries_after, erase_of, kept_of, named_entries, subject_of
from kiosk.store.log import Store
from kiosk.store.purging import forget


class Refusal(StrEnum):
    """Why nothing is erased."""

    NOTHING = "nothing"
    INSIDE = "inside"
    CHANGED = "changed"


# Vietnamese, English: what the pages say.
SENTENCES = {
    Refusal.NOTHING: ("Hôm nay máy không lưu gì về người này.", "Nothing is kept of this person today."),
    Refusal.INSIDE: (
        "Người này, hoặc người đi cùng, còn ở trong. Hãy cho ra trước.",
        "They, or somebody beside them, are still inside. Let them out first.",
    ),
    Refusal.CHANGED: (
        "Người này vừa qua cửa. Hãy tìm lại.",
        "They have just passed the door. Please look again.",
    ),
}


class NotErased(Exception):  # noqa: N818  # a state of the log, not a fault of the caller
    """Nothing was erased; *why* is a Refusal, or one sentence about an order."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def kept_today(db: sqlite3.Connection, whos: Collection[bytes]) -> Kept | None:
    """All that is kept today of the person to whom *whos* lead; None where nothing is.

    It looks through all of the day: better on a connection for which nobody waits.
    """
    span = present_span(db)
    kept = kept_of(db, span, whos) if span and whos else None
    return kept if kept and kept.entries else None


def erase_today(store: Store, kept: Kept | None, now: Moment, by: str) -> Entry:
    """Erase what *kept_today* found; the entry that says so.

    Nobody's place in line changes, and no number is given again. Whoever is inside leaves first: a line, a counter
    and an evacuation list must not lose somebody who is there. Raises NotErased and StoreError.
    """
    if kept is None:
        raise NotErased(Refusal.NOTHING)
    if kept.open:
        raise NotErased(Refusal.INSIDE)
    return _erased(store, kept, now, by)


def _erased(store: Store, kept: Kept, now: Moment, by: str) -> Entry:
    with store.writing(None) as writing:
        if any(kept.subject.is_spoken_of(entry) for entry in entries_after(writing.db, kept.through)):
            raise NotErased(Refusal.CHANGED)
        entry = erase_of(writing, kept, now, by)
    forget(store)
    return entry


def erase_ordered(store: Store, sequences: Sequence[int], now: Moment) -> list[Entry]:
    """Erase, of one person, the entries of earlier days that the tracing team named, and the visits they belong to.

    One entry for each day says so. Raises NotErased, with nothing erased, where one cannot be; and StoreError.
    """
    spans = key_spans(store.db)
    entries = named_entries(store.db, sequences)
    _check_order(sequences, entries, spans)
    days = [(span, [e for e in entries if span.first <= e.sequence <= span.last]) for span in spans]
    ordered = [kept_of(store.db, span, *subject_of(found), also=found) for span, found in days if found]
    return [_erased(store, kept, now, "") for kept in ordered]


def _check_order(sequences: Sequence[int], entries: Sequence[Entry], spans: Sequence[KeySpan]) -> None:
    there = {entry.sequence: entry for entry in entries}
    for sequence in sequences:
        entry = there.get(sequence)
        if entry is None:
            raise NotErased(f"entry {sequence} is not there, or its body is erased already")
        if entry.header.kind not in (EntryKind.SCAN, EntryKind.DESK, EntryKind.CORRECTION):
            raise NotErased(f"entry {sequence} is of kind {entry.header.kind}, which keeps nothing of a person")
        if spans and sequence >= spans[0].first:
            raise NotErased(f"entry {sequence} is of today, which staff erase for who shows their document: /requests")
