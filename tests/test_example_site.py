"""The example of a vaccination site holds together, and ``make run`` shows it to whoever has no settings yet."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from terminal import Terminal

from kiosk.config import Settings, as_table, load
from kiosk.rules.announcing import Call, sentences
from kiosk.rules.model import TicketNumber
from kiosk.rules.queueing import Counter

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "firmware_config" / "vaccination.example.toml"
PLAN = load(EXAMPLE).plan()


def test_it_says_only_what_differs_from_the_defaults_each_with_its_reason() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    tables = {name: table for name, table in tomllib.loads(text).items() if isinstance(table, dict)}
    defaults = as_table(Settings())
    assert not [(name, key) for name, table in tables.items() for key in table if defaults[name][key] == table[key]]
    lines = text.splitlines()
    alone = re.compile(
        r"(capacity|observe_s|ordinary_every|absent_back_by|keeper|contact|guidance|per_quarter_hour) = "
    )
    assert not [line for before, line in pairwise(lines) if alone.match(line) and not before.startswith("# ")]


def test_a_ticket_goes_through_every_stage_in_order() -> None:
    way = [PLAN.stages[0]]
    while after := PLAN.stage_after(PLAN.services_of(way[-1])[0].id):
        way.append(after)
    assert tuple(way) == PLAN.stages
    assert [stage.name for stage in way] == [
        "Đón tiếp",
        "Khai báo",
        "Khám sàng lọc",
        "Tiêm",
        "Theo dõi 30 phút",
        "Ra về",
    ]
    assert [stage.name for stage in way if stage.observe_ms == 1_800_000] == ["Theo dõi 30 phút"]


def test_every_line_has_a_counter_that_calls_it_and_every_counter_a_line() -> None:
    called = {service for counter in PLAN.counters for service in counter.services}
    observed = {service.id for stage in PLAN.stages if stage.observe_ms for service in PLAN.services_of(stage)}
    assert called == {service.id for service in PLAN.services} - observed
    assert len(PLAN.counters) == 8


def test_each_of_the_two_entrances_has_letters_of_its_own() -> None:
    assert [service.series for service in PLAN.entrances()] == ["A", "B"]


@pytest.mark.parametrize("counter", PLAN.counters, ids=lambda counter: counter.id)
def test_every_counter_is_called_by_its_name_and_number(counter: Counter) -> None:
    call = Call(TicketNumber("room-1", "A", 1), counter.id, counter.name)
    (said,) = sentences(call, ["vi"])
    assert said.text.split(", đến ")[1].startswith(("quầy số ", "bàn "))


def test_kiosk_check_finds_no_fault_in_the_settings(tmp_path: Path) -> None:
    done = Terminal(tmp_path / "data")("--config", str(EXAMPLE), "check", "--json")
    assert (done.returncode in (0, 1), done.stderr) == (True, "")  # devices and keys are not there
    assert len(json.loads(done.stdout)["settings"]["counters"]) == 8


def test_whoever_starts_it_is_told_of_its_pages_and_finds_them(tmp_path: Path) -> None:
    kiosk = Terminal(tmp_path / "data")
    command = [sys.executable, "-m", "kiosk", "--config", str(EXAMPLE), "run", "--simulate", "--port", "0"]
    process = subprocess.Popen(
        command, env=kiosk.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        told = [process.stdout.readline().split()[0] for _ in range(5)]
        assert [urlsplit(address).path for address in told] == ["/", "/simulator", "/display", "/counter", "/board"]
        for address in told:
            with urlopen(address, timeout=20) as answer:
                assert answer.status == 200
    finally:
        process.terminate()
        process.communicate()
    assert process.returncode == 0


@pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
@pytest.mark.parametrize(
    ("named", "command"),
    [
        ("", "kiosk --config firmware_config/vaccination.example.toml run --port 8081"),
        ("/etc/own.toml", "kiosk run --port 8081"),
    ],
)
def test_make_run_takes_it_unless_settings_are_named(named: str, command: str) -> None:
    if Path("/etc/kiosk/kiosk.toml").exists():
        pytest.skip("this machine has settings of its own")
    clean = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    done = subprocess.run(
        ["make", "--dry-run", "run", "ARGS=--port 8081"],
        cwd=ROOT, env=clean | {"KIOSK_CONFIG": named}, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert " ".join(done.stdout.splitlines()[-1].split()).endswith(f".venv/bin/{command}")
