"""The story of the machine's own troubles: looked for, shown to staff, and each rise and end an entry."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from kiosk.devices.machine import Machine
from kiosk.health import Health
from kiosk.rules.entries import EntryKind
from kiosk.rules.machine import Limits, Part, Watch
from kiosk.rules.model import Moment
from kiosk.store.log import Store


class MachineWatch:
    """Looks at *machine* again and again. *store* opens a connection that nobody at the door waits for.

    A kiosk for trying out (*demo*) has any machine's clock; nobody is told of that.
    """

    def __init__(
        self,
        machine: Machine,
        limits: Limits,
        health: Health,
        store: Callable[[], AbstractContextManager[Store]],
        *,
        demo: bool,
    ) -> None:
        self._machine = machine
        self._health = health
        self._store = store
        self._unwatched = {Part.CLOCK} if demo else set()
        self._watch = Watch(limits)

    def look(self, now: Moment) -> None:
        """Measure, and tell what has changed. Raises StoreError where it cannot be recorded; the next look retries."""
        watch = self._watch.look(self._machine.measure(), now.monotonic_ms)
        faults = {part: fault for part, fault in watch.faults.items() if part not in self._unwatched}
        for part, fault in faults.items():
            if fault:
                self._health.failed(part, fault)
            elif fault is not None:
                self._health.works(part)
        rose = [part for part in faults if part in watch.standing and part not in self._watch.standing]
        ended = [part for part in faults if part in self._watch.standing and part not in watch.standing]
        if rose or ended:
            self._record(now, {part: faults[part] or "" for part in rose}, ended)
        self._watch = watch

    def _record(self, now: Moment, rose: dict[Part, str], ended: list[Part]) -> None:
        with self._store() as store, store.writing(None) as writing:
            for part, fault in rose.items():
                writing.append(EntryKind.TROUBLE, "", now, {"part": part, "over": False, "note": fault})
            for part in ended:
                writing.append(EntryKind.TROUBLE, "", now, {"part": part, "over": True})
