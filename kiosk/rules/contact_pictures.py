"""Pictures of a contact list as SVG, for pages and for paper: who was there when, and who met whom.

Each carries its looks as attributes, so that no page's policy for styles keeps it from being drawn, and tells certain
from possible by pattern, not by colour alone. Beyond MOST people a picture says how many more the list has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from html import escape
from itertools import groupby

from kiosk.rules.contact_list import ContactList, Found, Presence, Somebody, Together
from kiosk.rules.contact_places import where
from kiosk.rules.contact_words import Said

WIDTH = 960
MOST = 30  # people in one picture
NAMES = 230  # where the times begin
ROW, BAR, AXIS, GAP = 24, 14, 30, 40
_FIRST_X, _SECOND_X, _THIRD_X, _NODE = 20, 360, 700, 240  # the orders beside each other, each so wide
_HOUR_MS = 3_600_000
_MOST_HOURS = 12  # of marks below a day
_INK, _SOFT, _RULE, _CASE, _SURE, _MAYBE = "#0f1f1d", "#485653", "#dcdad1", "#1a4a94", "#0a5c55", "#fdedc6"
_TEXT = 'font-family="system-ui, Noto Sans, DejaVu Sans, sans-serif" font-size="13" stroke="none"'

CASE, PLACE = Said("Ca bệnh", "Case"), Said("Nơi được hỏi", "Place asked about")
MORE = Said("và %d người nữa trong danh sách", "and %d more in the list")
NOBODY = Said("Không có ai khác cùng lúc", "Nobody else at that time")
TIMELINE = Said("Ca bệnh ở đâu, khi nào, và ai có mặt cùng lúc", "Where the case was and when, and who was there")
GRAPH = Said("Ai có mặt cùng ai: vòng 1 và vòng 2", "Who was present with whom: orders 1 and 2")
ORDER_1, ORDER_2 = Said("Vòng 1", "Order 1"), Said("Vòng 2", "Order 2")


def timelines(answer: ContactList, zone: tzinfo, language: str) -> list[tuple[str, str]]:
    """For each day on which the case was anywhere: the day (ISO), and its picture with whoever met it then."""
    days = groupby(
        sorted(answer.case_stays, key=lambda stay: stay.came_ms), lambda stay: _local(stay.came_ms, zone).date()
    )
    return [(day.isoformat(), _day(answer, list(stays), zone, language)) for day, stays in days]


def orders(answer: ContactList, language: str) -> str:
    """The case, those who were present with it, and those present with these later, joined by lines.

    A line is as thick as they were long together; a broken one is only possible.
    """
    first, second = answer.of_order(1), answer.of_order(2)
    height = AXIS + ROW * max(
        1, min(len(first), MOST) + (len(first) > MOST), min(len(second), MOST) + (len(second) > MOST)
    )
    places = {found.who.mark: _middle(row) for row, found in enumerate(first[:MOST])}
    case_at = _middle(0)
    parts = [_column(_FIRST_X, _subject(answer), language), _column(_SECOND_X, ORDER_1, language)]
    parts += [_line(_FIRST_X + _NODE, case_at, _SECOND_X - 14, places[found.who.mark], found) for found in first[:MOST]]
    parts.append(
        _node(_FIRST_X, case_at, " · ".join(map(name_of, answer.case)) or _subject(answer).of(language), _CASE)
    )
    parts += _people(_SECOND_X, first, language)
    if second:
        parts.append(_column(_THIRD_X, ORDER_2, language))
        for row, found in enumerate(second[:MOST]):
            parts += [
                _line(_SECOND_X + _NODE, places[mark], _THIRD_X - 14, _middle(row), found)
                for mark in found.through
                if mark in places
            ]
        parts += _people(_THIRD_X, second, language)
    return _picture(height, GRAPH.of(language), parts)


def name_of(who: Somebody) -> str:
    """What a picture calls somebody: their name, else the end of their mark."""
    return who.person.name or f"…{who.mark[-6:]}"


def _subject(answer: ContactList) -> Said:
    return CASE if answer.asked.who != "place" else PLACE


def _day(answer: ContactList, stays: Sequence[Presence], zone: tzinfo, language: str) -> str:
    tail_ms = answer.asked.tail_ms
    then = [(found, [one for one in found.encounters if _within(one, stays, tail_ms)]) for found in answer.of_order(1)]
    met = [(found, encounters) for found, encounters in then if encounters]
    shown, more = met[:MOST], len(met) - MOST
    ends = [stay.went_ms for stay in stays] + [one.last_ms for _, encounters in shown for one in encounters]
    begins_ms, ends_ms = min(stay.came_ms for stay in stays), max(ends)
    scale = _Scale(begins_ms // _HOUR_MS * _HOUR_MS, -(-ends_ms // _HOUR_MS) * _HOUR_MS)
    height = AXIS + ROW * (1 + max(1, len(shown)) + (more > 0)) + GAP
    parts = [_PATTERN, *_hours(scale, zone, height), *_case(_subject(answer).of(language), stays, scale, height)]
    for row, (found, encounters) in enumerate(shown, 1):
        parts += _present(found, encounters, scale, AXIS + row * ROW)
    if not shown:
        parts.append(_words(NAMES, AXIS + ROW + 17, NOBODY.of(language), _SOFT))
    if more > 0:
        parts.append(_words(8, AXIS + (len(shown) + 1) * ROW + 17, MORE.of(language) % more, _SOFT))
    return _picture(height, f"{TIMELINE.of(language)}: {_local(stays[0].came_ms, zone):%d/%m/%Y}", parts)


class _Scale:
    """Where a time lies across the picture; what lies outside is at its edge."""

    def __init__(self, begins_ms: int, ends_ms: int) -> None:
        self.begins_ms, self.ends_ms = begins_ms, max(ends_ms, begins_ms + _HOUR_MS)

    def x(self, at_ms: int) -> float:
        bounded_ms = min(max(at_ms, self.begins_ms), self.ends_ms)
        return NAMES + (WIDTH - NAMES - 12) * (bounded_ms - self.begins_ms) / (self.ends_ms - self.begins_ms)

    def box(self, from_ms: int, until_ms: int, top: float, height: float, looks: str) -> str:
        """A rectangle over a time, at least so wide that it is seen."""
        left, right = self.x(from_ms), self.x(until_ms)
        return f'<rect x="{left:.1f}" y="{top:g}" width="{max(2.0, right - left):.1f}" height="{height:g}" {looks}/>'


_PATTERN = (
    '<defs><pattern id="maybe" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    f'<rect width="6" height="6" fill="{_MAYBE}" stroke="none"/>'
    f'<rect width="2" height="6" fill="{_SURE}" stroke="none"/></pattern></defs>'
)
_STAY = f'fill="#eae9e2" stroke="{_SOFT}" stroke-width="1"'
_UNSURE = f'fill="none" stroke="{_SOFT}" stroke-width="1" stroke-dasharray="4 3"'


def _hours(scale: _Scale, zone: tzinfo, height: int) -> Iterator[str]:
    hours = (scale.ends_ms - scale.begins_ms) // _HOUR_MS
    step = next(step for step in (1, 2, 3, 6, 12, 24, 24 * 7, 24 * 100) if hours <= step * _MOST_HOURS)
    for number in range(0, hours + 1, step):
        at_ms = scale.begins_ms + number * _HOUR_MS
        x, anchor = scale.x(at_ms), "start" if number == 0 else "end" if number == hours else "middle"
        yield f'<path d="M{x:.1f} {AXIS - 6}V{height - 4}" stroke="{_RULE}" stroke-width="1"/>'
        yield _words(x, AXIS - 12, f"{_local(at_ms, zone):%H:%M}", _SOFT, anchor)


def _case(name: str, stays: Sequence[Presence], scale: _Scale, height: int) -> Iterator[str]:
    yield _words(8, AXIS + 17, name, _CASE, weight="bold")
    for stay in stays:
        band = f'fill="{_CASE}" fill-opacity="0.07" stroke="none"'
        yield scale.box(stay.came_ms, stay.went_ms, AXIS, height - AXIS - 4, band)
        yield scale.box(stay.surely_came_ms, stay.surely_went_ms, AXIS + 5, BAR, f'fill="{_CASE}" stroke="none"')
        if stay.doubts or (stay.surely_came_ms, stay.surely_went_ms) != (stay.came_ms, stay.went_ms):
            yield scale.box(stay.came_ms, stay.went_ms, AXIS + 5, BAR, _UNSURE)
    for number, (place, theirs) in enumerate(groupby(stays, lambda stay: where(stay.place))):
        label = " / ".join(filter(None, (place.site, place.zone)))
        begins = scale.x(next(theirs).came_ms)
        anchor, at = ("end", WIDTH - 12.0) if begins > WIDTH - 200 else ("start", begins)
        yield _words(at, height - 10 - 15 * (number % 2), _clipped(label, 40), _CASE, anchor)


def _present(found: Found, encounters: Sequence[Together], scale: _Scale, top: float) -> Iterator[str]:
    yield _words(8, top + 17, _clipped(f"{found.rank}. {name_of(found.who)}", 28), _INK)
    for stay in found.stays:
        if stay.came_ms < scale.ends_ms and stay.went_ms > scale.begins_ms:
            yield scale.box(stay.came_ms, stay.went_ms, top + 7, BAR - 4, _UNSURE if stay.doubts else _STAY)
    for one in encounters:
        look = "url(#maybe)" if one.certain_ms < one.possible_ms else _SURE
        yield scale.box(one.first_ms, one.last_ms, top + 5, BAR, f'fill="{look}" stroke="{_SURE}" stroke-width="1"')


def _within(one: Together, stays: Sequence[Presence], tail_ms: int) -> bool:
    """Whether they met in one of the case's *stays*, or in the air that it left there."""
    return any(
        where(stay.place) == where(one.place) and stay.came_ms <= one.first_ms <= stay.went_ms + tail_ms
        for stay in stays
    )


