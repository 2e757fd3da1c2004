"""What a site has set up: stages in their order, the services of each, counters, and the rules of calling."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum


class Reset(StrEnum):
    """When the numbers of a service begin at 1 again: with each day, or after noon too."""

    DAY = "day"
    NOON = "noon"


@dataclass(frozen=True, slots=True)
class Stage:
    """A step on the way through the site.

    *capacity* is how many people may be called, served or under observation in it at once; 0 means no limit.
    Where *observe_ms* is not 0, people are not called: they stay that long under observation.
    """

    id: str
    name: str
    capacity: int = 0
    observe_ms: int = 0


@dataclass(frozen=True, slots=True)
class Service:
    """A queue. Open from *opens* to *closes* (``HH:MM`` local; empty: no bound); *waiting_limit* 0 means none."""

    id: str
    name: str
    stage: str
    series: str = "A"
    opens: str = ""
    closes: str = ""
    reset: Reset = Reset.DAY
    waiting_limit: int = 0


@dataclass(frozen=True, slots=True)
class Counter:
    """A desk, and the ids of the services that it calls for."""

    id: str
    name: str
    services: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole way through a site.

    After *ordinary_every* priority calls in a row at a counter comes an ordinary one. After *recalls* recalls
    somebody may be marked absent; they come back *absent_back_by* places further back, *absent_turns* times.
    *gate_series* are those in which gates give numbers of their own, as another kiosk owns the site's queue.
    *help* is the service for people who need help to register: staff send them there, nobody else comes to it.
    """

    stages: tuple[Stage, ...] = ()
    services: tuple[Service, ...] = ()
    counters: tuple[Counter, ...] = ()
    zone: tzinfo = UTC
    ordinary_every: int = 3
    recalls: int = 2
    absent_back_by: int = 5
    absent_turns: int = 1
    gate_series: tuple[str, ...] = ()
    help: str = ""

    def service(self, service_id: str) -> Service | None:
        """The service with that id; None where the plan has none (any more)."""
        return next((service for service in self.services if service.id == service_id), None)

    def counter(self, counter_id: str) -> Counter | None:
        """The counter with that id."""
        return next((counter for counter in self.counters if counter.id == counter_id), None)

    def stage_of(self, service_id: str) -> Stage | None:
        """The stage to which a service belongs."""
        service = self.service(service_id)
        return next((stage for stage in self.stages if service and stage.id == service.stage), None)

    def services_of(self, stage: Stage) -> tuple[Service, ...]:
        """The services of *stage*, in the order of the settings."""
        return tuple(service for service in self.services if service.stage == stage.id)

    def lines_of(self, stage: Stage) -> tuple[Service, ...]:
        """The services of *stage* that people are sent to: those for which a counter calls, all where none does."""
        services = tuple(service for service in self.services_of(stage) if service.id != self.help)
        return tuple(service for service in services if self.is_called(service)) or services

    def entrances(self) -> tuple[Service, ...]:
        """The services for which the door gives numbers: those of the first stage, or the first that is called."""
        first = next((stage for stage in self.stages if any(map(self.is_called, self.lines_of(stage)))), None)
        return self.lines_of(first or self.stages[0]) if self.stages else ()

    def stage_after(self, service_id: str) -> Stage | None:
        """The next stage in which anything happens: a counter calls for it, or people are observed."""
        stage = self.stage_of(service_id)
        if stage is None:
            return None
        later = self.stages[self.stages.index(stage) + 1 :]
        return next((s for s in later if s.observe_ms or any(map(self.is_called, self.lines_of(s)))), None)

    def is_called(self, service: Service) -> bool:
        """Tell whether some counter calls for *service*."""
        return any(service.id in counter.services for counter in self.counters)

    def is_last(self, service_id: str) -> bool:
        """Tell whether nothing comes after this service."""
        return self.stage_after(service_id) is None

    def local_time(self, at_ms: int) -> str:
        """``HH:MM`` at the site."""
        return f"{datetime.fromtimestamp(at_ms / 1000, self.zone):%H:%M}"

    def is_open(self, service: Service, at_ms: int) -> bool:
        """Tell whether *service* takes people at that time."""
        if not (service.opens or service.closes):
            return True
        now = self.local_time(at_ms)
        return service.opens <= now and (not service.closes or now < service.closes)
