"""[backup]: where backups go, and from when on staff are told that there is none."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.config.reading import setting


@dataclass(frozen=True, slots=True)
class BackupSettings:
    """[backup]"""

    to: str = setting("", "Folder for backups, as a USB stick's /media/kioskbackup; empty for none.")
    mounted: bool = setting(
        True, "Whether a stick or disk must be mounted there: nothing is written while it is pulled out."
    )
    keep: int = setting(14, "Backups of this kiosk that are kept there; older ones go.", least=1)
    alarm_s: float = setting(172800.0, "Staff are told when the last good backup is older than this.", least=60)
