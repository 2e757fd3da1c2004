"""CSV that a spreadsheet opens as text: RFC 4180, every cell quoted, UTF-8 with a byte order mark."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from typing import TextIO

# What makes a spreadsheet take a cell for a formula (OWASP, CSV Injection), also full-width or after blanks.
_FORMULA = re.compile(r"^\s*[=+\-@＝＋－＠\t\r\n]")


def safe_cell(text: str) -> str:
    """*text* that no spreadsheet takes for a formula: a leading apostrophe where it looks like one."""
    return f"'{text}" if _FORMULA.match(text) else text


def write(rows: Iterable[Mapping[str, str]], out: TextIO) -> int:
    """Write *rows* under a line of column names; returns how many. Excel needs the mark to see UTF-8."""
    out.write("\N{BYTE ORDER MARK}")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    count = 0
    for row in rows:
        if count == 0:
            writer.writerow(row)
        writer.writerow([safe_cell(cell) for cell in row.values()])
        count += 1
    return count