def _people(x: int, found: Sequence[Found], language: str) -> Iterator[str]:
    for row, one in enumerate(found[:MOST]):
        yield _node(x, _middle(row), _clipped(f"{one.rank}. {name_of(one.who)}", 26), _SURE)
    if len(found) > MOST:
        yield _words(x, _middle(MOST) + 5, MORE.of(language) % (len(found) - MOST), _SOFT)


def _line(from_x: int, from_y: float, to_x: int, to_y: float, found: Found) -> str:
    thick = min(6.0, 1 + found.possible_ms / _HOUR_MS * 2)
    broken = "" if found.certain_ms else ' stroke-dasharray="5 4"'
    middle = (from_x + to_x) / 2
    curve = f"M{from_x} {from_y:g}C{middle:g} {from_y:g} {middle:g} {to_y:g} {to_x} {to_y:g}"
    return f'<path d="{curve}" fill="none" stroke="{_SOFT}" stroke-opacity="0.6" stroke-width="{thick:.1f}"{broken}/>'


def _node(x: int, y: float, name: str, colour: str) -> str:
    dot = f'<circle cx="{x - 8}" cy="{y:g}" r="5" fill="{colour}" stroke="none"/>'
    return dot + _words(x + 2, y + 5, _clipped(name, 30), _INK)


def _column(x: int, said: Said, language: str) -> str:
    return _words(x, 18, said.of(language), _SOFT, weight="bold")


def _middle(row: int) -> float:
    return AXIS + ROW * row + ROW / 2


def _words(x: float, y: float, text: str, colour: str, anchor: str = "start", weight: str = "normal") -> str:
    place = f'x="{x:.1f}" y="{y:g}" fill="{colour}" text-anchor="{anchor}" font-weight="{weight}"'
    return f"<text {place} {_TEXT}>{escape(_printable(text))}</text>"


def _picture(height: int, says: str, parts: Sequence[str]) -> str:
    head = f'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
    return f'<svg {head} aria-label="{escape(says)}">{"".join(parts)}</svg>'


def _clipped(text: str, letters: int) -> str:
    return text if len(text) <= letters else f"{text[: letters - 1]}…"


def _printable(text: str) -> str:
    """XML knows no control characters, and nobody's name turns the others' round."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _local(at_ms: int, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(at_ms // 1000, zone)
