"""A report for support has nothing of people in it, whatever was typed; and what support needs it has."""

from __future__ import annotations

import base64
import io
import json
import re
import sqlite3
import unicodedata
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from backed_up import PIN, STAFF_NAME, card, hire, locked
from conftest import OpenSite, Site
from hypothesis import given
from hypothesis import strategies as st
from patience import eventually
from terminal import Terminal

from kiosk.health import Health
from kiosk.report import report, words_of_the_program
from kiosk.rules import invented
from kiosk.rules.identity import match_key
from kiosk.rules.scrubbing import scrubbed
from kiosk.store.staff import FILE

PEOPLE = [invented.person(number).person for number in range(12)]
ADDRESS = "Số 5 ngõ Trúc, Ấp Mây Trắng"
WORDS = words_of_the_program()


def opened(archive: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        return {name: files.read(name).decode() for name in files.namelist()}


def spellings(text: str) -> set[str]:
    """As it may be written: composed or not, in capitals, without diacritics, escaped in JSON."""
    forms = {text, text.upper(), text.lower(), match_key(text), match_key(text).lower(), match_key(text).title()}
    forms |= {unicodedata.normalize("NFD", text), json.dumps(text)[1:-1], text.replace(" ", "_")}
    return {form for form in forms if form.strip()}


def secrets_of(site: Site) -> set[str]:
    """Every key, pseudonym and hash that lies in the data directory, as text."""
    found: set[bytes] = {(site.house.data / name).read_bytes()[:32] for name in ("kiosk.key",)}
    found |= {row[0] for row in site.house.store.db.execute("SELECT who FROM visit WHERE who IS NOT NULL")}
    found |= {row[0] for row in site.house.store.db.execute("SELECT chain FROM entry")}
    found.add(site.house.vault.key_id)
    with closing(sqlite3.connect(site.house.data / FILE)) as db:
        hashes = {str(row[0]) for row in db.execute("SELECT pin FROM account")}
    return {form for secret in found for form in (secret.hex(), base64.b64encode(secret).decode())} | hashes


def everything_typed() -> str:
    """A line in which somebody wrote all that must not go on."""
    people = "; ".join(f"{one.name} {one.number} {one.phone} {one.birth} {one.address}" for one in PEOPLE)
    return f"{people}; {STAFF_NAME} {PIN}; {ADDRESS}; 0912 345 678; 192.168.7.31; lan.nguyen@example.vn"


@pytest.fixture
def told(open_site: OpenSite, tmp_path: Path) -> tuple[Site, dict[str, str]]:
    """A site where everything was typed everywhere, and its report."""
    typed = everything_typed()
    site = open_site(
        site={"name": typed, "keeper": typed, "contact": typed, "id": "nguyen-van-mau"},
        session={"address": ADDRESS, "topics": (typed,)},
        printer={"host": "192.168.7.31"},
        web={"names": ("lan-nguyen.local",)},
        trust={"folder": f"/srv/{PEOPLE[0].name}"},
    )
    for number in range(len(PEOPLE)):
        site.show(card(number), "in", "08:00")
    hire(site)
    locked(site)
    (site.house.data / f"{PEOPLE[1].name}.xlsx").write_text(typed, encoding="utf-8")
    health = Health(site.house.database, lambda: 0)
    health.failed("lists", typed)
    health.close()
    assert eventually(lambda: "lists" in {state.name for state in site.reader.devices()})
    checks = [{"name": f"trust {PEOPLE[2].name}.pem", "ok": False, "note": typed}]
    checks += [{"name": state.name, "ok": state.ok, "note": state.note} for state in site.reader.devices()]
    journal = [
        ("1795136400000000", "kiosk-door.service", f"lists: {typed}"),
        ("1795136400000000", "kiosk-door.service", f'  File "/home/{PEOPLE[0].name}/kiosk/door.py", line 12, in x'),
        ("1795136400000000", "kiosk-door.service", "camera: no frame for 5 s"),
    ]
    return site, opened(report(site.house.settings, site.house.data, checks, journal))


def test_nobody_is_in_it_whatever_was_typed(told: tuple[Site, dict[str, str]]) -> None:
    site, files = told
    text = "\n".join(files.values())
    said = {one.name for one in PEOPLE} | {one.address for one in PEOPLE} | {STAFF_NAME, ADDRESS, "nguyen-van-mau"}
    numbers = {number for one in PEOPLE for number in (one.number, one.phone, one.number[-6:], one.phone[-6:])}
    numbers |= {PIN, "0912 345 678", "192.168.7.31", "lan-nguyen", "lan.nguyen", "example.vn"}
    found = [form for each in said for form in spellings(each) if form in text]
    assert found == []
    syllables = {form for one in PEOPLE for part in one.name.split() for form in spellings(part)}
    assert syllables & set(re.findall(r"\w+", text)) == set()
    assert [number for number in numbers if number in text] == []
    content = json.loads(files["report.json"])
    texts = json.dumps([content["settings"], content["checks"], files["journal.txt"]])
    assert "345" not in texts, "nor the middle of a telephone number, which a size or a time elsewhere may well have"
    assert [secret for secret in secrets_of(site) if secret in text] == []


def test_what_support_needs_is_in_it(told: tuple[Site, dict[str, str]]) -> None:
    files = told[1]
    content: dict[str, Any] = json.loads(files["report.json"])
    assert content["settings"]["site"]["keep_days"] == 21
    assert content["settings"]["site"]["name"].startswith("a text of ")
    assert content["log"]["kinds"]["scan"] == len(PEOPLE)
    assert [kind for _, kind, _ in content["log"]["last"]][:2] == ["start", "day_key"]
    assert content["log"]["tables"]["visit"] == len(PEOPLE)
    assert content["machine"]["disk"]["free_bytes"] > 0
    assert content["files"]["kiosk.db"] > 0
    assert content["versions"]["cryptography"]
    assert [check["ok"] for check in content["checks"] if check["name"] == "lists"] == [False]
    assert "kiosk-door.service camera: no frame for 5" in files["journal.txt"]


def test_where_a_fault_was_in_our_own_source_is_told() -> None:
    line = '  File "/usr/lib/kiosk/lib/python3.13/site-packages/kiosk/door_process.py", line 143, in run'
    assert scrubbed(line, WORDS) == 'File "kiosk/door_process.py", line 143, in run'
    assert "database is locked" in scrubbed("OperationalError: database is locked", WORDS)


@given(st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=3), st.sampled_from((" ", ", ", ":", "_", "/", "''")))
def test_a_name_in_any_sentence_is_gone(people: list[Any], between: str) -> None:
    text = f"the list of {between.join(person.name for person in people)} cannot be read"
    left = scrubbed(text, WORDS)
    assert left.startswith("the list of")
    assert not [person for person in people if any(form in left for form in spellings(person.name))]


