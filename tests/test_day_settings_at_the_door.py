"""What staff change for today is in force at the door at once, in every process, after a restart, and not tomorrow."""

from __future__ import annotations

import json
from contextlib import ExitStack

import pytest
from conftest import OpenSite, Site, local_ms, settings_with
from faults import faults_of
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from terminal import Terminal

from kiosk.config import GateSettings
from kiosk.day_settings import change_day, settings_today, undo_day
from kiosk.devices import clock
from kiosk.house import open_house
from kiosk.rules import invented
from kiosk.rules.day_settings import DayChange, DayRefusal, DaySettings
from kiosk.rules.model import Direction, Kind, Lamp, Outcome, Reason
from kiosk.store.day_settings import day_changes, day_settings_in_force

ANH, BINH, CHI, DUNG = (invented.codes(invented.person(number))[Kind.ID_CARD] for number in range(1, 5))


def change(site: Site, time: str, **asked: str) -> DayChange | DayRefusal:
    """A supervisor changes fields of the day; ``gate_in`` stands for ``gate:in``."""
    store, now = site.house.store, clock.stated(site.ms(time))
    typed = {name.replace("gate_", "gate:"): value for name, value in asked.items()}
    return change_day(store, site.house.settings, typed, now, by="Lan", seen=latest(site))


def undo(site: Site, time: str) -> DayChange | DayRefusal:
    return undo_day(site.house.store, clock.stated(site.ms(time)), by="Lan", seen=latest(site))


def latest(site: Site) -> int:
    return max((one.sequence for one in day_changes(site.house.store.db)), default=0)


def in_force(site: Site) -> DaySettings:
    return day_settings_in_force(site.house.store.db)


def test_a_smaller_capacity_is_kept_at_the_very_next_person(site: Site) -> None:
    assert site.show(ANH, "in", "08:00").decision.outcome is Outcome.ADMITTED
    change(site, "08:01", capacity="1")
    assert site.show(BINH, "in", "08:02").decision.outcome is Outcome.WAITING
    change(site, "08:03", capacity="2")
    assert site.show(BINH, "in", "08:04").decision.outcome is Outcome.ADMITTED


def test_capacity_0_is_no_limit(open_site: OpenSite) -> None:
    site = open_site(site={"capacity": 1})
    site.show(ANH, "in", "08:00")
    change(site, "08:01", capacity="0")
    assert site.show(BINH, "in", "08:02").decision.outcome is Outcome.ADMITTED


def test_a_gate_turns_at_noon(site: Site) -> None:
    assert site.show(ANH, "in", "08:00").decision.direction is Direction.IN
    change(site, "12:00", gate_in="out")
    assert site.show(ANH, "in", "12:01").decision.direction is Direction.OUT
    undo(site, "12:02")
    assert site.show(BINH, "in", "12:03").decision.direction is Direction.IN


def test_a_site_that_lets_nobody_more_in_says_so_and_why_and_lets_everybody_out(site: Site) -> None:
    site.show(ANH, "both", "08:00")
    change(site, "09:00", closed="yes", closed_vi="Hết vắc xin.", closed_en="The vaccine is used up.")
    scan = site.show(BINH, "both", "09:01")
    assert (scan.decision.outcome, scan.decision.reason) == (Outcome.REFUSED, Reason.CLOSED)
    said = site.panel.announcements[-1]
    assert (said.lamp, said.vi) == (Lamp.RED, "Hôm nay điểm đã ngừng nhận người vào. Hết vắc xin.")
    assert said.en == "Nobody more is let in here today. The vaccine is used up."
    assert site.show(ANH, "both", "09:02").decision.reason is Reason.GOODBYE


def test_of_who_comes_while_arrivals_are_stopped_nothing_is_kept(site: Site) -> None:
    change(site, "09:00", closed="yes")
    scan = site.show(BINH, "in", "09:01")
    assert scan.sequence is not None
    body = site.reader.events_after(scan.sequence - 1, 1)[0].body
    assert body is not None
    assert not {"who", "also", "sealed", "shown"} & set(body)


def test_staff_may_let_somebody_in_all_the_same(site: Site) -> None:
    change(site, "09:00", closed="yes")
    sequence = site.show(BINH, "in", "09:01").sequence
    assert sequence is not None
    assert site.door.let_in(sequence, clock.stated(site.ms("09:02"))).decision.outcome is Outcome.ADMITTED


def test_another_closing_time_holds_for_who_is_inside(open_site: OpenSite) -> None:
    site = open_site(site={"closes": "17:00"})
    site.show(ANH, "in", "16:00")
    change(site, "16:30", closes="19:00")
    site.door.keep_house(clock.stated(site.ms("17:30")))
    assert site.reader.occupancy().inside == 1
    site.door.keep_house(clock.stated(site.ms("19:01")))
    assert site.reader.occupancy().inside == 0


