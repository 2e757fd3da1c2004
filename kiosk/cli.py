"""The command line: parse, wire, run; nothing else."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from kiosk import config
from kiosk.commands import CommandError, Context, checks, complain, house, records, scanning
from kiosk.config import SettingsError
from kiosk.devices.base import DeviceError
from kiosk.door_socket import DoorAway, DoorBusy
from kiosk.exports import EXPORTS
from kiosk.store.schema import StoreError
from kiosk.vault import VaultError
from kiosk.wiring import HouseError

SETTINGS_FILE = Path("/etc/kiosk/kiosk.toml")
DATA_DIRECTORY = Path("/var/lib/kiosk")

Command = Callable[[Context, argparse.Namespace], int]

DONE, FAILED, WRONG_USAGE = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns 0 done, 1 the work failed, 2 wrong usage or settings."""
    arguments = _parser().parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="kiosk: %(message)s", stream=sys.stderr)
    try:
        context = Context(config.load(_settings_file(arguments)), _data_directory(arguments), arguments.json)
    except SettingsError as error:
        complain(str(error))
        return WRONG_USAGE
    command: Command = arguments.command
    try:
        return command(context, arguments)
    except SettingsError as error:
        complain(str(error))
        return WRONG_USAGE
    except (CommandError, HouseError, StoreError, VaultError, DeviceError, DoorAway, DoorBusy) as error:
        complain(str(error))
        return FAILED
    except OSError as error:
        complain(f"{error.filename or 'the machine'}: {error.strerror}")
        return FAILED
    except KeyboardInterrupt:
        return FAILED


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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kiosk", description="A QR check-in appliance for site entrances.")
    parser.add_argument("--config", metavar="FILE", help="settings (or KIOSK_CONFIG; /etc/kiosk/kiosk.toml)")
    parser.add_argument("--data", metavar="DIR", help="where the log lies (or KIOSK_DATA; /var/lib/kiosk)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Command, sentence: str, *, spans: bool = False) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=sentence, description=sentence)
        sub.add_argument("--json", action="store_true", help="answer in JSON lines")
        if spans:
            sub.add_argument("--since", metavar="TIME", help="from this time on (ISO 8601)")
            sub.add_argument("--until", metavar="TIME", help="before this time (ISO 8601)")
        sub.set_defaults(command=command)
        return sub

    run = add("run", house.run, "door and pages in one terminal; simulated devices where there are none")
    run.add_argument("--port", type=int, metavar="P", help="port of the pages")
    run.add_argument("--simulate", action="store_true", help="simulate every device")
    add("door", house.door, "the door's service: scanners, log, lamps, printer")
    add("web", house.web, "the pages' service").add_argument("--port", type=int, metavar="P", help="port of the pages")

    scan = add("scan", scanning.scan, "take pictures, folders, videos or lines through the door, recorded")
    scan.add_argument("--gate", metavar="G", help="the gate they come to")
    scan.add_argument("--at", metavar="TIME", help="the time they come (ISO 8601)")
    read = add("read", scanning.read, "recognise without recording")
    read.add_argument("--at", metavar="TIME", help="the time to check against (ISO 8601)")
    for sub in (scan, read):
        sub.add_argument("sources", nargs="+", metavar="SOURCE", help="files, folders, videos, or - for lines on stdin")

    add("visits", records.visits, "who came and went", spans=True)
    add("log", records.log, "every entry of the log", spans=True)
    add("tickets", records.tickets, "numbers given", spans=True)
    add("occupancy", records.occupancy, "how many people are inside")
    export = add("export", records.export, "write visits to a file", spans=True)
    export.add_argument("format", choices=sorted(EXPORTS), metavar="FORMAT", help=", ".join(sorted(EXPORTS)))
    export.add_argument("--out", required=True, metavar="FILE", help="a new file")
    add("verify", records.verify, "prove that nothing was changed, inserted or dropped")
    add("rebuild", records.rebuild, "make the projections anew from the log")

    purge = add("purge", house.purge, "erase what was kept long enough")
    purge.add_argument("--keep-days", type=int, metavar="N", help="days to keep, instead of the setting")
    add("check", checks.check, "settings in force, and each device tried once")
    add("demo", house.demo, "fill an empty data directory with a lively, invented site").add_argument("days", type=int)
    keys = add("keys", house.keys, "tracing keys")
    keys.add_argument("action", choices=("new", "show", "test"), help="make; show the fingerprint; test a private half")
    keys.add_argument("--out", metavar="FILE", help="new: where the private half goes, outside the data directory")
    keys.add_argument("--paper", action="store_true", help="new: print the private half on paper instead")
    keys.add_argument("--key", metavar="FILE", help="test: the private half")
    return parser
