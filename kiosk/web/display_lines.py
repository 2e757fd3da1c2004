"""What the display at a gate says: the answer to one person, and what stands there between two. It names nobody."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from kiosk import __version__
from kiosk.config import Settings
from kiosk.day_settings import settings_today
from kiosk.rules.model import Direction, Outcome, Reason
from kiosk.rules.signs import HEADLINES, SIGNS
from kiosk.store.day_settings import day_settings_in_force
from kiosk.store.reading import Reader
from kiosk.web.board_lines import wait_words
from kiosk.web.panel import Shown
from kiosk.web.queue_lines import QueueLines

LONG, LONGER = 60, 110  # characters: from here on a sentence takes smaller letters
SCANNERS = ("camera", "keyboard", "serial")


@dataclass(frozen=True, slots=True)
class Calm:
    """What stands at a gate while nobody is answered.

    *ready*: ``open``, ``full``, ``closed`` (staff stopped arrivals), or ``blind`` (no scanner of the gate works).
    *room* is empty where any number may be inside; *wait* where none is known; *message* is what staff say today.
    """

    ready: str
    direction: Direction
    inside: int
    room: str
    wait_vi: str
    wait_en: str
    message_vi: str
    message_en: str
    version: str = __version__


class DisplayLines:
    """Reads for the displays; threads may share it."""

    def __init__(self, reader: Reader, queue: QueueLines, settings: Settings) -> None:
        self._reader = reader
        self._queue = queue
        self._settings = settings
        self._kept: dict[str, tuple[object, Calm]] = {}
        self._reading = threading.Lock()

    def calm(self, gate_id: str, now: object = None) -> Calm:
        """What stands at *gate_id*: read once for all who ask with the same *now*, anew where that is None."""
        with self._reading:
            known, calm = self._kept.get(gate_id, (None, None))
            if calm is None or now is None or known != now:
                calm = self._read(gate_id)
                self._kept[gate_id] = now, calm
            return calm

    def _read(self, gate_id: str) -> Calm:
        day = self._reader.ask(day_settings_in_force)
        settings = settings_today(self._settings, day)
        direction = settings.gate(gate_id).direction
        inside, capacity = self._reader.occupancy().inside, settings.site.capacity
        words = [wait_words(line.from_min, line.to_min) for line in self._queue.state().lines[:1]]
        vi, en = (day.closed_vi, day.closed_en) if day.closed else (day.message_vi, day.message_en)
        return Calm(
            ready=self._ready(gate_id, direction, closed=day.closed, full=0 < capacity <= inside),
            direction=direction,
            inside=inside,
            room=f"/{capacity}" if capacity else "",
            wait_vi=words[0].vi if words else "",
            wait_en=words[0].en if words else "",
            message_vi=vi,
            message_en=en,
        )

    def _ready(self, gate_id: str, direction: Direction, *, closed: bool, full: bool) -> str:
        scanners = {source.device for source in self._settings.sources if source.gate == gate_id}
        broken = {device.name for device in self._reader.devices() if not device.ok}
        if scanners and scanners <= broken:
            return "blind"
        if direction is Direction.OUT:
            return "open"
        return "closed" if closed else "full" if full else "open"


def answer(shown: Shown) -> dict[str, Any]:
    """The door's answer to one person with its picture and headline; who is away or at rest has none."""
    if not shown.get("reason"):
        return {"door": shown["door"], "lamp": "off", "change": shown["change"]}
    unrecorded = shown["outcome"] == Outcome.PASSED_UNRECORDED
    sign = SIGNS[Reason.NOT_RECORDED if unrecorded else Reason(shown["reason"])]
    (head_vi, head_en), said = HEADLINES[sign], len(shown["vi"])
    size = "longer" if said > LONGER else "long" if said > LONG else "short"
    names = ("door", "lamp", "change", "vi", "en", "ticket", "holder", "place", "hold_s", "beats")
    words = {"sign": sign, "head_vi": head_vi, "head_en": head_en, "size": size}
    return {name: shown[name] for name in names} | words
