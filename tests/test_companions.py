"""A child with a parent, a daughter with her mother's card: staff attach who has no code of their own to a visit."""

from __future__ import annotations

import json

import pytest
from conftest import Site

from kiosk import by_hand
from kiosk.devices import clock
from kiosk.door import NobodyWaits
from kiosk.rules import invented
from kiosk.rules.admission import MOST_COMPANIONS
from kiosk.rules.model import Kind, Outcome, Person, Reason
from kiosk.scan import Scan
from kiosk.store.checking import verify_log
from kiosk.store.schema import DATABASE

ANH = invented.codes(invented.person(1))[Kind.ID_CARD]
CHILD = Person("Trần Bé Na", "2021")


def attach(site: Site, visit: int | None, time: str, person: Person = CHILD) -> Scan:
    gate = site.house.settings.gate("in")
    return by_hand.accompany(site.door, visit or 0, person, gate, clock.stated(site.ms(time)))


def slip_of(site: Site, visit: int | None) -> bytes:
    row = site.house.store.db.execute("SELECT ticket FROM spool WHERE visit = ?", (visit,)).fetchone()
    return str(json.loads(row[0])["slip_code"]).encode()


def test_a_companion_has_a_visit_a_number_and_a_slip_of_their_own(site: Site) -> None:
    parent = site.show(ANH, "in", "08:00")
    child = attach(site, parent.sequence, "08:01")
    assert (child.decision.outcome, str(child.ticket)) == (Outcome.ADMITTED, "A002")
    assert [visit.kind for visit in site.reader.inside()] == [Kind.COMPANION, Kind.ID_CARD]
    left = site.show(slip_of(site, child.sequence), "out", "08:30")
    assert left.decision.reason is Reason.GOODBYE
    assert [visit.id for visit in site.reader.inside()] == [parent.sequence]


def test_the_entry_says_whom_they_accompany_and_that_staff_did_it(site: Site) -> None:
    parent = site.show(ANH, "in", "08:00")
    child = attach(site, parent.sequence, "08:01")
    entry = site.reader.events_after((child.sequence or 0) - 1, 1)[0]
    assert entry.body is not None
    assert (entry.body["beside"], entry.body["staff"]) == (parent.sequence, True)
    assert CHILD.name not in json.dumps(entry.body, ensure_ascii=False)


def test_who_leaves_takes_companions_along_until_they_are_seen_to_leave_themselves(site: Site) -> None:
    parent = site.show(ANH, "in", "08:00")
    child = attach(site, parent.sequence, "08:01")
    site.show(ANH, "out", "08:40")
    assert site.reader.inside() == []
    taken = site.reader.visit(child.sequence or 0)
    assert taken is not None
    assert (taken.left_ms, taken.exit_inferred) == (site.ms("08:40"), True)
    site.show(slip_of(site, child.sequence), "out", "08:55")
    seen = site.reader.visit(child.sequence or 0)
    assert seen is not None
    assert (seen.left_ms, seen.exit_inferred) == (site.ms("08:55"), False)
    assert site.reader.occupancy().inside == 0
    assert verify_log(site.house.store.db, site.house.vault.head_seal).fault == ""


def test_a_companion_who_has_left_already_is_not_taken_along(site: Site) -> None:
    parent = site.show(ANH, "in", "08:00")
    child = attach(site, parent.sequence, "08:01")
    site.show(slip_of(site, child.sequence), "out", "08:20")
    site.show(ANH, "out", "08:40")
    visit = site.reader.visit(child.sequence or 0)
    assert visit is not None
    assert (visit.left_ms, visit.exit_inferred) == (site.ms("08:20"), False)


def test_several_companions_are_several_people_even_without_a_name(site: Site) -> None:
    parent = site.show(ANH, "in", "08:00")
    visits = [attach(site, parent.sequence, "08:01", Person()).sequence for _ in range(3)]
    assert len(set(visits)) == 3
    assert site.reader.occupancy().inside == 4
    site.show(ANH, "out", "08:40")
    assert site.reader.occupancy().inside == 0


def test_nobody_is_attached_to_a_visit_that_is_over_or_never_was_or_has_its_most(site: Site) -> None:
    parent = site.show(ANH, "in", "08:00")
    for _ in range(MOST_COMPANIONS):
        attach(site, parent.sequence, "08:01")
    for visit in (parent.sequence, 9999):
        with pytest.raises(NobodyWaits):
            attach(site, visit, "08:02")
    site.show(ANH, "out", "08:40")
    with pytest.raises(NobodyWaits):
        attach(site, parent.sequence, "08:41")


def test_nobody_is_let_in_at_an_exit(site: Site) -> None:
    parent = site.show(ANH, "in", "08:00")
    with pytest.raises(NobodyWaits, match="exit"):
        by_hand.accompany(
            site.door, parent.sequence or 0, CHILD, site.house.settings.gate("out"), clock.stated(site.ms("08:01"))
        )
    assert [visit.kind for visit in site.reader.arrivals()] == [Kind.ID_CARD]


def test_a_companion_s_name_stands_nowhere_in_the_data_directory(site: Site) -> None:
    parent = site.show(ANH, "in", "08:00")
    attach(site, parent.sequence, "08:01")
    files = [path.read_bytes() for path in site.house.data.rglob("*") if path.is_file()]
    assert any(DATABASE in str(path) for path in site.house.data.rglob("*"))
    assert not any(CHILD.name.encode() in content for content in files)
