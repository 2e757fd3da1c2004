"""What the page for helping people shows: who calls for help, and whom the door has just sent to staff."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.config import Settings
from kiosk.help_calls import calls_today
from kiosk.memory import ASKED_MS, FOR_STAFF
from kiosk.rules.help_calls import Act, HelpCall, Said, assisted
from kiosk.rules.model import Reason
from kiosk.store.help_calls import sent_to_staff
from kiosk.store.reading import Reader
from kiosk.web.queue_lines import shown_now_ms
from kiosk.web.said_times import SaidTimes
from kiosk.web.words import PASSAGES, Words

KEPT_CALLS = 20  # that are over


@dataclass(frozen=True, slots=True)
class CallLine:
    """A call for help: where, since when, who does what about it."""

    id: int
    gate: str
    since: str
    minutes: int
    act: Act
    by: str
    open: bool


@dataclass(frozen=True, slots=True)
class Calls:
    """Those who wait, the longest first; those who were helped, the latest first; how many, and to register."""

    waiting: tuple[CallLine, ...] = ()
    over: tuple[CallLine, ...] = ()
    assisted: int = 0
    registered: int = 0


@dataclass(frozen=True, slots=True)
class AskedLine:
    """Somebody whom the door sent to staff, and whom nobody has let in yet: the entry, when, where and why."""

    sequence: int
    at: str
    gate: str
    why: Words


class HelpLines:
    """Reads the log for those who help; threads may share it."""

    def __init__(self, reader: Reader, settings: Settings, times: SaidTimes) -> None:
        self._reader = reader
        self._times = times
        self._gates = {gate.id: gate.name for gate in settings.gates}

    def calls(self) -> Calls:
        """The calls of today."""
        calls = list(self._reader.ask(calls_today).values())
        now_ms = shown_now_ms(self._reader.head())
        over = sorted((call for call in calls if not call.open), key=lambda call: call.acted_ms, reverse=True)
        return Calls(
            tuple(self._call(call, now_ms) for call in calls if call.open),
            tuple(self._call(call, now_ms) for call in over[:KEPT_CALLS]),
            *assisted(calls),
        )

    def sent_to_staff(self) -> list[AskedLine]:
        """Whom the door has sent to staff while they can still be let in by it, the latest first."""
        first = self._reader.sequence_at(shown_now_ms(self._reader.head()) - ASKED_MS)
        said = self._reader.ask(lambda db: sent_to_staff(db, first, FOR_STAFF))
        return [self._asked(one) for one in reversed(said)]

    def _call(self, call: HelpCall, now_ms: int) -> CallLine:
        since = self._times.shown(call.since_ms)
        minutes = max(0, round((now_ms - call.since_ms) / 60_000))
        return CallLine(call.id, self._gates.get(call.gate, call.gate), since, minutes, call.act, call.by, call.open)

    def _asked(self, said: Said) -> AskedLine:
        why = PASSAGES[Reason(said.body["reason"])][1]
        return AskedLine(said.sequence, self._times.shown(said.at_ms), self._gates.get(said.gate, said.gate), why)
