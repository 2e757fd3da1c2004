"""A hub that keeps a lake, and what is asked of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from clock_story import HOUR_MS
from conftest import Site
from test_hub_intake import Hub, open_hub, sent
from test_replica import hub_seal

from kiosk.hub.lake_keeping import LakeKeeper, LakePlan
from kiosk.hub.logs import Logs
from kiosk.lake.duck import DuckEngine
from kiosk.lake.tables import DAY_MS
from kiosk.rules import invented
from kiosk.rules.model import Kind
from kiosk.rules.tracing import Asked, By, KeyedStay, Scope, asked_of
from kiosk.store.lake_state import LakeState

MINUTE_MS = 60_000
LONGEST_MS = 12 * HOUR_MS
KEEP_DAYS = 21


@dataclass
class LakeHub:
    """A hub with a lake."""

    hub: Hub
    keeper: LakeKeeper
    engine: DuckEngine
    now_ms: int = 0

    def hear(self, *sites: Site, at: str = "23:00") -> None:
        """Everything that *sites* have recorded arrives, and the lake is brought up."""
        for site in sites:
            self.hub.enrol(site)
            for blob in sent(site):
                self.hub.intake.take(blob, site.ms(at))
            self.now_ms = site.ms(at)
        self.keep(self.now_ms)

    def keep(self, now_ms: int) -> None:
        while self.keeper.bring_up(now_ms):
            pass
        self.keeper.forget(now_ms)
        self.keeper.write(now_ms)

    def stays(self, asked: Asked, by: By = By.SITE) -> list[KeyedStay]:
        return list(self.engine.stays_of(asked, Scope(-DAY_MS, self.now_ms + DAY_MS, by)))


@contextmanager
def opened_lake(home: Path, lake: Path | None = None) -> Iterator[LakeHub]:
    """A hub in *home*, made where it is missing."""
    home.mkdir(exist_ok=True)
    hub, folder = open_hub(home), lake or home / "lake"
    known = (hub.catalogue, Logs(home / "logs", hub_seal), LakeState(hub.database), hub.witness)
    keeper = LakeKeeper(folder, home / "parts", LakePlan("hub.example", LONGEST_MS, KEEP_DAYS), known)
    engine = DuckEngine(folder)
    try:
        yield LakeHub(hub, keeper, engine)
    finally:
        engine.close()
        keeper.close()
        hub.database.close()


def show(site: Site, person: int, gate: str, at: str, kind: Kind = Kind.ID_CARD) -> int:
    scan = site.show(invented.codes(invented.person(person))[kind], gate, at)
    assert scan.sequence
    return scan.sequence


def whos(site: Site, *visits: int) -> Asked:
    """Who made those visits, as the kiosk has them."""
    marks = ", ".join("?" * len(visits))
    with closing(sqlite3.connect(site.house.database)) as db:
        return asked_of(db.execute(f"SELECT key_id, who FROM visit WHERE id IN ({marks})", visits).fetchall())


def minutes(site: Site, stay: KeyedStay) -> tuple[float, float, float, float]:
    """The times of *stay* in minutes since 08:00."""
    times = (stay.came_ms, stay.surely_came_ms, stay.surely_went_ms, stay.went_ms)
    came, surely_came, surely_went, went = ((ms - site.ms("08:00")) / MINUTE_MS for ms in times)
    return came, surely_came, surely_went, went
