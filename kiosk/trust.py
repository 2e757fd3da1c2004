"""Whom the site believes: the trust folder that its settings name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.devices import clock
from kiosk.health import Health
from kiosk.rules.formats.code import Trust

if TYPE_CHECKING:
    from kiosk.vault.trust import Finding, TrustFolder


def open_trust(folder: str) -> TrustFolder:
    """The trust folder *folder*; one that vouches for nobody where that is empty. Never raises."""
    from kiosk.vault.trust import TrustFolder  # X.509 is loaded by who judges certificates

    return TrustFolder.read(Path(folder)) if folder else TrustFolder()


def site_trust(folder: str, health: Health) -> Trust:
    """What the door believes by *folder* as it is now. What cannot serve is told to *health* and left out."""
    opened = open_trust(folder)
    if folder:
        faults = faults_of(opened)
        if faults:
            more = f", and {len(faults) - 1} more" if len(faults) > 1 else ""
            health.failed("trust", f"{faults[0].name}: {faults[0].note}{more}")
        else:
            health.works("trust")
    return Trust(signers=opened.signers, enclosed=opened.enclosed)


def faults_of(folder: TrustFolder) -> list[Finding]:
    """The files of *folder* in which nothing serves."""
    return [finding for finding in folder.findings(clock.now().wall_ms) if not finding.ok]
