"""What a hub does beside answering: each chore by itself, again and again."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kiosk.devices import clock
from kiosk.hub.house import HubHouse
from kiosk.rules.model import Moment

log = logging.getLogger(__name__)

LOOK_S = 1.0
HOUR_S = 3600.0
LAKE_S = 5.0
BOUND_S = 1800.0  # the stays of a day of a whole province


@dataclass(frozen=True, slots=True)
class Chore:
    """Something that is to be done every *every_s* seconds."""

    do: Callable[[], object]
    every_s: float


def chores_of(house: HubHouse) -> dict[str, Chore]:
    """The chores of *house* by their names."""
    return {
        "orders": Chore(lambda: house.down.forget_over(house.deletion_clock.at(clock.now()).by_ms), HOUR_S),
        "lake": Chore(lambda: keep_lake(house, clock.now()), LAKE_S),
    }


def keep_lake(house: HubHouse, now: Moment) -> None:
    """Bring the lake up to the logs; what is over goes, by a clock that can be believed."""
    house.lake.keep(now.wall_ms, house.deletion_clock.at(now).by_ms)


class Chores:
    """Does *chores*, one after the other, until ``close``, and asks *heart* whether to go on.

    One that fails is told of once, and tried again.
    """

    def __init__(self, chores: Mapping[str, Chore], heart: threading.Event) -> None:
        self._chores = chores
        self._heart = heart
        self._due_s = dict.fromkeys(chores, 0.0)
        self._faults: dict[str, str] = {}
        self._thread = threading.Thread(target=self._run, name="chores", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End, once what is being done is done."""
        self._heart.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._heart.wait(LOOK_S):
            for name, chore in self._chores.items():
                if time.monotonic() >= self._due_s[name] and not self._heart.is_set():
                    self._do(name, chore)
                    self._due_s[name] = time.monotonic() + chore.every_s

    def _do(self, name: str, chore: Chore) -> None:
        try:
            chore.do()
        except Exception as error:  # one chore's fault is not another's
            fault = f"{type(error).__name__}: {error}"
            if self._faults.get(name) != fault:
                log.error("%s failed", name, exc_info=error)
            self._faults[name] = fault
        else:
            if self._faults.pop(name, None):
                log.warning("%s works again", name)
