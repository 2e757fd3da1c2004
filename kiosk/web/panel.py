"""What lamp, display and printer at the door show, as a page tells it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from kiosk.config import Settings
from kiosk.door_socket import DoorAway, DoorClient, Message
from kiosk.rules.messages import SOUNDS
from kiosk.rules.model import Lamp, Outcome, Sound
from kiosk.web.live import RETRY_MS, event
from kiosk.web.words import LAMPS, Words, kind_words

# Paper comes a moment after the words, without a change of the panel: so who shows it asks again this soon.
PAPER_S = 0.4
QUIET_S = 2.0  # a screen at a gate hears the door's life at least so often
AWAY_S = 1.0
STUCK_S = 6.0  # a door that takes so long to answer is away

Shown: TypeAlias = dict[str, Any]
AWAY: Shown = {"door": False, "lamp": Lamp.OFF, "change": -1, "printed": 0}


def shown_at(door: DoorClient, gate: str = "", since: int = -1, wait_s: float = 0.0) -> Shown:
    """What is to be seen at *gate* (empty: at any) once it differs from change *since*. Raises DoorAway."""
    panel = door.panel(since, wait_s, gate)
    words = LAMPS[Lamp(panel["lamp"])]
    beats = SOUNDS[Sound(panel.pop("sound"))]
    return panel | {"door": True, "lamp_vi": words.vi, "lamp_en": words.en, "beats": beats}


def shown_now(door: DoorClient, gate: str = "") -> Shown:
    """What is to be seen at *gate* now, be it that the door is away."""
    try:
        return shown_at(door, gate)
    except DoorAway:
        return AWAY


class Panel:
    """What is shown at one gate. One thread asks the door, however many pages follow, and only while any does."""

    def __init__(self, door: DoorClient, gate: str, closed: threading.Event) -> None:
        self._door = door
        self._gate = gate
        self._look_s = QUIET_S if gate else PAPER_S
        self._closed = closed
        self._changed = threading.Condition()
        self._now: Shown | None = None
        self._heard_s = 0.0
        self._followers = 0
        self._asking = False

    @contextmanager
    def followed(self) -> Iterator[None]:
        """While this lasts the door is asked."""
        with self._changed:
            self._followers += 1
            if not self._asking:
                self._asking, self._now, self._heard_s = True, None, time.monotonic()
                threading.Thread(target=self._ask, name="panel", daemon=True).start()
        try:
            yield
        finally:
            with self._changed:
                self._followers -= 1

    def wait(self, shown: Shown | None, wait_s: float) -> Shown | None:
        """What is shown, once it is another than *shown* or *wait_s* are over: the same object while nothing changed.

        None while the door has not answered yet; AWAY once that has taken too long.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._now is not shown or self._closed.is_set(), wait_s)
            if time.monotonic() - self._heard_s > STUCK_S:
                self._now = AWAY
            return self._now

    def _ask(self) -> None:
        since = -1
        while self._goes_on():
            try:
                now = shown_at(self._door, self._gate, since, self._look_s)
            except DoorAway:
                now = AWAY
            self._tell(now)
            since = now["change"]
            if now is AWAY:
                self._closed.wait(AWAY_S)

    def _tell(self, now: Shown) -> None:
        with self._changed:
            self._heard_s = time.monotonic()
            if now != self._now:
                self._now = now
                self._changed.notify_all()

    def _goes_on(self) -> bool:
        with self._changed:
            self._asking = self._followers > 0 and not self._closed.is_set()
            return self._asking


class Panels:
    """The panel of each gate."""

    def __init__(self, door: DoorClient, closed: threading.Event) -> None:
        self._door = door
        self._closed = closed
        self._panels: dict[str, Panel] = {}
        self._adding = threading.Lock()

    def at(self, gate: str = "") -> Panel:
        """The panel of *gate*, which must be one of the settings; empty for the latest of all."""
        with self._adding:
            return self._panels.setdefault(gate, Panel(self._door, gate, self._closed))


def follow(panel: Panel, closed: threading.Event) -> Iterator[bytes]:
    """Events for a page that shows the door: the panel at each change, a pulse in silence, until *closed*."""
    shown = None
    yield f"retry: {RETRY_MS}\n\n".encode()
    with panel.followed():
        while not closed.is_set():
            now = panel.wait(shown, QUIET_S)
            if now is not None:
                yield event("pulse", {}) if now is shown else event("panel", now)
            shown = now


def answer_words(answer: Message, settings: Settings) -> Words:
    """One line about what became of a presentation."""
    if answer["outcome"] is None:
        return Words("Không thấy mã nào trong ảnh.", "No code was found in the picture.")
    if answer["outcome"] == Outcome.REPEAT:
        return Words("Vẫn là mã vừa đưa; không ghi thêm.", "Still the same code; nothing more is recorded.")
    kind = kind_words(answer["kind"], settings)
    if answer["seq"] is None:
        return Words(f"{kind.vi}: chưa ghi được.", f"{kind.en}: not recorded.")
    return Words(f"{kind.vi}: đã ghi mục số {answer['seq']}.", f"{kind.en}: recorded as entry {answer['seq']}.")
