"""``kiosk settings``: those in force. ``kiosk first-settings``: those that somebody has put on the boot partition."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from kiosk import config
from kiosk.commands import FAILURES, CommandError, Context, complain, say, sentence
from kiosk.commands.arguments import SETTINGS_FILE
from kiosk.config import Settings, SettingsError
from kiosk.first_settings import BOOT, refusal_paper, take_first_settings


def settings(context: Context, _: argparse.Namespace) -> int:
    """Print the settings in force, one a line."""
    table = config.as_table(context.settings)
    if context.as_json:
        say(context, table, "")
    for line in () if context.as_json else config.as_lines(table):
        say(context, {}, line)
    return 0


def first_settings_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk first-settings`` takes."""
    sub.add_argument("--boot", default=BOOT, type=Path, metavar="DIR", help=f"the boot partition ({BOOT})")
    sub.add_argument(
        "--own", default=SETTINGS_FILE, type=Path, metavar="FILE", help=f"what they become ({SETTINGS_FILE})"
    )


def first_settings(context: Context, arguments: argparse.Namespace) -> int:
    """Take settings from the boot partition; exit 1 where they were refused, which is told on paper, too."""
    found = take_first_settings(arguments.boot, arguments.own)
    if found is None:
        say(context, {"file": None}, f"{arguments.boot}: no settings there")
        return 0
    if found.refusal:
        _print_refusal(_usable(arguments.own), found.refusal)
        raise CommandError(found.refusal)
    say(context, {"file": str(found.file), "own": str(arguments.own)}, f"{found.file} is now {arguments.own}")
    return 0


def _usable(own: Path) -> Settings:
    try:
        return config.load(own if own.exists() else None)
    except SettingsError:
        return Settings()


def _print_refusal(settings: Settings, refusal: str) -> None:
    # At most starts nothing is refused.
    from kiosk.devices.simulated_printer import SimulatedPrinter
    from kiosk.papers import render_code
    from kiosk.wiring import make_printer

    printer = make_printer(settings, simulate=False)
    if printer is None or isinstance(printer, SimulatedPrinter):
        return
    try:
        with tempfile.TemporaryDirectory() as cache:
            printer.send(render_code(settings, Path(cache), refusal_paper(settings, refusal)))
    except FAILURES as error:
        complain(f"what was refused could not be printed: {sentence(error)}")
