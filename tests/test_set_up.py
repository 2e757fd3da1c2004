"""A kiosk is set up by who stands before it, on a telephone; nothing is lost between two steps, nothing half done."""

from __future__ import annotations

import json
import stat
import tomllib
from pathlib import Path

import pytest
from setting_up import ANSWERS, PIN, SettingUp, setting_up, told

from kiosk import config
from kiosk.cli import main
from kiosk.config import Settings
from kiosk.devices import clock
from kiosk.devices.base import DeviceError
from kiosk.rules.model import Direction
from kiosk.rules.set_up import Step
from kiosk.set_up_needed import DRAFT_FILE, is_again, is_asked, is_needed, note_asked
from kiosk.signing_in import SignIns
from kiosk.store.schema import DATABASE
from kiosk.store.staff import FILE as STAFF_FILE
from kiosk.store.staff import StaffBook
from kiosk.vault import parse_private_key
from kiosk.vault.tracing import read_public_key

# What is not on the disk is made once more.
MADE_AGAIN = {"keys/keep": ["keys/file"], "backups/keep": ["backups/code"]}


def finished(own: SettingUp) -> Settings:
    """A kiosk that was set up from the first page to the last."""
    own.claim()
    own.answer_all()
    answer = own.post("/finish")
    assert answer.status == 200, told(answer)
    return config.load(own.settings_file)


def test_the_answers_become_the_settings(tmp_path: Path) -> None:
    with setting_up(tmp_path) as own:
        settings = finished(own)
    assert (settings.site.name, settings.site.id) == ("Trạm Y tế Ví Dụ", "tram-y-te-vi-du")
    assert (settings.gates[0].name, settings.gates[0].direction) == ("Cổng B", Direction.IN)
    assert [source.kind for source in settings.sources] == ["keyboard"]
    assert settings.web.address == "0.0.0.0"


def test_the_kiosk_then_opens_and_its_admin_signs_in(tmp_path: Path) -> None:
    with setting_up(tmp_path) as own:
        settings = finished(own)
    book = StaffBook(own.data / STAFF_FILE)
    assert isinstance(SignIns(book, settings, clock.now).sign_in("Nguyễn Thị Mẫu", PIN), str)
    book.close()
    assert main(["--config", str(own.settings_file), "--data", str(own.data), "verify"]) == 0
    assert not is_needed(own.settings_file, own.data)


def test_the_first_admin_is_in_the_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with setting_up(tmp_path) as own:
        finished(own)
    main(["--config", str(own.settings_file), "--data", str(own.data), "log", "--json"])
    entries = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert any("Nguyễn Thị Mẫu: admin" in json.dumps(entry, ensure_ascii=False) for entry in entries)


def test_the_half_that_was_handed_over_is_the_one_that_opens(tmp_path: Path) -> None:
    with setting_up(tmp_path) as own:
        own.claim()
        own.answer("place")
        own.answer("keys/file")  # and once more: only the last one counts
        private = own.answer("keys/file").read().decode()
        own.answer("keys/keep")
    public = read_public_key(own.data)
    assert parse_private_key(private).fingerprint == public.fingerprint
    assert not public.demo


def test_the_half_is_nowhere_in_the_data(tmp_path: Path) -> None:
    with setting_up(tmp_path) as own:
        own.claim()
        private = json.loads(own.answer("keys/file").read())["private"].encode()
        own.answer("keys/keep")
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and private in file.read_bytes()]


def test_keys_that_were_not_printed_are_not_kept(tmp_path: Path) -> None:
    with setting_up(tmp_path) as own:
        own.claim()
        own.printed.broken = True
        assert "out of paper" in told(own.post("/step/keys/paper"))
        assert own.context.set_up.has_keys is False
        own.printed.broken = False
        assert own.post("/step/keys/paper").status == 200
        assert len(own.printed.papers) == 1


def test_nobody_keeps_keys_that_nobody_holds(tmp_path: Path) -> None:
    with setting_up(tmp_path) as own:
        own.claim()
        assert own.answer("keys/keep").status == 422
    assert is_needed(own.settings_file, own.data)


@pytest.mark.parametrize("answered", range(len(ANSWERS) + 1))
def test_a_power_cut_between_two_steps_loses_nothing(tmp_path: Path, answered: int) -> None:
    steps = list(ANSWERS)
    with setting_up(tmp_path) as own:
        own.claim()
        for step in steps[:answered]:
            own.answer(step)
    with setting_up(tmp_path) as own:
        own.claim()
        after = steps[answered:]
        for step in [*MADE_AGAIN.get("".join(after[:1]), []), *after]:
            assert own.answer(step).status in (200, 303)
        assert own.post("/finish").status == 200
    assert config.load(own.settings_file).gates[0].name == "Cổng B"


