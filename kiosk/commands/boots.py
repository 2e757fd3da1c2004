"""``kiosk boots``: what the units in ``systemd/`` run at each start, before the door, and once that has lasted."""

from __future__ import annotations

import argparse
from pathlib import Path

from kiosk import boots as starts
from kiosk.commands import Context, say
from kiosk.devices import clock
from kiosk.door_socket import DoorClient

ANSWER_S = 5.0


def boots_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk boots`` takes."""
    sub.set_defaults(anyway=True)
    sub.add_argument("action", choices=("begin", "well"), help="count this one; it has lasted")
    add_run(sub)


def add_run(sub: argparse.ArgumentParser) -> None:
    """Where a start of the machine leaves what the next one forgets."""
    sub.add_argument("--run", type=Path, default=starts.RUN, metavar="DIR", help="what the next start forgets")


def boots(context: Context, arguments: argparse.Namespace) -> int:
    """Count this start of the machine; or note, where the door is well, that it has lasted. Else exit 1."""
    if arguments.action == "begin":
        count = starts.begin(context.data, arguments.run, clock.boot_id())
        safe = count >= starts.SAFE_FROM
        told = f"{count} starts in a row that have not lasted{': this one leaves out what is optional' * safe}"
        say(context, {"starts": count, "safe": safe}, told)
        return 0
    ask_door(context)
    starts.lasted(context.data, clock.boot_id())
    say(context, {"lasted": True}, "this start has lasted")
    return 0


def ask_door(context: Context) -> str:
    """That it answers. Raises DoorAway."""
    DoorClient(context.data, timeout_s=ANSWER_S).panel()
    return "it answers"
