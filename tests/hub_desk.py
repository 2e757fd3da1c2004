"""A hub's users and a machine whose clocks the test sets."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from kiosk.hub.signing_in import HubSignIns
from kiosk.hub.users import Users
from kiosk.rules.hub_users import (
    HubRole,
)
from kiosk.rules.model import ClockState, Moment
from kiosk.rules.sessions import Limits
from kiosk.store.hub_database import HubDatabase
from kiosk.store.hub_users import Use, User, UserTables
from kiosk.vault.one_time import OneTimeCodes

MINUTE_MS, STEP_MS = 60_000, 30_000
NOON_MS = 1_795_000_000_000
HERE, ELSEWHERE = "203.0.113.7", "198.51.100.9"
OWN = "sông Mã chảy về xuôi"


class Desk:
    """A hub's users and a machine whose clocks the test sets."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.at = Moment(NOON_MS, MINUTE_MS, "one", ClockState.SET)
        self.open()

    def open(self) -> None:
        self.database = HubDatabase(self.home / "hub.db")
        self.codes = OneTimeCodes(self.home / "hub-users.key")
        self.users = Users(self.database, self.codes, lambda: self.at)
        limits = Limits(10 * MINUTE_MS, 720 * MINUTE_MS)
        self.sign_ins = HubSignIns(self.database, self.codes, limits, lambda: self.at)

    def wait(self, ms: int) -> None:
        self.at = replace(self.at, wall_ms=self.at.wall_ms + ms, monotonic_ms=self.at.monotonic_ms + ms)

    def user(self, name: str) -> User:
        with self.database.transaction() as db:
            found = UserTables(db).user(name)
        assert found
        return found

    def code(self, name: str) -> str:
        user = self.user(name)
        sealed = user.factor or user.offered
        assert sealed
        return self.codes.code(sealed, user.name, self.at.wall_ms)

    def sign_in(self, name: str, password: str = OWN, code: str = "", use: Use = Use.PAGES, at: str = HERE) -> object:
        return self.sign_ins.sign_in(name, password, code or self.code(name), address=at, use=use)

    def begun(self, name: str, role: HubRole = HubRole.ADMIN) -> str:
        """A user who has begun, a minute ago."""
        assert isinstance(self.users.add(name, role, "terminal"), str)
        self.users.offer(name, "hub.example")
        assert self.users.begin(name, OWN, self.code(name)) is None
        self.wait(MINUTE_MS)
        return name

    def token(self, name: str, use: Use = Use.PAGES) -> str:
        token = self.sign_in(name, use=use)
        assert isinstance(token, str), token
        self.wait(STEP_MS)
        return token

    def said(self) -> list[dict[str, str]]:
        with self.database.transaction() as db:
            leaves = [json.loads(leaf) for (leaf,) in db.execute("SELECT said FROM leaf ORDER BY number")]
        return [said for _, said in leaves]
