"""The log on a stick: ``kiosk segment export`` at the kiosk, ``kiosk segment import`` at the hub, and back."""

from __future__ import annotations

import argparse
from pathlib import Path

from kiosk.commands import CommandError, Context, say
from kiosk.devices import clock
from kiosk.house import look_into_vault
from kiosk.joined import Joined, JoinError, joined
from kiosk.sticks import export_log, take_receipts
from kiosk.store.reading import Reader
from kiosk.store.schema import DATABASE

ACTIONS = ("export", "import")


def segment_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk segment`` takes."""
    sub.add_argument("action", choices=ACTIONS, help="write it; take what others wrote")
    sub.add_argument("folder", metavar="DIR", help="the stick")
    sub.add_argument("--all", action="store_true", help="export: also what the hub has acknowledged")


def segment(context: Context, arguments: argparse.Namespace) -> int:
    """Write the log onto a stick for the hub; take what kiosks have written, or what the hub has answered."""
    folder = Path(arguments.folder)
    if arguments.action == "export":
        return _export(context, folder, everything=arguments.all)
    if (context.data / DATABASE).exists():
        return _import_receipts(context, folder)
    return _import_at_the_hub(context, folder)


def _export(context: Context, folder: Path, *, everything: bool) -> int:
    hub, reader = _hub(context), _reader(context)
    vault = look_into_vault(context.settings, context.data)
    done = export_log(context.data, hub, reader, vault.pack_segment, folder, everything=everything)
    record = {"files": [str(path) for path in done.files], "first": done.first, "last": done.last}
    written = f"entries {done.first} to {done.last} written for {hub.name}, in {len(done.files)} files"
    say(context, record, written if done.files else f"{hub.name} has all {done.last} entries already")
    return 0


def _import_receipts(context: Context, folder: Path) -> int:
    hub, reader = _hub(context), _reader(context)
    through = take_receipts(context.data, hub, reader, folder, clock.now().wall_ms)
    say(context, {"through": through}, f"{hub.name} has acknowledged all entries up to {through}")
    return 0


def _import_at_the_hub(context: Context, folder: Path) -> int:
    from kiosk.commands.hub import opened_hub  # a kiosk needs none of it
    from kiosk.hub.house import DATABASE as HUB_DATABASE
    from kiosk.hub.sticks import Sticks

    if not (context.data / HUB_DATABASE).exists():
        raise CommandError(f"{context.data}: there is neither a hub here nor the log of a kiosk")
    with opened_hub(context) as house:
        came = Sticks(house.age, house.intake, house.signer, lambda: clock.now().wall_ms).take(folder)
    for name, fault in came.faults.items():
        say(context, {"file": name, "fault": fault}, f"{name}: {fault}")
    has = {kiosk: receipt.branch.sequence for kiosk, receipt in sorted(came.receipts.items())}
    told = "; ".join(f"{kiosk} is here up to entry {through}" for kiosk, through in has.items())
    say(context, {"new": came.new, "through": has}, f"{came.new} new entries{'; ' * bool(told)}{told}")
    return 1 if came.faults else 0


def _hub(context: Context) -> Joined:
    try:
        hub = joined(context.data)
    except JoinError as error:
        raise CommandError(str(error)) from error
    if hub is None:
        raise CommandError("this kiosk has joined no hub yet, so nothing can be sealed for one: kiosk enrol CODE")
    return hub


def _reader(context: Context) -> Reader:
    if not (context.data / DATABASE).exists():
        raise CommandError(f"{context.data}: there is no log here yet")
    return Reader(context.data / DATABASE)
