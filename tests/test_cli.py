"""The command line, as people and other programs call it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import segno
from hostile import CORPUS
from terminal import Terminal

from kiosk.rules import invented
from kiosk.rules.model import Kind

PERSON = invented.person(1)
CARD = invented.codes(PERSON)[Kind.ID_CARD].decode()


@pytest.fixture
def kiosk(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path / "data")


def timed(text: str, at: str, gate: str = "") -> str:
    return json.dumps({"text": text, "at": at, "gate": gate}, ensure_ascii=False)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    segno.make(CARD.encode(), mode="byte").save(str(path), scale=6, border=4)
    return path


def test_a_photo_is_taken_through_the_door(kiosk: Terminal, photo: Path) -> None:
    (line,) = kiosk.lines("scan", "--json", str(photo))
    assert (line["kind"], line["check"], line["outcome"], line["ticket"]) == ("cccd", "unsigned", "admitted", "A001")
    assert set(line["ms"]) == {"decode", "record"}
    assert PERSON.person.number not in json.dumps(line)


def test_reading_records_nothing(kiosk: Terminal, photo: Path) -> None:
    (line,) = kiosk.lines("read", "--json", str(photo))
    assert (line["kind"], line["fields"]["name"]) == ("cccd", PERSON.person.name)
    assert not kiosk.data.exists()


def test_a_folder_is_read_in_order_and_a_picture_without_a_code_says_so(
    kiosk: Terminal, photo: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "b.png").write_bytes(photo.read_bytes())
    segno.make("https://example.org/x").save(str(folder / "c.png"), scale=6)
    from PIL import Image

    Image.new("L", (200, 200), 255).save(folder / "a.png")
    assert [line["kind"] for line in kiosk.lines("read", "--json", str(folder))] == ["none", "cccd", "link"]


def test_timed_lines_are_recorded_at_their_time(kiosk: Terminal) -> None:
    lines = "\n".join([timed(CARD, "2026-11-20T08:00"), timed(CARD, "2026-11-20T08:40")])
    first, second = kiosk.lines("scan", "--json", "-", stdin=lines)
    assert (first["at"], first["direction"]) == ("2026-11-20T08:00:00.000+07:00", "in")
    assert (second["at"], second["direction"]) == ("2026-11-20T08:40:00.000+07:00", "out")
    (visit,) = kiosk.lines("visits", "--json")
    assert (visit["entered"], visit["left"]) == (first["at"], second["at"])


def test_a_time_before_the_last_entry_is_refused_and_nothing_is_recorded(kiosk: Terminal) -> None:
    kiosk.lines("scan", "--json", "-", stdin=timed(CARD, "2026-11-20T08:00"))
    before = kiosk.lines("log", "--json")
    done = kiosk("scan", "--at", "2026-11-20T07:59", "-", stdin=CARD)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert kiosk.lines("log", "--json") == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("scan", "missing.png"),
        ("visits",),
        ("door",),
        ("web",),
    ],
)
def test_failed_work_is_one_sentence_and_exit_1(kiosk: Terminal, arguments: tuple[str, ...]) -> None:
    done = kiosk(*arguments)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
    assert done.stderr.startswith("kiosk: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("scan",),
        ("scan", "--gate", "moon", "-"),
        ("scan", "--at", "yesterday", "-"),
        ("read", "--trust", "nowhere", "-"),
        ("keys", "new"),
        ("keys", "test"),
        ("demo", "0"),
        ("purge", "--keep-days", "-1"),
        ("run", "--port", "99999"),
        ("web", "--port", "-1"),
    ],
)
def test_wrong_usage_is_exit_2(kiosk: Terminal, arguments: tuple[str, ...]) -> None:
    assert kiosk(*arguments).returncode == 2
    assert not kiosk.data.exists()


def test_wrong_settings_are_exit_2_and_name_the_key(kiosk: Terminal, tmp_path: Path) -> None:
    (tmp_path / "kiosk.toml").write_text("[door]\nquiet_s = 'fast'\n")
    done = kiosk("--config", str(tmp_path / "kiosk.toml"), "visits")
    assert done.returncode == 2
    assert "[door] quiet_s" in done.stderr


def test_services_refuse_demo_keys(kiosk: Terminal) -> None:
    kiosk.lines("scan", "--json", "-", stdin=CARD)
    done = kiosk("door")
    assert (done.returncode, "demo keys" in done.stderr) == (1, True)


def test_every_entry_of_a_demo_says_so(kiosk: Terminal) -> None:
    kiosk.lines("scan", "--json", "-", stdin=CARD)
    bodies = [line["body"] for line in kiosk.lines("log", "--json") if line["kind"] in ("scan", "day_key")]
    assert [body["demo"] for body in bodies] == [True, True]


def test_tracing_keys_leave_the_private_half_outside(kiosk: Terminal, tmp_path: Path) -> None:
    inside = kiosk("keys", "new", "--out", str(kiosk.data / "private.json"))
    assert inside.returncode == 1
    assert kiosk("keys", "new", "--out", str(tmp_path / "private.json")).returncode == 0
    kiosk.lines("scan", "--json", "-", stdin=CARD)
    assert kiosk("keys", "test", "--key", str(tmp_path / "private.json")).returncode == 0
    shown = kiosk.lines("keys", "show", "--json")[0]
    assert shown["fingerprint"] in (tmp_path / "private.json").read_text()
    assert not shown["demo"]


def test_three_lively_days_are_whole(kiosk: Terminal) -> None:
    kiosk.lines("demo", "3", "--json")
    assert kiosk.lines("verify", "--json")[0]["ok"]
    occupancy = kiosk.lines("occupancy", "--json")[0]
    assert occupancy["inside"] > 0
    days = {line["entered"][:10] for line in kiosk.lines("visits", "--json") if line["entered"]}
    assert len(days) in (3, 4)  # four where the days of the demo run past midnight


def test_a_demo_never_goes_into_a_log_that_is_there(kiosk: Terminal) -> None:
    kiosk.lines("scan", "--json", "-", stdin=CARD)
    before = kiosk.lines("log", "--json")
    assert kiosk("demo", "1").returncode == 1
    assert kiosk.lines("log", "--json") == before


def test_verify_names_the_first_bad_entry(kiosk: Terminal) -> None:
    import sqlite3

    kiosk.lines("scan", "--json", "-", stdin=CARD)
    db = sqlite3.connect(kiosk.data / "kiosk.db")
    with db:
        db.execute("UPDATE entry SET gate = 'moon' WHERE sequence = 3")
    db.close()
    done = kiosk("verify", "--json")
    assert (done.returncode, json.loads(done.stdout)["seq"]) == (1, 3)


def test_harmful_codes_come_out_harmless_in_a_terminal(kiosk: Terminal) -> None:
    codes = [code.replace(b"\n", b" ").replace(b"\r", b" ") for code in CORPUS.values()]
    for form in (["scan", "--json"], ["scan"], ["read", "--json"], ["read"]):
        done = kiosk(*form, "-", stdin=b"\n".join(codes))
        assert "Traceback" not in done.stderr
        assert len(done.stdout.splitlines()) >= len(codes) - 10  # a few are lines with a time, of a wrong one
        assert all(line.isprintable() for line in done.stdout.split("\n"))


def test_settings_in_force_and_devices_are_printed(kiosk: Terminal) -> None:
    kiosk.lines("scan", "--json", "-", stdin=CARD)
    (found,) = kiosk.lines("check", "--json")
    assert found["settings"]["door"]["quiet_s"] == 3.0
    assert {"clock", "disk", "keys", "log", "decoders", "printer"} <= {check["name"] for check in found["checks"]}
