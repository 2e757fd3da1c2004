"""Settings on the boot partition: good ones become the kiosk's own, wrong ones change nothing and say why."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_disks import mounting_in

from kiosk import cli, config
from kiosk.config import Settings
from kiosk.first_settings import REASON, REFUSED, TAKEN, Found, refusal_paper, standing_refusal, take_first_settings
from kiosk.papers import render_code

OURS = '[site]\nname = "Trạm cũ"\n'
THEIRS = '[site]\nname = "Trạm y tế xã Mẫu"\ncapacity = 40\n'
WRONG = '[site]\ncapacity = "forty"\n'


class Card:
    """A boot partition and the kiosk's own settings."""

    def __init__(self, folder: Path) -> None:
        self.boot = folder / "boot"
        self.boot.mkdir()
        self.own = folder / "kiosk.toml"
        self.own.write_text(OURS, encoding="utf-8")

    def put(self, content: str | bytes, name: str = "kiosk.toml") -> None:
        (self.boot / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    def start(self) -> Found | None:
        """What the machine's start makes of it."""
        return take_first_settings(self.boot, self.own)

    @property
    def name(self) -> str:
        return config.load(self.own).site.name

    @property
    def files(self) -> set[str]:
        return {path.name for path in self.boot.iterdir()}


@pytest.fixture
def card(tmp_path: Path) -> Card:
    return Card(tmp_path)


def test_a_card_without_settings_changes_nothing(card: Card) -> None:
    assert card.start() is None
    assert (card.name, card.files) == ("Trạm cũ", set())


def test_good_settings_become_the_kiosks_own_once(card: Card) -> None:
    card.put(THEIRS)
    card.start()
    assert (card.name, card.files) == ("Trạm y tế xã Mẫu", {TAKEN})
    card.own.write_text(OURS, encoding="utf-8")
    card.start()
    assert card.name == "Trạm cũ"


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"\xef\xbb\xbf" + THEIRS.replace("\n", "\r\n").encode(), "kiosk.toml"), (THEIRS, "kiosk.toml.txt")],
    ids=["mark and line ends of Windows", "hidden end of the name"],
)
def test_a_file_as_windows_makes_it_will_do(card: Card, content: str | bytes, name: str) -> None:
    card.put(content, name)
    card.start()
    assert (card.name, card.files) == ("Trạm y tế xã Mẫu", {TAKEN})


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (WRONG, "kiosk.toml: [site] capacity must be a whole number from 0 to 1000000000, not 'forty'"),
        ("[site]\ncapcity = 4\n", "kiosk.toml: [site] capcity is not a setting; known: id, name"),
        ("[site\n", "kiosk.toml: is not TOML"),
        (b"\xff\xfe[\x00s\x00", "kiosk.toml: is not TOML"),
        (b"#" * (1 << 20) + b"\n#", "kiosk.toml: must have at most 1048576 bytes"),
    ],
    ids=["value", "key", "TOML", "UTF-16", "size"],
)
def test_wrong_settings_change_nothing_and_the_reason_lies_beside_them(
    card: Card, content: str | bytes, expected: str
) -> None:
    card.put(content)
    card.start()
    assert (card.name, card.files) == ("Trạm cũ", {REFUSED, REASON})
    assert expected in (card.boot / REASON).read_text(encoding="utf-8")
    assert expected in standing_refusal(card.boot)


def test_what_was_refused_is_looked_at_once_and_told_until_better_ones_come(card: Card) -> None:
    card.put(WRONG)
    card.start()
    assert card.start() is None
    assert standing_refusal(card.boot)
    card.put(THEIRS)
    card.start()
    assert (card.name, card.files, standing_refusal(card.boot)) == ("Trạm y tế xã Mẫu", {TAKEN}, "")


def test_settings_of_its_own_that_cannot_be_used_do_not_keep_out_better_ones(card: Card) -> None:
    card.own.write_text(WRONG, encoding="utf-8")
    card.put(THEIRS)
    done = cli.main(["--config", "/dev/null", "first-settings", "--boot", str(card.boot), "--own", str(card.own)])
    assert (done, card.name) == (0, "Trạm y tế xã Mẫu")


def test_the_command_says_what_was_refused(card: Card, capsys: pytest.CaptureFixture[str]) -> None:
    card.put(WRONG)
    assert cli.main(["first-settings", "--boot", str(card.boot), "--own", str(card.own)]) == 1
    assert "capacity must be a whole number" in capsys.readouterr().err


def test_a_refusal_fits_on_paper(tmp_path: Path) -> None:
    paper = refusal_paper(Settings(), "/boot/firmware/kiosk.toml: [site] capacity must be a whole number, not 'forty'")
    assert len(render_code(Settings(), tmp_path, paper)) > 1000


@pytest.mark.parametrize(("content", "name"), [(THEIRS, "Trạm y tế xã Mẫu"), (WRONG, "Trạm cũ")], ids=["good", "wrong"])
def test_a_boot_partition_that_can_only_be_read_keeps_the_file_and_stops_nothing(
    card: Card, tmp_path: Path, content: str, name: str
) -> None:
    with mounting_in(tmp_path) as mount:
        card.boot = mount("tmpfs")
        card.put(content)
        subprocess.run(["mount", "-o", "remount,ro", card.boot], check=True)
        found = card.start()
        assert found is not None
        assert (bool(found.refusal), card.name, card.files) == (content == WRONG, name, {"kiosk.toml"})


def test_a_link_that_somebody_of_the_group_puts_there_leads_nowhere(card: Card, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("not ours", encoding="utf-8")
    for name in (".kiosk.toml.part", ".kiosk.toml.new"):
        card.own.with_name(name).symlink_to(elsewhere)
    card.put(THEIRS)
    card.start()
    assert (card.name, elsewhere.read_text(encoding="utf-8")) == ("Trạm y tế xã Mẫu", "not ours")
    assert card.own.stat().st_mode & 0o777 == 0o640


def test_settings_are_printed_and_wrong_ones_stop_the_command(card: Card, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--config", str(card.own), "settings"]) == 0
    assert "site.name = 'Trạm cũ'" in capsys.readouterr().out
    card.own.write_text(WRONG, encoding="utf-8")
    assert cli.main(["--config", str(card.own), "settings"]) == 2


@given(st.binary(max_size=200))
def test_whatever_lies_there_the_settings_in_force_can_be_used(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    card = Card(tmp_path_factory.mktemp("card"))
    card.put(content)
    found = card.start()
    assert found is not None
    assert bool(found.refusal) == (card.name == "Trạm cũ" and card.own.read_text(encoding="utf-8") == OURS)
    assert config.load(card.own)
