"""What every kind of list file keeps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from kiosk.failures import Failure
from kiosk.rules.headings import Row

MOST_ROWS, MOST_COLUMNS = 200_000, 100
LONGEST_CELL = 32_767  # letters, as spreadsheets have it


class ListError(Failure):
    """The file cannot be used as a list; one sentence says why, and what to do."""


class CleanedError(ListError):
    """The cleaned list cannot be written; the sentence names its file."""


class ListFile(Protocol):
    """An open list. Reading its rows raises ListError for what is torn or too large."""

    @property
    def sheets(self) -> tuple[str, ...]:
        """The names of its visible sheets, in order; a single empty one where it has no sheets."""

    def rows(self, sheet: str) -> Iterator[Row]:
        """The rows of *sheet* in which something stands, one after another, never all at once."""

    def progress(self) -> float:
        """How much of the sheet that was asked for last is read, from 0 to 1."""


def bounded(row: Row, count: int) -> Row:
    """*row*, the *count*-th of its list. Raises ListError for what no list of people needs."""
    if count > MOST_ROWS:
        raise ListError(f"it has more than {MOST_ROWS} rows; divide it")
    if len(row.cells) > MOST_COLUMNS:
        raise ListError(f"row {row.number} has something in column {len(row.cells)}; a list has at most {MOST_COLUMNS}")
    if any(len(cell) > LONGEST_CELL for cell in row.cells):
        raise ListError(f"row {row.number} has a cell of more than {LONGEST_CELL} letters")
    return row
