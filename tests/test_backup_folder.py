"""A stick that is full, read-only, pulled out or broken is told in one sentence, and nothing on it is lost."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from backed_up import back_up, bring_back, card, locked
from conftest import OpenSite, Site
from hypothesis import given
from hypothesis import strategies as st
from terminal import Terminal

from kiosk import backup_folder
from kiosk.backup import state_of
from kiosk.backup_folder import FolderError, check_folder
from kiosk.backup_watch import BackupFault, BackupWatch
from kiosk.devices import clock
from kiosk.rules.backups import BackupName, fault_of, name_at, parse_name, to_thin_out

HOUR_MS = 3_600_000


@pytest.fixture
def stick(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mounts a stick of a megabyte, with options; skips loudly where nobody may mount."""
    place = tmp_path / "stick"
    place.mkdir()

    def mount(options: str) -> Path:
        if os.geteuid() or not shutil.which("mount"):
            pytest.skip("only root may mount a stick")
        command = ["mount", "-t", "tmpfs", "-o", f"size=1m,{options}", "tmpfs", str(place)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("this machine lets us mount nothing")
        return place

    yield mount
    subprocess.run(["umount", "--lazy", str(place)], capture_output=True, check=False)


def fill(folder: Path, leave_bytes: int) -> None:
    disk = os.statvfs(folder)
    (folder / "photos").write_bytes(bytes(max(0, disk.f_bavail * disk.f_frsize - leave_bytes)))


def test_a_full_stick_says_so_and_keeps_what_it_has(site: Site, stick: Callable[[str], Path], tmp_path: Path) -> None:
    folder, code = stick("rw"), locked(site)
    first = back_up(site, folder).path
    for number in range(60):
        site.show(card(number), "in", "08:30")
    fill(folder, 8192)
    before = sorted(path.name for path in folder.iterdir())
    with pytest.raises(FolderError, match="is full"):
        back_up(site, folder, at="09:10")
    assert sorted(path.name for path in folder.iterdir()) == before
    (folder / "photos").unlink()
    back_up(site, folder, at="09:20")
    assert bring_back(site, first, code, tmp_path / "new").verdict.fault == ""


def test_one_killed_before_it_wrote_the_sum_leaves_no_sum_of_an_older_one_of_its_name(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, folder = locked(site), tmp_path / "stick"
    back_up(site, folder)

    def killed(path: Path, digest: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(backup_folder, "_write_sum", killed)
    with pytest.raises(KeyboardInterrupt):
        back_up(site, folder)
    (again,) = folder.glob("*.kiosk-backup")
    assert bring_back(site, again, code, tmp_path / "new").verdict.fault == ""


def test_a_full_disk_at_home_leaves_the_data_directory_as_it_was(
    open_site: OpenSite, stick: Callable[[str], Path], tmp_path: Path
) -> None:
    site = open_site()
    for number in range(400):
        site.show(card(number), "in", "08:30")
    code = locked(site)
    made = back_up(site, tmp_path / "folder").path
    disk = stick("rw")
    with pytest.raises(Exception, match=r"full|No space"):
        bring_back(site, made, code, disk / "data")
    assert list(disk.iterdir()) == []


def test_a_stick_that_is_locked_is_told_from_one_that_is_full(site: Site, stick: Callable[[str], Path]) -> None:
    locked(site)
    with pytest.raises(FolderError, match="its lock is on"):
        back_up(site, stick("ro"))


def test_where_a_stick_should_be_mounted_nothing_else_will_do(tmp_path: Path, stick: Callable[[str], Path]) -> None:
    with pytest.raises(FolderError, match="plug it in"):
        check_folder(tmp_path, mounted=True)
    check_folder(tmp_path, mounted=False)
    check_folder(stick("rw"), mounted=True)


def test_a_stick_pulled_out_meanwhile_is_one_sentence_and_the_house_remembers_it(site: Site, tmp_path: Path) -> None:
    locked(site)
    kiosk, settings = Terminal(site.house.data), tmp_path / "kiosk.toml"
    settings.write_text(f'[backup]\nto = "{tmp_path}/stick"\nmounted = false\n')
    (tmp_path / "stick").mkdir()
    assert kiosk("--config", str(settings), "backup").returncode == 0
    good = state_of(site.house.data)["good"]
    shutil.rmtree(tmp_path / "stick")
    failed = kiosk("--config", str(settings), "backup")
    assert (failed.returncode, failed.stderr.count("\n")) == (1, 1)
    state = state_of(site.house.data)
    assert state["good"] == good
    assert state["failed"]["why"] in failed.stderr


def test_staff_are_told_once_the_last_good_one_is_too_old(open_site: OpenSite, tmp_path: Path) -> None:
    site = open_site(backup={"to": str(tmp_path), "alarm_s": 86_400.0})
    watch = BackupWatch(site.house.settings, site.house.data)
    with pytest.raises(BackupFault, match="no backup was made yet"):
        watch.look(clock.now())
    locked(site)
    assert Terminal(site.house.data)("backup", "--to", str(tmp_path)).returncode == 0
    now = clock.now()
    watch.look(now)
    with pytest.raises(BackupFault, match="30 hours old"):
        watch.look(clock.stated(now.wall_ms + 30 * HOUR_MS + 60_000))
    assert watch.chores()
    assert not BackupWatch(open_site().house.settings, site.house.data).chores()


def test_why_the_last_one_failed_is_told_with_the_age() -> None:
    assert (
        fault_of(0, "the stick is full", 72 * HOUR_MS, 1.0) == "the last good backup is 3 days old: the stick is full"
    )
    assert fault_of(72 * HOUR_MS, "", 0, 1.0) == ""  # a clock that was set back


names = st.builds(
    name_at,
    st.just("site"),
    st.sampled_from(("kiosk-1", "kiosk_2")),
    st.sampled_from(("aa", "bb")),
    st.integers(0, 10**11),
    st.integers(0, 4_102_444_800_000),
)


@given(names)
def test_a_name_says_whose_backup_it_is(name: BackupName) -> None:
    assert parse_name(str(name)) == name
    assert parse_name(f".{name}.part") is None


@given(st.lists(names, unique=True), names, st.integers(1, 5))
def test_thinning_out_keeps_as_many_as_were_asked_for_and_never_loses_the_newest(
    others: list[BackupName], newest: BackupName, keep: int
) -> None:
    lying = [*(name for name in others if name != newest), newest]
    gone = to_thin_out(lying, newest, keep)
    left = [name for name in lying if name not in gone]
    ours = [name for name in lying if name.kiosk == newest.kiosk]
    mine = [name for name in ours if name.epoch == newest.epoch]
    assert all(name.kiosk == newest.kiosk for name in gone)
    assert len([name for name in left if name.kiosk == newest.kiosk]) >= min(keep, len(ours))
    assert newest in left
    if len(mine) >= keep:
        assert len(set(left) & set(mine)) == keep
