"""The plan that the settings describe: a site that says nothing has one service; stages, services, counters as said."""

from __future__ import annotations

from pathlib import Path

from kiosk.config import Settings, load
from kiosk.rules.queueing import Counter, Plan, Service, Stage


def plan_of(text: str, folder: Path) -> Plan:
    file = folder / "kiosk.toml"
    file.write_text(text, encoding="utf-8")
    return load(file).plan()


def test_a_site_that_says_nothing_has_the_one_service_of_its_tickets() -> None:
    plan = Settings().plan()
    assert plan.stages == (Stage("", "Đón tiếp"),)
    assert plan.services == plan.entrances() == (Service("Đón tiếp", "Đón tiếp", "", "A"),)
    assert (plan.counters, plan.is_last("Đón tiếp"), str(plan.zone)) == ((), True, "Asia/Ho_Chi_Minh")


def test_a_site_without_numbers_has_no_service(tmp_path: Path) -> None:
    plan = plan_of('[tickets]\nservice = ""', tmp_path)
    assert (plan.stages, plan.entrances()) == ((), ())


def test_a_counter_calls_for_all_services_unless_it_says_which(tmp_path: Path) -> None:
    plan = plan_of(
        """
        [[services]]
        id = "a"
        [[services]]
        id = "b"
        series = "B"
        [[counters]]
        [[counters]]
        id = "2"
        name = "Quầy 2"
        services = ["b"]
        """,
        tmp_path,
    )
    assert plan.counters == (Counter("1", "Quầy 1", ("a", "b")), Counter("2", "Quầy 2", ("b",)))
    assert [service.series for service in plan.entrances()] == ["A", "B"]


def test_stages_alone_are_a_way_through_the_site(tmp_path: Path) -> None:
    plan = plan_of(
        """
        [queue]
        ordinary_every = 2
        recalls = 1
        absent_back_by = 4
        absent_turns = 0
        [[stages]]
        [[stages]]
        id = "injection"
        name = "Tiêm"
        [[stages]]
        id = "observation"
        name = "Theo dõi"
        capacity = 40
        observe_s = 1800
        [[counters]]
        """,
        tmp_path,
    )
    assert [service.id for service in plan.services] == ["reception", "injection", "observation"]
    assert [service.id for service in plan.entrances()] == ["reception"]
    assert plan.stage_after("injection") == Stage("observation", "Theo dõi", 40, 1_800_000)
    assert (plan.ordinary_every, plan.recalls, plan.absent_back_by, plan.absent_turns) == (2, 1, 4, 0)


def test_the_service_of_those_who_help_is_nobody_s_entrance_and_no_step_of_the_way(tmp_path: Path) -> None:
    plan = plan_of(
        """
        [queue]
        help = "desk"
        [[stages]]
        id = "desk"
        [[stages]]
        id = "reception"
        [[stages]]
        id = "injection"
        [[services]]
        id = "papers"
        stage = "reception"
        [[counters]]
        """,
        tmp_path,
    )
    assert [service.id for service in plan.entrances()] == ["papers"]
    assert plan.stage_after("desk") == plan.stage_of("papers")
    assert plan.is_last("injection")
