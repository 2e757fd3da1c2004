"""One writer per format. A format is a file here and a line in ``EXPORTS``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TextIO

from kiosk.exports import csv_table, json_lines

Rows = Iterable[Mapping[str, str]]

# Each writes rows with the same columns to a text stream and returns how many there were.
EXPORTS: dict[str, Callable[[Rows, TextIO], int]] = {
    "csv": csv_table.write,
    "json": json_lines.write,
}
