"""A draft: which rows somebody should look at, what becomes of a row put right, and that nothing of it is lost."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from listed import brought, do, line, list_of, seen, send, told
from running import running_kiosk

from kiosk.devices import clock
from kiosk.roster import Roster, clear_away
from kiosk.rules.access import Role
from kiosk.rules.headings import Column, Layout, Row
from kiosk.rules.list_drafts import (
    Choice,
    DraftRow,
    Sort,
    as_record,
    from_record,
    layout_of,
    layout_record,
    may_approve,
    may_count,
    repaired,
    sort_of,
)
from kiosk.rules.list_rows import Cleaned, Defaults, clean_row
from kiosk.rules.model import ClockState
from kiosk.store import roster

LAYOUT = Layout(1, {Column.NAME: 0, Column.BIRTH: 1, Column.NUMBER: 2, Column.PHONE: 3}, "Công ty Mây", (0,))
DEFAULTS = Defaults("2026-11-21", "2026-11-21")
TEXT = st.text(max_size=40)
ROWS = st.builds(
    Row,
    st.integers(2, 1000),
    st.lists(TEXT, max_size=6).map(tuple),
    st.frozensets(st.integers(0, 5)),
    st.frozensets(st.integers(0, 5)),
)


@given(ROWS)
def test_a_row_comes_out_of_the_store_as_it_went_in(row: Row) -> None:
    made = clean_row(row, LAYOUT, DEFAULTS)
    one = DraftRow(row, made.cells, made.findings)
    assert from_record(as_record(one)) == one


def test_a_layout_comes_out_of_the_store_as_it_went_in() -> None:
    assert layout_of(layout_record(LAYOUT)) == LAYOUT


@given(ROWS, st.dictionaries(st.integers(0, 5), TEXT, max_size=4))
def test_whatever_is_typed_a_row_is_judged_and_only_what_was_typed_changes(row: Row, typed: dict[int, str]) -> None:
    after = repaired(row, typed)
    assert after.number == row.number
    assert [after.text(at) for at in range(9) if at not in typed] == [
        row.text(at) for at in range(9) if at not in typed
    ]
    made = clean_row(after, LAYOUT, DEFAULTS)
    assert sort_of(after, made, made.findings) in Sort


@given(ROWS)
def test_sending_a_row_back_as_it_is_changes_no_cell(row: Row) -> None:
    same = {place: row.text(place) for place in range(len(row.cells))}
    assert repaired(row, same).cells == row.cells


def test_a_computed_cell_that_somebody_looked_at_is_taken_for_what_it_says() -> None:
    row = Row(2, ("Nguyễn An", "02/03/1985", "001085000017"), formulas=frozenset({2}))
    made = clean_row(repaired(row, {2: "001085000017"}), LAYOUT, DEFAULTS)
    assert made.registered is not None
    assert made.registered.holders == ("id:001085000017",)


@given(st.sampled_from(Sort), st.sampled_from(Choice))
def test_nobody_counts_who_was_left_out_or_could_not_be_found(sort: Sort, choice: Choice) -> None:
    counts = may_count(sort, choice)
    assert counts == (choice is not Choice.OUT and sort not in (Sort.REFUSED, Sort.NOBODY))


@given(st.text(max_size=10), st.lists(st.text(max_size=10)))
def test_only_somebody_else_approves(by: str, hands: list[str]) -> None:
    assert may_approve(by, hands) == (bool(by) and by not in hands)


def test_titles_and_sums_are_nobody() -> None:
    row = Row(9, ("Tổng cộng: 5 người",))
    assert sort_of(row, Cleaned(row.cells), ()) is Sort.NOBODY


def test_a_draft_outlives_the_kiosk_and_the_page_says_what_does_not(tmp_path: Path) -> None:
    with running_kiosk(tmp_path / "data") as kiosk:
        staff = kiosk.as_(Role.STAFF)
        path = brought(staff, list_of(line(1), line(2, number="12345")))
        do(staff, f"{path}/row/3", {"do": "out"})
        kiosk.close_door()
        kiosk.open_door()
        assert told(staff, "draft", list=path[-8:], sort="doubtful")["rows"][0]["choice"] == "out"
        with send(staff, list_of(*(line(one) for one in range(4000)))) as answer:
            reading = str(answer.headers["Location"])
        kiosk.close_door()
        kiosk.open_door()
        assert "gửi lại tệp" in seen(staff, reading)
        brought(staff, list_of(line(3)))  # what was left of the other is cleared away first
        assert not (tmp_path / "data" / f"list-{reading[-8:]}.key").exists()


def test_reading_can_be_stopped_and_nothing_is_kept(tmp_path: Path) -> None:
    with running_kiosk(tmp_path / "data") as kiosk:
        staff = kiosk.as_(Role.STAFF)
        with send(staff, list_of(*(line(one) for one in range(4000)))) as answer:
            path = str(answer.headers["Location"])
        with send(staff, list_of(line(1))) as busy:
            assert busy.status == 422
        do(staff, f"{path}/cancel")
        while not told(staff, "job", list=path[-8:])["done"]:
            time.sleep(0.02)
        assert "Đã dừng đọc" in seen(staff, path)
        assert told(staff, "overview")["drafts"] == []
        assert not list((tmp_path / "data").glob("list-*.key"))


def test_a_draft_survives_the_clearing_away_and_is_forgotten_after_its_day(tmp_path: Path) -> None:
    with running_kiosk(tmp_path / "data") as kiosk:
        path, house = brought(kiosk.as_(Role.STAFF), list_of(line(1))), kiosk.house
        clear_away(house.store, house.data)
        assert [f"{draft.id:08x}" for draft in roster.draft_lists(house.store.db)] == [path[-8:]]
        later = replace(clock.now(), wall_ms=clock.now().wall_ms + 3 * 86_400_000, clock=ClockState.SET)
        assert Roster(house.settings, house.store, house.data).forget_over(later) == 1
        clear_away(house.store, house.data)
        assert house.store.db.execute("SELECT count(*) FROM roster_draft").fetchone() == (0,)
        assert not list((tmp_path / "data").glob("list-*.key"))
