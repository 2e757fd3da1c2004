"""Pictures of counts: true to them, well formed, and with a pattern beside each colour."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, FileSystemLoader

from kiosk.web import charts
from kiosk.web.charts import (
    HEIGHT,
    LEFT,
    MOST_LEVELS,
    MOST_TICKS,
    WIDTH,
    Chart,
    Column,
    Part,
    columns,
    levels,
    row,
    steps,
)

TEMPLATES = Path(charts.__file__).parent / "templates"
LOOKS = ("came", "went", "inferred", "sooner", "as-told", "later")
COUNTS = st.integers(0, 20_000)
PILES = st.lists(st.lists(st.builds(Part, st.sampled_from(LOOKS), COUNTS), max_size=3), max_size=3)
PLACES = st.lists(st.builds(Column, st.text(max_size=5), PILES), max_size=110)
ROUNDED = 0.11  # lengths are rounded to a tenth


def drawn(chart: Chart, says: str = "") -> ET.Element:
    """The picture as a browser gets it."""
    loader = FileSystemLoader(TEMPLATES)
    macros = Environment(autoescape=True, loader=loader, trim_blocks=True, lstrip_blocks=True).get_template(
        "charts.html"
    )
    return ET.fromstring(str(macros.module.picture(chart, says)))  # type: ignore[attr-defined]


@given(st.integers(0, 10**7))
def test_levels_are_few_and_round_and_the_highest_count_is_below_the_last(highest: int) -> None:
    found = levels(highest)
    assert (found[0], 2 <= len(found) <= MOST_LEVELS, found[-1] >= highest) == (0, True, True)
    assert str(found[1]).rstrip("0") in ("1", "2", "5")


@given(PLACES)
def test_each_part_is_as_high_as_its_count_and_within_the_picture(places: list[Column]) -> None:
    chart = columns(places)
    parts = [part for place in places for pile in place.piles for part in pile if part.count]
    top = int(chart.levels[-1].text)
    room = chart.ground - chart.levels[-1].at
    for part, box in zip(parts, chart.boxes, strict=True):
        assert box.look == part.look
        assert abs(box.height - room * part.count / top) <= ROUNDED
        assert box.x >= LEFT and box.x + box.width <= WIDTH + ROUNDED
        assert box.y >= chart.levels[-1].at - ROUNDED and box.y + box.height <= chart.ground + ROUNDED


@given(PLACES.filter(lambda places: any(place.label for place in places)))
def test_there_is_room_for_the_names_below(places: list[Column]) -> None:
    chart = columns(places)
    assert 1 <= len(chart.ticks) <= MOST_TICKS
    assert len([tick for tick in chart.ticks if not tick.minor]) <= -(-MOST_TICKS // 3)


@given(st.lists(st.tuples(st.just(""), COUNTS), min_size=1, max_size=100), COUNTS)
def test_a_limit_lies_within_the_picture_and_above_whoever_keeps_to_it(
    places: list[tuple[str, int]], limit: int
) -> None:
    chart = steps(places, limit)
    heights = [float(point.split(",")[1]) for point in chart.area.split()]
    if chart.limit:
        assert chart.levels[-1].at <= chart.limit.at <= chart.ground
        assert (min(heights) >= chart.limit.at) == (max(count for _, count in places) <= limit)
    assert min(heights) >= 0 and max(heights) <= HEIGHT


@given(st.lists(st.builds(Part, st.sampled_from(LOOKS), st.integers(0, 500)), max_size=4))
def test_the_parts_of_a_bar_lie_beside_each_other(parts: list[Part]) -> None:
    boxes = row(parts, max(1, sum(part.count for part in parts)))
    assert [box.look for box in boxes] == [part.look for part in parts if part.count]
    ends = [0.0, *(box.x + box.width for box in boxes)]
    assert all(abs(box.x - end) <= ROUNDED for box, end in zip(boxes, ends, strict=False))
    assert ends[-1] <= 100 + ROUNDED


HOSTILE = "\"><script>alert(1)</script> & 'Cổng' ]]>"


def test_a_hostile_name_stays_a_name() -> None:
    svg = drawn(columns([Column(HOSTILE, [[Part("came", 3)]])]), says=HOSTILE)
    assert svg.get("aria-label") == HOSTILE
    assert HOSTILE in [text.text for text in svg.iter("text")]
    assert not list(svg.iter("script"))


@given(PLACES)
def test_a_picture_is_well_formed_and_has_no_style_of_its_own(places: list[Column]) -> None:
    svg = drawn(columns([Column("8:00", place.piles) for place in places]))
    assert not [one for one in svg.iter() if "style" in one.attrib or "onload" in one.attrib]
    boxes = list(svg.iter("rect"))
    assert len(boxes) == len([1 for place in places for pile in place.piles for part in pile if part.count])
    for box in boxes:
        assert box.get("fill", "") == {"came": "", "as-told": ""}.get(
            box.attrib["class"][4:], f"url(#p-{box.attrib['class'][4:]})"
        )


@pytest.mark.parametrize("look", [look for look in LOOKS if look not in ("came", "as-told")])
def test_each_pattern_that_a_part_names_is_drawn(look: str) -> None:
    assert f'id="p-{look}"' in (TEMPLATES / "charts.html").read_text(encoding="utf-8")


def test_nothing_to_show_is_an_empty_picture() -> None:
    assert columns([]).boxes == ()
    assert drawn(columns([])) is not None
    assert drawn(steps([("", 0)], limit=40)) is not None
