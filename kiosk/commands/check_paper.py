"""``kiosk check``, and with ``--print`` on paper."""

from __future__ import annotations

import argparse

import kiosk
from kiosk.code_printing import check_paper_for, state_told
from kiosk.commands import Context
from kiosk.commands.checks import check as check_all
from kiosk.commands.health import how_it_is
from kiosk.commands.way_in import print_code
from kiosk.house import look_into_vault
from kiosk.rules.check_paper import Looked, State


def check_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk check`` takes."""
    sub.add_argument("--print", action="store_true", help="on paper, too, with the addresses of the pages")


def check(context: Context, arguments: argparse.Namespace) -> int:
    """Check everything; with ``--print``, what was found goes on paper, too."""
    status = check_all(context, arguments)
    if arguments.print:
        _print(context)
    return status


def _print(context: Context) -> None:
    found = how_it_is(context)
    looked = [Looked(each["name"], each["ok"], each["note"]) for each in found["checks"]]
    state = State("", kiosk.__version__, found["addresses"], looked)
    demo = look_into_vault(context.settings, context.data).demo
    paper = check_paper_for(context.settings, state, demo=demo)
    print_code(context, paper, "print_check", **state_told(state.addresses, looked))
