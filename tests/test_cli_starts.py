"""What a start of the command line loads: the command that is called, which says what it takes, and no other."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module

import pytest

from kiosk.cli import COMMANDS, main

LOADED = """
import sys
from kiosk.cli import main
try:
    main(sys.argv[1:])
except SystemExit as ended:
    assert not ended.code
print(*sorted(name for name in sys.modules if name.startswith("kiosk.")), file=sys.stderr)
"""
OF_OTHERS = {
    "boots": {"kiosk.web", "kiosk.hub", "kiosk.lake", "kiosk.tracing", "kiosk.door_process"},
    "door": {"kiosk.hub", "kiosk.lake", "kiosk.tracing", "kiosk.demo", "kiosk.setting_up"},
    "setup": {"kiosk.web", "kiosk.wiring", "kiosk.door", "kiosk.hub", "kiosk.setting_up", "kiosk.devices.printer"},
    "first-settings": {"kiosk.web", "kiosk.wiring", "kiosk.hub", "kiosk.setting_up", "kiosk.door"},
    "scan": {"kiosk.web", "kiosk.hub", "kiosk.lake", "kiosk.tracing", "kiosk.sync"},
    "visits": {"kiosk.web", "kiosk.hub", "kiosk.lake", "kiosk.tracing", "kiosk.sync"},
    "web": {"kiosk.hub", "kiosk.lake", "kiosk.demo", "kiosk.setting_up"},
}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there_and_says_what_it_takes(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    does, sentence = COMMANDS[name]
    module, _, function = does.partition(".")
    assert callable(getattr(import_module(f"kiosk.commands.{module}"), function))
    with pytest.raises(SystemExit, match=r"^0$"):
        main([name, "--help"])
    told = capsys.readouterr().out
    assert " ".join(told.split()).startswith(f"usage: kiosk {name} [-h] ")
    assert sentence in " ".join(told.split())


@pytest.mark.parametrize("name", OF_OTHERS)
def test_a_start_does_not_load_what_only_others_need(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED, name, "--help"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stderr.split())
    assert f"kiosk.commands.{COMMANDS[name][0].partition('.')[0]}" in loaded
    assert not loaded & OF_OTHERS[name]
