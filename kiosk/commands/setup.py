"""``kiosk setup``: whether an appliance has to be set up, asked at each start; and its pages, until that is done."""

from __future__ import annotations

import argparse
from contextlib import suppress
from pathlib import Path

from kiosk.boots import RUN
from kiosk.commands import Context
from kiosk.commands.arguments import SETTINGS_FILE
from kiosk.config import Settings
from kiosk.devices.base import DeviceError
from kiosk.devices.gpio import is_held, kind_here
from kiosk.first_settings import BOOT
from kiosk.set_up_needed import Why, is_asked, is_needed, note_why


def setup_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk setup`` takes."""
    sub.add_argument("--out", metavar="FILE", default=str(SETTINGS_FILE), help=f"the settings ({SETTINGS_FILE})")
    sub.add_argument("--needed", action="store_true", help="only tell by the exit status whether it has to be done")


def setup(context: Context, arguments: argparse.Namespace) -> int:
    """Serve the pages of the set-up until it is finished; ``--needed`` tells whether it has to be, and leaves why."""
    settings_file = Path(arguments.out)
    if arguments.needed:
        why = _why(context, settings_file)
        if RUN.is_dir():
            note_why(RUN, why)
        return 0 if why else 1
    from kiosk.commands.setup_pages import serve_set_up  # not at each start

    return serve_set_up(context, settings_file)


def _why(context: Context, settings_file: Path) -> Why | None:
    if is_needed(settings_file, context.data):
        return Why.FIRST
    asked = is_asked(BOOT, context.data) or _button_is_held(context.settings)
    return Why.AGAIN if asked else None


def _button_is_held(settings: Settings) -> bool:
    pin = settings.outputs.button_pin
    if not pin or kind_here(settings.outputs.kind) != "gpio":
        return False
    with suppress(DeviceError):  # what is broken is told by the door
        return is_held(pin)
    return False
