"""A contact list as one table of texts, a row for each person, and the fingerprint by which all its files are known."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from kiosk.rules.contact_list import ContactList, Found, Place, Somebody, Together
from kiosk.rules.contact_words import DOUBTS, SEXES, UNNAMED, Said
from kiosk.rules.contacts import MINUTE_MS

# What no XML, and so no workbook, may hold; half characters are no UTF-8 either.
_NO_TEXT = re.compile("[\ud800-\udfff\ufffe\uffff]")

# Names for machines, headings for people.
COLUMNS: dict[str, Said] = {
    "number_in_list": Said("STT", "No."),
    "order": Said("Vòng", "Order"),
    "rank": Said("Hạng", "Rank"),
    "mark": Said("Mã trong ca", "Mark in this case"),
    "name": Said("Họ tên", "Name"),
    "birth": Said("Ngày sinh", "Birth date"),
    "sex": Said("Giới", "Sex"),
    "id_number": Said("Số giấy tờ", "ID number"),
    "phone": Said("Điện thoại", "Phone"),
    "address": Said("Địa chỉ", "Address"),
    "certain_minutes": Said("Phút cùng có mặt (chắc chắn)", "Minutes together (certain)"),
    "possible_minutes": Said("Phút cùng có mặt (có thể)", "Minutes together (possible)"),
    "encounters": Said("Số lần gặp", "Encounters"),
    "sure_encounters": Said("Số lần chắc chắn", "Certain encounters"),
    "first_together": Said("Lần đầu từ", "First together"),
    "last_together": Said("Lần cuối đến", "Last together"),
    "places": Said("Nơi", "Places"),
    "stays": Said("Vào – ra", "In – out"),
    "together": Said("Từng lần", "Each encounter"),
    "through": Said("Qua", "Through"),
    "notes": Said("Ghi chú", "Notes"),
}

COUNTS = frozenset(
    ("number_in_list", "order", "rank", "certain_minutes", "possible_minutes", "encounters", "sure_encounters")
)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """How many rows a list has, and the SHA-256 of its table: each row a JSON array of its cells and a line feed."""

    rows: int
    sha256: str

    @property
    def text(self) -> str:
        """As every file has it."""
        return f"{self.rows} rows, sha256 {self.sha256}"


class Clock:
    """Times of a list as its people read them."""

    def __init__(self, time_zone: str) -> None:
        self._zone = ZoneInfo(time_zone)

    def local(self, at_ms: int) -> datetime:
        """The local time, to the second."""
        return datetime.fromtimestamp(at_ms // 1000, self._zone)

    def minute(self, at_ms: int) -> str:
        """For people: ``2026-11-20 08:05``."""
        return f"{self.local(at_ms):%Y-%m-%d %H:%M}"

    def span(self, from_ms: int, until_ms: int) -> str:
        """From a minute to another, the day once where it is one."""
        begins, ends = self.local(from_ms), self.local(until_ms)
        same = begins.date() == ends.date()
        return f"{begins:%Y-%m-%d %H:%M} – {ends:%H:%M}" if same else f"{begins:%Y-%m-%d %H:%M} – {ends:%Y-%m-%d %H:%M}"

    def iso(self, at_ms: int) -> str:
        """For machines, with the offset."""
        return self.local(at_ms).isoformat(timespec="seconds")


def rows(answer: ContactList) -> list[tuple[str, ...]]:
    """A row of cells, in the order of COLUMNS, for each person found."""
    clock = Clock(answer.asked.time_zone)
    return [
        tuple(map(text_of, _row(number, one, answer.asked.least_ms, clock)))
        for number, one in enumerate(answer.found, 1)
    ]


def text_of(cell: str) -> str:
    """*cell* with a mark for each thing in it that is no letter."""
    return _NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", cell)


def fingerprint(table: Iterable[tuple[str, ...]]) -> Fingerprint:
    """Of the rows of a list. Whoever has a CSV, XLSX, Parquet or JSON file of it can work it out again."""
    digest, count = hashlib.sha256(), 0
    for row in table:
        digest.update(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        count += 1
    return Fingerprint(count, digest.hexdigest())


def minutes(duration_ms: int) -> int:
    """Whole minutes."""
    return duration_ms // MINUTE_MS


def place_text(place: Place) -> str:
    """``site / zone (gate)``, without what is not known."""
    where = " / ".join(filter(None, (place.site, place.zone)))
    return f"{where} ({place.gate})" if place.gate else where


def number_of(who: Somebody) -> str:
    """The number that they showed, else what a holder id has after its kind."""
    return who.person.number or who.holder_id.partition(":")[2]


def notes(one: Found) -> Said:
    """Why they have no name and what is doubtful, in both languages."""
    said = [UNNAMED[one.who.unnamed]] if one.who.unnamed else []
    said += [DOUBTS[doubt] for doubt in one.doubts]
    return Said("; ".join(words.vi for words in said), "; ".join(words.en for words in said))


def _row(number: int, one: Found, least_ms: int, clock: Clock) -> tuple[str, ...]:
    person, said = one.who.person, notes(one)
    return (
        *(str(number), str(one.order), str(one.rank), one.who.mark),
        *(person.name, person.birth, SEXES[person.sex].both if person.sex in SEXES else person.sex),
        *(number_of(one.who), person.phone, person.address),
        *(str(minutes(one.certain_ms)), str(minutes(one.possible_ms))),
        *(str(len(one.encounters)), str(one.sure_encounters(least_ms))),
        *(clock.minute(one.first_ms), clock.minute(one.last_ms)),
        "; ".join(dict.fromkeys(map(place_text, one.places))),
        "; ".join(f"{clock.span(stay.came_ms, stay.went_ms)} {place_text(stay.place)}" for stay in one.stays),
        "; ".join(_encounter(each, clock) for each in one.encounters),
        " ".join(one.through),
        said.both if said.vi else "",
    )


def _encounter(one: Together, clock: Clock) -> str:
    certain, possible = minutes(one.certain_ms), minutes(one.possible_ms)
    lasted = f"{possible} min" if certain == possible else f"{certain}–{possible} min"
    return f"{clock.span(one.first_ms, one.last_ms)} {place_text(one.place)}: {lasted}"
