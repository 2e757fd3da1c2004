"""The door looks after the backups: staff are told when the last good one is too old."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kiosk.backup import state_of
from kiosk.config import Settings
from kiosk.rules.backups import fault_of
from kiosk.rules.model import Moment


class BackupFault(Exception):  # noqa: N818  # it is what staff read
    """There is no backup that is young enough; one sentence."""


class BackupWatch:
    """Looks at what the last backup left behind."""

    def __init__(self, settings: Settings, data: Path) -> None:
        self._settings = settings.backup
        self._data = data

    def chores(self) -> dict[str, Callable[[Moment], None]]:
        """What the door does now and then; nothing where no place for backups is set."""
        return {"backups": self.look} if self._settings.to else {}

    def look(self, now: Moment) -> None:
        """Raises BackupFault where staff should know."""
        state = state_of(self._data)
        good, failed = state.get("good", {}), state.get("failed", {})
        fault = fault_of(good.get("at_ms"), str(failed.get("why", "")), now.wall_ms, self._settings.alarm_s)
        if fault:
            raise BackupFault(fault)
