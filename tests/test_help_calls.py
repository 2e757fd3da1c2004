"""The button at the door: who answers, who comes, what it was; and that a document was seen. Each is an entry."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Site
from hypothesis import given
from hypothesis import strategies as st
from running import Kiosk, card_of, running_kiosk

from kiosk.devices import clock
from kiosk.door_socket import DoorRefused
from kiosk.help_calls import CallRefused, act_on, calls_today
from kiosk.rules.help_calls import OVER, Act, HelpCall, Said, act_body, assisted, calls_of, may
from kiosk.store.checking import project_again, verify_log


def called(site: Site, time: str, gate: str = "in") -> int:
    site.door.call_for_help(site.house.settings.gate(gate), clock.stated(site.ms(time)))
    return site.reader.last_sequence()


def act(site: Site, call: int, what: Act, time: str, by: str = "Lan") -> HelpCall:
    return act_on(site.house.store, call, what, by, clock.stated(site.ms(time)))


def test_a_call_is_known_by_its_gate_and_since_when(site: Site) -> None:
    call = called(site, "08:00", "both")
    found = site.reader.ask(calls_today)[call]
    assert (found.gate, found.since_ms, found.act, found.open) == ("both", site.ms("08:00"), Act.CALLED, True)


def test_somebody_comes_and_it_is_done_and_both_say_who(site: Site) -> None:
    call = called(site, "08:00")
    assert act(site, call, Act.COMING, "08:01").by == "Lan"
    done = act(site, call, Act.REGISTERED, "08:10", "Minh")
    assert (done.open, done.by, done.since_ms) == (False, "Minh", site.ms("08:00"))
    assert assisted(site.reader.ask(calls_today).values()) == (1, 1)


def test_a_button_pressed_on_two_tablets_acts_once(site: Site) -> None:
    call = called(site, "08:00")
    act(site, call, Act.COMING, "08:01")
    before = site.reader.last_sequence()
    with pytest.raises(CallRefused):
        act(site, call, Act.COMING, "08:01", "Minh")
    with pytest.raises(CallRefused):
        act(site, 999, Act.DONE, "08:02")
    assert site.reader.last_sequence() == before


def test_what_was_done_by_mistake_is_opened_again(site: Site) -> None:
    call = called(site, "08:00")
    act(site, call, Act.DONE, "08:01")
    assert act(site, call, Act.REOPENED, "08:02").open
    assert assisted(site.reader.ask(calls_today).values()) == (0, 0)


def test_a_new_day_begins_without_the_calls_of_the_day_before(site: Site) -> None:
    called(site, "08:00")
    site.door.keep_house(clock.stated(site.ms("2026-11-21T03:30")))
    site.door.keep_house(clock.stated(site.ms("2026-11-21T03:31")))
    assert site.reader.ask(calls_today) == {}


every_act = st.sampled_from(Act)


@given(st.lists(st.tuples(every_act, st.integers(1, 6), st.booleans()), max_size=20))
def test_what_may_not_happen_never_does_and_whatever_the_log_says_is_read(
    wishes: list[tuple[Act, int, bool]],
) -> None:
    said: list[Said] = []
    for sequence, (what, call, minded) in enumerate(wishes, 1):
        if what is Act.CALLED:
            said.append(Said(sequence, "in", sequence, {}))
        elif not minded or may(what, calls_of(said).get(call)):
            said.append(Said(sequence, "in", sequence, act_body(call, what, "Lan")))
    calls = calls_of(said)
    helped, registered = assisted(calls.values())
    assert 0 <= registered <= helped <= len(calls)
    assert helped == sum(call.act in OVER for call in calls.values())
    assert not any(may(Act.CALLED, call) for call in calls.values())


def test_staff_answer_a_call_through_the_door_s_socket(tmp_path: Path) -> None:
    with running_kiosk(tmp_path / "data") as kiosk:
        kiosk.client.press_button("in")
        call = next(iter(kiosk.reader.ask(calls_today)))
        assert kiosk.client.by_hand("answer_call", call=call, act="coming", by="Lan") == {"call": call, "act": "coming"}
        with pytest.raises(DoorRefused, match="on the way"):
            kiosk.client.by_hand("answer_call", call=call, act="coming")
        with pytest.raises(DoorRefused, match="act must be one of"):
            kiosk.client.by_hand("answer_call", call=call, act="dance")
        assert kiosk.reader.ask(calls_today)[call].by == "Lan"


def seen(kiosk: Kiosk, visit: int) -> int:
    return int(
        kiosk.reader.ask(lambda db: db.execute("SELECT id_seen FROM visit WHERE id = ?", (visit,)).fetchone())[0]
    )


def test_that_a_document_was_seen_is_an_entry_and_can_be_taken_back(tmp_path: Path) -> None:
    with running_kiosk(tmp_path / "data") as kiosk:
        visit = kiosk.show(card_of(1))["seq"]
        entry = kiosk.client.by_hand("see_id", visit=visit, by="Lan")["seq"]
        assert seen(kiosk, visit) == entry
        body = kiosk.reader.events_after(entry - 1, 1)[0].body or {}
        assert (body["act"], body["by"]) == ("id_seen", "Lan")
        kiosk.client.by_hand("see_id", visit=visit, seen=False)
        assert seen(kiosk, visit) == 0
        with pytest.raises(DoorRefused, match="visit is over"):
            kiosk.client.by_hand("see_id", visit=9999)
        db = kiosk.house.store.db
        assert verify_log(db, kiosk.house.vault.head_seal).fault == ""
        assert not any(project_again(db).values())
