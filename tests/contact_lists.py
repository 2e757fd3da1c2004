"""Answers to invented cases, for every test of what is made of one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import strategies as st

from kiosk.rules import invented
from kiosk.rules.contact_list import (
    Asked,
    ContactList,
    Doubt,
    Found,
    Gap,
    Missing,
    Place,
    Presence,
    Somebody,
    Together,
    Unnamed,
    ranked,
)
from kiosk.rules.contacts import MINUTE_MS
from kiosk.rules.model import Person
from kiosk.rules.tracing import By, Count

HALL, DESK, CLINIC = Place("nha-van-hoa", "tiem", "main"), Place("nha-van-hoa", "cho"), Place("tram-y-te")
DAY_MS = 86_400_000
MORNING_MS = round(datetime(2026, 11, 18, 1, tzinfo=UTC).timestamp() * 1000)  # 08:00 in Vietnam
ASKED = Asked(
    case_number="CA-2026-017",
    reason="Xác minh ca bệnh",
    opening="op-7",
    asked_ms=MORNING_MS + 3 * DAY_MS,
    asked_by="Tùng",
    approved_by="Yến",
    who="number",
    from_ms=MORNING_MS - 8 * 60 * MINUTE_MS,
    until_ms=MORNING_MS + 2 * DAY_MS,
    by=By.ZONE,
    least_ms=15 * MINUTE_MS,
    tail_ms=30 * MINUTE_MS,
    second_order=True,
    time_zone="Asia/Ho_Chi_Minh",
    onset="2026-11-20",
    key="1a2b 3c4d",
    demo=True,
)


def stay(place: Place, come_min: float, go_min: float, *, day: int = 0, unsure_min: float = 0) -> Presence:
    """From *come_min* to *go_min* after 08:00 of the day; its end known to *unsure_min*."""
    came_ms, went_ms = (round(MORNING_MS + day * DAY_MS + at * MINUTE_MS) for at in (come_min, go_min))
    doubts = (Doubt.EXIT_UNSEEN,) if unsure_min else ()
    return Presence(place, came_ms, came_ms, went_ms - round(unsure_min * MINUTE_MS), went_ms, doubts)


def together(one: Presence, other: Presence) -> Together:
    """What two stays at a place share."""
    first_ms, last_ms = max(one.came_ms, other.came_ms), min(one.went_ms, other.went_ms)
    sure_ms = min(one.surely_went_ms, other.surely_went_ms) - max(one.surely_came_ms, other.surely_came_ms)
    doubts = tuple(dict.fromkeys((*one.doubts, *other.doubts)))
    return Together(one.place, first_ms, last_ms, max(0, min(sure_ms, last_ms - first_ms)), doubts)


def somebody(index: int, unnamed: Unnamed | None = None) -> Somebody:
    """The invented person *index*, or somebody without a name."""
    mark = f"{index:016x}"
    if unnamed:
        return Somebody(mark, unnamed=unnamed)
    person = invented.person(index).person
    return Somebody(mark, person, f"id:{person.number}")


CASE_STAYS = (stay(HALL, 0, 90), stay(DESK, 95, 140), stay(CLINIC, 30, 75, day=1))


def found(who: Somebody, *stays: Presence, order: int = 1, through: tuple[str, ...] = ()) -> Found:
    """Somebody at the places of the case at those times."""
    met = [together(own, other) for own in CASE_STAYS for other in stays if own.place == other.place]
    return Found(order, 1, who, tuple(met), stays, through)


def answer(*others: Found, asked: Asked = ASKED) -> ContactList:
    """The answer that names *others*."""
    places = {1: 0, 2: 0}
    listed = []
    for one in ranked(list(others)):
        places[one.order] += 1
        listed.append(replace(one, rank=places[one.order]))
    gaps = (Gap("cho-que", MORNING_MS, MORNING_MS + DAY_MS, Missing.NOT_ARRIVED),)
    return ContactList(
        asked, Count(len(others), max(40, 3 * len(others))), (somebody(1),), CASE_STAYS, tuple(listed), gaps
    )


def usual() -> ContactList:
    """Five of order 1: certain, possible, twice, without a name, and a short one."""
    return answer(
        found(somebody(2), stay(HALL, 10, 80)),
        found(somebody(3), stay(HALL, 40, 400, unsure_min=350)),
        found(somebody(4), stay(HALL, 60, 88), stay(CLINIC, 20, 70, day=1)),
        found(somebody(5, Unnamed.NOTHING_KEPT), stay(DESK, 100, 135)),
        found(somebody(6), stay(DESK, 90, 112)),
        asked=replace(ASKED, second_order=False),
    )


def with_second_order() -> ContactList:
    """The usual one, and two whom those met later."""
    later = stay(CLINIC, 40, 72, day=1)
    return answer(
        *usual().found,
        found(somebody(7), later, order=2, through=(somebody(4).mark,)),
        found(somebody(8, Unnamed.NOT_OPENED), later, order=2, through=(somebody(4).mark, somebody(2).mark)),
    )


def crowd(size: int) -> ContactList:
    """So many people of order 1."""
    return answer(*(found(somebody(10 + number), stay(HALL, number % 60, 85)) for number in range(size)))


def with_texts(text: str) -> ContactList:
    """The usual answer, with *text* wherever somebody else's text may stand."""
    hostile = Person(name=text, birth=text, sex=text, number=text, phone=text, address=text)
    where = Place(text, text, text)
    own = Presence(where, CASE_STAYS[0].came_ms, CASE_STAYS[0].came_ms, CASE_STAYS[0].went_ms, CASE_STAYS[0].went_ms)
    one = Found(1, 1, Somebody("0" * 16, hostile, f"id:{text}"), (together(own, own),), (own,))
    asked = replace(ASKED, case_number=text, reason=text, asked_by=text, approved_by=text, opening=text, sites=(text,))
    return replace(usual(), asked=asked, found=(one, *usual().found))


@st.composite
def answers(draw: st.DrawFn) -> ContactList:
    """Any answer."""
    who = st.builds(somebody, st.integers(2, 999), st.sampled_from([None, None, *Unnamed]))
    begins, lasts = st.integers(0, 60), st.integers(16, 80)
    stays = st.builds(lambda begin, last: stay(HALL, begin, begin + last), begins, lasts)
    people = draw(st.lists(st.tuples(who, st.lists(stays, min_size=1, max_size=4)), max_size=12))
    return answer(*(found(one, *theirs) for one, theirs in people))
