"""A hub's data directory that is opened: its database, the logs that arrive, its keys."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kiosk.config import Settings
from kiosk.devices import clock
from kiosk.hub.down import Down
from kiosk.hub.enrolling import Enrolling, Known
from kiosk.hub.intake import Intake
from kiosk.hub.lake_keeping import LakeKeeper, LakePlan
from kiosk.hub.logs import Logs
from kiosk.hub.openings import Openings
from kiosk.hub.signing_in import HubSignIns
from kiosk.hub.users import Users
from kiosk.hub.witness import Witness
from kiosk.rules.sessions import Limits
from kiosk.store.catalogue import Catalogue
from kiosk.store.deletion_clock import DeletionClock
from kiosk.store.hub_database import HubDatabase
from kiosk.store.lake_state import LakeState
from kiosk.vault.age import AgeKey
from kiosk.vault.hub_seal import hub_seal
from kiosk.vault.notes import Signer
from kiosk.vault.one_time import OneTimeCodes
from kiosk.vault.site_ca import SiteCa

DATABASE = "hub.db"
KEY_FILE = "hub.key"
SEAL_FILE = "hub-seal.key"
CODES_FILE = "hub-codes.key"
AGE_FILE = "hub-age.key"
CA_OF = "hub"
LOGS, REFUSED, LAKE, PARTS = "logs", "refused", "lake", "parts"
HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class HubHouse:
    """What a hub works with, in *folder*. Threads may share it. Made by ``open``."""

    settings: Settings
    folder: Path
    database: HubDatabase
    catalogue: Catalogue
    logs: Logs
    signer: Signer
    witness: Witness
    intake: Intake
    ca: SiteCa
    enrolling: Enrolling
    age: AgeKey
    users: Users
    sign_ins: HubSignIns
    openings: Openings
    down: Down
    lake: LakeKeeper
    deletion_clock: DeletionClock

    @classmethod
    def open(cls, data: Path, settings: Settings) -> HubHouse:
        """Open *data*, made where it is missing. Raises StoreError, VaultError and OSError."""
        data.mkdir(mode=0o750, parents=True, exist_ok=True)
        database = HubDatabase(data / DATABASE)
        try:
            signer = Signer(data / KEY_FILE, settings.hub.origin)
            witness = Witness(database, signer, f"{settings.hub.origin}/log")
            catalogue = Catalogue(database)
            logs = Logs(data / LOGS, hub_seal(data / SEAL_FILE), round(settings.hub.kiosk_gb * 10**9))
            down = Down(database, signer, settings.zone)
            intake = Intake(data / REFUSED, catalogue, logs, witness, down)
            ca = SiteCa.open(data, f"{settings.hub.name} · {CA_OF}", settings.hub.names)
            age = AgeKey(data / AGE_FILE)
            known = Known(settings.hub.name, ca.pem, signer.verifier, age.recipient)
            enrolling = Enrolling(database, ca, known, round(settings.hub.code_valid_s * 1000))
            codes = OneTimeCodes(data / CODES_FILE)
            users = Users(database, codes, clock.now)
            limits = Limits(round(settings.web.idle_s * 1000), round(settings.web.shift_s * 1000))
            sign_ins = HubSignIns(database, codes, limits, clock.now)
        except BaseException:
            database.close()
            raise
        openings = Openings(database, two_people=settings.hub.two_people, tell=down.tell_of)
        own = (database, catalogue, logs, signer, witness, intake, ca, enrolling, age, users, sign_ins, openings)
        plan = LakePlan(settings.hub.origin, round(settings.hub.longest_stay_h * HOUR_MS), settings.hub.keep_days)
        lake = LakeKeeper(data / LAKE, data / PARTS, plan, (catalogue, logs, LakeState(database), witness))
        return cls(settings, data, *own, down, lake, DeletionClock(database))

    def close(self) -> None:
        """Close the lake and the database."""
        self.lake.close()
        self.database.close()
