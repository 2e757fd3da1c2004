"""What lamp, display and printer at the door show, as a page tells it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from kiosk.config import Settings
from kiosk.door_socket import DoorAway, DoorClient, Message
from kiosk.rules.messages import SOUNDS
from kiosk.rules.model import Lamp, Outcome, Sound
from kiosk.web.live import RETRY_MS, event
from kiosk.web.words import LAMPS, Words, kind_words

# Paper comes a moment after the words, without a change of the panel: so the door is asked again this soon.
LOOK_S = 0.4
AWAY_S = 1.0
PULSE_EVERY = 5

AWAY = {"door": False, "lamp": Lamp.OFF, "change": -1, "printed": 0}


def shown_at(door: DoorClient, since: int = -1, wait_s: float = 0.0) -> dict[str, Any]:
    """What is to be seen at the door once it differs from change *since*. Raises DoorAway."""
    panel = door.panel(since, wait_s)
    lamp, sound = Lamp(panel["lamp"]), Sound(panel.get("sound", Sound.NONE))
    words = LAMPS[lamp]
    said = {name: panel[name] for name in ("change", "vi", "en", "ticket", "holder", "printed")}
    return said | {"door": True, "lamp": lamp, "lamp_vi": words.vi, "lamp_en": words.en, "beats": SOUNDS[sound]}


def follow(door: DoorClient, closed: threading.Event) -> Iterator[bytes]:
    """Events for a page that shows the door: the panel at each change, a pulse in silence, until *closed*."""
    shown, silent, since = None, 0, -1
    yield f"retry: {RETRY_MS}\n\n".encode()
    while not closed.is_set():
        try:
            now = shown_at(door, since, LOOK_S)
        except DoorAway:
            now = AWAY
            closed.wait(AWAY_S)
        since = now["change"]
        if now != shown:
            shown = now
            yield event("panel", now)
        elif (silent := silent + 1) % PULSE_EVERY == 0:
            yield event("pulse", {})


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
