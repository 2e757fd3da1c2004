"""A restore proves a backup before it touches anything, keeps what was there aside, and survives a cut at any point."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from backed_up import back_up, bring_back, card, everything_below, hire, locked
from conftest import OpenSite, Site
from faults import faults_of
from terminal import Terminal

from kiosk.backup_folder import FolderError
from kiosk.restored import MOVING, READY, finish_restore, forget_asides
from kiosk.restoring import STAGING, RestoreError, put_in_place, staging_in
from kiosk.store.schema import DATABASE, connect
from kiosk.vault import VaultError
from kiosk.vault.recovery import Unlocked

KILLS = 12


@pytest.fixture
def made(site: Site, tmp_path: Path) -> tuple[Path, Unlocked]:
    """A backup of some people, and its code."""
    for number in range(3):
        site.show(card(number), "in", f"08:0{number}")
    hire(site)
    code = locked(site)
    return back_up(site, tmp_path / "stick").path, code


def state_of(data: Path) -> dict[str, bytes]:
    """Every file that lasts, but for the index of a write-ahead log."""
    return {path.name: path.read_bytes() for path in data.iterdir() if path.is_file() and path.suffix != ".db-shm"}


def test_a_data_directory_in_use_is_refused_and_left_as_it_is(site: Site, made: tuple[Path, Unlocked]) -> None:
    before = state_of(site.house.data)
    with pytest.raises(RestoreError, match="--replace"):
        bring_back(site, *made, site.house.data)
    assert state_of(site.house.data) == before


def test_what_is_replaced_is_kept_aside_but_for_what_must_end_with_its_day(
    open_site: OpenSite, site: Site, made: tuple[Path, Unlocked], tmp_path: Path
) -> None:
    other = open_site(data=tmp_path / "other")
    other.show(card(50), "in", "08:00")
    key = (other.house.data / "day.key").read_bytes()
    (other.house.data / "list-00000007.key").write_bytes(b"x" * 4096)
    came = bring_back(site, *made, other.house.data, replace=True)
    assert came.aside
    kept = {path.name for path in came.aside.iterdir()}
    assert {DATABASE, "kiosk.key", "tracing.json"} <= kept
    assert not {"day.key", "list-00000007.key"} & kept
    assert key[4096:] not in everything_below(other.house.data)
    assert Path(other.house.data, "kiosk.key").read_bytes() == (site.house.data / "kiosk.key").read_bytes()


def test_what_was_put_aside_goes_when_the_days_before_it_are_purged(tmp_path: Path) -> None:
    for number in (5, 900):
        (tmp_path / f"before-{number}").mkdir()
    forget_asides(tmp_path, purged_through=899)
    assert [path.name for path in tmp_path.iterdir()] == ["before-900"]


@pytest.mark.parametrize("damage", ["cut short", "one bit", "another file"])
def test_a_damaged_backup_touches_nothing(site: Site, made: tuple[Path, Unlocked], tmp_path: Path, damage: str) -> None:
    path, code = made
    content = path.read_bytes()
    damaged = {
        "cut short": content[:-100],
        "one bit": content[:5000] + bytes([content[5000] ^ 1]) + content[5001:],
        "another file": b"PK\x03\x04 not of a kiosk",
    }[damage]
    path.write_bytes(damaged)
    with pytest.raises(FolderError, match="SHA-256"):
        bring_back(site, path, code, tmp_path / "new")
    path.with_name(f"{path.name}.sha256").unlink()
    with pytest.raises(VaultError):
        bring_back(site, path, code, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_log_that_is_not_whole_comes_back_only_where_that_is_wanted(open_site: OpenSite, tmp_path: Path) -> None:
    site = open_site()
    site.show(card(1), "in", "08:00")
    with closing(connect(site.house.database)) as db:
        db.execute("UPDATE entry SET gate = 'elsewhere' WHERE sequence = 3")
    (tmp_path / "code").write_text(new_code_for(site), encoding="ascii")
    backup = back_up(site, tmp_path / "stick").path
    kiosk = Terminal(tmp_path / "new")
    words = ("restore", str(backup), "--code-file", str(tmp_path / "code"))
    refused = kiosk(*words)
    assert (refused.returncode, "entry 3" in refused.stderr, kiosk.data.exists()) == (1, True, False)
    assert kiosk(*words, "--damaged").returncode == 0
    assert kiosk("verify").returncode == 1


def test_who_asked_before_a_restore_is_found_by_the_old_epoch_and_erased(
    open_site: OpenSite, site: Site, made: tuple[Path, Unlocked], tmp_path: Path
) -> None:
    scan = next(entry for entry in site.reader.events_after(0, 100) if entry.header.kind == "scan")
    came = bring_back(site, *made, tmp_path / "new")
    kiosk = Terminal(tmp_path / "new")
    new_epoch = open_site(data=tmp_path / "new", at="10:05").house.store.head().epoch
    wrong = kiosk("requests", "erase", f"{new_epoch}:{scan.sequence}")
    assert (wrong.returncode, "is not of this kiosk's log" in wrong.stderr) == (1, True)
    assert kiosk("requests", "erase", f"{scan.header.epoch}:{scan.sequence}").returncode == 0
    assert kiosk("verify").returncode == 0
    assert came.sequence


def new_code_for(site: Site) -> str:
    done = Terminal(site.house.data).lines("backup", "--new-code", "--json")
    return str(done[0]["code"])


def test_a_power_cut_between_any_two_moves_is_mended_by_whoever_opens_the_directory(
    open_site: OpenSite, site: Site, made: tuple[Path, Unlocked], tmp_path: Path
) -> None:
    """Every state that the moves can leave behind is made, and opened."""
    restored = tmp_path / "restored"
    bring_back(site, *made, restored)
    wanted = state_of(restored)
    old = tmp_path / "old"
    other = open_site(data=old)
    other.show(card(50), "in", "08:00")
    for cut in range(len(list(old.iterdir())) + len(wanted) + 4):
        data = tmp_path / f"cut-{cut}"
        shutil.copytree(old, data)
        with staging_in(data) as staging:
            for path in restored.iterdir():
                shutil.copy2(path, staging / path.name)
            with cut_after(cut):
                put_in_place(staging, data, 7)
        finish_restore(data)
        assert {name: state_of(data)[name] for name in wanted} == wanted
        assert not (data / READY).exists()
        assert not (data / MOVING).exists()
        assert not (data / STAGING).exists()


class cut_after:  # noqa: N801  # used as a function
    """The power goes before the rename that comes after so many."""

    class Cut(BaseException):
        """Nothing catches it."""

    def __init__(self, renames: int) -> None:
        self._left = renames + 1  # the first is the point of no return
        self._rename: Callable[[Path, Path], Path] = Path.rename

    def __enter__(self) -> None:
        def rename(path: Path, target: Path) -> Path:
            if not self._left:
                raise cut_after.Cut
            self._left -= 1
            return self._rename(path, target)

        Path.rename = rename  # type: ignore[method-assign,assignment]

    def __exit__(self, kind: object, *_: object) -> bool:
        Path.rename = self._rename  # type: ignore[method-assign,assignment]
        return kind is cut_after.Cut


@pytest.mark.slow
def test_killed_at_any_moment_a_restore_was_done_or_never_begun(
    open_site: OpenSite, site: Site, made: tuple[Path, Unlocked], tmp_path: Path
) -> None:
    (tmp_path / "code").write_text(new_code_for(site), encoding="ascii")
    backup = back_up(site, tmp_path / "stick", at="09:05").path
    open_site(data=tmp_path / "old")
    chance, seen = random.Random(6), set[bool]()
    begun_s = time.monotonic()
    subprocess.run(command(tmp_path, backup, tmp_path / "whole"), check=True, capture_output=True)
    until_done_s = time.monotonic() - begun_s
    for number in range(5 * KILLS):  # more than KILLS where the machine is slower than in the first start
        if number >= KILLS and len(seen) == 2:
            break
        data = tmp_path / f"data-{number}"
        shutil.copytree(tmp_path / "old", data)
        with subprocess.Popen(
            [*command(tmp_path, backup, data), "--replace"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            time.sleep(chance.uniform(0.3, 1.1) * until_done_s)
            process.send_signal(signal.SIGKILL)
        again = open_site(data=data, at="10:05")
        assert faults_of(again.house) == []
        mine = (data / "kiosk.key").read_bytes() == (site.house.data / "kiosk.key").read_bytes()
        assert len(again.reader.arrivals()) == (3 if mine else 0)
        seen.add(mine)
        until_done_s *= 0.9 if mine else 1.2  # a busy machine's next start takes as long as its last one, about
    assert seen == {True, False}, "kills came both before and after the point of no return"


def command(tmp_path: Path, backup: Path, data: Path) -> list[str]:
    code = str(tmp_path / "code")
    return [sys.executable, "-m", "kiosk", "--data", str(data), "restore", str(backup), "--code-file", code]


@pytest.mark.slow
def test_killed_at_any_moment_a_backup_is_whole_or_not_there(site: Site, tmp_path: Path) -> None:
    for number in range(40):
        site.show(card(number), "in", "08:00")
    code = locked(site)
    stick = tmp_path / "stick"
    first = back_up(site, stick).path
    file = tmp_path / "kiosk.toml"
    file.write_text("[backup]\nkeep = 99\n")
    words = [sys.executable, "-m", "kiosk", "--config", str(file), "--data", str(site.house.data)]
    words += ["backup", "--to", str(stick)]
    begun_s = time.monotonic()
    subprocess.run(words, check=True, capture_output=True)
    longest_s, chance = time.monotonic() - begun_s, random.Random(6)
    for _ in range(KILLS):
        with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            time.sleep(chance.uniform(0.5, 1.0) * longest_s)
            process.send_signal(signal.SIGKILL)
    whole = [path for path in stick.iterdir() if path.suffix == ".kiosk-backup"]
    assert first in whole
    for number, path in enumerate(whole):
        came = bring_back(site, path, code, tmp_path / f"new-{number}")
        assert came.verdict.fault == ""
    back_up(site, stick, at="09:30")
    assert not list(stick.glob(".*")), "what killed ones left behind goes with the next"


def test_settings_and_trusted_keys_come_back_where_they_are_read(site: Site, tmp_path: Path) -> None:
    trust, file = tmp_path / "etc" / "trust", tmp_path / "etc" / "kiosk.toml"
    (trust / "vn").mkdir(parents=True)
    (trust / "vn" / "key.pem").write_text("of an issuer")
    file.write_text(f'[site]\nname = "Trạm Mẫu"\n[trust]\nfolder = "{trust}"\n', encoding="utf-8")
    kiosk = Terminal(site.house.data)
    (tmp_path / "code").write_text(new_code_for(site), encoding="ascii")
    (tmp_path / "stick").mkdir()
    assert kiosk("--config", str(file), "backup", "--to", str(tmp_path / "stick")).returncode == 0
    (backup,) = (tmp_path / "stick").glob("*.kiosk-backup")
    before = file.read_text(encoding="utf-8")
    (trust / "vn" / "key.pem").write_text("changed since")
    file.write_text('[site]\nname = "Khác"\n', encoding="utf-8")
    new = Terminal(tmp_path / "new")
    (said,) = new.lines(
        *("--config", str(file), "restore", str(backup), "--code-file", str(tmp_path / "code"), "--json")
    )
    assert file.read_text(encoding="utf-8") == before
    assert file.stat().st_mode & 0o777 == 0o640, "as the set-up and the boot partition leave them: not for strangers"
    assert "Khác" in file.with_name("kiosk.toml.before-restore").read_text(encoding="utf-8")
    assert (trust / "vn" / "key.pem").read_text() == "of an issuer"
    assert (tmp_path / "etc" / "trust.before-restore" / "vn" / "key.pem").read_text() == "changed since"
    assert len(said["notes"]) == 2
    assert not list(new.data.glob("restored-settings*"))


def test_settings_that_cannot_be_placed_are_not_lost(
    open_site: OpenSite, site: Site, made: tuple[Path, Unlocked], tmp_path: Path
) -> None:
    file = tmp_path / "kiosk.toml"
    file.write_text('[site]\nname = "Trạm Mẫu"\n', encoding="utf-8")
    (tmp_path / "code").write_text(new_code_for(site), encoding="ascii")
    backup = back_up(site, tmp_path / "stick", file, at="09:20").path
    file.unlink()
    (tmp_path / "a file").write_text("")
    target = tmp_path / "a file" / "kiosk.toml"
    done = subprocess.run(
        [sys.executable, "-c", PLACING, str(tmp_path / "new"), str(backup), str(tmp_path / "code"), str(target)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "cannot be written" in json.loads(done.stdout)[0]
    assert "Trạm Mẫu" in (tmp_path / "new" / "restored-settings" / "settings" / "kiosk.toml").read_text("utf-8")


PLACING = """
import json, sys
from pathlib import Path
from kiosk.devices import clock
from kiosk.restored_settings import place_settings
from kiosk.restoring import restore
from kiosk.vault.recovery import unlock
data, backup, code, target = map(Path, sys.argv[1:])
restore(backup, unlock(code.read_text()), data, clock.now(), replace=False, damaged=False)
print(json.dumps(list(place_settings(data, target))))
"""
