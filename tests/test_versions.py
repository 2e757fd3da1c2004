"""An older database is brought forward; a newer one is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import OpenSite, Site
from sqlite_utils import Database

from kiosk.house import DATABASE, HouseError
from kiosk.rules import invented
from kiosk.rules.model import Kind
from kiosk.store import roster, schema
from kiosk.store.checking import project_again, verify_log
from kiosk.vault import make_demo_keys

ANH = invented.codes(invented.person(1))[Kind.ID_CARD]


def faults(site: Site) -> list[object]:
    db = site.house.store.db
    return [fault for fault in (verify_log(db, site.house.vault.head_seal).fault, *project_again(db).values()) if fault]


@pytest.mark.parametrize(("version", "without"), [(1, "projections"), (2, "roster"), (3, "rare")])
def test_an_older_database_is_brought_forward_and_works(
    open_site: OpenSite, tmp_path: Path, version: int, without: str
) -> None:
    (tmp_path / "data").mkdir()
    make_demo_keys(tmp_path / "data")
    db = schema.connect(tmp_path / "data" / DATABASE)
    schema.migrations().apply(Database(db), stop_before=without)
    db.execute(f"PRAGMA user_version = {version}")
    db.close()
    site = open_site()
    assert str(site.show(ANH, "in", "08:00").ticket) == "A001"
    assert faults(site) == []
    assert roster.stored_lists(site.house.store.db) == []


def test_a_newer_database_is_refused_and_untouched(open_site: OpenSite) -> None:
    site = open_site()
    site.show(ANH, "in", "08:00")
    site.house.health.close()
    site.house.store.db.execute("PRAGMA user_version = 99")
    site.house.store.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = site.house.database.read_bytes()
    with pytest.raises(HouseError, match=r"kiosk\.db: was written by a newer program \(version 99, this one knows"):
        open_site()
    assert site.house.database.read_bytes() == before
