"""Who sets a kiosk up holds the code that opens its backups, or has said that there are none: nobody needs a shell."""

from __future__ import annotations

import configparser
import json
import re
import tomllib
from pathlib import Path

import pytest
from setting_up import SettingUp, setting_up, told

from kiosk import config
from kiosk.cli import main
from kiosk.rules.set_up import STICK, Step
from kiosk.store.schema import DATABASE
from kiosk.vault.recovery import LOCK_FILE, keep_lock, kept_lock, new_code, unlock

UNITS = Path(__file__).parent.parent / "systemd"
SHOWN = re.compile(r'class="recovery-code"[^>]*>(.*?)</p>')
CHOSEN = ["place", "gate", "devices", "keys/file", "keys/keep", "admin"]


def shown(page: str) -> str:
    """The code that *page* shows; empty where it shows none."""
    found = SHOWN.search(page)
    return re.sub(r"<[^>]+>", "", found[1]) if found else ""


def new_one(own: SettingUp) -> str:
    """The recovery code that was just made, as the telephone shows it."""
    answer = own.answer("backups/code")
    assert answer.status == 200
    return shown(answer.read().decode())


def finished(own: SettingUp) -> None:
    """The kiosk opens after the other steps."""
    for step in CHOSEN:
        own.answer(step)
    answer = own.post("/finish")
    assert answer.status == 200, told(answer)


def written(own: SettingUp) -> str:
    """The folder for backups as it stands in the settings."""
    folder = tomllib.loads(own.settings_file.read_text(encoding="utf-8"))["backup"]["to"]
    assert config.load(own.settings_file).backup.to == folder
    return str(folder)


def test_a_backup_of_the_new_kiosk_opens_with_the_code_that_was_shown(tmp_path: Path) -> None:
    with setting_up(tmp_path) as own:
        own.claim()
        code = new_one(own)
        assert own.post("/step/backups/keep", group=code[-4:]).status == 303
        finished(own)
    kiosk = ["--config", str(own.settings_file), "--data", str(own.data)]
    (stick := tmp_path / "stick").mkdir()
    assert written(own) == STICK
    assert main([*kiosk, "backup", "--to", str(stick)]) == 0
    (tmp_path / "paper").write_text(code, encoding="ascii")
    (file,) = stick.glob("*.kiosk-backup")
    again = ["--config", str(own.settings_file), "--data", str(tmp_path / "again")]
    assert main([*again, "restore", str(file), "--code-file", str(tmp_path / "paper")]) == 0


def test_the_stick_is_mounted_where_the_settings_say() -> None:
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.read(UNITS / "media-kioskbackup.mount")
    assert unit["Mount"]["Where"] == STICK


def test_a_stick_that_is_plugged_in_during_the_set_up_waits_for_code_and_log() -> None:
    unit = (UNITS / "kiosk-backup.service").read_text(encoding="utf-8")
    waits_for = re.findall(r"^ConditionPathExists=/var/lib/kiosk/(.*)$", unit, re.MULTILINE)
    assert waits_for == [LOCK_FILE, DATABASE]


def test_the_paper_has_the_code_that_the_telephone_shows_once(tmp_path: Path) -> None:
    with setting_up(tmp_path) as own:
        own.claim()
        code = new_one(own)
        assert own.printed.recovery == [code]
        assert code not in told(own.get("/step/backups"))
        assert code not in told(own.answer("backups/keep", group="0000"))


def test_without_paper_it_is_written_down_from_the_telephone(tmp_path: Path) -> None:
    with setting_up(tmp_path) as own:
        own.claim()
        own.printed.broken = True
        page = own.post("/step/backups/code").read().decode()
        assert "out of paper" in page
        assert own.post("/step/backups/keep", group=shown(page)[-4:]).status == 303
        assert own.context.set_up.has_recovery


@pytest.mark.parametrize("spell", [str.lower, lambda group: f" {group[:2]}-{group[2:]} ", lambda group: group])
def test_its_last_group_may_be_typed_in_any_way(tmp_path: Path, spell: object) -> None:
    assert callable(spell)
    with setting_up(tmp_path) as own:
        own.claim()
        assert own.post("/step/backups/keep", group=spell(new_one(own)[-4:])).status == 303


@pytest.mark.parametrize("typed", ["", "0", "ÁÀẢÃ", "O" * 4000])
def test_who_cannot_type_its_last_group_has_not_kept_it(tmp_path: Path, typed: str) -> None:
    with setting_up(tmp_path) as own:
        own.claim()
        code = new_one(own)
        answer = own.post("/step/backups/keep", group=typed)
        assert (answer.status, own.context.set_up.has_recovery) == (422, False)
        assert Step.BACKUPS in own.context.set_up.draft.missing()
        assert own.post("/step/backups/keep", group=code[-4:]).status == 303, "the code is still good"


