"""[queue], [[stages]], [[services]], [[counters]]: the way of a ticket through the site."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from kiosk.config.reading import SettingsError, setting
from kiosk.rules.queueing import Counter, Plan, Reset, Service, Stage


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """[queue]"""

    ordinary_every: int = setting(3, "After this many priority calls at a counter comes an ordinary one.", least=1)
    recalls: int = setting(2, "Times to call again before somebody may be marked absent.", least=0)
    absent_back_by: int = setting(5, "Somebody absent comes back this many places further back in line.", least=0)
    absent_turns: int = setting(1, "Times somebody absent comes back by themselves; then they must ask.", least=0)
    help: str = setting("", "Service of the volunteers who help people to register; staff alone send to it.")
    owner: str = setting(
        "", "Kiosk that gives this site's numbers; empty for this one. Another's gates give their own series."
    )


@dataclass(frozen=True, slots=True)
class StageSettings:
    """[[stages]]"""

    id: str = setting("reception", "Short name of the stage.", form="id")
    name: str = setting("Đón tiếp", "Name on pages and board.")
    capacity: int = setting(0, "People called, served or observed in it at once; 0 means no limit.", least=0)
    observe_s: float = setting(0.0, "How long people stay here under observation; 0 where they are called.", least=0)


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """[[services]]"""

    id: str = setting("reception", "Short name of the service.", form="id")
    name: str = setting("Đón tiếp", "Name on ticket, pages and board.")
    stage: str = setting("", "Stage that it belongs to; empty where the site has no stages.")
    series: str = setting("A", "Letters before its numbers.", form="series")
    opens: str = setting("", "Local time HH:MM from which it takes people; empty for always.", form="time or never")
    closes: str = setting("", "Local time HH:MM until which it takes people; empty for ever.", form="time or never")
    reset: Reset = setting(Reset.DAY, "When numbers begin at 1 again: each day, or after noon too (noon).")
    waiting_limit: int = setting(0, "Most people who may wait for it; 0 means no limit.", least=0)


@dataclass(frozen=True, slots=True)
class CounterSettings:
    """[[counters]]"""

    id: str = setting("1", "Short name of the counter.", form="id")
    name: str = setting("Quầy 1", "Name on board and pages, and how it is called aloud.")
    services: tuple[str, ...] = setting((), "Services that it calls for; none means all.")


@dataclass(frozen=True, slots=True)
class QueueTables:
    """The tables of the queue, and the service and series for which a site without [[services]] gives numbers."""

    queue: QueueSettings
    stages: tuple[StageSettings, ...]
    services: tuple[ServiceSettings, ...]
    counters: tuple[CounterSettings, ...]
    service: str
    series: str
    zone: ZoneInfo


def make_plan(tables: QueueTables) -> Plan:
    """The plan that the settings describe.

    A stage without services has one of its own name. Without stages all services belong to one; without either, it
    has the one service of [tickets], or none where that is empty.
    """
    stages = tuple(_stages(tables))
    services = tuple(service for stage in stages for service in _services(tables, stage))
    every = tuple(service.id for service in services)
    counters = tuple(Counter(own.id, own.name, own.services or every) for own in tables.counters)
    queue = tables.queue
    rules = (queue.ordinary_every, queue.recalls, queue.absent_back_by, queue.absent_turns)
    return Plan(stages, services, counters, tables.zone, *rules, help=queue.help)


def _stages(tables: QueueTables) -> Iterator[Stage]:
    for own in tables.stages:
        yield Stage(own.id, own.name, own.capacity, round(own.observe_s * 1000))
    if not tables.stages and (tables.services or tables.service):
        yield Stage("", tables.service)


def _services(tables: QueueTables, stage: Stage) -> Iterator[Service]:
    given = [own for own in tables.services if own.stage == stage.id]
    for own in given:
        limits = (own.opens, own.closes, own.reset, own.waiting_limit)
        yield Service(own.id, own.name, stage.id, own.series, *limits)
    if not given:
        yield Service(stage.id or tables.service, stage.name, stage.id, tables.series)


def check_plan(file: str, tables: QueueTables, gate_series: Iterable[str]) -> None:
    """Check what one table of the queue says of another. Raises SettingsError."""
    for table, rows in (("stages", tables.stages), ("services", tables.services), ("counters", tables.counters)):
        _differ(file, f"[[{table}]] id", [row.id for row in rows])
    stages = {stage.id for stage in tables.stages} or {""}
    for service in tables.services:
        if service.stage not in stages:
            known = f"one of {', '.join(sorted(stages))}" if tables.stages else "empty where there are no [[stages]]"
            raise SettingsError(f"{file}: [[services]] stage must be {known}, not {service.stage!r}")
        if service.closes and service.closes <= service.opens:
            raise SettingsError(f"{file}: [[services]] closes must be after {service.opens}, not {service.closes!r}")
    plan = make_plan(tables)
    _differ(file, "[[services]] id", [service.id for service in plan.services])
    _check_help(file, plan)
    _differ(file, "[[services]] series", [service.series.upper() for service in plan.entrances()], "of the first stage")
    for series in gate_series:
        if series.upper() in {service.series.upper() for service in plan.entrances()}:
            raise SettingsError(f"{file}: [[gates]] series must be no service's of the queue's owner, not {series!r}")
    known = ", ".join(service.id for service in plan.services) or "[[services]]"
    for counter in plan.counters:
        for service_id in counter.services:
            if plan.service(service_id) is None:
                raise SettingsError(f"{file}: [[counters]] services must be one of {known}, not {service_id!r}")


def _check_help(file: str, plan: Plan) -> None:
    if plan.help and not (plan.service(plan.help) and plan.entrances()):
        known = ", ".join(service.id for service in plan.services)
        raise SettingsError(f"{file}: [queue] help must be one of several services ({known}), not {plan.help!r}")


def _differ(file: str, what: str, values: list[str], of: str = "of the table") -> None:
    if len(set(values)) != len(values):
        raise SettingsError(f"{file}: {what} must be different for each row {of}, not {', '.join(values)}")
