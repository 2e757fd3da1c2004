"""Entries, visits and devices as staff read them: local times, short words, and names only while today's key lives."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from kiosk.config import Settings
from kiosk.memory import ASKED_MS, FOR_STAFF
from kiosk.rules import identity
from kiosk.rules.entries import Body, Entry, EntryKind
from kiosk.rules.messages import CHECKS
from kiosk.rules.model import Reason
from kiosk.rules.presence import Closed, Named, Opened, changes
from kiosk.store.reading import Reader, VisitRow
from kiosk.vault import Shown, Vault
from kiosk.web.now import GONE, local_time
from kiosk.web.words import (
    CERTIFICATES,
    LISTED,
    PASSAGES,
    SEXES,
    STRAY_KINDS,
    UNKNOWN_PASSAGE,
    Tone,
    Words,
    kind_words,
)

KEPT_LINES = 200  # on a page, and in the feed's memory

# Entries that change many visits at once: a page is better made anew than patched.
SWEEPING = (EntryKind.CLOSING, EntryKind.DAY_KEY, EntryKind.DAY_CLOSE, EntryKind.PURGE)
SILENT = (EntryKind.DAY_CLOSE, EntryKind.CALL)  # what happens at the counters stands on pages of its own

_HOUSE_WORDS: dict[str, Words] = {
    EntryKind.START: Words("Sổ ghi bắt đầu", "The log begins"),
    EntryKind.CLOSING: Words("Đóng cửa: lượt chưa quét ra được tính là đã ra", "Closing: open visits end as inferred"),
    EntryKind.DAY_KEY: Words("Khóa ngày mới: tên ngày trước không đọc được nữa", "New day key: older names are gone"),
    EntryKind.REGISTRATION: Words("Đã nhập danh sách đăng ký", "A registration list was imported"),
    EntryKind.DESK: Words("In phiếu", "A ticket was printed for staff"),
    EntryKind.SESSION: Words("Đã ghi số đã nhập lên nền tảng", "The number entered on the platform was typed"),
    EntryKind.FEEDBACK: Words("Phiếu phản ánh", "A feedback slip"),
    EntryKind.PURGE: Words("Đã xóa dữ liệu quá hạn", "Old records were deleted"),
}


@dataclass(frozen=True, slots=True)
class Holder:
    """As much of a person as staff see: the number masked, the year of birth alone."""

    name: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """Something that happened at the door."""

    sequence: int
    tone: Tone
    at: str
    vi: str
    en: str
    name: str = ""
    about: str = ""
    how: str = ""
    ticket: str = ""
    asks: bool = False  # staff can let this person in


@dataclass(frozen=True, slots=True)
class VisitLine:
    """A visit: who, in and out. ``left`` is empty while the person is inside."""

    id: int
    name: str
    about: str
    entered: str
    left: str
    inferred: bool
    how: str
    ticket: str


@dataclass(frozen=True, slots=True)
class Update:
    """What one entry changes on a page; *anew* says that the page should be made anew instead."""

    sequence: int
    line: Line | None = None
    visits: tuple[VisitLine, ...] = ()
    anew: bool = False


class Lines:
    """Reads the log for people."""

    def __init__(self, reader: Reader, vault: Vault, settings: Settings) -> None:
        self._reader = reader
        self._vault = vault
        self._settings = settings
        self._gates = {gate.id: gate.name for gate in settings.gates}

    def log(self) -> tuple[str, int]:
        """Which log this is, and the sequence of its newest entry."""
        head = self._reader.head()
        return head.epoch, head.sequence

    def updates_after(self, sequence: int) -> list[Update]:
        """What the entries after *sequence* change, in order, at most KEPT_LINES of them."""
        self._take_todays_key()
        return [self._update(entry) for entry in self._reader.events_after(sequence, KEPT_LINES)]

    def inside(self) -> list[VisitLine]:
        """Who is inside, the latest arrival first."""
        self._take_todays_key()
        return self._visits(self._reader.inside(KEPT_LINES))

    def visits(self) -> list[VisitLine]:
        """The latest visits, those that are over included."""
        self._take_todays_key()
        return self._visits(self._reader.arrivals(KEPT_LINES))

    def shown_of(self, visit: int) -> Shown | None:
        """What staff may see of a visit's holder; None once its day key is gone."""
        self._take_todays_key()
        row = self._reader.visit(visit)
        return self._vault.reveal(row.shown) if row and row.shown else None

    def clock(self) -> str:
        """The local time of day now."""
        return datetime.now(self._settings.zone).strftime("%H:%M:%S")

    def _take_todays_key(self) -> None:
        # The door turns the key; with the old one still in our memory, yesterday's names could be read here.
        key_id = self._reader.head().key_id
        if key_id != self._vault.key_id:
            self._vault.use(key_id)

    def _update(self, entry: Entry) -> Update:
        if entry.header.kind in SWEEPING:
            return Update(entry.sequence, self._line(entry, None), anew=True)
        rows = [row for row in map(self._reader.visit, _touched(entry)) if row]
        return Update(entry.sequence, self._line(entry, rows[-1] if rows else None), tuple(self._visits(rows)))

    def _line(self, entry: Entry, visit: VisitRow | None) -> Line | None:
        header, body = entry.header, entry.body or {}
        if header.kind in SILENT:
            return None
        tone, words = _said(header.kind, body)
        holder = self._holder(visit) if visit else Holder()
        return Line(
            sequence=entry.sequence,
            tone=tone,
            at=local_time(header.at_ms, self._settings.zone, seconds=True),
            vi=words.vi,
            en=words.en,
            name=holder.name,
            about=holder.about,
            how=" · ".join(filter(None, (self._how(body.get("kind", ""), header.gate), *_checked(body)))),
            ticket=visit.ticket if visit else "",
            asks=body.get("reason") in FOR_STAFF and time.time() * 1000 - header.at_ms < ASKED_MS,
        )

    def _visits(self, rows: Iterable[VisitRow]) -> list[VisitLine]:
        return [self._visit(row) for row in rows]

    def _visit(self, row: VisitRow) -> VisitLine:
        holder = self._holder(row)
        return VisitLine(
            id=row.id,
            name=holder.name,
            about=holder.about,
            entered=local_time(row.entered_ms, self._settings.zone),
            left="" if row.left_ms is None else local_time(row.left_ms, self._settings.zone),
            inferred=row.exit_inferred,
            how=self._how(row.kind, row.gate_in, row.gate_out),
            ticket=row.ticket,
        )

    def _how(self, kind: str, *gates: str) -> str:
        """By which code, through which gates."""
        passed = dict.fromkeys(self._gates.get(gate, gate) for gate in gates if gate)
        shown = "" if kind in STRAY_KINDS else kind_words(kind, self._settings).vi
        return " · ".join(filter(None, (shown, " → ".join(passed))))

    def _holder(self, row: VisitRow) -> Holder:
        shown = self._vault.reveal(row.shown) if row.shown else None
        return holder_of(shown)


