"""What the end of the day does to those who are still inside, and what their late exit corrects."""

from __future__ import annotations

import pytest
from conftest import OpenSite, Site

from kiosk.devices import clock
from kiosk.retention import purge
from kiosk.rules import invented
from kiosk.rules.model import Kind, Outcome, Reason
from kiosk.store.checking import project_again, verify_log
from kiosk.store.reading import VisitRow

CARD = invented.codes(invented.person(1))[Kind.ID_CARD]
CLOSES = {"closes": "17:00"}


def keep_house(site: Site, time: str) -> None:
    site.door.keep_house(clock.stated(site.ms(time)))


def only_visit(site: Site) -> VisitRow:
    (visit,) = site.reader.arrivals()
    return visit


def test_a_restart_in_the_night_does_not_lose_the_closing_time(open_site: OpenSite) -> None:
    open_site(site=CLOSES).show(CARD, "in", "13:00")
    tomorrow = open_site(day="2026-11-21", at="08:00", site=CLOSES)
    visit = only_visit(tomorrow)
    assert (visit.left_ms, visit.exit_inferred) == (tomorrow.ms("2026-11-20T17:00"), True)


@pytest.mark.parametrize("gate", ["out", "both"])
def test_an_exit_after_closing_corrects_the_inferred_one(open_site: OpenSite, gate: str) -> None:
    site = open_site(site=CLOSES)
    site.show(CARD, "in", "16:00")
    keep_house(site, "17:01")
    scan = site.show(CARD, gate, "17:05")
    visit, counts = only_visit(site), site.reader.occupancy()
    assert (scan.decision.reason, visit.left_ms, visit.exit_inferred) == (Reason.GOODBYE, site.ms("17:05"), False)
    assert (counts.inside, counts.left, counts.inferred) == (0, 1, 0)
    assert not any(project_again(site.house.store.db).values())


def test_what_was_kept_long_enough_is_erased_and_the_log_still_proves_itself(open_site: OpenSite) -> None:
    for day in ("2026-11-01", "2026-11-02", "2026-11-20"):
        site = open_site(day=day)
        site.show(CARD, "in", "08:00")
    erased = purge(site.house.store, clock.stated(site.ms("09:00")), keep_days=10)
    assert erased > 0
    assert [visit.entered_ms for visit in site.reader.arrivals()] == [site.ms("2026-11-20T08:00")]
    assert verify_log(site.house.store.db, site.house.vault.head_seal).fault == ""
    assert not any(project_again(site.house.store.db).values())


def test_without_a_sure_clock_days_are_counted_by_their_turns(open_site: OpenSite) -> None:
    from kiosk.rules.model import ClockState, Moment

    for day in ("2026-11-18", "2026-11-19", "2026-11-20"):
        site = open_site(day=day)
        site.show(CARD, "in", "08:00")
    unsure = Moment(site.ms("2038-01-19T00:00"), 0, "another boot", ClockState.UNKNOWN)
    assert purge(site.house.store, unsure, keep_days=21) == 0
    assert purge(site.house.store, unsure, keep_days=1) > 0


def test_the_door_s_process_erases_by_itself(open_site: OpenSite, monkeypatch: pytest.MonkeyPatch) -> None:
    from doors import at_work
    from patience import eventually

    from kiosk.services import make_door

    open_site(day="2020-01-01").show(CARD, "in", "08:00")
    site = open_site(day="2020-06-01", site={"keep_days": 1})
    open_site(day="2020-06-03", site={"keep_days": 1})
    monkeypatch.setattr("kiosk.door_process.HOUSE_WORK_S", 0.05)
    with at_work(make_door(site.house, simulate=True)):
        assert eventually(lambda: not site.reader.arrivals())


def test_after_a_site_has_closed_a_new_day_begins_afresh(open_site: OpenSite) -> None:
    open_site(site=CLOSES).show(CARD, "both", "16:00")
    tomorrow = open_site(day="2026-11-21", at="08:00", site=CLOSES)
    assert tomorrow.show(CARD, "both", "08:05").decision.outcome is Outcome.ADMITTED
