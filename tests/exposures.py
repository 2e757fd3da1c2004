"""How much a service may be able to do, as ``systemd-analyze security`` counts it: 0 is nothing, 10 all."""

from __future__ import annotations

from collections.abc import Mapping

DOOR = "kiosk-door.service"
MOST_OF_OTHERS = 2.0
MOST = {DOOR: 1.5, "kiosk-hub.service": 1.0, "kiosk-sync.service": 1.5, "kiosk-web.service": 1.0}


def too_much(scores: Mapping[str, float], spare: float = 0.0) -> dict[str, float]:
    """The units of *scores* that could do more than they may, by more than *spare*."""
    return {unit: score for unit, score in scores.items() if score > MOST.get(unit, MOST_OF_OTHERS) + spare}
