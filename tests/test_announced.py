"""What judges the power cuts: everything announced that the log does not have is found, and nothing else."""

from __future__ import annotations

from base64 import b64encode
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from conftest import DATABASE, Site, settings_with
from machine.announced import Perceived, faults_of, kinds_unseen, perceived
from machine.virtual_scanner import as_typed

from kiosk.config import Settings
from kiosk.devices.clock import boot_id
from kiosk.papers import render_ticket
from kiosk.rules.invented import person
from kiosk.scan import Scan
from kiosk.store import schema, spool

PEOPLE = (0, 1, 2)


@pytest.fixture
def seen(site: Site) -> Perceived:
    """Three people came in, and everything was perceived."""
    numbers = {shown.queued.number for who in PEOPLE if (shown := _show(site, who)).queued}
    return Perceived(boot_id(), len(PEOPLE), numbers={str(number) for number in numbers})


def _show(site: Site, who: int) -> Scan:
    return site.show(as_typed(person(who).id_card_text).encode(), "in", f"08:0{who}")


def _faults(site: Site, *starts: Perceived) -> list[str]:
    return faults_of(site.house.data, site.house.settings, starts)


def test_what_is_recorded_was_announced_rightly(site: Site, seen: Perceived) -> None:
    assert seen.numbers == {"A001", "A002", "A003"}
    assert _faults(site, seen) == []


def test_a_green_lamp_without_a_passage_is_found(site: Site, seen: Perceived) -> None:
    [fault] = _faults(site, replace(seen, greens=4))
    assert "4 times" in fault


def test_a_passage_of_another_start_is_none_of_this_one(site: Site, seen: Perceived) -> None:
    assert len(_faults(site, replace(seen, boot="another"))) == 1


def test_an_answer_that_names_an_entry_of_nobody_or_of_another_is_found(site: Site, seen: Perceived) -> None:
    mine = {shown.sequence: 4 for shown in [_show(site, 4)] if shown.sequence}
    assert _faults(site, seen, Perceived(seen.boot, answers=mine)) == []
    assert len(_faults(site, seen, Perceived(seen.boot, answers={99: 4}))) == 1
    assert len(_faults(site, seen, Perceived(seen.boot, answers=dict.fromkeys(mine, 5)))) == 1


def test_a_number_on_the_display_that_nobody_has_is_found(site: Site, seen: Perceived) -> None:
    [fault] = _faults(site, replace(seen, numbers={*seen.numbers, "A007"}))
    assert "A007" in fault


def papers(site: Site, settings: Settings, *, copies: int = 1) -> dict[str, str]:
    """The first ticket's paper as the witness tells it, that many times."""
    with closing(schema.connect(site.house.data / DATABASE)) as db:
        job = spool.next_job(db)
    assert job
    return {"paper": b64encode(render_ticket(settings, site.house.data, job.ticket) * copies).decode()}


def test_the_slip_on_the_paper_is_known(site: Site, seen: Perceived) -> None:
    printed = perceived(seen.boot, [papers(site, settings_with())])
    assert len(printed.papers) == 1
    assert _faults(site, seen, printed) == []


def test_a_second_paper_that_is_not_marked_is_found(site: Site, seen: Perceived) -> None:
    [fault] = _faults(site, seen, perceived(seen.boot, [papers(site, settings_with(), copies=2)]))
    assert "twice" in fault


def test_a_slip_that_nobody_has_is_found(site: Site, seen: Perceived) -> None:
    code = site.house.vault.issue_slip(site.ms("09:00")).code
    [fault] = _faults(site, seen, Perceived(seen.boot, papers=[(code, b"")]))
    assert code in fault


def test_a_paper_without_a_slip_is_found(site: Site, seen: Perceived) -> None:
    blank = {"paper": b64encode(b"\x1b@no code\n\n\n\x1dV\x00").decode()}
    [fault] = _faults(site, seen, perceived(seen.boot, [blank]))
    assert "no slip" in fault


def test_of_what_nobody_perceived_nothing_is_proven() -> None:
    all_kinds = Perceived("boot", 1, {9: 7}, {"A001"}, 1, [("code", b"")])
    assert kinds_unseen([Perceived(), all_kinds]) == []
    assert kinds_unseen([replace(all_kinds, shown=0), Perceived()]) == ["nobody perceived a number on the display"]
    assert len(kinds_unseen([Perceived("boot", numbers={"A001"}, unreadable=1)])) == 4


def test_the_witness_is_understood() -> None:
    told: list[dict[str, Any]] = [
        {"ready": "boot"},
        {"shown": 5},
        {"lamp": "green"},
        {"page": {"lamp": "green", "ticket": "A001"}},
        {"lamp": ""},
        {"shown": 6},
        {"lamp": "red"},
        {"lamp": ""},
        {"lamp": "green"},
        {"answer": {"person": 7, "seq": 9, "ticket": "A002"}},
        {"answer": {"person": 8, "seq": None, "ticket": None}},
    ]
    assert perceived("boot", told) == Perceived("boot", 2, {9: 7}, {"A001", "A002"}, 1)
