"""``kiosk demo`` and ``kiosk purge``: a data directory filled with invented people, and one that forgets people."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from kiosk import demo as demo_site
from kiosk import retention
from kiosk.accounts import add_invented
from kiosk.commands import CommandError, Context, say
from kiosk.commands.arguments import whole_number
from kiosk.devices import clock
from kiosk.house import open_house
from kiosk.joined import waiting_hub
from kiosk.store.schema import DATABASE
from kiosk.store.staff import FILE as STAFF_FILE
from kiosk.store.staff import StaffBook


def demo_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk demo`` takes."""
    sub.add_argument("days", type=whole_number(1, 60), metavar="DAYS", help="1 to 60")


def demo(context: Context, arguments: argparse.Namespace) -> int:
    """Fill an empty data directory with *days* lively days of invented people."""
    if (context.data / DATABASE).exists():
        raise CommandError(f"{context.data}: holds a log already; a demo needs an empty data directory")
    now = clock.now()
    opens_ms = demo_site.opening_ms(now.wall_ms, context.settings.zone)
    first_day = clock.stated(opens_ms - (arguments.days - 1) * demo_site.DAY_MS)
    with open_house(context.settings, context.data, demo=True, now=first_day) as opened:
        if not opened.vault.demo:
            raise CommandError(f"{context.data}: has tracing keys; a demo needs a data directory of its own")
        invite_staff(context.data)
        people = demo_site.fill(opened.door(), opened.store, now.wall_ms, arguments.days, _progress(context))
    record = {"days": arguments.days, "passages": people}
    say(context, record, f"{arguments.days} days with {people} passages, all invented")
    return 0


def _progress(context: Context) -> Callable[[int, int], None]:
    shown = sys.stderr.isatty() and not context.as_json

    def tell(done: int, all_: int) -> None:
        if shown and (done % 20 == 0 or done == all_):
            print(f"\r{done * 100 // all_:>3} % ", end="\n" if done == all_ else "", file=sys.stderr, flush=True)

    return tell


def invite_staff(data: Path) -> None:
    """Invented people may sign in where nobody can: one of each role, whose PINs the pages tell."""
    book = StaffBook(data / STAFF_FILE)
    try:
        add_invented(book)
    finally:
        book.close()


def purge_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk purge`` takes."""
    sub.add_argument(
        "--keep-days", type=whole_number(0, 36500), metavar="N", help="days to keep, instead of the setting"
    )


def purge(context: Context, arguments: argparse.Namespace) -> int:
    """Erase the bodies of days kept long enough; the chain and the counts stay."""
    if not (context.data / DATABASE).exists():
        raise CommandError(f"{context.data}: there is no log here that could be purged")
    keep_days = context.settings.site.keep_days if arguments.keep_days is None else arguments.keep_days
    with open_house(context.settings, context.data, demo=True) as opened:
        hub = waiting_hub(context.data, context.settings, opened.store.db)
        erased = retention.purge(opened.store, clock.now(), keep_days, waiting=hub)
    say(context, {"erased": erased, "keep_days": keep_days}, f"{erased} entries older than {keep_days} days erased")
    return 0
