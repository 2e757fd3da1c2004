"""The story of a list that a tablet sends: read and made clean, then it waits, concealed, for people to look at it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kiosk.config import Settings
from kiosk.list_import import Keeper, Report, begin_list, check_list
from kiosk.lists import ListError, open_list
from kiosk.roster import names_of_site
from kiosk.rules.headings import Layout
from kiosk.rules.list_drafts import DraftRow, as_record, layout_of, layout_record, sort_of
from kiosk.rules.list_duplicates import Duplicates
from kiosk.rules.list_rows import Cleaned, Defaults, clean_row
from kiosk.rules.model import Moment
from kiosk.store import drafts
from kiosk.store.log import Store
from kiosk.store.roster import DRAFT
from kiosk.vault.list_key import ListKey

_BATCH_ROWS = 500
_PROGRESS_ROWS = 100


class Cancelled(Exception):  # noqa: N818  # somebody's wish, not a fault
    """Somebody said that the list is not to be read on."""


@dataclass(frozen=True, slots=True)
class Told:
    """Who brings a list, what its file is called, and the day of rows that name none (ISO; empty for today)."""

    by: str
    name: str
    day: str = ""


@dataclass(slots=True)
class DraftHead:
    """What holds for a whole draft. *hands* have imported and repaired it; *handed*: it waits for a second person."""

    name: str
    hands: list[str]
    layout: Layout
    defaults: Defaults
    sheet: str = ""
    unread: tuple[str, ...] = ()
    handed: str = ""
    at_ms: int = 0

    def packed(self) -> bytes:
        """As the store keeps it, under the list's key."""
        return json.dumps(asdict(self) | {"layout": layout_record(self.layout)}).encode()


def unpacked_head(content: bytes) -> DraftHead:
    """What ``packed`` made."""
    record: dict[str, Any] = json.loads(content)
    layout, defaults = layout_of(record.pop("layout")), Defaults(**record.pop("defaults"))
    return DraftHead(layout=layout, defaults=defaults, **record)


def packed_row(one: DraftRow) -> bytes:
    """One row as the store keeps it, under the list's key."""
    return json.dumps(as_record(one), ensure_ascii=False).encode("utf-8", "surrogatepass")


class _Rows:
    """The rows of a draft on their way to the disk."""

    def __init__(self, store: Store, list_id: int, key: ListKey) -> None:
        self._store, self._list, self._key = store, list_id, key
        self._rows: list[tuple[int, str, bytes]] = []

    def add(self, one: DraftRow, sort: str) -> None:
        self._rows.append((one.row.number, sort, self._key.conceal(packed_row(one))))
        if len(self._rows) >= _BATCH_ROWS:
            self.store()

    def store(self) -> None:
        drafts.add_draft_rows(self._store, self._list, self._rows)
        self._rows = []


def take_list(
    list_id: int,
    path: Path,
    told: Told,
    store: Store,
    data: Path,
    settings: Settings,
    now: Moment,
    today: str,
    progress: Callable[[float], None],
) -> Report:
    """Read the list in *path* and keep it as a draft; an entry in the log says who brought it.

    *progress* may raise Cancelled. Nothing is kept of a list that was not read to its end.
    Raises ListError for a file that cannot be used; StoreError and VaultError where it cannot be kept.
    """
    defaults, here, duplicates = Defaults(today, told.day or today), names_of_site(settings), Duplicates()
    with open_list(path) as file, Keeper(store, data, list_id) as keeper:
        report, layout, rows = begin_list(file, "")
        draft = _Rows(store, list_id, keeper.key)
        for count, row in enumerate(rows):
            made = Cleaned(row.cells) if row.number <= layout.heading_row else clean_row(row, layout, defaults)
            findings = (*made.findings, *duplicates.of(row.number, made, layout))
            report.count(made, findings, here)
            draft.add(DraftRow(row, made.cells, findings), sort_of(row, made, findings))
            if made.registered:
                keeper.add(row.number, made.registered)
            if count % _PROGRESS_ROWS == 0:
                progress(file.progress())
        check_list(report, defaults)
        draft.store()
        progress(1.0)
        report.first_day = report.first_day or defaults.day
        report.last_day = report.last_day or defaults.day
        head = DraftHead(told.name, [told.by], layout, defaults, report.sheet, report.unread, at_ms=now.wall_ms)
        with store.writing(None) as writing:
            drafts.save_draft_row(writing, list_id, drafts.HEAD, "", "", keeper.key.conceal(head.packed()))
        keeper.finish(report, now, {"act": "brought", "by": told.by}, state=DRAFT)
    return report


def why_not(error: ListError, path: Path) -> str:
    """The sentence of *error* without the path, which means nothing to who sent the file."""
    return str(error).removeprefix(f"{path}: ")
