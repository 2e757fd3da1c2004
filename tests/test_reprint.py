"""A lost ticket is printed once more, marked as a copy, with its number; both slips serve at the exit."""

from __future__ import annotations

import pytest
from conftest import OpenSite, Site
from faults import faults_of

from kiosk.config import GateSettings
from kiosk.devices import clock
from kiosk.door import NobodyWaits
from kiosk.rules import invented
from kiosk.rules.model import Kind, Reason, Ticket
from kiosk.store import spool

ANH, BINH = (invented.codes(invented.person(number))[Kind.ID_CARD] for number in (1, 2))


def printed(site: Site) -> Ticket:
    """The next paper."""
    job = spool.next_job(site.house.store.db)
    assert job is not None
    with site.house.store.writing(None) as writing:
        spool.mark_printed(writing.db, job.id)
    return job.ticket


def reprint(site: Site, visit: int | None, time: str) -> str:
    return site.door.reprint(visit or 0, clock.stated(site.ms(time)))


@pytest.mark.parametrize("lost", [True, False])
def test_the_copy_has_the_number_and_either_slip_lets_its_holder_out(site: Site, lost: bool) -> None:
    site.show(BINH, "in", "08:00")
    scan = site.show(ANH, "in", "08:01")
    printed(site)
    first = printed(site)
    assert reprint(site, scan.sequence, "08:05") == "A002"
    again = printed(site)
    assert (again.number, again.copy, again.people_ahead) == ("A002", True, 1)
    assert again.slip_code != first.slip_code
    slip = first.slip_code if lost else again.slip_code
    left = site.show(slip.encode(), "out", "09:00")
    assert (left.decision.reason, left.decision.closes) == (Reason.GOODBYE, scan.sequence)
    assert faults_of(site.house) == ["2 ticket numbers, but 0 tickets in the spool"]


def test_nothing_is_printed_for_a_visit_that_is_over(site: Site) -> None:
    scan = site.show(ANH, "in", "08:00")
    site.show(ANH, "out", "08:30")
    printed(site)
    for visit in (scan.sequence, 999, 0):
        with pytest.raises(NobodyWaits, match="visit is over"):
            reprint(site, visit, "08:31")
    assert spool.waiting(site.house.store.db) == 0


def test_who_came_by_a_gate_that_is_no_more_gets_a_copy_too(open_site: OpenSite) -> None:
    visit = open_site().show(ANH, "in", "08:00").sequence
    after = open_site(at="08:10", gates=(GateSettings("north", "Cổng bắc"),))
    assert reprint(after, visit, "08:20") == "A001"
    assert [printed(after).copy, printed(after).copy] == [False, True]
