"""The story of a list before it counts: looked at row by row, put right, handed over, approved by somebody else."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from kiosk.config import Settings
from kiosk.exports import csv_table
from kiosk.list_import import Report, record_list
from kiosk.list_taking import DraftHead, packed_row, unpacked_head
from kiosk.lists import CleanedBook
from kiosk.roster import Roster, clear_away, names_of_site, packed, unpacked
from kiosk.rules import list_drafts, registration
from kiosk.rules.entries import EntryKind
from kiosk.rules.headings import Column
from kiosk.rules.identity import possible_duplicate
from kiosk.rules.list_drafts import Choice, DraftRow, Refusal, Sort, from_record, may_approve, may_count, sort_of
from kiosk.rules.list_rows import Cleaned, Finding, clean_row, column_letters
from kiosk.rules.model import Moment, Person
from kiosk.rules.registration import Registered
from kiosk.store import drafts, roster
from kiosk.store.log import Store, Writing
from kiosk.vault.list_key import ListKey, read_list_key


class ListRefused(Exception):  # noqa: N818  # an answer, not a fault
    """Why it was not done."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(why.en)
        self.why = why


@dataclass(frozen=True, slots=True)
class Asked:
    """A row as people look at it."""

    one: DraftRow
    sort: Sort
    choice: Choice


