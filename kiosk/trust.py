"""Whom the site believes: the trust folder that its settings name, and the files that a hub sent."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.config import Settings
from kiosk.devices import clock
from kiosk.health import Health
from kiosk.retention import day_began_ms
from kiosk.rules import clock as rules_clock
from kiosk.rules.formats.code import Signer, Trust
from kiosk.rules.model import Moment
from kiosk.store.log import Store
from kiosk.vault import Vault

if TYPE_CHECKING:
    from kiosk.vault.trust import Finding, TrustFolder

FROM_HUB = "hub-trust"  # the folder in the data directory with what a hub sent


def open_trust(folder: str) -> TrustFolder:
    """The trust folder *folder*; one that vouches for nobody where that is empty. Never raises."""
    from kiosk.vault.trust import TrustFolder  # X.509 is loaded by who judges certificates

    return TrustFolder.read(Path(folder)) if folder else TrustFolder()


def trust_folders(settings: Settings, data: Path) -> list[str]:
    """The folders whose issuers are believed: the site's own, and what a hub sent."""
    hub = data / FROM_HUB
    return [*filter(None, [settings.trust.folder]), *([str(hub)] if hub.is_dir() else [])]


def site_trust(settings: Settings, data: Path, health: Health) -> Trust:
    """What the door believes as the folders are now. What cannot serve is told to *health* and left out.

    They are read apart: what a hub sent may add to whom the site believes, and revokes nobody of the site's own folder.
    """
    opened = [open_trust(folder) for folder in trust_folders(settings, data)]
    faults = [fault for folder in opened for fault in faults_of(folder)]
    if faults:
        more = f", and {len(faults) - 1} more" if len(faults) > 1 else ""
        health.failed("trust", f"{faults[0].name}: {faults[0].note}{more}")
    elif opened:
        health.works("trust")
    return trust_of(opened)


def trust_of(folders: Sequence[TrustFolder]) -> Trust:
    """What *folders* vouch for together, the first of them counting first."""
    readers = folders or [open_trust("")]

    def signers(key_id: str, issuer: str) -> list[Signer]:
        return [signer for folder in folders for signer in folder.signers(key_id, issuer)]

    def enclosed(der: bytes) -> Signer | None:
        found = [folder.enclosed(der) for folder in readers]
        return next((signer for signer in found if signer and signer.vouched), found[0])

    return Trust(signers=signers, enclosed=enclosed)


def trust_now(trust: Trust, store: Store, vault: Vault, settings: Settings, now: Moment) -> tuple[Trust, int]:
    """*trust* with whose signatures on slips, and which slips, are good, and when: today's, by the time that the log
    shows.
    """
    valid_s, at_ms = settings.vault.slip_valid_s, now.wall_ms
    with suppress(Exception):  # what is broken shows when this person is recorded
        head = store.head()
        shown_ms = rules_clock.shown_ms(head.shown, now)
        at_ms = rules_clock.told_ms(shown_ms, now)
        since_s = (shown_ms - day_began_ms(head.key_day, settings)) / 1000
        valid_s = min(valid_s, since_s) if since_s > 0 else valid_s  # else the clock was wrong when the key turned
        trust = replace(trust, slips_ahead_s=(shown_ms - at_ms) / 1000)
    return replace(trust, verify_slip=vault.verify_slip, slip_valid_s=valid_s), at_ms


def faults_of(folder: TrustFolder) -> list[Finding]:
    """The files of *folder* in which nothing serves."""
    return [finding for finding in folder.findings(clock.now().wall_ms) if not finding.ok]
