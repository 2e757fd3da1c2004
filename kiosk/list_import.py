"""The story of a registration list: read, made clean, written back, and kept encrypted until its last day has ended."""

from __future__ import annotations

import itertools
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from kiosk.config import Settings
from kiosk.lists import CleanedFile, ListError, ListFile, open_list
from kiosk.roster import names_of_site, packed
from kiosk.rules import registration
from kiosk.rules.entries import Body, EntryKind
from kiosk.rules.headings import SEARCHED_ROWS, Layout, Row, find_layout
from kiosk.rules.identity import clean_text, looks_like_old_font, match_key
from kiosk.rules.list_duplicates import Duplicates
from kiosk.rules.list_rows import Cleaned, Defaults, Finding, Section, clean_row
from kiosk.rules.model import Moment
from kiosk.rules.registration import Registered
from kiosk.store import roster
from kiosk.store.log import Store
from kiosk.vault.list_key import ListKey, destroy_list_key, make_list_key

_BATCH_ROWS = 500
_ROW_BYTES = 4
_PROGRESS_ROWS = 200


@dataclass(slots=True)
class Report:
    """What a list held: *rows* about people, *kept* of them that the door can find, and *here* those of this site.

    *sites* are the other places that it names, *unread* other sheets that look like lists.
    """

    sheet: str = ""
    unread: tuple[str, ...] = ()
    unit: str = ""
    rows: int = 0
    kept: int = 0
    here: int = 0
    first_day: str = ""
    last_day: str = ""
    sections: Counter[Section] = field(default_factory=Counter)
    sites: Counter[str] = field(default_factory=Counter)

    def count(self, made: Cleaned, findings: Sequence[Finding], here: frozenset[str]) -> None:
        """Take one row into account."""
        self.rows += made.people
        self.sections.update(finding.section for finding in findings)
        if made.registered:
            self.count_registered(made.registered, here)

    def count_registered(self, registered: Registered, here: frozenset[str]) -> None:
        """Take somebody into account whom the door can find; *here* are the names of this site."""
        site, day = registered.site, registered.slot.day
        self.kept += 1
        self.first_day = min(self.first_day or day, day)
        self.last_day = max(self.last_day, day)
        if site and match_key(site) not in here:
            self.sites[site] += 1
        else:
            self.here += 1


class Keeper:
    """One list on its way into the store; nobody sees it before ``finish``, and nothing of it stays without that."""

    def __init__(self, store: Store, data: Path, list_id: int | None = None) -> None:
        self._store = store
        self._data = data
        self._id = secrets.randbits(31) if list_id is None else list_id
        self._key = make_list_key(data, self._id)
        self._rows: list[tuple[int, bytes]] = []
        self._traits: list[bytes] = []
        self._done = False
        roster.begin_list(store, self._id)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if not self._done:
            destroy_list_key(self._data, self._id)
            roster.drop_list(self._store, self._id)

    @property
    def key(self) -> ListKey:
        """The list's key."""
        return self._key

    def add(self, row: int, registered: Registered) -> None:
        """Keep one row, concealed. Raises StoreError."""
        self._rows.append((row, self._key.conceal(packed(registered))))
        for text in registration.traits(registered.holders, registered.person):
            # Trait and row in one: a hundred thousand rows have half a million of them.
            self._traits.append(self._key.blind(text) + row.to_bytes(_ROW_BYTES, "big"))
        if len(self._rows) >= _BATCH_ROWS:
            self._store_rows()

    def _store_rows(self) -> None:
        roster.add_rows(self._store, self._id, self._rows)
        self._rows = []

    def finish(self, report: Report, now: Moment, said: Body | None = None, *, state: int = roster.IN_FORCE) -> int:
        """Let the door see the list, or with the state DRAFT who works on it; returns its id. Raises StoreError."""
        self._store_all()
        record_list(self._store, self._id, report, now, said, state=state)
        self._done = True
        return self._id

    def _store_all(self) -> None:
        self._store_rows()
        self._traits.sort()  # in their order in the table, so that each page is written once
        for start in range(0, len(self._traits), _BATCH_ROWS):
            some = self._traits[start : start + _BATCH_ROWS]
            pairs = [(trait[:-_ROW_BYTES], int.from_bytes(trait[-_ROW_BYTES:], "big")) for trait in some]
            roster.add_traits(self._store, self._id, pairs)


def record_list(
    store: Store, list_id: int, report: Report, now: Moment, said: Body | None = None, *, state: int = roster.IN_FORCE
) -> None:
    """Put a list into its *state*, with an entry in the log that names nobody of it.

    *said* is what the entry has besides the counts. Raises StoreError.
    """
    days = (report.first_day, report.last_day)
    counts = {section.name.lower(): report.sections[section] for section in Section}
    body = {"list": f"{list_id:08x}", "first": days[0], "last": days[1], "rows": report.kept, **counts, **(said or {})}
    with store.writing(None) as writing:
        entry = writing.append(EntryKind.REGISTRATION, "", now, body)
        found = roster.StoredList(list_id, *days, report.kept, report.here, entry.header.at_ms, entry.sequence)
        roster.finish_list(writing, found, state)


