"""A list before it counts: which of its rows somebody should look at, and what becomes of a row put right."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from typing import Any

from kiosk.rules.headings import Column, Layout, Row
from kiosk.rules.identity import Problem, clean_text
from kiosk.rules.list_rows import Cleaned, Finding, Section

LONGEST_FIELD = 200


class Sort(StrEnum):
    """What a row is, the worst first; NOBODY are headings, titles and sums."""

    REFUSED = "refused"  # the door could not find anybody by it
    DOUBTFUL = "doubtful"
    DUPLICATE = "duplicate"
    CHANGED = "changed"  # only its way of writing
    CLEAN = "clean"
    NOBODY = "nobody"


class Choice(StrEnum):
    """What somebody said of a row."""

    NONE = ""
    OUT = "out"  # it is left out
    KEPT = "kept"  # it is right as it is
    REPAIRED = "repaired"


class Refusal(Enum):
    """Why something is not done with a list."""

    GONE = ("Danh sách này không còn ở đây.", "This list is not here any more.")
    HANDED = (
        "Danh sách đang chờ người thứ hai duyệt. Muốn sửa, hãy lấy lại trước.",
        "The list waits for a second person. Take it back first to change it.",
    )
    NOT_HANDED = ("Danh sách chưa được gửi để duyệt.", "The list was not handed over for approval yet.")
    SAME_PERSON = (
        "Người đã nhập hoặc sửa danh sách không được tự duyệt.",
        "Who brought the list or repaired it cannot approve it.",
    )
    NOBODY = ("Không còn hàng nào dùng được.", "No row of it can be used.")
    CANNOT_STAY = (
        "Hàng này không tìm được ai: hãy sửa hoặc bỏ ra.",
        "Nobody could be found by this row: repair it or leave it out.",
    )
    BUSY = (
        "Một danh sách khác đang được đọc. Xin thử lại khi xong.",
        "Another list is being read. Please try again when it is done.",
    )

    def __init__(self, vi: str, en: str) -> None:
        self.vi = vi
        self.en = en


# The rows that somebody should look at, in that order.
ASKED = (Sort.REFUSED, Sort.DOUBTFUL, Sort.DUPLICATE)


@dataclass(frozen=True, slots=True)
class DraftRow:
    """One row of a draft: as it came, as it is clean, and what is doubtful in it."""

    row: Row
    cells: tuple[str, ...]
    findings: tuple[Finding, ...] = ()


def sort_of(row: Row, made: Cleaned, findings: Sequence[Finding]) -> Sort:
    """What *row* is, by what cleaning *made* of it and every finding about it, duplicates among them."""
    if not made.people:
        return Sort.NOBODY
    if made.registered is None:
        return Sort.REFUSED
    sections = {finding.section for finding in findings}
    if sections - {Section.PUT_RIGHT, Section.DUPLICATE}:
        return Sort.DOUBTFUL
    if Section.DUPLICATE in sections:
        return Sort.DUPLICATE
    return Sort.CHANGED if sections or changes(row, made.cells) else Sort.CLEAN


def changes(row: Row, cells: Sequence[str]) -> list[tuple[int, str, str]]:
    """Column (from 0), what stood there and what stands there now, of every cell that was put right."""
    pairs = enumerate(zip(row.cells, cells, strict=False))
    return [(place, before, after) for place, (before, after) in pairs if before != after]


def places_of(layout: Layout) -> list[int]:
    """The columns that say something to the door, from the left."""
    return sorted({*layout.places.values(), *layout.names})


def repaired(row: Row, typed: Mapping[int, str]) -> Row:
    """*row* with what was *typed* into its columns; what was typed is no spreadsheet's number and no formula."""
    width = max(len(row.cells), 1 + max(typed, default=-1))
    cells = [row.text(place) for place in range(width)]
    touched = {place for place, text in typed.items() if clean_text(text) != clean_text(cells[place])}
    for place in touched:
        cells[place] = clean_text(typed[place])[:LONGEST_FIELD]
    # A computed cell that is sent back unchanged was looked at and taken.
    looked_at = touched | {place for place in typed if place in row.formulas and cells[place]}
    return replace(row, cells=tuple(cells), numbers=row.numbers - touched, formulas=row.formulas - looked_at)


def may_count(sort: Sort, choice: Choice) -> bool:
    """Whether a row is taken in: not where it is left out, nor where nobody could be found by it."""
    return choice is not Choice.OUT and sort not in (Sort.REFUSED, Sort.NOBODY)


def may_approve(by: str, hands: Collection[str]) -> bool:
    """Whether *by* may approve a list that *hands* have imported and repaired: only somebody else, who is known."""
    return bool(by) and by not in hands


def as_record(one: DraftRow) -> dict[str, Any]:
    """*one* as JSON has it."""
    said = [[it.column, it.problem.name, it.found, it.kept, it.offer, it.other] for it in one.findings]
    row = one.row
    return {
        "row": [row.number, row.cells, sorted(row.numbers), sorted(row.formulas)],
        "cells": one.cells,
        "said": said,
    }


def from_record(record: Mapping[str, Any]) -> DraftRow:
    """What ``as_record`` was given."""
    number, cells, numbers, formulas = record["row"]
    findings = tuple(
        Finding(number, column, Problem[problem], found, kept, offer, other)
        for column, problem, found, kept, offer, other in record["said"]
    )
    row = Row(number, tuple(cells), frozenset(numbers), frozenset(formulas))
    return DraftRow(row, tuple(record["cells"]), findings)


def layout_record(layout: Layout) -> dict[str, Any]:
    """*layout* as JSON has it."""
    return {"row": layout.heading_row, "places": layout.places, "unit": layout.unit, "names": layout.names}


def layout_of(record: Mapping[str, Any]) -> Layout:
    """What ``layout_record`` was given."""
    places = {Column(column): place for column, place in record["places"].items()}
    return Layout(record["row"], places, record["unit"], tuple(record["names"]))
