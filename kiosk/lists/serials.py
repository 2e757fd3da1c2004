"""Numbers of a spreadsheet as people see them: whole numbers in full, dates as dates (ECMA-376 part 1, 18.17.4)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import IO

from kiosk.lists.xml_parts import XmlPart, whole

# Number formats that show dates and times without being spelled out in the file (ECMA-376 part 1, 18.8.30).
_DATE_FORMATS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_EPOCH, _DAYS_TO_1904 = datetime(1899, 12, 31), 1462
_LAST_SERIAL = 2_900_000  # in the year 9839; some years later dates end
_LATEST_YEAR = 2200


def date_styles(file: IO[bytes]) -> frozenset[int]:
    """The cell styles of a styles part whose numbers are dates or times."""
    formats, styles = set(_DATE_FORMATS), list[int]()
    in_cells = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal in_cells
        number_format = whole(attributes.get("numFmtId", "0"))
        if name == "numFmt" and re.search("[dmyhs]", _LITERAL.sub("", attributes.get("formatCode", "")), re.IGNORECASE):
            formats.add(number_format)
        elif name == "cellXfs":
            in_cells = True
        elif name == "xf" and in_cells:
            styles.append(number_format)

    def end(name: str) -> None:
        nonlocal in_cells
        in_cells = in_cells and name != "cellXfs"

    XmlPart(file, start, end).read()
    return frozenset(style for style, number_format in enumerate(styles) if number_format in formats)


def shown_number(written: str, *, is_date: bool, since_1904: bool = False) -> tuple[str, bool]:
    """A cell's number as text, and whether it is a number still: a date becomes ``2026-11-20T08:30``, or a part of it.

    A whole number that can be a year stays one, whatever the cell's format: nobody on a list was born in 1905.
    """
    try:
        value = float(written)
    except ValueError:
        return written, False
    if is_date and 0 <= value < _LAST_SERIAL and not (value.is_integer() and 1900 <= value < _LATEST_YEAR):
        return _date(value + _DAYS_TO_1904 * since_1904), False
    if written.isdecimal() or not value.is_integer() or abs(value) >= 1e15:
        return written, True
    return str(int(value)), True


def _date(serial: float) -> str:
    # 29/2/1900 never was, and spreadsheets count it.
    moment = _EPOCH + timedelta(minutes=round((serial - (serial > 60)) * 1440))
    day, time = moment.date().isoformat(), moment.strftime("%H:%M")
    if serial < 1:
        return time
    return day if time == "00:00" else f"{day}T{time}"
