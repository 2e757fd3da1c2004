"""What `make test-machine` says at its end: whatever was not tried or failed fails it, and is named."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from machine import boot, parts
from machine.services import unwell

PROJECT = Path(__file__).parents[1]
DOOR = {"Id": "kiosk-door.service", "ActiveState": "active", "Result": "success", "NRestarts": "0"}
SOCKET = {"Id": "kiosk-web.socket", "ActiveState": "active", "Result": "success"}
SETUP = {**DOOR, "Id": "kiosk-setup.service", "ActiveState": "inactive", "Result": "exec-condition"}
WELL = {"system": "running", "failed": [], "units": [DOOR, SOCKET, SETUP]}


def run_parts(*words: str, path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(PROJECT / "tests/machine/parts.py"), *words]
    return subprocess.run(command, cwd=path, env={"PATH": str(path)}, capture_output=True, text=True, timeout=60)


def test_on_a_host_that_makes_no_machines_each_part_is_named_with_why_and_the_run_fails(tmp_path: Path) -> None:
    for tool, status in (("make", 2), ("sudo", 1)):
        (tmp_path / tool).write_text(f"#!/bin/sh\nexit {status}\n")
        (tmp_path / tool).chmod(0o755)
    done = run_parts(path=tmp_path)
    assert done.returncode == 1
    assert f"left out: {len(parts.PARTS)}" in done.stdout
    assert "  power: there is no qemu-system-x86_64 (Debian's package qemu-system-x86)" in done.stdout
    assert f"FAILED: {', '.join(parts.PARTS)}" in done.stdout


def test_a_part_that_there_is_not_is_refused(tmp_path: Path) -> None:
    done = run_parts("powr", path=tmp_path)
    assert done.returncode == 2
    assert f"there is no part powr, but {', '.join(parts.PARTS)}" in done.stderr


def test_what_is_skipped_in_a_machine_is_named_again_at_the_end() -> None:
    line = "SKIPPED [1] tests/machine/test_x.py:7: no pins"
    status, skipped = parts.run([sys.executable, "-c", f"print('....'); print('{line}')"])
    assert (status, skipped) == (0, [line])


def test_a_run_over_its_budget_says_so() -> None:
    assert "OVER" not in parts.Outcome({"devices": parts.BUDGET_MIN}).table([])
    assert "OVER ITS BUDGET by 2.0 min" in parts.Outcome({"devices": parts.BUDGET_MIN, "power": 2.0}).table([])


@pytest.fixture
def emulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of programs: a QEMU that crashes in its first ``crashes`` starts, an ssh that reaches later ones."""
    (tmp_path / "qemu-system-x86_64").write_text(
        """#!/bin/sh
        cd "$(dirname "$0")"
        echo >>starts
        [ "$(wc -l <starts)" -gt "$(cat crashes)" ] && touch answers && exec sleep 60
        console=$(printf '%s\\n' "$@" | sed -n 's/^file:\\(.*console.log\\)$/\\1/p')
        echo 'Kernel panic - not syncing' >"$console"
        exit 3
        """
    )
    (tmp_path / "ssh").write_text('#!/bin/sh\ntest -e "$(dirname "$0")/answers"\n')
    for program in ("qemu-system-x86_64", "ssh"):
        (tmp_path / program).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    return tmp_path


def test_a_machine_that_crashes_as_it_starts_is_started_again(
    emulator: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (emulator / "crashes").write_text("2")
    with boot.booted(emulator) as machine:
        assert machine.qemu.poll() is None
    assert machine.qemu.poll() is not None
    assert capfd.readouterr().out.count("QEMU ended with status 3. Its console:\nKernel panic - not syncing") == 2


def test_a_machine_that_never_comes_up_fails_with_the_last_that_it_said(emulator: Path) -> None:
    (emulator / "crashes").write_text(str(boot.STARTS))
    with (
        pytest.raises(boot.NotBootedError, match=r"ended with status 3\. Its console:\nKernel panic"),
        boot.booted(emulator),
    ):
        raise AssertionError("there is no machine")
    assert (emulator / "starts").read_text().count("\n") == boot.STARTS


def test_a_kiosk_that_came_up_is_well() -> None:
    assert unwell(WELL) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"system": "degraded"},
        {"failed": ["kiosk-check.service"]},
        {"units": [{}]},
        {"units": [DOOR, {**SOCKET, "ActiveState": "failed"}]},
        {"units": [SOCKET, {**DOOR, "ActiveState": "inactive"}]},
        {"units": [SOCKET, {**DOOR, "NRestarts": "1"}]},
        {"units": [SOCKET, {**SETUP, "Result": "exit-code"}]},
    ],
)
def test_one_that_did_not_is_found_out(wrong: dict[str, object]) -> None:
    assert len(unwell(WELL | wrong)) == 1


def test_all_that_the_machines_try_is_tried_by_every_change() -> None:
    script = (PROJECT / ".ci/run").read_text(encoding="utf-8")
    asked = re.findall(r"^make test-machine ARGS='?([a-z ]+)", script, re.MULTILINE)
    assert sorted(" ".join(asked).split()) == sorted(parts.PARTS)
    assert re.findall(r"^(?:make|nice -n 5 make|wait) .*failed=1$", script, re.MULTILINE) == [
        "nice -n 5 make test || failed=1",
        "wait $! || failed=1",
        "make test-machine ARGS=power || failed=1",
    ]
    assert os.access(PROJECT / ".ci/run", os.X_OK)
