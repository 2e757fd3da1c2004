"""``kiosk clock``: what time the kiosk takes it to be, and what has set it; or what a person says that it is."""

from __future__ import annotations

import argparse

from kiosk.clock_watch import follow_told, take_told
from kiosk.commands import CommandError, Context, parse_time, say
from kiosk.devices import clock as machine
from kiosk.house import open_house
from kiosk.retention import local_time
from kiosk.rules.clock import SENTENCES, NotSet
from kiosk.rules.model import ClockState
from kiosk.store.reading import Reader
from kiosk.store.schema import DATABASE


def clock_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk clock`` takes."""
    sub.add_argument("--set", metavar="TIME", help="it is this time now (ISO 8601); repairs what was recorded before")


def clock(context: Context, arguments: argparse.Namespace) -> int:
    """Print the time and what has set it; ``--set`` says what time it is now, for the door and the pages, too."""
    there = (context.data / DATABASE).exists()
    if arguments.set:
        if not there:
            raise CommandError(f"{context.data}: there is no log here yet that could keep it")
        _tell(context, parse_time(context, arguments.set))
    elif there:
        Reader(context.data / DATABASE).ask(lambda db: follow_told(db, machine.boot_id()))
    now, source = machine.now(), machine.source()
    at = local_time(now.wall_ms, context.settings.zone)
    by = {ClockState.SET: f"set by {source}", ClockState.TOLD: "as somebody said"}.get(now.clock, "nothing has set it")
    record = {"at": at.isoformat(timespec="milliseconds"), "clock": now.clock, "source": source, "boot": now.boot_id}
    say(context, record, f"{at:%Y-%m-%d %H:%M:%S %z}, {by}")
    return 0


def _tell(context: Context, wall_ms: int) -> None:
    with open_house(context.settings, context.data, demo=True) as house:
        told = take_told(house.store, wall_ms, machine.now(), by="")
    if isinstance(told, NotSet):
        raise CommandError(SENTENCES[told][1])