@pytest.mark.parametrize("broken", ["settings", "log", "account"])
def test_an_end_that_was_cut_off_is_done_again(tmp_path: Path, broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The power fails after the settings, after the log, before the account: the next start asks for the end again."""
    cut = {
        "settings": "kiosk.setting_up.open_house",
        "log": "kiosk.setting_up.SetUp._book",
        "account": "pathlib.Path.unlink",
    }
    with setting_up(tmp_path) as own:
        own.claim()
        own.answer_all()
        with monkeypatch.context() as power:
            power.setattr(cut[broken], _cut_off)
            assert own.post("/finish").status == 500
    assert is_needed(own.settings_file, own.data)
    with setting_up(tmp_path) as own:
        own.claim()
        assert own.post("/finish").status == 200
    assert not is_needed(own.settings_file, own.data)
    assert main(["--config", str(own.settings_file), "--data", str(own.data), "verify"]) == 0


def _cut_off(*_: object, **__: object) -> None:
    raise RuntimeError("the power failed")


def test_a_step_can_be_done_again(tmp_path: Path) -> None:
    with setting_up(tmp_path) as own:
        own.claim()
        own.answer_all()
        own.answer("gate", gate="Cổng C", direction="both")
        own.post("/finish")
    assert config.load(own.settings_file).gates[0].name == "Cổng C"


@pytest.mark.parametrize(
    ("step", "answers"),
    [
        ("place", {"site": ""}),
        ("place", {"keeper": " "}),
        ("place", {"site": "x" * 81}),
        ("place", {"site_id": "Trạm"}),
        ("place", {"kiosk_id": "../kiosk"}),
        ("place", {"site": "!!!"}),  # no short name can be made of it
        ("gate", {"gate": ""}),
        ("admin", {"pin": "123456", "again": "123456"}),
        ("admin", {"again": "271828"}),
        ("admin", {"name": ""}),
    ],
)
def test_an_answer_that_will_not_do_is_told_and_not_kept(tmp_path: Path, step: str, answers: dict[str, str]) -> None:
    with setting_up(tmp_path) as own:
        own.claim()
        answer = own.answer(step, **answers)
        assert answer.status == 422
        assert b'data-tone="trouble"' in answer.read()
        assert Step(step) in own.context.set_up.draft.missing()


def test_what_was_typed_is_still_there_when_it_is_refused(tmp_path: Path) -> None:
    with setting_up(tmp_path) as own:
        own.claim()
        assert b"Tr\xe1\xba\xa1m M\xe1\xbb\x9bi" in own.answer("place", site="Trạm Mới", kiosk_id="!").read()


def test_a_kiosk_opens_only_when_every_step_is_answered(tmp_path: Path) -> None:
    with setting_up(tmp_path) as own:
        own.claim()
        own.answer("place")
        assert own.post("/finish").status == 409
    assert not own.settings_file.exists()


def test_settings_that_are_not_asked_stay(tmp_path: Path) -> None:
    file = tmp_path / "etc" / "kiosk.toml"
    file.parent.mkdir()
    file.write_text(
        '[site]\nname = "Cũ"\ncapacity = 40\n[[gates]]\nid = "a"\nname = "A"\n[[gates]]\nid = "b"\nname = "B"\n'
        '[[sources]]\nkind = "serial"\ngate = "b"\npath = "/dev/ttyACM0"\n',
        encoding="utf-8",
    )
    with setting_up(tmp_path) as own:
        settings = finished(own)
    assert (settings.site.name, settings.site.capacity) == ("Trạm Y tế Ví Dụ", 40)
    assert [(gate.id, gate.name) for gate in settings.gates] == [("a", "Cổng B"), ("b", "B")]
    assert [(source.kind, source.gate) for source in settings.sources] == [("serial", "b"), ("keyboard", "a")]
    assert 'name = "Cũ"' in file.with_name("kiosk.toml.before").read_text(encoding="utf-8")


def test_settings_that_would_not_be_taken_leave_the_old_ones_in_force(tmp_path: Path) -> None:
    file = tmp_path / "etc" / "kiosk.toml"
    file.parent.mkdir()
    file.write_text('[site]\nname = "Cũ"\n[camera]\nfast = true\n', encoding="utf-8")  # of another version
    with setting_up(tmp_path) as own:
        own.claim()
        for step in (each for each in ANSWERS if not each.startswith("backups")):
            own.answer(step)
        own.post("/step/backups/none")
        answer = own.post("/finish")
        assert answer.status == 422
        assert "camera is not a setting" in told(answer)
    assert tomllib.loads(file.read_text(encoding="utf-8"))["camera"] == {"fast": True}
    assert not (own.data / DATABASE).exists()


def test_a_site_with_a_log_keeps_its_short_names(tmp_path: Path) -> None:
    with setting_up(tmp_path) as own:
        finished(own)
    with setting_up(tmp_path) as own:
        own.claim()
        own.answer("place", site="Tên Mới", site_id="other", kiosk_id="other")
        assert own.context.set_up.draft.missing() == (Step.GATE, Step.DEVICES), "keys and admin are there"
        own.answer("gate")
        own.answer("devices")
        own.post("/finish")
    settings = config.load(own.settings_file)
    assert (settings.site.name, settings.site.id, settings.kiosk.id) == ("Tên Mới", "tram-y-te-vi-du", "kiosk-1")


def test_the_services_may_read_the_settings_and_strangers_may_not(tmp_path: Path) -> None:
    with setting_up(tmp_path) as own:
        finished(own)
    assert stat.S_IMODE(own.settings_file.stat().st_mode) & 0o007 == 0


def test_a_pin_is_on_the_disk_as_a_hash_only(tmp_path: Path) -> None:
    with setting_up(tmp_path) as own:
        own.claim()
        own.answer("admin")
        assert PIN not in (own.data / DRAFT_FILE).read_text(encoding="utf-8")
        assert stat.S_IMODE((own.data / DRAFT_FILE).stat().st_mode) == 0o600


def test_a_device_is_tried_by_the_answers_that_are_not_kept_yet(tmp_path: Path) -> None:
    def trial(settings: Settings) -> str:
        if not settings.sources:
            raise DeviceError("không có máy quét · no scanner")
        return f"mã của {settings.sources[0].path}"

    with setting_up(tmp_path, scanner=trial) as own:
        own.claim()
        assert "no scanner" in told(own.post("/step/devices", **{"try": "scanner"}))
        assert "mã của /dev/kiosk/scanner" in told(own.post("/step/devices", **{"try": "scanner", "scanner": "on"}))
        assert Step.DEVICES in own.context.set_up.draft.missing(), "trying is no answer"


def test_the_pages_go_on_in_the_language_that_was_chosen(tmp_path: Path) -> None:
    with setting_up(tmp_path) as own:
        own.claim()
        assert "Sáu bước ngắn" in told(own.get("/"))
        own.post("/language", language="en")
        assert "Six short steps" in told(own.get("/"))


def test_a_file_on_the_boot_partition_asks_once(tmp_path: Path) -> None:
    assert not is_asked(tmp_path, tmp_path)
    (tmp_path / "kiosk-setup.txt").touch()
    assert is_asked(tmp_path, tmp_path)
    note_asked(tmp_path, tmp_path)
    assert not is_asked(tmp_path, tmp_path)


def test_kiosk_setup_says_whether_it_is_needed(tmp_path: Path) -> None:
    asked = ["--data", str(tmp_path / "data"), "setup", "--needed", "--out", str(tmp_path / "etc" / "kiosk.toml")]
    assert main(asked) == 0
    with setting_up(tmp_path) as own:
        finished(own)
    assert main(asked) == 1


def test_who_sets_it_up_between_the_look_and_the_set_up_is_not_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, boot, settings_file = tmp_path / "run", tmp_path / "boot", tmp_path / "etc" / "kiosk.toml"
    for place, name in ((run, "RUN"), (boot, "BOOT")):
        place.mkdir()
        monkeypatch.setattr(f"kiosk.commands.setup.{name}", place)
    asked = ["--data", str(tmp_path / "data"), "setup", "--needed", "--out", str(settings_file)]
    assert main(asked) == 0
    with setting_up(tmp_path) as own:
        finished(own)
    assert not is_again(run, settings_file, tmp_path / "data"), "what was looked for is there by now"
    (boot / "kiosk-setup").touch()
    assert main(asked) == 0
    assert is_again(run, settings_file, tmp_path / "data"), "somebody asked for it"
    note_asked(boot, tmp_path / "data")
    assert main(asked) == 1
    assert is_again(run, settings_file, tmp_path / "data"), "nothing was found, so it was begun by hand"