def test_of_two_codes_only_the_last_counts(tmp_path: Path) -> None:
    with setting_up(tmp_path) as own:
        own.claim()
        first, last = new_one(own), new_one(own)
        assert own.post("/step/backups/keep", group=first[-4:]).status == 422
        own.post("/step/backups/keep", group=last[-4:])
    assert kept_lock(own.data) == unlock(last).lock


def test_nobody_keeps_a_code_that_was_not_made(tmp_path: Path) -> None:
    with setting_up(tmp_path) as own:
        own.claim()
        assert own.answer("backups/keep").status == 422
        assert own.post("/step/backups/stay").status == 409
    assert not (own.data / LOCK_FILE).exists()


@pytest.mark.parametrize("kept", [False, True])
def test_the_code_is_nowhere_on_the_disk(tmp_path: Path, kept: bool) -> None:
    with setting_up(tmp_path) as own:
        own.claim()
        own.answer("place")
        code = new_one(own)
        if kept:
            own.post("/step/backups/keep", group=code[-4:])
            finished(own)
    spelled = {code.encode(), code.replace("-", "").encode()}
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert files
    assert not [file for file in files if any(each in file.read_bytes() for each in spelled)]


def test_a_power_cut_before_it_is_kept_makes_it_worthless(tmp_path: Path) -> None:
    with setting_up(tmp_path) as own:
        own.claim()
        lost = new_one(own)
    with setting_up(tmp_path) as own:
        own.claim()
        assert own.post("/step/backups/keep", group=lost[-4:]).status == 422
        assert not (own.data / LOCK_FILE).exists()
        own.answer("backups/code")
        own.answer("backups/keep")
        finished(own)
    assert written(own) == STICK
    assert kept_lock(own.data) != unlock(lost).lock


def test_a_power_cut_between_code_and_answer_asks_once_more_and_the_code_stays(tmp_path: Path) -> None:
    code = new_code()
    with setting_up(tmp_path) as own:
        own.claim()
        own.answer("place")
    keep_lock(own.data, unlock(code).lock)  # and here the power fails
    with setting_up(tmp_path) as own:
        own.claim()
        assert Step.BACKUPS in own.context.set_up.draft.missing()
        assert own.post("/step/backups/stay").status == 303
        finished(own)
    assert (written(own), kept_lock(own.data)) == (STICK, unlock(code).lock)


def test_a_place_for_backups_without_its_code_is_asked_again(tmp_path: Path) -> None:
    with setting_up(tmp_path) as own:
        own.claim()
        own.answer_all()
    (own.data / LOCK_FILE).write_text("{", encoding="utf-8")
    with setting_up(tmp_path) as own:
        own.claim()
        assert own.context.set_up.draft.missing() == (Step.BACKUPS,)


def test_no_backups_is_an_answer_and_no_code_is_left(tmp_path: Path) -> None:
    with setting_up(tmp_path) as own:
        own.claim()
        own.answer("backups/code")
        own.answer("backups/keep")
        assert own.post("/step/backups/none").status == 303
        finished(own)
    assert written(own) == ""
    assert not (own.data / LOCK_FILE).exists()


def test_a_site_that_backs_up_elsewhere_goes_on_there(tmp_path: Path) -> None:
    file = tmp_path / "etc" / "kiosk.toml"
    file.parent.mkdir()
    file.write_text('[backup]\nto = "/srv/backups"\nkeep = 3\n', encoding="utf-8")
    (tmp_path / "data").mkdir()
    keep_lock(tmp_path / "data", unlock(new_code()).lock)
    with setting_up(tmp_path) as own:
        own.claim()
        assert Step.BACKUPS not in own.context.set_up.draft.missing()
        finished(own)
    backup = config.load(own.settings_file).backup
    assert (backup.to, backup.keep) == ("/srv/backups", 3)


def test_the_draft_says_where_to_and_nothing_else(tmp_path: Path) -> None:
    with setting_up(tmp_path) as own:
        own.claim()
        own.answer("backups/code")
        own.answer("backups/keep")
        kept = json.loads((own.data / "set-up.json").read_text(encoding="utf-8"))
    assert {name: value for name, value in kept.items() if "backup" in name or "recovery" in name} == {
        "backup_to": STICK
    }


@pytest.mark.parametrize("chosen", [True, False])
def test_the_last_page_asks_for_the_stick_where_there_are_backups(tmp_path: Path, chosen: bool) -> None:
    with setting_up(tmp_path) as own:
        own.claim()
        own.answer_all()
        if not chosen:
            own.post("/step/backups/none")
        assert ("KIOSKBACKUP" in told(own.post("/finish"))) is chosen
