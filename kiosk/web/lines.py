"""Entries, visits and devices as staff read them: local times, short words, and names only while today's key lives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from kiosk.config import Settings
from kiosk.devices import clock
from kiosk.memory import ASKED_MS, FOR_STAFF
from kiosk.rules.entries import Body, Entry, EntryKind
from kiosk.rules.messages import CHECKS
from kiosk.rules.model import Reason
from kiosk.rules.staff_acts import StaffAct
from kiosk.store.reading import Reader, VisitRow
from kiosk.vault import Shown, Vault
from kiosk.web.correction_words import DONE
from kiosk.web.masks import Holder, holder_of
from kiosk.web.people import People, touched
from kiosk.web.person_lines import PersonLine, PersonLines
from kiosk.web.queue_lines import shown_now_ms
from kiosk.web.reasons import reason
from kiosk.web.said_times import GONE, SaidTimes
from kiosk.web.words import (
    CERTIFICATES,
    ERASED_ENTRY,
    HELP_ACTS,
    ID_NOT_SEEN,
    ID_SEEN,
    LISTED,
    PASSAGES,
    STAFF_ACTS,
    UNKNOWN_PASSAGE,
    Tone,
    Words,
    joined,
)

KEPT_LINES = 200  # in the feed's memory
NOTHING = Words("", "")

# Entries that change many visits at once: a page is better made anew than patched.
SWEEPING = (EntryKind.CLOSING, EntryKind.DAY_KEY, EntryKind.DAY_CLOSE, EntryKind.PURGE, EntryKind.ERASURE)
SILENT = (EntryKind.DAY_CLOSE, EntryKind.CALL)  # what happens at the counters stands on pages of its own
SAID_ACTS = (
    StaffAct.EVACUATION,
    StaffAct.SEALED_EXPORT,
    StaffAct.REPLACEMENT,
)  # of staff; the others are in the log alone

_HOUSE_WORDS: dict[str, Words] = {
    EntryKind.START: Words("Sổ ghi bắt đầu", "The log begins"),
    EntryKind.CLOSING: Words("Đóng cửa: lượt chưa quét ra được tính là đã ra", "Closing: open visits end as inferred"),
    EntryKind.DAY_KEY: Words("Khóa ngày mới: tên ngày trước không đọc được nữa", "New day key: older names are gone"),
    EntryKind.REGISTRATION: Words("Danh sách đăng ký: nhập, duyệt, rút", "A registration list came, counts or went"),
    EntryKind.DESK: Words("In phiếu", "A ticket was printed for staff"),
    EntryKind.SESSION: Words("Đã ghi số đã nhập lên nền tảng", "The number entered on the platform was typed"),
    EntryKind.FEEDBACK: Words("Phiếu phản ánh", "A feedback slip"),
    EntryKind.PURGE: Words("Đã xóa dữ liệu quá hạn", "Old records were deleted"),
    EntryKind.REQUEST: Words("Yêu cầu về dữ liệu cá nhân", "A request about personal data"),
    EntryKind.ERASURE: Words("Đã xóa dữ liệu của một người theo yêu cầu", "A person's data were erased at their wish"),
    EntryKind.CORRECTION: Words("Đã sửa lượt ghi", "A record was put right"),
    EntryKind.DAY_SETTINGS: Words("Đổi thiết lập hôm nay", "Settings of the day were changed"),
    EntryKind.CLOCK: Words("Đồng hồ được chỉnh, giờ đã ghi được tính lại", "The clock was set; times were repaired"),
    EntryKind.HUB: Words("Trung tâm gửi xuống", "The centre sent something"),
    EntryKind.TRACING_KEY: Words("Khóa truy vết mới, dùng từ ngày mai", "A new tracing key, from tomorrow on"),
    EntryKind.TROUBLE: Words("Máy tự báo tình trạng", "The kiosk reported its own state"),
}
_BEGINS: dict[str, Words] = {
    "restored": Words("Máy được khôi phục từ bản sao lưu", "The kiosk was restored from a backup"),
    "replaced": Words("Máy mới thay máy ở cổng này", "A new kiosk replaces the one at this gate"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """Something that happened at the door."""

    sequence: int
    tone: Tone
    at: str
    vi: str
    en: str
    name: str = ""
    about: Words = NOTHING
    how: Words = NOTHING
    gate: str = ""
    ticket: str = ""
    visit: int = 0  # whose line this is
    asks: bool = False  # staff can let this person in


@dataclass(frozen=True, slots=True)
class Update:
    """What one entry changes on a page; *anew* says that the page should be made anew instead.

    Visits are *gone* that staff made one with others.
    """

    sequence: int
    line: Line | None = None
    visits: tuple[PersonLine, ...] = ()
    gone: tuple[int, ...] = ()
    anew: bool = False


class Lines:
    """Reads the log for people."""

    def __init__(self, reader: Reader, vault: Vault, settings: Settings) -> None:
        self._reader = reader
        self._vault = vault
        self._settings = settings
        self.times = SaidTimes(reader, vault, settings)
        self._persons = PersonLines(reader, vault, settings, self.times)
        self.people = People(reader, vault, settings.plan())

    def log(self) -> tuple[str, int]:
        """Which log this is, and the sequence of its newest entry."""
        head = self._reader.head()
        return head.epoch, head.sequence

    def updates_after(self, sequence: int) -> list[Update]:
        """What the entries after *sequence* change, in order, at most KEPT_LINES of them."""
        self.take_todays_key()
        return [self._update(entry) for entry in self._reader.events_after(sequence, KEPT_LINES)]

    def latest(self, limit: int, *, gate: str = "", tone: Tone | None = None) -> list[Line]:
        """What happened at the door lately (at *gate*, of that *tone*), the latest first, at most *limit* lines."""
        self.take_todays_key()
        entries = self._reader.events_after(max(0, self.log()[1] - KEPT_LINES), KEPT_LINES)
        updates = map(self._update, (entry for entry in reversed(entries) if gate in ("", entry.header.gate)))
        lines = (update.line for update in updates if update.line and tone in (None, update.line.tone))
        return list(islice(lines, limit))

    def persons(self, visits: Iterable[int]) -> list[PersonLine]:
        """The lines of those *visits*, in their order."""
        self.take_todays_key()
        return self._persons.lines(row for row in map(self._reader.visit, visits) if row)

    def shown_of(self, visit: int) -> Shown | None:
        """What staff may see of a visit's holder; None once its day key is gone."""
        self.take_todays_key()
        row = self._reader.visit(visit)
        return self._vault.reveal(row.shown) if row and row.shown else None

    def clock(self) -> str:
        """The local time of day now."""
        return f"{datetime.fromtimestamp(clock.now().wall_ms / 1000, self._settings.zone):%H:%M:%S}"

    def take_todays_key(self) -> None:
        """Use the day key that the log calls current, and forget whoever was known under another."""
        # The door turns the key; with the old one still in our memory, yesterday's names could be read here.
        key_id = self._reader.head().key_id
        if key_id != self._vault.key_id:
            self._vault.use(key_id)
            self.people.forget()

    def _update(self, entry: Entry) -> Update:
        if entry.header.kind in SWEEPING:
            return Update(entry.sequence, self._line(entry, None), anew=True)
        found = {visit: self._reader.visit(visit) for visit in touched(entry)}
        rows = [row for row in found.values() if row]
        line = self._line(entry, rows[-1] if rows else None)
        gone = tuple(visit for visit, row in found.items() if row is None)
        return Update(entry.sequence, line, tuple(self._persons.lines(rows)), gone)

    def _line(self, entry: Entry, visit: VisitRow | None) -> Line | None:
        header, body = entry.header, entry.body or {}
        if header.kind in SILENT or (header.kind == EntryKind.STAFF and body.get("act") not in SAID_ACTS):
            return None
        tone, words = ERASED_ENTRY if entry.body is None else _said(header.kind, body)
        holder = self._holder(visit) if visit else Holder()
        return Line(
            sequence=entry.sequence,
            tone=tone,
            at=self.times.entry(entry, seconds=True),
            vi=words.vi,
            en=words.en,
            name=holder.name,
            about=holder.about,
            how=joined(self._persons.how(body.get("kind", ""), header.gate), *_checked(body), body.get("by", "")),
            gate=header.gate,
            ticket=visit.ticket if visit else "",
            visit=visit.id if visit else 0,
            asks=body.get("reason") in FOR_STAFF and shown_now_ms(self._reader.head()) - header.at_ms < ASKED_MS,
        )

    def _holder(self, row: VisitRow) -> Holder:
        return holder_of(self._vault.reveal(row.shown) if row.shown else None)


