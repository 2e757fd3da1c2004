"""What is kept of somebody who shows their document, and the requests of others, as staff read them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from functools import partial

from kiosk.config import Settings
from kiosk.devices import clock
from kiosk.joined import told_days
from kiosk.requests import WISHES, Dates, dates_of, true_requests
from kiosk.retention import local_time
from kiosk.rules.entries import Entry, EntryKind
from kiosk.rules.requests import Act, Request, Why
from kiosk.rules.staff_acts import StaffAct
from kiosk.rules.true_times import TrueTime
from kiosk.store.erasing import named_entries
from kiosk.store.reading import Reader
from kiosk.vault import Vault
from kiosk.web.correction_lines import CorrectionLines, Happening
from kiosk.web.lines import Lines
from kiosk.web.person_lines import PersonLine
from kiosk.web.said_times import SaidTimes, mark
from kiosk.web.words import PASSAGES, STAFF_ACTS, UNKNOWN_PASSAGE, Words

# The fields of ``Shown``.
FIELDS = {
    "name": Words("họ tên", "name"),
    "number": Words("số giấy tờ", "number"),
    "birth": Words("ngày sinh", "birth date"),
    "sex": Words("giới tính", "sex"),
    "unit": Words("đơn vị", "organisation"),
}
ACT_WORDS = {
    Act.ANSWERED: Words("Đã trả lời", "Answered"),
    Act.FINISHED: Words("Đã xong", "Finished"),
    Act.REFUSED: Words("Từ chối", "Refused"),
}
WHYS = {
    Why.NOT_FOUND: Words("Không lưu gì về người này", "Nothing is kept of them"),
    Why.NOT_THEM: Words("Không chứng tỏ được là chính họ", "They do not show that it is about them"),
    Why.LAW: Words("Luật buộc phải giữ", "The law wants it kept"),
}


@dataclass(frozen=True, slots=True)
class KeptVisit:
    """A visit as it is kept: its line, masked, and what happened on its way; *fields* are kept sealed, by name."""

    line: PersonLine
    happened: tuple[Happening, ...]
    fields: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """All that is kept of somebody today: visits, other passages, who looked at them in full, and until when it is."""

    visits: tuple[KeptVisit, ...]
    passages: tuple[Happening, ...]
    looked: tuple[Happening, ...]
    entries: int
    until: date


@dataclass(frozen=True, slots=True)
class RequestLine:
    """A request with its two clocks; *urgency* is that of what is *due* next; *mark* stands before what is not sure."""

    number: int
    name: str
    wish: Words
    given: str
    mark: str
    answer_by: date
    finish_by: date
    due: date | None
    urgency: str
    state: str
    happened: tuple[Happening, ...]


class KeptLines:
    """Reads what is kept of a person; threads may share it. Today's key must be in use already."""

    def __init__(
        self, reader: Reader, vault: Vault, settings: Settings, lines: Lines, corrections: CorrectionLines
    ) -> None:
        self._reader = reader
        self._vault = vault
        self._settings = settings
        self._lines = lines
        self._corrections = corrections

    def kept(self, visits: Sequence[int], sequences: Collection[int]) -> Kept:
        """What is kept in *visits* and entries *sequences* of one person."""
        entries = self._reader.ask(partial(named_entries, sequences=sequences))
        today = local_time(clock.now().wall_ms, self._settings.zone).date()
        return Kept(
            tuple(self._visits(visits)),
            tuple(self._passage(entry) for entry in entries if _is_no_visit(entry)),
            tuple(self._look(entry) for entry in entries if entry.header.kind == EntryKind.STAFF),
            len(entries),
            today + timedelta(days=told_days(self._settings, self._reader.path.parent)),
        )

    def _visits(self, visits: Sequence[int]) -> Iterator[KeptVisit]:
        for line in self._lines.persons(visits):
            found = self._corrections.person(line.id)
            shown = self._lines.shown_of(line.id)
            named = tuple(FIELDS[one.name] for one in fields(shown) if getattr(shown, one.name)) if shown else ()
            yield KeptVisit(line, found.happened if found else (), named)

    def _passage(self, entry: Entry) -> Happening:
        reason = (entry.body or {}).get("reason", "")
        tone, words = PASSAGES.get(reason, UNKNOWN_PASSAGE)
        gate = next((one.name for one in self._settings.gates if one.id == entry.header.gate), entry.header.gate)
        return Happening(entry.header.at_ms, self._at(entry), words, gate, tone)

    def _look(self, entry: Entry) -> Happening:
        body = entry.body or {}
        words = STAFF_ACTS.get(body["act"], STAFF_ACTS[StaffAct.UNMASK])
        return Happening(entry.header.at_ms, self._at(entry), words, by=body.get("by", ""), why=body.get("reason", ""))

    def _at(self, entry: Entry) -> str:
        return self._lines.times.entry(entry)


def _is_no_visit(entry: Entry) -> bool:
    """Whether it is a passage that neither began nor ended a visit: who waited, was asked or refused."""
    body = entry.body or {}
    return entry.header.kind == EntryKind.SCAN and not ("opens" in body or "closes" in body)


def request_lines(reader: Reader, settings: Settings, times: SaidTimes) -> tuple[list[RequestLine], list[RequestLine]]:
    """The requests that wait, what is due first in front; and those that are over, the latest first."""
    now_ms = clock.now().wall_ms
    asked = true_requests(reader, times.times)
    lines = [_line(request, given, dates_of(request, settings, now_ms), times) for request, given in asked]
    waiting = sorted((line for line in lines if line.due), key=lambda line: (str(line.due), line.number))
    return waiting, sorted((line for line in lines if not line.due), key=lambda line: -line.number)


def _line(request: Request, given: TrueTime, dates: Dates, times: SaidTimes) -> RequestLine:
    return RequestLine(
        request.number,
        str(request),
        Words(*WISHES[request.wish]),
        times.dated(given, "%H:%M %d/%m/%Y"),
        mark(given),
        dates.answer_by,
        dates.finish_by,
        dates.due,
        dates.urgency if dates.due else "",
        "over" if request.over else "answered" if request.answered else "new",
        tuple(
            Happening(
                done.at_ms,
                times.shown_dated(done.at_ms),
                ACT_WORDS.get(done.act, Words(done.act, done.act)),
                by=done.by,
                why=done.why,
            )
            for done in request.acts
        ),
    )