@dataclass(frozen=True, slots=True)
class Source:
    """A list's file, and which of its sheets: empty for the first that has the headings of a list."""

    path: Path
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told of findings as they come, and how much is read (0 to 1)."""

    found: Callable[[Finding], None] = lambda finding: None
    progress: Callable[[float], None] = lambda part: None


def import_list(
    source: Source, out: Path, settings: Settings, defaults: Defaults, listener: Listener, keeper: Keeper | None = None
) -> Report:
    """Read the list in *source*, write it clean to *out*, and hand whom it registers to *keeper*.

    Raises ListError for a file that cannot be used, with nothing written; StoreError and VaultError where the
    list cannot be kept.
    """
    here, duplicates = names_of_site(settings), Duplicates()
    with open_list(source.path) as file, CleanedFile(out) as cleaned:
        report, layout, rows = begin_list(file, source.sheet)
        for count, row in enumerate(rows):
            if row.number <= layout.heading_row:
                texts = [clean_text(text) for text in row.cells]
                cleaned.add(row.number, texts, heading=True)
                continue
            made = clean_row(row, layout, defaults)
            findings = (*made.findings, *duplicates.of(row.number, made, layout))
            report.count(made, findings, here)
            cleaned.add(row.number, made.cells, findings)
            for finding in findings:
                listener.found(finding)
            if keeper and made.registered:
                keeper.add(row.number, made.registered)
            if count % _PROGRESS_ROWS == 0:
                listener.progress(file.progress())
        check_list(report, defaults)
        cleaned.finish([*told(report), *_counted(report)])
    listener.progress(1.0)
    return report


def look_at(source: Source) -> None:
    """Raise ListError for a file that is no list by its first rows, before anything is made for it."""
    with open_list(source.path) as file:
        begin_list(file, source.sheet)


def begin_list(file: ListFile, wanted: str) -> tuple[Report, Layout, Iterator[Row]]:
    """The sheet that is *wanted*, or the first with headings of a list, and its rows from the first on."""
    if wanted and wanted not in file.sheets:
        raise ListError(f"it has no sheet {wanted!r}; it has: {', '.join(file.sheets)}")
    heads = {sheet: list(itertools.islice(file.rows(sheet), SEARCHED_ROWS)) for sheet in file.sheets}
    layouts = {sheet: find_layout(rows) for sheet, rows in heads.items()}
    lists = [sheet for sheet, layout in layouts.items() if layout]
    sheet = wanted or next(iter(lists), "")
    layout = layouts.get(sheet)
    if layout is None:
        raise ListError(_why_no_list([row for name, rows in heads.items() for row in rows if wanted in ("", name)]))
    return Report(sheet, tuple(each for each in lists if each != sheet), layout.unit), layout, file.rows(sheet)


def _why_no_list(rows: Sequence[Row]) -> str:
    texts = [text for row in rows for text in row.cells if any(map(str.isalpha, text))]
    if texts and sum(map(looks_like_old_font, texts)) * 3 > len(texts):
        return "its letters are of a TCVN3 or VNI font, or in a wrong encoding; convert it to Unicode first"
    return f"its first {SEARCHED_ROWS} rows have no headings of a list, such as 'Họ và tên', 'Ngày sinh', 'Số CCCD'"


def check_list(report: Report, defaults: Defaults) -> None:
    """Raise ListError for a list with nobody in it, or whose last day is over."""
    if not report.rows:
        raise ListError("it has headings, but nobody below them")
    if report.kept and report.last_day < defaults.today:
        raise ListError(f"its last session day, {report.last_day}, is over; name another with --day if it is not")


def _counted(report: Report) -> list[tuple[str, str]]:
    return [(f"{each.vi}: {report.sections[each]}", f"{each.en}: {report.sections[each]}") for each in Section]


def told(report: Report) -> list[tuple[str, str]]:
    """What the list held, in Vietnamese and English; how much of it is doubtful stands in its ``sections``."""
    unusable = report.rows - report.kept
    lines = [
        (
            f"{report.rows} hàng có người, {report.kept} hàng dùng được, từ {report.first_day} đến {report.last_day}.",
            f"{report.rows} rows about people, {report.kept} of use, for {report.first_day} to {report.last_day}.",
        )
    ]
    if unusable:
        lines.append(
            (
                f"{unusable} hàng không dùng được: không có số, cũng không có họ tên với ngày sinh hay điện thoại.",
                f"{unusable} rows are of no use: neither a number, nor a name with a birth date or phone.",
            )
        )
    lines += [
        (f"Ở điểm khác, {site}: {n}", f"At another site, {site}: {n}") for site, n in report.sites.most_common(20)
    ]
    lines += [
        (f"Trang chưa đọc (--sheet): {sheet}", f"A sheet that was not read (--sheet): {sheet}")
        for sheet in report.unread
    ]
    return lines
