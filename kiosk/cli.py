"""The command line: parse, wire, run; nothing else."""

from __future__ import annotations

import argparse
import io
import logging
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from kiosk import config
from kiosk.commands import FAILURES, Context, UsageError, complain, sentence
from kiosk.commands.arguments import SETTINGS_FILE
from kiosk.config import Settings, SettingsError

DATA_DIRECTORY = Path("/var/lib/kiosk")

Command = Callable[[Context, argparse.Namespace], int]

DONE, FAILED, WRONG_USAGE = 0, 1, 2

# Each command: what in ``kiosk.commands`` does it, with what it takes beside it (``run_arguments``); and a sentence.
COMMANDS = {
    "run": ("running.run", "door, pages and sync in one terminal; simulated devices where there are none"),
    "door": ("serving.door", "the door's service: scanners, log, lamps, printer"),
    "web": ("serving.web", "the pages' service"),
    "setup": ("setup.setup", "the pages that make an appliance this site's own, until that is done"),
    "scan": ("scanning.scan", "take pictures, folders, videos or lines through the door, recorded"),
    "read": ("scanning.read", "recognise without recording"),
    "enrol": ("sync.enrol", "join a hub, by the code that was made there; from then on the log goes to it"),
    "sync": ("sync.sync", "the hub's share of the kiosk: gives it the log until it has acknowledged all"),
    "segment": ("sticks.segment", "the log on a stick: from the kiosk to the hub, and its receipt back"),
    "visits": ("records.visits", "who came and went"),
    "log": ("records.log", "every entry of the log"),
    "tickets": ("records.tickets", "numbers given"),
    "occupancy": ("records.occupancy", "how many people are inside"),
    "numbers": ("numbers.numbers", "a day in counts: passages, waits, kinds of code; nobody's name"),
    "session": ("session.session", "the end of a session: passages, and what was entered on the platform"),
    "export": ("records.export", "write visits to a file"),
    "import-list": ("lists.import_list", "read a registration list, make it clean, keep it for its days"),
    "lists": ("lists.lists", "the registration lists that are kept"),
    "verify": ("records.verify", "prove that nothing was changed, inserted or dropped"),
    "rebuild": ("records.rebuild", "make the projections anew from the log"),
    "clock": ("clock.clock", "what time the kiosk takes it to be, and what has set it"),
    "purge": ("house.purge", "erase what was kept long enough"),
    "backup": ("backups.backup", "copy all that cannot be made again, sealed, while the door works"),
    "restore": ("backups.restore", "prove a backup, and make the data directory what it was"),
    "settings": ("settings.settings", "the settings in force; exit 2 where they cannot be used"),
    "first-settings": ("settings.first_settings", "take settings that lie on the boot partition"),
    "health": ("health.health", "how the kiosk is: everything looked at, nothing tried"),
    "boots": ("boots.boots", "starts of the machine that did not last"),
    "alarm": ("alarm.sound_alarm", "red lamp and buzzer, for the door is not there"),
    "replace": ("replacing.replace", "a new card becomes a kiosk of the site, from another gate or a backup"),
    "report": ("report.report", "how machine and kiosk are, for support; nobody's name, number or key is in it"),
    "check": ("check_paper.check", "settings in force, and each device tried once"),
    "demo": ("house.demo", "fill an empty data directory with a lively, invented site"),
    "requests": ("requests.requests", "what people ask about what is kept of them; what was ordered for it"),
    "staff": ("staff.staff", "who may sign in to the pages, as what"),
    "tablet": ("tablets.tablet", "tablets and screens that may show pages"),
    "hub": ("hub.hub", "the hub's service: takes the logs of kiosks, answers tracing teams"),
    "hub-kiosk": ("hub.hub_kiosk", "at the hub: the kiosks that may send to it"),
    "hub-user": ("hub_users.hub_user", "at the hub: who may sign in to its pages and consoles, as what"),
    "hub-down": ("hub_down.hub_down", "at the hub: what comes down to kiosks, which they check and may refuse"),
    "trace": ("trace.trace", "who was present at the same time as somebody: counted first, named then"),
    "keys": ("keys.keys", "tracing keys"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns 0 done, 1 the work failed, 2 wrong usage or settings."""
    _speak_utf8()
    arguments = _parser().parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="kiosk: %(message)s", stream=sys.stderr)
    file, fault = _settings_file(arguments), ""
    try:
        in_force = config.load(file)
    except SettingsError as error:
        in_force, fault = Settings(), str(error)
        if not arguments.anyway:
            complain(fault)
            return WRONG_USAGE
    context = Context(in_force, _data_directory(arguments), arguments.json, file, fault)
    command: Command = arguments.command
    try:
        return command(context, arguments)
    except (SettingsError, UsageError) as error:
        complain(str(error))
        return WRONG_USAGE
    except BrokenPipeError:
        return _stop_speaking()
    except FAILURES as error:
        complain(sentence(error))
        return FAILED
    except KeyboardInterrupt:
        return FAILED


def _speak_utf8() -> None:
    """Names and sentences are Vietnamese, whatever the terminal's locale says."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _stop_speaking() -> int:
    """Whoever read our answer has read enough, as ``head`` does."""
    # Otherwise the interpreter complains on its way out that it could not flush.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return DONE


def _settings_file(arguments: argparse.Namespace) -> Path | None:
    named = arguments.config or os.environ.get("KIOSK_CONFIG")
    if named:
        return Path(named)
    return SETTINGS_FILE if SETTINGS_FILE.exists() else None


def _data_directory(arguments: argparse.Namespace) -> Path:
    named = arguments.data or os.environ.get("KIOSK_DATA")
    if named:
        return Path(named)
    if DATA_DIRECTORY.exists():
        return DATA_DIRECTORY
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "kiosk"


class _CommandParser(argparse.ArgumentParser):
    """Asks a command what it takes when it is called, and no other: none is loaded to parse its neighbour."""

    def __init__(self, *, does: str, **how: Any) -> None:
        super().__init__(**how)
        self._does = does

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """What argparse calls where this is the command."""
        module, _, function = self._does.partition(".")
        loaded = import_module(f"kiosk.commands.{module}")
        self.set_defaults(command=getattr(loaded, function), anyway=False)
        self.add_argument("--json", action="store_true", help="answer in JSON lines")
        if takes := getattr(loaded, f"{function}_arguments", None):
            takes(self)
        return super().parse_known_args(args, namespace)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kiosk", description="A QR check-in appliance for site entrances.")
    parser.add_argument("--config", metavar="FILE", help="settings (or KIOSK_CONFIG; /etc/kiosk/kiosk.toml)")
    parser.add_argument("--data", metavar="DIR", help="where the log lies (or KIOSK_DATA; /var/lib/kiosk)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_CommandParser)
    for name, (does, sentence_) in COMMANDS.items():
        commands.add_parser(name, help=sentence_, description=sentence_, does=does)
    return parser
