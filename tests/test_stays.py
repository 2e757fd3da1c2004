"""When somebody was there, as a hub keeps it: what is possible holds the truth, what is certain is true."""

from __future__ import annotations

from conftest import OpenSite
from hypothesis import given
from hypothesis import strategies as st

from kiosk.config.queueing import CounterSettings, ServiceSettings, StageSettings
from kiosk.rules.stays import Bounds, Passed, Zones, bounds_of, in_zones, zones_from_body
from kiosk.rules.tracing import UNDIVIDED
from kiosk.rules.true_times import TrueTime

MINUTE_MS = 60_000
LONGEST_MS = 12 * 60 * MINUTE_MS
DAY_BEGAN_MS = 0


def at(minute: int, within: int = 0) -> TrueTime:
    return TrueTime(minute * MINUTE_MS, (minute - within) * MINUTE_MS, (minute + within) * MINUTE_MS)


def minutes(bounds: Bounds) -> tuple[int, int, int, int]:
    times = (bounds.came_ms, bounds.surely_came_ms, bounds.surely_went_ms, bounds.went_ms)
    return times[0] // MINUTE_MS, times[1] // MINUTE_MS, times[2] // MINUTE_MS, times[3] // MINUTE_MS


def stay(
    entered: TrueTime | None, left: TrueTime | None, *, inferred: bool = False, served: TrueTime | None = None
) -> Bounds:
    return bounds_of(Passed(entered, left, inferred, served), DAY_BEGAN_MS, LONGEST_MS)


def test_who_was_seen_to_come_and_leave_was_there_between() -> None:
    known = stay(at(480), at(540))
    assert minutes(known) == (480, 480, 540, 540)
    assert (known.inferred, known.sure) == (False, True)


def test_a_clock_that_is_unsure_widens_what_is_possible_and_narrows_what_is_certain() -> None:
    known = stay(at(480, within=10), at(540, within=5))
    assert minutes(known) == (470, 490, 535, 545)
    assert not known.sure


def test_who_was_not_seen_to_leave_may_have_stayed_and_is_certain_only_as_long_as_they_were_served() -> None:
    assert minutes(stay(at(480), None)) == (480, 480, 480, 480 + 720)
    closed = stay(at(480), at(720), inferred=True, served=at(510))
    assert minutes(closed) == (480, 480, 510, 720)
    assert closed.inferred


def test_who_was_only_seen_to_leave_may_have_come_when_the_day_began() -> None:
    known = stay(None, at(540))
    assert minutes(known) == (0, 540, 540, 540)
    assert known.inferred
    assert minutes(stay(None, at(900))) == (180, 900, 900, 900)


def test_a_longer_stay_than_the_longest_is_cut_and_says_so() -> None:
    known = stay(at(0), at(800))
    assert minutes(known) == (0, 0, 0, 720)
    assert known.inferred


moments = st.builds(
    lambda minute, before, after: TrueTime(
        minute, None if before is None else minute - before, after and minute + after
    ),
    st.integers(0, 2_000),
    st.none() | st.integers(0, 500),
    st.none() | st.integers(0, 500),
)


@given(st.none() | moments, st.none() | moments, st.booleans(), st.none() | moments)
def test_no_stay_is_longer_than_the_longest_and_the_certain_lies_within_the_possible(
    entered: TrueTime | None, left: TrueTime | None, inferred: bool, served: TrueTime | None
) -> None:
    if entered is None and left is None:
        return
    longest = 300
    known = bounds_of(Passed(entered, left, inferred and left is not None, served), 0, longest)
    assert 0 <= known.went_ms - known.came_ms <= longest
    assert known.came_ms <= known.surely_came_ms <= known.went_ms
    assert known.came_ms <= known.surely_went_ms <= known.went_ms


HALL = Zones({"main": "Sảnh"}, {"reception": "Sảnh", "jab": "Tiêm", "rest": "Theo dõi"})


def test_the_parts_of_a_stay_follow_one_another_and_are_the_whole() -> None:
    whole = stay(at(480), at(540))
    path = [("Sảnh", None), ("Tiêm", at(500)), ("Theo dõi", at(505))]
    told = [(zone, minutes(part)) for zone, part in in_zones(whole, HALL, path)]
    assert told == [
        ("", (480, 480, 540, 540)),
        ("Sảnh", (480, 480, 500, 500)),
        ("Tiêm", (500, 500, 505, 505)),
        ("Theo dõi", (505, 505, 540, 540)),
    ]


def test_only_of_the_last_part_nobody_saw_the_end() -> None:
    whole = stay(at(480), None, served=at(505))
    parts = dict(in_zones(whole, HALL, [("Sảnh", None), ("Theo dõi", at(505))]))
    assert not parts["Sảnh"].inferred
    assert minutes(parts["Sảnh"]) == (480, 480, 505, 505)
    assert parts["Theo dõi"].inferred


def test_a_site_without_parts_has_one_row_for_a_stay() -> None:
    whole = stay(at(480), at(540))
    assert [zone for zone, _ in in_zones(whole, Zones({"main": "Sảnh"}, {}), [("Sảnh", None)])] == [UNDIVIDED]
    assert [zone for zone, _ in in_zones(whole, zones_from_body(None), [("main", None)])] == [UNDIVIDED]


def test_a_day_key_says_how_the_site_is_divided_then(open_site: OpenSite) -> None:
    site = open_site(
        stages=(StageSettings("jab", "Tiêm"),),
        services=(ServiceSettings("jab", "Tiêm chủng", stage="jab"),),
        counters=(CounterSettings("1", "Bàn 1"),),
    )
    (_, _, body), *_ = site.reader.day_keys()
    zones = zones_from_body(body["zones"])
    assert zones.gates == {"in": "Cổng in", "out": "Cổng out", "both": "Cổng both"}
    assert zones.services == {"jab": "Tiêm"}
    assert zones.start("side door") == "side door"
