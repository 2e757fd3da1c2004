"""A kiosk that has joined a hub, as its tests need it: its rounds, and what the hub then has."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from conftest import Site
from hubs import RunningHub

from kiosk.devices import clock
from kiosk.hub.logs import DATABASE
from kiosk.joined import Joined
from kiosk.joining import Joiner, join
from kiosk.sync_round import Errand, Round


def joiner_of(site: Site) -> Joiner:
    house = site.house
    return Joiner(house.data, house.settings, house.vault, house.store.head().kiosk)


def join_hub(site: Site, hub: RunningHub) -> Joined:
    joiner = joiner_of(site)
    return join(joiner, hub.code(joiner.kiosk, site.house.settings.site.id).text, clock.now())


def round_of(site: Site, *errands: Errand, **sync: Any) -> Round:
    house = site.house
    settings = replace(house.settings, sync=replace(house.settings.sync, **sync))
    return Round(settings, house.data, house.vault, site.reader, clock.now, errands)


def entries(path: Path) -> list[tuple[Any, ...]]:
    """All entries of a log with all that they have."""
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT * FROM entry ORDER BY sequence").fetchall()


def at_hub(hub: RunningHub, site: Site) -> list[tuple[Any, ...]]:
    """The entries of the branch that is this kiosk's."""
    head = site.house.store.head()
    (branch,) = hub.house.logs.containing(head.kiosk, head.sequence, head.chain)
    return entries(hub.house.logs.path(branch) / DATABASE)