def holder_of(shown: Shown | None) -> Holder:
    """Name, year of birth, sex and last digits, as staff read them; a dash once the key is gone."""
    if shown is None:
        return Holder(GONE)
    digits = identity.masked(shown.number).lstrip("*")
    sex = SEXES[shown.sex].vi if shown.sex in SEXES else ""
    about = (shown.birth[:4], sex, f"•••{digits}" if digits else "", shown.unit)
    return Holder(shown.name or GONE, " · ".join(part for part in about if part))


def _said(kind: str, body: Body) -> tuple[Tone, Words]:
    if kind == EntryKind.HELP:
        return PASSAGES[Reason.HELP]
    if kind == EntryKind.GAP:
        count = body.get("count", GONE)
        return Tone.ASK, Words(f"{count} lượt qua chưa ghi được", f"{count} passages could not be recorded")
    if kind in _HOUSE_WORDS:
        return Tone.HOUSE, _HOUSE_WORDS[kind]
    reason = body.get("reason", "")
    return PASSAGES[Reason(reason)] if reason in PASSAGES else UNKNOWN_PASSAGE


def _checked(body: Body) -> Iterator[str]:
    """What a certificate's signature proved, and where the registration lists had the person."""
    if body.get("kind") in CERTIFICATES and body.get("check") in CHECKS:
        yield CHECKS[body["check"]][0].lower()
    if body.get("listed") in LISTED:
        yield LISTED[body["listed"]].vi


def _touched(entry: Entry) -> Iterable[int]:
    """The visits that *entry* changes, in the order of its changes, each once."""
    return dict.fromkeys(_visit_id(one) for one in changes(entry) if isinstance(one, Opened | Closed | Named))


def _visit_id(change: Opened | Closed | Named) -> int:
    return change.visit.id if isinstance(change, Opened) else change.visit
