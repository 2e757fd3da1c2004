"""The parts of the house as staff read them: does it work, since when, what it measures, what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kiosk.backup import state_of
from kiosk.devices import clock
from kiosk.devices.machine import Machine
from kiosk.joined import Joined, JoinError, joined
from kiosk.joined import state_of as state_of_sync
from kiosk.retention import day_began_ms, local_time
from kiosk.rules.alerts import by_gravity, kind_of
from kiosk.rules.entries import EntryKind
from kiosk.rules.machine import Measured, Part
from kiosk.rules.model import ClockState
from kiosk.store.reading import DeviceState
from kiosk.store.todays import entries_today
from kiosk.sync_round import behind
from kiosk.web.advice import advice_on
from kiosk.web.context import WebContext
from kiosk.web.languages import gettext as _
from kiosk.web.words import DEVICES, Words


class PartState(StrEnum):
    """How a part of the house is."""

    WORKS = "works"
    TROUBLE = "trouble"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class PartLine:
    """One part. *about* is what it measures or knows; *note* what is wrong, for a technician; *tests* try it."""

    name: str
    words: Words
    state: PartState
    since: str
    about: tuple[str, ...]
    advice: Words | None
    note: str
    tests: tuple[str, ...] = ()


# A part's name, which is its picture's too, and the devices it is made of.
PARTS: dict[str, tuple[str, ...]] = {
    "printer": ("printer", "paper", "spool"),
    "camera": ("camera",),
    "scanner": ("keyboard", "serial"),
    "lamps": ("lamps", "buzzer", "relay", "button", "panel"),
    "voice": ("voice",),
    "clock": (Part.CLOCK,),
    "disk": ("disk", Part.SPACE, "log"),
    "temperature": (Part.TEMPERATURE,),
    "power": (Part.POWER,),
    "sync": ("sync",),
    "keys": ("keys",),
    "backups": ("backups",),
}
# Told of only where they are in trouble.
SILENT = ("trust", "lists", "queue", "purge", "https", "machine", "requests")

WORDS = DEVICES | {
    "door": Words("Cửa", "The door"),
    "scanner": DEVICES["keyboard"],
}
TESTS: dict[str, tuple[str, ...]] = {
    "printer": ("ticket", "check"),
    "lamps": ("green", "amber", "red", "sound"),
    "voice": ("voice",),
}
NOT_HERE = Words("Không lắp ở đây.", "Not set up here.")
ABSENT: dict[str, Words] = {
    "temperature": Words("Máy này không đo nhiệt độ.", "This machine does not measure its temperature."),
    "power": Words("Máy này không đo điện áp.", "This machine does not measure its supply."),
    "sync": Words(
        "Máy này chưa nối với trung tâm nào; sổ ghi chỉ có ở đây. Giữ máy ở nơi an toàn.",
        "This kiosk is not joined to a centre; its log is only here. Keep the machine safe.",
    ),
    "backups": Words(
        "Chưa đặt nơi sao lưu. Nếu ổ đĩa hỏng thì mất sổ ghi: báo quản trị viên khi máy có dấu hiệu lạ.",
        "No place for backups is set. If the disk breaks, the log is lost: tell the admin if anything looks odd.",
    ),
}


class HouseLines:
    """Reads the state of the house, in the language of who asks."""

    def __init__(self, parts: WebContext) -> None:
        self._reader = parts.reader
        self._vault = parts.vault
        self._settings = parts.settings
        self._now = parts.now
        self._data = parts.reader.path.parent
        self._machine = Machine(self._data)
        self._told: dict[str, Callable[[Measured], Iterator[str]]] = {
            "printer": self._tell_paper,
            Part.CLOCK: self._tell_clock,
            "disk": self._tell_disk,
            Part.TEMPERATURE: self._tell_heat,
            Part.POWER: self._tell_power,
            "sync": self._tell_sync,
            "keys": self._tell_keys,
            "backups": self._tell_backups,
        }

    def parts(self, states: list[DeviceState], *, door_answers: bool) -> list[PartLine]:
        """Every part of the house by what the door told of its devices, *states*; the door itself first."""
        known, measured = {state.name: state for state in states}, self._machine.measure()
        shown = PARTS | {name: (name,) for name in SILENT if name in known and not known[name].ok}
        state, advice = (PartState.WORKS, None) if door_answers else (PartState.TROUBLE, advice_on("door", ""))
        return [
            PartLine("door", WORDS["door"], state, "", (), advice, ""),
            *(
                self._part(name, [state for state in states if kind_of(state.name) in devices], measured)
                for name, devices in shown.items()
            ),
        ]

    def _part(self, name: str, states: list[DeviceState], measured: Measured) -> PartLine:
        worst = next(iter(by_gravity((state for state in states if not state.ok), lambda state: state.name)), None)
        since = worst or max(states, key=lambda state: state.since_ms, default=None)
        state, advice = self._judged(name, worst, measured, known=bool(states))
        return PartLine(
            name,
            WORDS[name],
            state,
            self._now.since(since) if since else "",
            tuple(self._told[name](measured) if name in self._told else ()),
            advice,
            worst.note if worst else "",
            TESTS.get(name, ()) if states else (),
        )

    def _judged(
        self, name: str, worst: DeviceState | None, measured: Measured, *, known: bool
    ) -> tuple[PartState, Words | None]:
        if worst:
            return PartState.TROUBLE, advice_on(worst.name, worst.note)
        if name == Part.CLOCK and measured.clock is ClockState.UNKNOWN:  # nobody is alarmed by it while trying out
            return PartState.TROUBLE, advice_on(name, "")
        if name == "sync":
            return (PartState.WORKS, None) if self._hub() else (PartState.ABSENT, ABSENT[name])
        if known or _is_there(name, measured):
            return PartState.WORKS, None
        return PartState.ABSENT, ABSENT.get(name, NOT_HERE)

    def _tell_paper(self, _measured: Measured) -> Iterator[str]:
        if waiting := self._reader.tickets_waiting_for_paper():
            yield _("Tickets that wait for paper: %(count)s", count=waiting)

    def _tell_clock(self, measured: Measured) -> Iterator[str]:
        yield self._at(clock.now().wall_ms)
        yield _("It goes on without power.") if measured.hardware_clock else _("It stops without power.")

    def _tell_disk(self, measured: Measured) -> Iterator[str]:
        if measured.free_mb is not None:
            yield _("%(mb)s MB are free", mb=measured.free_mb)

    def _tell_heat(self, measured: Measured) -> Iterator[str]:
        if measured.temperature_c is not None:
            now, limit = (f"{value:.0f}" for value in (measured.temperature_c, self._settings.house.hottest_c))
            yield _("%(now)s °C; too hot from %(limit)s °C on", now=now, limit=limit)

    def _tell_power(self, _measured: Measured) -> Iterator[str]:
        troubles = self._reader.ask(lambda db: entries_today(db, EntryKind.TROUBLE))
        if times := sum(body["part"] == Part.POWER and not body["over"] for *_rest, body in troubles):
            yield _("Times too low today: %(count)s", count=times)

    def _tell_sync(self, _measured: Measured) -> Iterator[str]:
        yield _("Entries that are only here: %(count)s", count=behind(self._data, self._reader))
        hub, state = self._hub(), state_of_sync(self._data)
        if hub:
            yield _("Joined to %(hub)s", hub=hub.name)
        if state.acknowledged:
            yield _("The centre has all up to %(at)s", at=self._at(state.acknowledged.at_ms))
        if hub and state.fault:
            yield _("The centre has not answered since %(at)s", at=self._at(state.since_ms or 0))
        if state.forked_ms is not None:
            yield _("Another card said that it is this kiosk: %(at)s", at=self._at(state.forked_ms))
        if state.lost:
            yield _("Entries that the centre has without what they say: %(count)s", count=len(state.lost))
        if state.taken_back:
            yield _("The centre took back what it had signed: tell the admin.")

    def _hub(self) -> Joined | None:
        try:
            return joined(self._data)
        except JoinError:  # the door tells of it
            return None

    def _tell_keys(self, _measured: Measured) -> Iterator[str]:
        began_ms = day_began_ms(self._reader.head().key_day, self._settings)
        yield _(
            "Day key since %(began)s; it turns at %(turns)s",
            began=self._at(began_ms),
            turns=self._at(self._now.turns_ms()),
        )
        yield _("Tracing key %(fingerprint)s", fingerprint=self._vault.tracing_fingerprint)

    def _tell_backups(self, _measured: Measured) -> Iterator[str]:
        if good := state_of(self._data).get("good"):
            yield _("Last good one: %(at)s, in %(place)s", at=self._at(good["at_ms"]), place=Path(good["file"]).parent)

    def _at(self, at_ms: int) -> str:
        return f"{local_time(at_ms, self._settings.zone):%H:%M %d/%m/%Y}"


def _is_there(name: str, measured: Measured) -> bool:
    """Whether a part is there of which the door has told nothing: nothing was wrong with it since the start."""
    measures = {Part.TEMPERATURE: measured.temperature_c, Part.POWER: measured.undervoltage}
    return measures[Part(name)] is not None if name in measures else name in ("disk", "keys", Part.CLOCK)
