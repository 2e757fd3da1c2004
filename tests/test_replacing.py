"""A new card becomes a kiosk of a running site: it knows staff, tablets, lists and keys; its log is its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from backed_up import PIN, STAFF_NAME, back_up, card, everything_below, hire, locked
from conftest import OpenSite, Site, local_ms, settings_with
from faults import faults_of
from terminal import Terminal

from kiosk.backup import Sources
from kiosk.config import load
from kiosk.devices import clock
from kiosk.door_socket import DoorClient
from kiosk.house import open_house
from kiosk.replacing import Place, Replaced, make_bundle, replace_by
from kiosk.restored_settings import place_settings
from kiosk.restoring import RestoreError
from kiosk.rules.entries import EntryKind
from kiosk.rules.model import Check
from kiosk.store.staff import FILE, StaffBook
from kiosk.vault.pins import is_pin
from kiosk.vault.recovery import Unlocked, new_code, unlock
from kiosk.vault.site_ca import SiteCa
from kiosk.web.lines import _said

SETTINGS = """
[site]
id = "site"
name = "Trạm Mẫu"
[kiosk]
id = "kiosk-1"
[[gates]]
id = "in"
direction = "in"
[[gates]]
id = "side"
[[sources]]
kind = "keyboard"
gate = "in"
path = "/dev/kiosk/scanner"
"""


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    path = tmp_path / "gate" / "kiosk.toml"
    path.parent.mkdir()
    path.write_text(SETTINGS, encoding="utf-8")
    return path


@pytest.fixture
def bundle(site: Site, settings_file: Path, tmp_path: Path) -> tuple[Path, Unlocked]:
    """What a gate at work makes for another card, and the code."""
    site.show(card(1), "in", "08:00")
    hire(site)
    SiteCa.open(site.house.data, "Trạm Mẫu", ["kiosk.local"])
    code = unlock(new_code())
    (tmp_path / "stick").mkdir()
    sources = Sources(site.house.data, load(settings_file), settings_file)
    return make_bundle(sources, tmp_path / "stick", code.lock, clock.stated(site.ms("09:00"))), code


def become(
    bundle: tuple[Path, Unlocked], data: Path, kiosk: str = "kiosk-2", gate: str = "", *, replace: bool = False
) -> Replaced:
    now = clock.stated(local_ms("2026-11-20T09:10", settings_with()))
    done = replace_by(*bundle, data, Place(kiosk, gate), now, replace=replace)
    list(place_settings(data, data.parent / "new" / "kiosk.toml"))
    return done


def test_the_new_card_knows_what_the_site_has_in_common_and_begins_an_epoch_of_its_own(
    site: Site, bundle: tuple[Path, Unlocked], tmp_path: Path
) -> None:
    done = become(bundle, tmp_path / "card", gate="side")
    settings = load(tmp_path / "new" / "kiosk.toml")
    assert (settings.kiosk.id, settings.site.name) == ("kiosk-2", "Trạm Mẫu")
    assert ([gate.id for gate in settings.gates], settings.sources) == (["side"], ())
    assert settings.site.slip_keys == (site.house.vault.slip_key,)
    with open_house(settings, tmp_path / "card", demo=True) as house:
        head = house.store.head()
        assert head.kiosk == "kiosk-2"
        assert head.epoch != site.house.store.head().epoch
        assert house.vault.tracing_fingerprint == site.house.vault.tracing_fingerprint
        assert house.vault.slip_key == done.slip_key != site.house.vault.slip_key
        assert faults_of(house) == []
    ours, theirs = SiteCa.look(site.house.data), SiteCa.look(tmp_path / "card")
    assert ours
    assert theirs
    assert ours.fingerprint == theirs.fingerprint
    book = StaffBook(tmp_path / "card" / FILE)
    assert is_pin(PIN, book.accounts()[0].pin)
    book.close()


def test_a_slip_of_the_old_gate_lets_somebody_out_at_the_new_one(
    open_site: OpenSite, site: Site, bundle: tuple[Path, Unlocked], tmp_path: Path
) -> None:
    slip = site.house.vault.issue_slip(site.ms("08:00"))
    become(bundle, tmp_path / "card")
    keys = load(tmp_path / "new" / "kiosk.toml").site.slip_keys
    new = open_site(data=tmp_path / "card", at="09:30", site={"slip_keys": keys})
    assert new.show(slip.code.encode(), "out", "09:31").credential.check is Check.VALID


def test_staff_see_that_the_gate_was_replaced(
    open_site: OpenSite, bundle: tuple[Path, Unlocked], tmp_path: Path
) -> None:
    become(bundle, tmp_path / "card")
    first = open_site(data=tmp_path / "card").reader.events_after(0, 1)[0]
    assert first.header.kind == EntryKind.START
    assert first.body
    assert (first.body["why"], first.body["from"]) == ("replaced", "kiosk-1")
    assert _said(first.header.kind, first.body)[1].en == "A new kiosk replaces the one at this gate"


def test_neither_log_nor_day_key_nor_the_old_gate_s_own_key_travels(
    site: Site, bundle: tuple[Path, Unlocked], tmp_path: Path
) -> None:
    become(bundle, tmp_path / "card")
    new = everything_below(tmp_path / "card")
    assert (site.house.data / "kiosk.key").read_bytes() not in new
    assert site.house.vault.key_id not in new
    assert STAFF_NAME.encode() not in bundle[0].read_bytes()


def test_a_backup_serves_as_well(open_site: OpenSite, settings_file: Path, tmp_path: Path) -> None:
    site = open_site()
    for number in range(3):
        site.show(card(number), "in", "08:00")
    code = locked(site)
    made = back_up(site, tmp_path / "stick", settings_file).path
    become((made, code), tmp_path / "card", "kiosk-1")
    new = open_site(data=tmp_path / "card", at="10:00")
    assert new.reader.arrivals() == []
    assert new.house.vault.slip_key != site.house.vault.slip_key


def test_a_gate_that_the_settings_do_not_know_changes_nothing(bundle: tuple[Path, Unlocked], tmp_path: Path) -> None:
    with pytest.raises(RestoreError, match="known: in, side"):
        become(bundle, tmp_path / "card", gate="back")
    assert not (tmp_path / "card").exists()


def test_on_the_command_line_it_takes_a_code_and_then_the_new_door_answers(site: Site, tmp_path: Path) -> None:
    """How long that takes is measured by ``tests/bench/replace.py``."""
    living, new, settings = Terminal(site.house.data), Terminal(tmp_path / "card"), tmp_path / "kiosk.toml"
    (tmp_path / "stick").mkdir()
    settings.write_text("")
    (made,) = living.lines("replace", "--make", str(tmp_path / "stick"), "--json")
    (said,) = new.lines(
        *(
            "--config",
            str(settings),
            "replace",
            made["file"],
            "--kiosk",
            "kiosk-2",
            "--code-file",
            "-",
            "--json",
        ),
        stdin=made["code"],
    )
    assert said["from"] == "kiosk-1"
    assert new("visits").returncode == 0
    acts = [entry.body["act"] for entry in site.reader.events_after(0, 99) if entry.body and "act" in entry.body]
    assert acts == ["replacement"]
    running = [sys.executable, "-m", "kiosk", "--config", str(settings), "run", "--simulate", "--port", "0"]
    with subprocess.Popen(running, env=new.environment, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout
        said_first = run.stdout.readline()
        came = DoorClient(new.data).present_text(card(1), load(settings).gates[0].id)
        run.terminate()
    assert (said_first[:7], came["outcome"], run.returncode) == ("http://", "admitted", 0)
    wrong = new("replace", made["file"], "--kiosk", "kiosk-2", "--code-file", "-", "--replace", stdin=new_code())
    assert (wrong.returncode, wrong.stderr.count("\n")) == (1, 1)
