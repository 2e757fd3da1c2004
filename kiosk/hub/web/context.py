"""What every route of the hub works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Semaphore
from typing import cast

from flask import current_app

from kiosk.hub.house import HubHouse
from kiosk.web.front import Front


@dataclass(frozen=True, slots=True)
class HubContext:
    """The opened data directory, the wall clock (milliseconds since 1970), the way in, and the turns of kiosks."""

    house: HubHouse
    now_ms: Callable[[], int]
    front: Front
    turns: Semaphore


def hub() -> HubContext:
    """The parts behind the request that is being answered."""
    return cast(HubContext, current_app.extensions["hub"])
