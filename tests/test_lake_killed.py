"""A hub that dies, or whose disk is full, while it makes its lake: what is there can be read, and the rest is made."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import OpenSite, Site
from lakes import LakeHub, opened_lake, show, whos
from small_disks import MountDisk, fill_disk, mounting_in
from test_hub_intake import sent

from kiosk.lake.tables import LakeError

pytest.importorskip("duckdb", reason="DuckDB is not here: it comes with kiosk[hub]")

SITES, PEOPLE, KILLS = 3, 20, 6
# Makes the lake from the beginning, again and again, until it is killed.
HUB = """
import sys
from pathlib import Path
from lakes import opened_lake

with opened_lake(Path(sys.argv[1])) as lake:
    print("begun", flush=True)
    while True:
        lake.keep(int(sys.argv[2]))
        with lake.hub.database.transaction() as db:
            db.execute("UPDATE lake_part SET state = ''")
            db.execute("DELETE FROM lake_branch")
"""


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[MountDisk]:
    with mounting_in(tmp_path) as mounting:
        yield mounting


def arrived(lake: LakeHub, sites: list[Site]) -> None:
    """Everything has come, and nothing is in the lake yet."""
    for site in sites:
        lake.hub.enrol(site)
        for blob in sent(site):
            lake.hub.intake.take(blob, site.ms("23:00"))


def make_sites(open_site: OpenSite, tmp_path: Path) -> dict[Site, list[int]]:
    sites = [open_site(data=tmp_path / f"kiosk-{n}", kiosk={"id": f"kiosk-{n}"}) for n in range(SITES)]
    return {site: [show(site, person, "in", f"08:{person:02}") for person in range(PEOPLE)] for site in sites}


@pytest.mark.slow
def test_a_hub_that_is_killed_again_and_again_has_the_same_lake_in_the_end(open_site: OpenSite, tmp_path: Path) -> None:
    made = make_sites(open_site, tmp_path)
    now_ms = next(iter(made)).ms("23:00")
    with opened_lake(tmp_path / "hub") as lake:
        arrived(lake, list(made))
    chance = random.Random(7)
    for _ in range(KILLS):
        command = [sys.executable, "-c", HUB, str(tmp_path / "hub"), str(now_ms)]
        paths = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=paths) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"begun\n"
            time.sleep(chance.random() / 2)
            child.kill()
    with opened_lake(tmp_path / "hub") as lake:
        lake.now_ms = now_ms
        lake.keep(now_ms)
        for site, visits in made.items():
            asked = whos(site, *visits)
            assert len(lake.stays(asked)) == len(lake.engine.people(asked)) == PEOPLE


def test_a_full_disk_costs_the_lake_nothing_once_there_is_room(
    open_site: OpenSite, tmp_path: Path, mount: MountDisk
) -> None:
    (site, visits), *_ = make_sites(open_site, tmp_path).items()
    disk = mount("tmpfs")
    with opened_lake(tmp_path / "hub", lake=disk / "lake") as lake:
        lake.hear(site)
        another = show(site, PEOPLE, "in", "09:00")
        fill_disk(disk, "full")
        with pytest.raises(LakeError, match="cannot be written"):
            lake.hear(site)
        assert len(lake.stays(whos(site, *visits))) == PEOPLE
        (disk / "full").unlink()
        lake.hear(site)
        assert len(lake.stays(whos(site, *visits, another))) == PEOPLE + 1