@given(st.text(max_size=60))
def test_of_any_text_only_words_of_the_program_are_left(text: str) -> None:
    left = scrubbed(text, WORDS)
    letters = "".join(letter if letter.isalnum() else " " for letter in left)
    assert all(
        word in WORDS or word in ("MB", "KiB", "ms") or (word.isdecimal() and len(word) <= 4)
        for word in letters.split()
    )


@given(st.integers(0, 10**12), st.sampled_from(("", " ", "-", ".")))
def test_a_long_number_is_gone_however_it_is_grouped(number: int, between: str) -> None:
    digits = f"{number:012}"
    text = between.join(digits[at : at + 3] for at in range(0, 12, 3))
    assert not any(character.isdecimal() for character in scrubbed(f"sent to {text} today", WORDS))


def test_the_command_writes_a_new_file_and_never_over_another(site: Site, tmp_path: Path) -> None:
    site.show(card(1), "in", "08:00")
    kiosk, path = Terminal(site.house.data), tmp_path / "report.zip"
    (said,) = kiosk.lines("report", "--out", str(path), "--json")
    assert (said["bytes"], sorted(opened(path.read_bytes()))) == (path.stat().st_size, ["journal.txt", "report.json"])
    again = kiosk("report", "--out", str(path))
    assert (again.returncode, "is there already" in again.stderr) == (1, True)
