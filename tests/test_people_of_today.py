"""The people of today whom the pages know are those of the log, whatever happens; and go with the day key."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import OpenSite, Site
from hypothesis import given
from hypothesis import strategies as st
from running import card_of, running_kiosk
from test_evacuation import names

from kiosk.config.queueing import CounterSettings, StageSettings
from kiosk.devices import clock
from kiosk.erasing import erase_today, kept_today
from kiosk.retention import close_open_visits, turn_if_due
from kiosk.rules import identity, invented
from kiosk.rules.model import Kind, Reading
from kiosk.rules.queueing import Counter, Plan, QueueTicket, Service, Stage, State
from kiosk.rules.way import Step, stages_of, way
from kiosk.vault import Vault
from kiosk.web.lines import Lines
from kiosk.web.people import PAGE_PEOPLE, Choice, People, Show


def card(person: int) -> bytes:
    return invented.codes(invented.person(person))[Kind.ID_CARD]


def people_of(site: Site) -> People:
    """As the web process knows them: with keys and connections of its own."""
    house = site.house
    vault = Vault.open(house.data, site=house.settings.site.id)
    vault.use(house.store.head().key_id)
    return People(site.reader, vault, house.settings.plan())


def found(people: People, text: str = "", show: Show = Show.ALL, gate: str = "") -> tuple[int, ...]:
    return people.find(Choice(text, show, gate, spells=True)).visits


def test_who_comes_and_goes_is_known_at_once(site: Site) -> None:
    people = people_of(site)
    assert found(people) == ()
    first, second = (site.show(card(person), "in", f"08:0{person}").sequence for person in (1, 2))
    assert found(people) == (second, first), "the latest first"
    site.show(card(1), "out", "08:30")
    assert found(people, show=Show.INSIDE) == (second,)
    assert found(people, invented.person(1).person.name) == (first,)
    assert (found(people, gate="out"), found(people, gate="both")) == ((first,), ())


def test_visits_that_the_closing_ended_are_inferred(site: Site) -> None:
    people = people_of(site)
    visits = [site.show(card(person), "in", f"08:0{person}").sequence for person in (1, 2)]
    assert len(found(people, show=Show.INSIDE)) == 2
    house = site.house
    close_open_visits(house.store, house.settings, clock.stated(site.ms("20:00")), site.ms("20:00"))
    assert found(people, show=Show.INSIDE) == ()
    assert sorted(found(people, show=Show.INFERRED)) == visits


def test_at_the_turn_of_the_key_nobody_is_known_any_more(site: Site) -> None:
    people = people_of(site)
    site.show(card(1), "in", "08:00")
    assert found(people, show=Show.ALL)
    turn_if_due(site.house.store, site.house.vault, site.house.settings, clock.stated(site.ms("2026-11-21T08:00")))
    assert found(people, show=Show.ALL) == ()
    again = site.show(card(1), "in", "2026-11-21T09:00").sequence
    assert found(people, identity.match_key(invented.person(1).person.name)) == (again,)


def test_who_was_erased_is_not_known_any_more(site: Site) -> None:
    people = people_of(site)
    gone = site.show(card(1), "in", "08:00").sequence
    stays = site.show(card(2), "in", "08:01").sequence
    site.show(card(1), "out", "08:30")
    assert found(people) == (stays, gone)
    whos = site.door.pseudonyms_of(Reading(card(1), "test", clock.stated(site.ms("08:40"))))
    erase_today(site.house.store, kept_today(site.house.store.db, whos), clock.stated(site.ms("08:41")), "Lan")
    assert found(people) == (stays,)
    assert found(people, invented.person(1).person.name) == ()


def test_pages_follow_each_other_without_a_gap(site: Site) -> None:
    for person in range(PAGE_PEOPLE + 3):
        site.show(card(person), "in", f"08:{person:02}")
    people, seen = people_of(site), list[int]()
    page = people.find(Choice(show=Show.ALL))
    while True:
        seen += page.visits
        if not page.more:
            break
        page = people.find(Choice(show=Show.ALL, before=page.visits[-1]))
    assert seen == sorted(seen, reverse=True)
    assert (len(seen), page.total) == (PAGE_PEOPLE + 3, PAGE_PEOPLE + 3)


@pytest.mark.parametrize("late", [False, True])
def test_it_is_the_same_whether_looked_at_all_day_or_once(open_site: OpenSite, late: bool) -> None:
    site = open_site()
    early = people_of(site)
    for number in range(60):
        site.show(card(number % 17), ("in", "out", "both")[number % 3], f"08:{number:02}")
        if not late:
            found(early)
    once = people_of(site)
    for show in Show:
        assert found(early, show=show) == found(once, show=show)
    assert {visit.id for visit in site.reader.today()} == set(early.find(Choice(show=Show.ALL)).visits)


def test_a_stage_has_those_who_stand_in_it(tmp_path: Path) -> None:
    stages = (StageSettings("reception", "Đón tiếp"), StageSettings("inject", "Tiêm"))
    counters = (CounterSettings("1", "Quầy 1", ("reception",)), CounterSettings("2", "Bàn 2", ("inject",)))
    with running_kiosk(tmp_path / "data", rows={"stages": stages, "counters": counters}) as kiosk:
        lines = Lines(kiosk.reader, kiosk.house.vault, kiosk.house.settings)
        visits = [kiosk.show(card_of(person))["seq"] for person in (1, 2)]
        assert lines.people.find(Choice(stage="inject")).visits == ()
        kiosk.client.queue("call", counter="1")
        kiosk.client.queue("finish", counter="1")
        (visit,) = lines.people.find(Choice(stage="inject")).visits
        (line,) = lines.persons([visit])
    assert visit == visits[0]
    assert line.name == identity.initials(names(1)[0])
    assert line.way == (Step.DONE, Step.WAITS)


STAGES = tuple(Stage(name, name.title()) for name in ("reception", "screening", "inject"))
PLAN = Plan(
    (*STAGES, Stage("observe", "Observe", observe_ms=1), Stage("gift", "Gift")),
    tuple(Service(stage, stage, stage) for stage in ("reception", "screening", "inject", "observe", "gift")),
    (Counter("1", "1", ("reception", "screening", "inject")),),
)


def ticket(service: str, state: State) -> QueueTicket:
    return QueueTicket(1, b"key", "A", 1, "", service, 1, 0, 1, 0, state)


def test_stages_where_nothing_happens_are_no_part_of_the_way() -> None:
    assert [stage.id for stage in stages_of(PLAN)] == ["reception", "screening", "inject", "observe"]
    assert way(ticket("gift", State.WAITING), PLAN) == ()
    assert way(ticket("reception", State.WAITING), Plan(STAGES)) == ()


@given(st.sampled_from(("reception", "screening", "inject", "observe")), st.sampled_from(State))
def test_what_lies_behind_is_done_and_what_lies_ahead_is_not(service: str, state: State) -> None:
    steps, here = way(ticket(service, state), PLAN), [stage.id for stage in stages_of(PLAN)].index(service)
    assert len(steps) == 4
    assert set(steps[:here]) <= {Step.DONE}
    assert set(steps[here + 1 :]) <= {Step.AHEAD}
    assert (steps[here] is Step.DONE) == (state is State.DONE)
