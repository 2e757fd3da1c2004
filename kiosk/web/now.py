"""The site as it is now, as staff read it: how many are inside and in each stage, and which device does not work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kiosk.config import Settings
from kiosk.day_settings import settings_today
from kiosk.devices import clock
from kiosk.devices.machine import Machine
from kiosk.requests import true_requests, urgent
from kiosk.rules.alerts import by_gravity, kind_of
from kiosk.rules.queueing import Stage, View
from kiosk.store.day_settings import day_settings_in_force
from kiosk.store.reading import DeviceState, Reader
from kiosk.store.todays import seen_alerts
from kiosk.vanishing import WARNED_MS, turns_ms
from kiosk.web.advice import advice_on
from kiosk.web.front import Front
from kiosk.web.said_times import SaidTimes, local_time
from kiosk.web.words import DEVICES, Words

REQUESTS = "requests"


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """A device, whether it works, since when, and what is wrong."""

    vi: str
    en: str
    ok: bool
    since: str
    note: str


@dataclass(frozen=True, slots=True)
class Alert:
    """The gravest trouble of the house: what, since when, what to do; *more* others stand beside it.

    *seen* are those of the staff who said that they have seen it.
    """

    name: str
    what: Words
    advice: Words
    since: str
    since_ms: int
    more: int
    seen: str


@dataclass(frozen=True, slots=True)
class StageLine:
    """A stage of a site with counters: how many wait for it, how many are in it, of how many (0: any number)."""

    name: str
    waiting: int
    present: int
    capacity: int
    full: bool


@dataclass(frozen=True, slots=True)
class State:
    """What a page says beside its lines; it is always told as a whole."""

    inside: int
    entered: int
    left: int
    inferred: int
    unmatched: int
    waiting: int
    capacity: int
    full: bool
    paper: int
    devices: tuple[DeviceLine, ...] = ()
    stages: tuple[StageLine, ...] = ()
    closed: bool = False
    alert: Alert | None = None
    gates: tuple[tuple[str, int], ...] = ()
    vanishes: str = ""  # when the day key turns, said in its last hour


class SiteNow:
    """Reads what is now; threads may share it."""

    def __init__(self, reader: Reader, settings: Settings, times: SaidTimes, front: Front | None = None) -> None:
        self._reader = reader
        self._settings = settings
        self._times = times
        self._front = front
        self._plan = settings.plan()
        self._machine = Machine(reader.path.parent)
        self._full_since_ms = 0

    def state(self) -> State:
        """Counts and devices now."""
        counts = self._reader.occupancy(round(self._settings.door.wait_s * 1000))
        today = self._reader.ask(day_settings_in_force)
        capacity = settings_today(self._settings, today).site.capacity
        states = self.states()
        return State(
            inside=counts.inside,
            entered=counts.entered,
            left=counts.left,
            inferred=counts.inferred,
            unmatched=counts.unmatched,
            waiting=counts.waiting,
            capacity=capacity,
            full=0 < capacity <= counts.inside,
            paper=self._reader.tickets_waiting_for_paper(),
            devices=tuple(map(self._device, sorted(states, key=lambda device: device.ok))),
            stages=self._stages() if self._plan.counters else (),
            closed=today.closed,
            alert=self._alert(states),
            gates=self._gates(),
            vanishes=self._vanishes(),
        )

    def turns_ms(self) -> int:
        """When the day key turns, as far as can be told now."""
        return turns_ms(self._reader.head(), self._settings, clock.now())

    def _vanishes(self) -> str:
        at_ms = self.turns_ms()
        soon = at_ms - clock.now().wall_ms <= WARNED_MS
        return local_time(at_ms, self._settings.zone) if soon else ""

    def _gates(self) -> tuple[tuple[str, int], ...]:
        inside = self._reader.inside_by_gate()
        return tuple((gate.id, inside.get(gate.id, 0)) for gate in self._settings.gates)

    def alert(self) -> Alert | None:
        """The gravest trouble now; None while all is well."""
        return self._alert(self.states())

    def _alert(self, states: list[DeviceState]) -> Alert | None:
        troubles = by_gravity((state for state in states if not state.ok), lambda state: state.name)
        if not troubles:
            return None
        worst, seen = troubles[0], self._reader.ask(seen_alerts)
        return Alert(
            worst.name,
            DEVICES.get(kind_of(worst.name), Words(worst.name, worst.name)),
            advice_on(worst.name, worst.note),
            self.since(worst),
            worst.since_ms,
            len(troubles) - 1,
            ", ".join(dict.fromkeys(by for name, at_ms, by in seen if name == worst.name and at_ms >= worst.since_ms)),
        )

    def since(self, state: DeviceState) -> str:
        """Since when a part of the house is as it is."""
        if state.name == REQUESTS:  # a day of the calendar, not a time of the log
            return local_time(state.since_ms, self._settings.zone)
        return self._times.shown(state.since_ms)

    def states(self) -> list[DeviceState]:
        """Every device that ever reported, a full disk, the way of tablets to the pages, and requests that are due."""
        told = {state.name: state for state in self._reader.devices()} | self._full_disk()
        return [*told.values(), *([self._front.state] if self._front else []), *self._requests()]

    def _full_disk(self) -> dict[str, DeviceState]:
        """The full disk as it is seen from here: what the door says of it stands on that disk."""
        if self._machine.free_mb() != 0:
            self._full_since_ms = 0
            return {}
        self._full_since_ms = self._full_since_ms or clock.now().wall_ms
        return {"disk": DeviceState("disk", ok=False, since_ms=self._full_since_ms, note="the disk is full")}

    def _requests(self) -> list[DeviceState]:
        """Requests of people that are due today or late, as a trouble of the house."""
        asked = [request for request, _ in true_requests(self._reader, self._times.times)]
        pressing = urgent(asked, self._settings, clock.now().wall_ms)
        if pressing is None:
            return []
        since = datetime.combine(pressing[0], datetime.min.time(), self._settings.zone)
        note = ", ".join(str(request) for request in pressing[1])
        return [DeviceState(REQUESTS, ok=False, since_ms=round(since.timestamp() * 1000), note=note)]

    def _stages(self) -> tuple[StageLine, ...]:
        with self._reader.queue() as (queue, _):
            return tuple(self._stage(queue, stage) for stage in self._plan.stages)

    def _stage(self, queue: View, stage: Stage) -> StageLine:
        services = [service.id for service in self._plan.services_of(stage)]
        waiting, present = sum(map(queue.waiting, services)), sum(map(queue.present, services))
        return StageLine(stage.name, waiting, present, stage.capacity, 0 < stage.capacity <= present)

    def _device(self, device: DeviceState) -> DeviceLine:
        words = DEVICES.get(kind_of(device.name), Words(device.name, ""))
        return DeviceLine(words.vi, words.en, device.ok, self.since(device), device.note)
