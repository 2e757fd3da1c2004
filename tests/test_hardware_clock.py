"""A hardware clock whose driver comes late sets the system's, by a unit of its own, unless its battery is flat."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOOL = ROOT / "firmware_config/tools/hardware-clock"
DATE = '#!/bin/sh\necho "$@" >"$RUNTIME_DIRECTORY/asked"\n'


def asked(tmp_path: Path, since_epoch: str | None) -> tuple[str, bool]:
    """What the tool asked of ``date``, and whether it left its mark."""
    if since_epoch is not None:
        (tmp_path / "since_epoch").write_text(since_epoch, encoding="ascii")
    (tmp_path / "date").write_text(DATE, encoding="ascii")
    (tmp_path / "date").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "RUNTIME_DIRECTORY": str(tmp_path)}
    subprocess.run([TOOL, tmp_path], env=environment, timeout=60, check=True)
    said = tmp_path / "asked"
    return said.read_text(encoding="ascii").strip() if said.exists() else "", (tmp_path / "set").exists()


def test_its_time_becomes_the_system_s_and_a_mark_says_so(tmp_path: Path) -> None:
    assert asked(tmp_path, "1795222800\n") == ("--utc --set=@1795222800", True)


@pytest.mark.parametrize("since_epoch", ["0\n", "946684800\n", "1735689600\n"])
def test_one_that_lost_its_battery_is_left_alone(tmp_path: Path, since_epoch: str) -> None:
    assert asked(tmp_path, since_epoch) == ("", False)


def test_one_that_cannot_be_read_is_left_alone_too(tmp_path: Path) -> None:
    assert asked(tmp_path, None) == ("", False)


def test_udev_itself_is_not_asked_to_set_the_clock_which_it_may_not() -> None:
    """Debian's systemd-udevd.service gives up CAP_SYS_TIME, and whatever it runs."""
    rules = (ROOT / "firmware_config/udev/72-kiosk.rules").read_text(encoding="utf-8")
    (line,) = (line for line in rules.splitlines() if "rtc" in line and not line.startswith("#"))
    assert 'TAG+="systemd"' in line and 'ENV{SYSTEMD_WANTS}+="kiosk-hardware-clock.service"' in line
    assert "RUN" not in line