def _said(kind: str, body: Body) -> tuple[Tone, Words]:
    if kind == EntryKind.HELP:
        return HELP_ACTS.get(body.get("act", ""), PASSAGES[Reason.HELP])
    if kind == EntryKind.CORRECTION and body.get("act") in DONE:
        return Tone.HOUSE, joined(DONE[body["act"]], reason(body.get("why", "")))
    if body.get("act") == "id_seen":
        return Tone.HOUSE, ID_SEEN if body["id_seen"] else ID_NOT_SEEN
    if kind == EntryKind.GAP:
        count = body.get("count", GONE)
        return Tone.ASK, Words(f"{count} lượt qua chưa ghi được", f"{count} passages could not be recorded")
    if kind == EntryKind.STAFF:
        return Tone.HOUSE, STAFF_ACTS[StaffAct(body["act"])]
    if kind == EntryKind.START and body.get("why") in _BEGINS:
        return Tone.HOUSE, _BEGINS[body["why"]]
    if kind in _HOUSE_WORDS:
        return Tone.HOUSE, _HOUSE_WORDS[kind]
    why = body.get("reason", "")
    return PASSAGES[Reason(why)] if why in PASSAGES else UNKNOWN_PASSAGE


def _checked(body: Body) -> Iterator[Words]:
    """What a certificate's signature proved, and where the registration lists had the person."""
    if body.get("kind") in CERTIFICATES and body.get("check") in CHECKS:
        yield Words(*map(str.lower, CHECKS[body["check"]]))
    if body.get("listed") in LISTED:
        yield LISTED[body["listed"]]
