"""``kiosk report``: what support wants to know, without people."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from kiosk.commands import CommandError, Context, say
from kiosk.commands.health import how_it_is
from kiosk.devices import system
from kiosk.report import report as made


def report_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk report`` takes."""
    sub.add_argument("--out", metavar="FILE", help="a new file (kiosk-report-TIME.zip, here)")


def report(context: Context, arguments: argparse.Namespace) -> int:
    """Write a report into a new file."""
    if not context.data.exists():
        raise CommandError(f"{context.data}: there is nothing here yet to report of")
    path = Path(arguments.out or f"kiosk-report-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.zip")
    content = made(context.settings, context.data, how_it_is(context)["checks"], system.journal())
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError as error:
        raise CommandError(f"{path}: is there already; name a file that is not") from error
    record = {"file": str(path), "bytes": len(content)}
    say(context, record, f"{path}: {len(content) >> 10} KiB; nobody's name, number or key is in it")
    return 0
