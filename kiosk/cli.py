"""The command line: parse, wire, run; nothing else."""

from __future__ import annotations

import argparse
import io
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from kiosk import config
from kiosk.commands import (
    FAILURES,
    Context,
    UsageError,
    appliance,
    backups,
    check_paper,
    clock,
    complain,
    house,
    lists,
    numbers,
    records,
    replacing,
    report,
    requests,
    scanning,
    sentence,
    session,
    settings,
    setup,
    staff,
    tablets,
)
from kiosk.config import Settings, SettingsError
from kiosk.exports import EXPORTS
from kiosk.first_settings import BOOT
from kiosk.rules.access import Role
from kiosk.rules.sessions import Use

SETTINGS_FILE = Path("/etc/kiosk/kiosk.toml")
DATA_DIRECTORY = Path("/var/lib/kiosk")

Command = Callable[[Context, argparse.Namespace], int]

DONE, FAILED, WRONG_USAGE = 0, 1, 2


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


def _number(least: int, most: int) -> Callable[[str], int]:
    """What argparse reads a whole number from *least* to *most* with."""

    def read(text: str) -> int:
        number = int(text)
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"must be from {least} to {most}, not {number}")
        return number

    read.__name__ = "whole number"  # argparse says so of what is none
    return read


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kiosk", description="A QR check-in appliance for site entrances.")
    parser.add_argument("--config", metavar="FILE", help="settings (or KIOSK_CONFIG; /etc/kiosk/kiosk.toml)")
    parser.add_argument("--data", metavar="DIR", help="where the log lies (or KIOSK_DATA; /var/lib/kiosk)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(
        name: str, command: Command, sentence: str, *, spans: bool = False, anyway: bool = False
    ) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=sentence, description=sentence)
        sub.add_argument("--json", action="store_true", help="answer in JSON lines")
        if spans:
            sub.add_argument("--since", metavar="TIME", help="from this time on (ISO 8601)")
            sub.add_argument("--until", metavar="TIME", help="before this time (ISO 8601)")
        sub.set_defaults(command=command, anyway=anyway)  # anyway: also with settings that cannot be read
        return sub

    run = add("run", house.run, "door and pages in one terminal; simulated devices where there are none")
    run.add_argument("--port", type=_number(0, 65535), metavar="P", help="port of the pages; 0 takes a free one")
    run.add_argument("--simulate", action="store_true", help="simulate every device")
    add("door", house.door, "the door's service: scanners, log, lamps, printer")
    web = add("web", house.web, "the pages' service")
    web.add_argument("--port", type=_number(0, 65535), metavar="P", help="port of the pages; 0 takes a free one")

    first = add("setup", setup.setup, "the pages that make an appliance this site's own, until that is done")
    first.add_argument("--out", metavar="FILE", default=str(SETTINGS_FILE), help=f"the settings ({SETTINGS_FILE})")
    first.add_argument("--needed", action="store_true", help="only tell by the exit status whether it has to be done")
    scan = add("scan", scanning.scan, "take pictures, folders, videos or lines through the door, recorded")
    scan.add_argument("--gate", metavar="G", help="the gate they come to")
    scan.add_argument("--at", metavar="TIME", help="the time they come (ISO 8601)")
    read = add("read", scanning.read, "recognise without recording")
    read.add_argument("--at", metavar="TIME", help="the time to check against (ISO 8601)")
    read.add_argument("--trust", metavar="DIR", help="issuers to believe, instead of the settings' trust folder")
    for sub in (scan, read):
        sub.add_argument("sources", nargs="+", metavar="SOURCE", help="files, folders, videos, or - for lines on stdin")

    add("visits", records.visits, "who came and went", spans=True)
    add("log", records.log, "every entry of the log", spans=True)
    add("tickets", records.tickets, "numbers given", spans=True)
    add("occupancy", records.occupancy, "how many people are inside")
    counted = add("numbers", numbers.numbers, "a day in counts: passages, waits, kinds of code; nobody's name")
    counted.add_argument("--day", metavar="DAY", help="the day (ISO 8601; the newest in the log)")
    papers = add("session", session.session, "the end of a session: passages, and what was entered on the platform")
    papers.add_argument("--day", metavar="DAY", help="the session's day (ISO 8601; the newest in the log)")
    papers.add_argument("--announcement", action="store_true", help="what is read aloud before it, and who comes when")
    export = add("export", records.export, "write visits to a file", spans=True)
    export.add_argument("format", choices=sorted(EXPORTS), metavar="FORMAT", help=", ".join(sorted(EXPORTS)))
    export.add_argument("--out", required=True, metavar="FILE", help="a new file")
    imported = add("import-list", lists.import_list, "read a registration list, make it clean, keep it for its days")
    imported.add_argument("file", metavar="FILE", help="xlsx or csv")
    imported.add_argument("--day", metavar="DAY", help="session day of rows without one (ISO 8601; today)")
    imported.add_argument("--sheet", metavar="NAME", help="a sheet of the workbook (the first that is a list)")
    imported.add_argument("--site", metavar="ID", help="site of rows without one (this one)")
    imported.add_argument("--at", metavar="TIME", help="the time of the import (ISO 8601)")
    imported.add_argument("--out", metavar="FILE", help="the cleaned list (beside FILE, as NAME.clean.xlsx)")
    imported.add_argument("--check-only", action="store_true", help="keep nothing, only report and make clean")
    kept = add("lists", lists.lists, "the registration lists that are kept")
    kept.add_argument("--forget", metavar="LIST", help="destroy one before its last day has ended")

    add("verify", records.verify, "prove that nothing was changed, inserted or dropped")
    add("rebuild", records.rebuild, "make the projections anew from the log")

    timed = add("clock", clock.clock, "what time the kiosk takes it to be, and what has set it")
    timed.add_argument("--set", metavar="TIME", help="it is this time now (ISO 8601); repairs what was recorded before")
    purge = add("purge", house.purge, "erase what was kept long enough")
    purge.add_argument("--keep-days", type=_number(0, 36500), metavar="N", help="days to keep, instead of the setting")
    backup = add("backup", backups.backup, "copy all that cannot be made again, sealed, while the door works")
    backup.add_argument("--to", metavar="DIR", help="a folder, instead of [backup] to")
    backup.add_argument("--new-code", action="store_true", help="make the recovery code that opens backups from now on")
    backup.add_argument("--paper", action="store_true", help="with --new-code: print it instead of showing it here")
    restore = add("restore", backups.restore, "prove a backup, and make the data directory what it was")
    restore.add_argument("file", metavar="FILE", help="a backup")
    restore.add_argument("--code-file", metavar="FILE", help="where the recovery code stands; - for standard input")
    restore.add_argument("--replace", action="store_true", help="put aside what the data directory holds")
    restore.add_argument("--damaged", action="store_true", help="take a log that is not whole, too")
    add("settings", settings.settings, "the settings in force; exit 2 where they cannot be used")
    first = add("first-settings", settings.first_settings, "take settings that lie on the boot partition")
    first.add_argument("--boot", default=BOOT, type=Path, metavar="DIR", help=f"the boot partition ({BOOT})")
    first.add_argument(
        "--own", default=SETTINGS_FILE, type=Path, metavar="FILE", help=f"what they become ({SETTINGS_FILE})"
    )
    seen = add("health", appliance.health, "how the kiosk is: everything looked at, nothing tried", anyway=True)
    seen.add_argument("--out", metavar="FILE", help="write it there instead, as JSON")
    counted_starts = add("boots", appliance.boots, "starts of the machine that did not last", anyway=True)
    counted_starts.add_argument("action", choices=("begin", "well"), help="count this one; it has lasted")
    alarm = add("alarm", appliance.sound_alarm, "red lamp and buzzer, for the door is not there", anyway=True)
    alarm.add_argument("--pause", action="store_true", help="only after a fault of the service, and not for long")
    for sub in (counted_starts, alarm):
        sub.add_argument("--run", type=Path, default=appliance.RUN, metavar="DIR", help="what the next start forgets")
    other = add("replace", replacing.replace, "a new card becomes a kiosk of the site, from another gate or a backup")
    other.add_argument("bundle", nargs="?", metavar="BUNDLE", help="what another gate made, or a backup")
    other.add_argument("--make", metavar="DIR", help="at a gate that works: make a bundle there, and tell its code")
    other.add_argument("--paper", action="store_true", help="with --make: print the code instead of showing it here")
    other.add_argument("--kiosk", metavar="ID", help="which kiosk the new card becomes")
    other.add_argument("--gate", metavar="ID", help="its gate, of those in the settings (all of them)")
    other.add_argument("--code-file", metavar="FILE", help="where the code stands; - for standard input")
    other.add_argument("--replace", action="store_true", help="put aside what the data directory holds")
    told = add("report", report.report, "how machine and kiosk are, for support; nobody's name, number or key is in it")
    told.add_argument("--out", metavar="FILE", help="a new file (kiosk-report-TIME.zip, here)")
    checked = add("check", check_paper.check, "settings in force, and each device tried once")
    checked.add_argument("--print", action="store_true", help="on paper, too, with the addresses of the pages")
    demo = add("demo", house.demo, "fill an empty data directory with a lively, invented site")
    demo.add_argument("days", type=_number(1, 60), metavar="DAYS", help="1 to 60")
    asked = add("requests", requests.requests, "what people ask about what is kept of them; what was ordered for it")
    asked.add_argument(
        "action", nargs="?", choices=requests.ACTIONS, default="list", help="list them (the default); ..."
    )
    asked.add_argument("of", nargs="*", metavar="OF", help="open: lines of requests --json; erase: EPOCH:SEQ ...")
    asked.add_argument("--key", metavar="FILE", help="open: the tracing team's private half")
    people = add("staff", staff.staff, "who may sign in to the pages, as what")
    people.add_argument("action", choices=staff.ACTIONS, help="list them all; or what to do with one of them")
    people.add_argument("name", nargs="?", metavar="NAME", help="whose account")
    people.add_argument("--role", choices=tuple(Role), help="add: what they are (staff); role: what they become")
    people.add_argument("--pin-file", metavar="FILE", help="add, pin: where the PIN stands; - for standard input")
    devices = add("tablet", tablets.tablet, "tablets and screens that may show pages")
    devices.add_argument("action", choices=tablets.ACTIONS, help="print a code that pairs one; list; end one; ...")
    devices.add_argument("id", nargs="?", type=_number(0, 2**31), metavar="ID", help="end, unlock: 0 is this machine")
    devices.add_argument("--use", choices=tuple(Use), default=Use.TABLET, help="pair: what the device is for (tablet)")
    devices.add_argument("--name", metavar="N", help="pair: what it is called")
    devices.add_argument("--show", action="store_true", help="pair: show the code here instead of printing it")
    devices.add_argument("--paper", action="store_true", help="trust: print it")

    keys = add("keys", house.keys, "tracing keys")
    actions = "make; show the fingerprint; test a private half; open a day that a kiosk sealed"
    keys.add_argument("action", choices=("new", "show", "test", "open"), help=actions)
    keys.add_argument("sealed", nargs="?", metavar="SEALED", help="open: the sealed day")
    out = "new: where the private half goes, outside the data directory; open: where the people go, as JSON lines"
    keys.add_argument("--out", metavar="FILE", help=out)
    keys.add_argument("--paper", action="store_true", help="new: print the private half on paper instead")
    keys.add_argument("--key", metavar="FILE", help="test, open: the private half")
    return parser
