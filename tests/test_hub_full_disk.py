"""A hub whose disk fills stops taking logs while its staff can still sign in; what waits comes once there is room."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Site
from hub_staff import signed_in
from hubs import running_hub
from lakes import show
from small_disks import MountDisk, mounting_in
from test_hub_intake import sent

from kiosk.devices import clock
from kiosk.hub.chores import keep_lake
from kiosk.hub.room import LAST_SHARE
from kiosk.rules.hub_users import HubRole
from kiosk.store.catalogue import Enrolled
from kiosk.store.schema import StoreError
from kiosk.vault.segments import mark_of_text
from kiosk.web import haproxy

pytest.importorskip("duckdb", reason="DuckDB is not here: it comes with kiosk[hub]")
pytestmark = pytest.mark.skipif(haproxy.program() is None, reason=haproxy.NOT_INSTALLED)


@pytest.fixture
def mount_disk(tmp_path: Path) -> Iterator[MountDisk]:
    with mounting_in(tmp_path, "hub", size_mb=64) as mount:
        yield mount


def leave(disk: Path, share: float) -> None:
    """Take all but that *share* of the disk."""
    room = os.statvfs(disk)
    (disk / "full").write_bytes(bytes(room.f_bavail * room.f_frsize - round(room.f_blocks * room.f_frsize * share)))


def test_the_last_of_the_disk_is_for_staff(site: Site, tmp_path: Path, mount_disk: MountDisk) -> None:
    disk = mount_disk("tmpfs")
    show(site, 1, "in", "08:00")
    (blob,) = sent(site)
    with running_hub(disk) as fresh:
        kiosk, public = site.house.store.head().kiosk, site.house.vault.slip_key
        fresh.house.catalogue.enrol(Enrolled(kiosk, "site", public, mark_of_text(public), 0), {"what": "enrolled"})
        leave(disk, LAST_SHARE * 0.9)
        with pytest.raises(StoreError, match="nearly full") as full:
            fresh.house.intake.take(blob, site.ms("23:00"))
        assert full.value.disk_full, "the kiosk is told to come again"
        with pytest.raises(StoreError, match="nearly full"):
            keep_lake(fresh.house, clock.now())
        assert signed_in(fresh, HubRole.AUDITOR).page("/kept").status == 200
        (disk / "full").unlink()
        assert fresh.house.intake.take(blob, site.ms("23:00")).new
