"""How long something has lasted on a machine whose time of day may be anything: by the time it has been running.

A clock that shows 1970, or jumps, ends nothing too early and lets nothing last too long.
"""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.rules.model import Moment


@dataclass(frozen=True, slots=True)
class Since:
    """When something began: in which run of the machine, and how long that had lasted."""

    boot_id: str
    monotonic_ms: int

    def same_run(self, now: Moment) -> bool:
        """Whether the machine has not been started again since."""
        return self.boot_id == now.boot_id

    def lasted_ms(self, now: Moment) -> int:
        """At least so long ago it began: after a restart, what the machine has been running since."""
        began_ms = self.monotonic_ms if self.same_run(now) else 0
        return max(0, now.monotonic_ms - began_ms)


NEVER = Since("", 0)


def since(now: Moment) -> Since:
    """What begins *now*."""
    return Since(now.boot_id, now.monotonic_ms)
