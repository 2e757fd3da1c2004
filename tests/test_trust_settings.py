"""``[trust] folder`` and ``--trust``: who uses them, what is told of bad files, and that these stop nobody."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import OpenSite, Site, settings_with
from patience import PATIENCE_S
from signing import make_issuer, write, write_certificates
from signing_cose import make_dcc
from terminal import Terminal

from kiosk.commands import Context
from kiosk.commands.checks import check
from kiosk.config import Settings
from kiosk.rules.model import Check, Outcome

MINISTRY = make_issuer("ministry")
CODE = make_dcc(MINISTRY).encode()
AT = "2026-11-20T08:00"
UNREADABLE = "it holds no certificate, key set, DID document or list of revoked certificates"

Reading = tuple[int, str, str]


@pytest.fixture
def recognise(tmp_path: Path) -> Callable[..., Reading]:
    """``kiosk read --json`` of CODE: the exit code, the check, and what was complained of."""
    kiosk = Terminal(tmp_path / "data")

    def recognise(set_: Path | None = None, named: Path | None = None) -> Reading:
        settings = write(tmp_path / "kiosk.toml", f'[trust]\nfolder = "{set_ or ""}"\n'.encode())
        options = ["--trust", str(named)] if named else []
        done = kiosk("--config", str(settings), "read", "--json", "--at", AT, *options, "-", stdin=CODE)
        return done.returncode, json.loads(done.stdout)["check"], done.stderr

    return recognise


def settings_of(folder: Path) -> Settings:
    return settings_with(trust={"folder": str(folder)})


def trusting(folder: Path) -> Path:
    write_certificates(folder / "ministry.pem", MINISTRY)
    return folder


def test_reading_believes_the_settings_folder(recognise: Callable[..., Reading], tmp_path: Path) -> None:
    assert recognise(trusting(tmp_path / "trust")) == (0, "valid", "")


def test_reading_believes_a_folder_that_is_named_instead(recognise: Callable[..., Reading], tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert recognise(empty, trusting(tmp_path / "trust")) == (0, "valid", "")
    assert recognise(tmp_path / "trust", empty) == (0, "no_key", "")


def test_reading_without_a_folder_finds_no_key(recognise: Callable[..., Reading]) -> None:
    assert recognise() == (0, "no_key", "")


def test_reading_complains_of_a_bad_file_and_goes_on(recognise: Callable[..., Reading], tmp_path: Path) -> None:
    folder = trusting(tmp_path / "trust")
    write(folder / "notes.txt", b"the keys of the ministry")
    assert recognise(None, folder) == (0, "valid", f"kiosk: {folder}: notes.txt: {UNREADABLE}\n")


def checked(folder: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, tuple[bool, str]]:
    """The lines of ``kiosk check`` that begin with ``trust``."""
    check(Context(settings_of(folder) if folder.name else Settings(), data, as_json=True), argparse.Namespace())
    found = json.loads(capsys.readouterr().out)["checks"]
    return {line["name"]: (line["ok"], line["note"]) for line in found if line["name"].startswith("trust")}


def test_a_check_has_a_line_for_each_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = trusting(tmp_path / "trust")
    write_certificates(folder / "old" / "signer.pem", make_issuer("old", ends="2023-01-01"))
    write(folder / "notes.txt", b"the keys of the ministry")
    lines = checked(folder, tmp_path / "data", capsys)
    assert {name: ok for name, (ok, _) in lines.items()} == {
        "trust ministry.pem": True,
        "trust notes.txt": False,
        "trust old/signer.pem": True,
    }
    assert lines["trust notes.txt"][1] == UNREADABLE and lines["trust old/signer.pem"][1].endswith(", expired")


def test_a_check_tells_of_a_folder_that_is_away_or_empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "trust"
    away = {"trust .": (False, "the folder cannot be read: No such file or directory")}
    assert checked(folder, tmp_path / "data", capsys) == away
    folder.mkdir()
    empty = {"trust": (True, f"{folder} is empty; nobody's certificates can be checked")}
    assert checked(folder, tmp_path / "data", capsys) == empty
    assert checked(Path(), tmp_path / "data", capsys) == {}


def test_the_door_believes_the_folder(open_site: OpenSite, tmp_path: Path) -> None:
    scan = open_site(trust={"folder": str(trusting(tmp_path / "trust"))}).show(CODE, "in", "08:00")
    assert (scan.credential.check, scan.decision.outcome) == (Check.VALID, Outcome.ADMITTED)


def test_a_door_without_a_folder_records_whom_it_cannot_check(open_site: OpenSite) -> None:
    scan = open_site().show(CODE, "in", "08:00")
    assert (scan.credential.check, scan.decision.outcome) == (Check.NO_KEY, Outcome.ADMITTED)


@pytest.mark.parametrize(
    ("name", "said"), [("a.txt", f"a.txt: {UNREADABLE}, and 1 more"), ("", ".: the folder cannot")]
)
def test_bad_files_are_a_line_for_staff_and_the_door_opens(
    open_site: OpenSite, tmp_path: Path, name: str, said: str
) -> None:
    if name:
        write(tmp_path / "trust" / name, b"nothing of use")
        write(tmp_path / "trust" / "b.txt", b"")
    site = open_site(trust={"folder": str(tmp_path / "trust")})
    assert site.show(CODE, "in", "08:00").decision.outcome is Outcome.ADMITTED
    assert told_by(site, "trust").startswith(said)


def told_by(site: Site, name: str) -> str:
    """The fault of *name* that the pages know, once they do."""
    until_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < until_s:
        for state in site.reader.devices():
            if state.name == name and not state.ok:
                return state.note
        time.sleep(0.02)
    return ""