def test_a_restart_changes_nothing(open_site: OpenSite) -> None:
    site = open_site(site={"closes": "17:00"})
    site.show(ANH, "in", "16:00")
    change(site, "16:30", closes="19:00", capacity="1", gate_out="in")
    site.house.health.close()
    again = open_site(at="17:30", site={"closes": "17:00"})
    assert again.show(BINH, "out", "17:31").decision.outcome is Outcome.WAITING
    assert again.reader.occupancy().inside == 1


def test_the_next_day_is_as_the_file_says(site: Site) -> None:
    change(site, "08:00", capacity="1", closed="yes", message_vi="Chào.")
    site.door.keep_house(clock.stated(site.ms("2026-11-21T06:00")))
    assert in_force(site) == DaySettings()
    assert site.show(ANH, "in", "2026-11-21T08:00").decision.outcome is Outcome.ADMITTED
    assert undo(site, "2026-11-21T08:01") is DayRefusal.NO_UNDO


def test_who_saw_an_older_page_is_told_so(site: Site) -> None:
    now = clock.stated(site.ms("08:00"))
    assert isinstance(change(site, "08:00", capacity="5"), DayChange)
    late = change_day(site.house.store, site.house.settings, {"capacity": "9"}, now, by="Minh", seen=0)
    assert late is DayRefusal.CHANGED
    assert undo_day(site.house.store, now, by="Minh", seen=0) is DayRefusal.CHANGED
    assert in_force(site) == DaySettings(capacity=5)


def test_the_log_has_who_changed_what_from_what_to_what(site: Site) -> None:
    made = change(site, "08:00", capacity="5", gate_in="both")
    assert isinstance(made, DayChange)
    undo(site, "08:10")
    first, second = day_changes(site.house.store.db)
    assert (first.by, first.before, first.after) == (
        "Lan", {"capacity": None, "gate:in": None}, {"capacity": 5, "gate:in": "both"},
    )  # fmt: skip
    assert (second.before, second.after, second.undoes) == (first.after, first.before, first.sequence)
    assert faults_of(site.house) == []


steps = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {}, optional={"capacity": st.sampled_from("0123"), "gate_in": st.sampled_from(list(Direction))}
    ),
    st.fixed_dictionaries({"closed": st.sampled_from(["yes", "no"])}),
)


@hypothesis_settings(max_examples=30)
@given(st.lists(steps, max_size=8))
def test_any_changes_and_undos_are_what_a_second_process_does_too(
    tmp_path_factory: pytest.TempPathFactory, steps: list[dict[str, str] | None]
) -> None:
    with ExitStack() as houses:
        settings, data = settings_with(), tmp_path_factory.mktemp("data")
        moment = clock.stated(local_ms("2026-11-20T07:00", settings))
        ours, theirs = (Site(houses.enter_context(open_house(settings, data, demo=True, now=moment))) for _ in range(2))
        for number, step in enumerate(steps):
            if step is None:
                undo(ours, f"08:{number:02d}")
            else:
                change(ours, f"08:{number:02d}", **step)
            code = invented.codes(invented.person(number + 10))[Kind.ID_CARD]
            day = settings_today(settings, in_force(ours))
            before = ours.reader.occupancy()
            decision = theirs.show(code, "in", f"08:{number:02d}").decision
            if in_force(ours).closed and day.gate("in").direction is not Direction.OUT:
                assert decision.reason is Reason.CLOSED
            elif day.gate("in").direction is Direction.OUT:
                assert decision.reason is Reason.GOODBYE_UNMATCHED
            else:
                full = 0 < day.site.capacity <= before.inside + before.waiting
                assert (decision.outcome is Outcome.WAITING) == full


def test_kiosk_scan_beside_the_door_follows_and_kiosk_check_tells(open_site: OpenSite) -> None:
    site = open_site(gates=(GateSettings(),))
    change(site, "08:00", closed="yes", closed_vi="Hết vắc xin.", capacity="7")
    kiosk = Terminal(site.house.data)
    line = json.dumps({"text": ANH.decode(), "at": f"{site.day}T08:05"})
    assert [scan["reason"] for scan in kiosk.lines("scan", "--json", "-", stdin=line)] == ["closed"]
    (check,) = map(json.loads, kiosk("check", "--json").stdout.splitlines())
    assert check["today"] == {"capacity": 7, "closed": True, "closed_vi": "Hết vắc xin."}
    assert [line["capacity"] for line in kiosk.lines("occupancy", "--json")] == [7]
    assert "today: capacity = 7" in kiosk("check").stdout
