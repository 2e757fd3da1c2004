"""What kiosks record is in the lake as it was: with true times, in the parts of a site, by whatever gate they came."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import OpenSite, Site
from hubs import hub_settings
from lakes import LONGEST_MS, MINUTE_MS, LakeHub, minutes, opened_lake, show, whos
from test_hub_intake import packed, sent
from test_replica import pieces, with_body

from kiosk.config.queueing import CounterSettings, ServiceSettings, StageSettings
from kiosk.devices import clock
from kiosk.hub.chores import chores_of
from kiosk.hub.house import LAKE, HubHouse
from kiosk.lake.duck import DuckEngine
from kiosk.queue import Counters
from kiosk.rules import invented
from kiosk.rules.entries import EntryKind
from kiosk.rules.linked import linked
from kiosk.rules.queueing import Act, Wish
from kiosk.rules.tracing import By, Scope
from kiosk.store.catalogue import Enrolled
from kiosk.vault.opening import open_sealed_day_key, open_sealed_identity
from kiosk.vault.segments import mark_of_text
from kiosk.vault.tracing import DEMO_FILE, read_private_key

pytest.importorskip("duckdb", reason="DuckDB is not here: it comes with kiosk[hub]")


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[LakeHub]:
    with opened_lake(tmp_path / "hub") as opened:
        yield opened


def test_a_visit_is_a_stay_from_its_entry_to_its_exit(lake: LakeHub, site: Site) -> None:
    first = show(site, 1, "in", "08:00")
    second = show(site, 2, "in", "08:10")
    show(site, 1, "out", "08:50")
    lake.hear(site)
    stay, other = lake.stays(whos(site, first, second))
    assert minutes(site, stay) == (0, 0, 50, 50)
    assert (stay.site, stay.gate, stay.inferred, stay.sure) == ("site", "in", False, True)
    assert minutes(site, other) == (10, 10, 10, 10 + LONGEST_MS / MINUTE_MS)
    assert other.inferred


def test_what_arrives_later_closes_the_stay(lake: LakeHub, site: Site) -> None:
    visit = show(site, 1, "in", "08:00")
    lake.hear(site)
    show(site, 1, "out", "08:20")
    lake.hear(site)
    (stay,) = lake.stays(whos(site, visit))
    assert minutes(site, stay) == (0, 0, 20, 20)


def test_who_came_by_one_kiosk_and_left_by_another_is_one_stay_for_who_holds_the_key(
    lake: LakeHub, open_site: OpenSite, tmp_path: Path
) -> None:
    east = open_site(data=tmp_path / "east", kiosk={"id": "east"})
    west = open_site(data=tmp_path / "west", kiosk={"id": "west"})
    entry, exit_ = show(east, 1, "in", "08:00"), show(west, 1, "out", "09:00")
    lake.hear(east, west)
    left, came = lake.stays({**whos(east, entry), **whos(west, exit_)})
    assert (minutes(east, came)[:2], minutes(east, left)[2:]) == ((0, 0), (60, 60))
    (whole,) = linked([came, left])
    assert minutes(east, whole) == (0, 0, 60, 60)
    assert not whole.inferred


def test_the_parts_of_a_site_are_known_from_counters(lake: LakeHub, open_site: OpenSite) -> None:
    site = open_site(
        stages=(StageSettings("desk", "Đón tiếp"), StageSettings("jab", "Tiêm")),
        services=(ServiceSettings("desk", "Đón", "desk"), ServiceSettings("jab", "Tiêm", "jab", "B")),
        counters=(CounterSettings("1", "Bàn 1", ("desk",)), CounterSettings("2", "Bàn 2", ("jab",))),
    )
    visit = show(site, 1, "in", "08:00")
    counters = Counters(site.house.settings.plan())
    for act, counter, at in ((Act.CALL, "1", "08:10"), (Act.START, "1", "08:11"), (Act.FINISH, "1", "08:20")):
        done = counters.act(site.house.store, Wish(act, counter, visit), clock.stated(site.ms(at)))
        assert not isinstance(done, str), done
    lake.hear(site)
    (whole,) = lake.stays(whos(site, visit))
    desk, jab = lake.stays(whos(site, visit), By.ZONE)
    assert (whole.zone, desk.zone, jab.zone) == ("", "Đón tiếp", "Tiêm")
    assert minutes(site, desk) == (0, 0, 20, 20)
    assert minutes(site, jab)[:3] == (20, 20, 20)
    assert minutes(site, whole)[:3] == (0, 0, 20)  # nobody saw them leave, and they were served until then


def test_what_is_sealed_opens_with_the_tracing_key_alone_and_a_slip_leads_to_its_visit(
    lake: LakeHub, site: Site, tmp_path: Path
) -> None:
    visit = show(site, 1, "in", "08:00")
    lake.hear(site)
    private = read_private_key(tmp_path / "data" / DEMO_FILE)
    scope = Scope(site.ms("07:00"), site.ms("10:00"))
    (key,) = lake.engine.keys(scope)
    assert len(open_sealed_day_key(private, key.sealed, site=key.site, key_id=key.key_id)) == 32
    (person,) = lake.engine.people(whos(site, visit))
    found = open_sealed_identity(private, person.sealed, site=person.site, key_id=person.key_id)
    assert found.person.name == invented.person(1).person.name
    names = lake.engine.same_as(whos(site, visit))
    (own,), others = whos(site, visit).values(), names[site.house.vault.key_id]
    assert len(others) > len(own)
    (slip, *_) = others - own
    assert own <= lake.engine.same_as({site.house.vault.key_id: frozenset({slip})})[site.house.vault.key_id]


def test_a_second_branch_of_a_log_doubles_nobody(lake: LakeHub, site: Site) -> None:
    visit = show(site, 1, "in", "08:00")
    lake.hear(site)
    site.house.store.begin_epoch(clock.stated(site.ms("08:30")), {"restored": True})
    show(site, 1, "out", "09:00")
    other = show(site, 2, "in", "09:10")
    lake.hear(site)
    first, second = lake.stays(whos(site, visit, other))
    assert minutes(site, first) == (0, 0, 60, 60)
    assert minutes(site, second)[0] == 70


def test_nonsense_that_an_entry_says_costs_nobody_elses_visit(lake: LakeHub, site: Site) -> None:
    first, second = show(site, 1, "in", "08:00"), show(site, 2, "in", "08:10")
    asked = whos(site, first, second)
    with closing(sqlite3.connect(site.house.database)) as db:
        (piece,) = pieces(db)
    lines = list(piece.lines)
    for number, line in enumerate(lines):
        body = json.loads(line.body or b"{}")
        if line.header.sequence == first:
            lines[number] = with_body(line, body | {"sealed_who": "nobody", "also": []})
        elif line.header.kind == EntryKind.DAY_KEY:
            lines[number] = with_body(line, body | {"sealed": ["?"], "zones": "none"})
    lake.hub.enrol(site)
    lake.hub.intake.take(packed(site, replace(piece, lines=tuple(lines))), site.ms("23:00"))
    lake.now_ms = site.ms("23:00")
    lake.keep(lake.now_ms)
    assert len(lake.stays(asked)) == 2
    assert len(lake.engine.people(asked)) == 1


def test_what_is_there_already_is_not_written_again(lake: LakeHub, site: Site) -> None:
    show(site, 1, "in", "08:00")
    lake.hear(site)
    written = sorted((lake.hub.home / "lake").rglob("*.parquet"))
    lake.hear(site)
    assert sorted((lake.hub.home / "lake").rglob("*.parquet")) == written


def test_a_log_that_cannot_be_read_is_told_of_once_and_keeps_nobody_waiting(
    lake: LakeHub, open_site: OpenSite, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    east = open_site(data=tmp_path / "east", kiosk={"id": "east"})
    west = open_site(data=tmp_path / "west", kiosk={"id": "west"})
    visits = {site: show(site, 1, "in", "08:00") for site in (east, west)}
    for site in visits:
        lake.hub.enrol(site)
        for blob in sent(site):
            lake.hub.intake.take(blob, site.ms("23:00"))
    (broken,) = (tmp_path / "hub" / "logs" / "east").glob("*/kiosk.db")
    kept = broken.read_bytes()
    broken.write_bytes(b"no database")
    lake.now_ms = east.ms("23:00")
    lake.keep(lake.now_ms)
    lake.keep(lake.now_ms)
    assert (len(lake.stays(whos(east, visits[east]))), len(lake.stays(whos(west, visits[west])))) == (0, 1)
    assert caplog.text.count("the log of east cannot be read for the lake") == 1
    broken.write_bytes(kept)
    lake.keep(lake.now_ms)
    assert len(lake.stays(whos(east, visits[east]))) == 1


def test_a_hub_brings_its_lake_up_by_itself_under_its_own_settings(site: Site, tmp_path: Path) -> None:
    visit = show(site, 1, "in", "08:00")
    settings = hub_settings()
    settings = replace(settings, hub=replace(settings.hub, keep_days=100_000, longest_stay_h=2.0))
    with closing(HubHouse.open(tmp_path / "hub", settings)) as house:
        kiosk, public = site.house.store.head().kiosk, site.house.vault.slip_key
        house.catalogue.enrol(Enrolled(kiosk, "site", public, mark_of_text(public), 0), {"what": "enrolled"})
        for blob in sent(site):
            house.intake.take(blob, site.ms("23:00"))
        chores_of(house)["lake"].do()
        with closing(DuckEngine(house.folder / LAKE)) as engine:
            (stay,) = engine.stays_of(whos(site, visit), Scope(site.ms("07:00"), site.ms("23:00")))
    assert minutes(site, stay) == (0, 0, 0, 120)
