"""The table as CSV, safe against formulas in every cell. Its last heading is the list's fingerprint."""

from __future__ import annotations

import csv
import io

from kiosk.exports.contacts.handing_over import File, Receiver, whole
from kiosk.exports.contacts.table import COLUMNS, fingerprint, rows
from kiosk.exports.csv_table import safe_cell
from kiosk.rules.contact_list import ContactList

ENDING = ".csv"


def write(answer: ContactList, receiver: Receiver) -> File:
    """RFC 4180, UTF-8 with a byte order mark. Without its apostrophes, a cell is the table's."""
    table, out = rows(answer), io.StringIO(newline="")
    mark = fingerprint(table)
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow([*(heading.both for heading in COLUMNS.values()), mark.text])
    writer.writerows([*map(safe_cell, row), ""] for row in table)
    return whole(out.getvalue().encode("utf-8-sig"), mark)