class Draft:
    """One draft, worked on with *store*; one thread at a time. Raises ListRefused where there is none (any more)."""

    def __init__(self, list_id: int, store: Store, settings: Settings, data: Path) -> None:
        self.id = list_id
        self._store = store
        self._settings = settings
        self._data = data
        found = drafts.draft_row(store.db, list_id, drafts.HEAD)
        if found is None or all(listed.id != list_id for listed in roster.draft_lists(store.db)):
            raise ListRefused(Refusal.GONE)
        self._key: ListKey = read_list_key(data, list_id)
        self.head: DraftHead = unpacked_head(self._key.reveal(found[2]) or b"{}")

    def counts(self) -> dict[tuple[str, str], int]:
        """How many rows there are of each sort and choice."""
        return drafts.draft_counts(self._store.db, self.id)

    def rows(self, sort: Sort, after: int, limit: int) -> list[Asked]:
        """Rows of *sort* after row *after*."""
        found = drafts.draft_rows(self._store.db, self.id, sort, after, limit)
        return [self._asked(*row[1:]) for row in found]

    def row(self, number: int) -> Asked:
        """One row."""
        found = drafts.draft_row(self._store.db, self.id, number)
        if found is None or number == drafts.HEAD:
            raise ListRefused(Refusal.GONE)
        return self._asked(*found)

    def _asked(self, sort: str, choice: str, concealed: bytes) -> Asked:
        return Asked(from_record(json.loads(self._key.reveal(concealed) or b"{}")), Sort(sort), Choice(choice))

    def repair(self, number: int, typed: Mapping[int, str], by: str) -> Asked:
        """Put what was *typed* into columns of a row, and judge it by the rules again."""
        before = self._open_row(number)
        row = list_drafts.repaired(before.one.row, typed)
        made = clean_row(row, self.head.layout, self.head.defaults)
        findings = (*made.findings, *self._duplicates(number, made))
        after = Asked(DraftRow(row, made.cells, findings), sort_of(row, made, findings), Choice.REPAIRED)
        self._save(number, before, after, by)
        return after

    def choose(self, number: int, choice: Choice, by: str) -> Asked:
        """Leave a row out, take it as it is, or neither (any more)."""
        before = self._open_row(number)
        if choice is Choice.KEPT and not may_count(before.sort, choice):
            raise ListRefused(Refusal.CANNOT_STAY)
        after = replace(before, choice=choice)
        self._save(number, before, after, by)
        return after

    def keep_all(self, sort: Sort, by: str) -> None:
        """Take every row of *sort* of which nobody has said anything as it is."""
        self._check_open()
        if not may_count(sort, Choice.KEPT):
            raise ListRefused(Refusal.CANNOT_STAY)
        while drafts.choose_some(self._store, self.id, sort, Choice.KEPT):
            pass
        with self._store.writing(None) as writing:
            self._sign(writing, by)

    def _check_open(self) -> None:
        if self.head.handed:
            raise ListRefused(Refusal.HANDED)

    def _open_row(self, number: int) -> Asked:
        self._check_open()
        return self.row(number)

    def _save(self, number: int, before: Asked, after: Asked, by: str) -> None:
        was, will = self._registered(before), self._registered(after)
        concealed = self._key.conceal(packed(will)) if will else None
        content = self._key.conceal(packed_row(after.one))
        with self._store.writing(None) as writing:
            drafts.save_draft_row(writing, self.id, number, after.sort, after.choice, content)
            drafts.replace_row(writing, self.id, number, concealed, self._blinds(was), self._blinds(will))
            self._sign(writing, by)

    def _registered(self, asked: Asked) -> Registered | None:
        if not may_count(asked.sort, asked.choice):
            return None
        return clean_row(asked.one.row, self.head.layout, self.head.defaults).registered

    def _blinds(self, registered: Registered | None) -> list[bytes]:
        texts = registration.traits(registered.holders, registered.person) if registered else ()
        return [self._key.blind(text) for text in texts]

    def _duplicates(self, number: int, made: Cleaned) -> tuple[Finding, ...]:
        """The finding that the row may repeat another, as it is now."""
        if made.registered is None:
            return ()
        one = _numbered(made.registered)
        found = roster.rows_with(self._store.db, self.id, self._blinds(made.registered))
        for other, concealed in sorted(found.items()):
            content = self._key.reveal(concealed)
            problem = possible_duplicate(_numbered(unpacked(content)), one) if content and other != number else None
            if problem:
                places = self.head.layout.places
                return (Finding(number, places.get(Column.NUMBER, places.get(Column.NAME, 0)), problem, other=other),)
        return ()

    def _sign(self, writing: Writing, by: str) -> None:
        if by not in self.head.hands:
            self.head.hands.append(by)
        self._save_head(writing)

    def _save_head(self, writing: Writing) -> None:
        drafts.save_draft_row(writing, self.id, drafts.HEAD, "", "", self._key.conceal(self.head.packed()))

    def hand_over(self, by: str, now: Moment) -> None:
        """Say that it is ready: a second person approves it, or where the site wants none, it counts at once."""
        self._check_open()
        if not self._settings.lists.second_person:
            self._admit(by, now)
            return
        with self._store.writing(None) as writing:
            self.head.handed = by
            self._sign(writing, by)
            said = {"act": "handed", "by": by, "list": f"{self.id:08x}"}
            writing.append(EntryKind.REGISTRATION, "", now, said)

    def take_back(self, by: str) -> None:
        """Let it be changed again."""
        with self._store.writing(None) as writing:
            self.head.handed = ""
            self._sign(writing, by)

    def approve(self, by: str, now: Moment) -> None:
        """Let it count at the door, as the second person."""
        if not self.head.handed:
            raise ListRefused(Refusal.NOT_HANDED)
        if not may_approve(by, self.head.hands):
            raise ListRefused(Refusal.SAME_PERSON)
        self._admit(by, now)

    def _admit(self, by: str, now: Moment) -> None:
        report = self._report()
        if not report.kept:
            raise ListRefused(Refusal.NOBODY)
        said = {"act": "approved", "by": by, "brought": self.head.hands[0], "out": report.rows - report.kept}
        record_list(self._store, self.id, report, now, said)
        roster.drop_draft(self._store, self.id)

    def _report(self) -> Report:
        """What is in it now. Who is nobody's counts as left out."""
        counts, here = self.counts(), names_of_site(self._settings)
        report = Report(rows=sum(count for (sort, _), count in counts.items() if sort != Sort.NOBODY))
        for _, concealed in roster.numbered_rows(self._store.db, self.id):
            content = self._key.reveal(concealed)
            if content:
                report.count_registered(unpacked(content), here)
        return report

    def cleaned(self, form: str) -> bytes:
        """The clean list as ``xlsx`` or ``csv``: without the rows left out, cells as texts."""
        return self._as_csv() if form == "csv" else self._as_workbook()

    def _kept(self) -> list[tuple[Asked, bool]]:
        """The rows that count, and the headings above them."""
        heading = self.head.layout.heading_row
        every = (self._asked(*row[1:]) for row in drafts.every_draft_row(self._store.db, self.id))
        return [
            (asked, asked.one.row.number <= heading)
            for asked in every
            if asked.one.row.number <= heading or may_count(asked.sort, asked.choice)
        ]

    def _as_workbook(self) -> bytes:
        file = io.BytesIO()
        book = CleanedBook(file)
        for asked, heading in self._kept():
            findings = () if heading or asked.choice is Choice.KEPT else asked.one.findings
            book.add(asked.one.row.number, asked.one.cells, findings, heading=heading)
        book.finish(())
        with closing(book):
            return file.getvalue()

    def _as_csv(self) -> bytes:
        text, kept = io.StringIO(), [asked.one.cells for asked, _ in self._kept()]
        width = max(map(len, kept), default=0)
        names = [column_letters(place) for place in range(width)]
        csv_table.write((dict(zip(names, _padded(cells, width), strict=True)) for cells in kept), text)
        return text.getvalue().encode("utf-8", "replace")


def withdraw(list_id: int, store: Store, settings: Settings, data: Path, now: Moment, by: str) -> None:
    """Forget a list, a draft or one in force, before its last day has ended; an entry says who did."""
    known = {listed.id for listed in (*roster.stored_lists(store.db), *roster.draft_lists(store.db))}
    if list_id not in known:
        raise ListRefused(Refusal.GONE)
    with store.writing(None) as writing:
        said = {"act": "withdrawn", "by": by, "list": f"{list_id:08x}"}
        writing.append(EntryKind.REGISTRATION, "", now, said)
    Roster(settings, store, data).forget(list_id)
    clear_away(store, data)


def _numbered(registered: Registered) -> Person:
    """The person with one of their numbers, which the store keeps as holder ids only."""
    number = next((holder.partition(":")[2] for holder in registered.holders), "")
    return replace(registered.person, number=registered.person.number or number)


def _padded(cells: Sequence[str], width: int) -> list[str]:
    return [*cells, *[""] * (width - len(cells))]
