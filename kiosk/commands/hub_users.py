"""Users of the hub on the command line: the way in before there is any, and when the pages do not help."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from kiosk.commands import CommandError, Context, UsageError, say
from kiosk.commands.hub import BY, opened_hub
from kiosk.devices import clock
from kiosk.rules.hub_users import ALLOWED, SENTENCES, HubRole, Refusal
from kiosk.rules.pins import locked_ms

if TYPE_CHECKING:
    from kiosk.hub.house import HubHouse

Act = Callable[[argparse.Namespace, "HubHouse"], str | Refusal | None]


def hub_user_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk hub-user`` takes."""
    sub.add_argument("action", choices=ACTIONS, help="list them all; or what to do with one of them")
    sub.add_argument("name", nargs="?", metavar="NAME", help="whose account")
    sub.add_argument("--role", choices=tuple(HubRole), help="add, role: what they are")


def hub_user(context: Context, arguments: argparse.Namespace) -> int:
    """Add, list and change users; each change is in the hub's tamper log."""
    with opened_hub(context) as house:
        if arguments.action == "list":
            return _list(context, house)
        if not arguments.name:
            raise UsageError(f"say whose account: kiosk hub-user {arguments.action} NAME")
        answer = _ACTS[arguments.action](arguments, house)
    if isinstance(answer, Refusal):
        raise CommandError(SENTENCES[answer][1])
    record = {"name": arguments.name, "done": arguments.action}
    if answer is None:
        say(context, record, f"{arguments.name}: {_DONE[arguments.action]}")
    else:
        told = f"{arguments.name} signs in with this once, and chooses a password and a second factor: {answer}"
        say(context, {**record, "password": answer}, told)
    return 0


def _list(context: Context, house: HubHouse) -> int:
    for one in house.users.all():
        locked_s = -(-locked_ms(one.tries, ALLOWED.user, clock.now()) // 1000)
        record = {"name": one.name, "role": one.role, "enabled": one.enabled, "begun": one.begun, "locked_s": locked_s}
        marks = ("" if one.enabled else "disabled", "" if one.begun else "has not begun")
        locked = f"locked for {locked_s} s" if locked_s else ""
        say(context, record, "  ".join(filter(None, (one.name, one.role, *marks, locked))))
    return 0


def _add(arguments: argparse.Namespace, house: HubHouse) -> str | Refusal | None:
    if not arguments.role:
        raise UsageError("say which role: --role ROLE")
    return house.users.add(arguments.name, HubRole(arguments.role), BY)


def _role(arguments: argparse.Namespace, house: HubHouse) -> str | Refusal | None:
    if not arguments.role:
        raise UsageError("say which role: --role ROLE")
    return house.users.set_role(arguments.name, HubRole(arguments.role), BY)


_ACTS: dict[str, Act] = {
    "add": _add,
    "role": _role,
    "anew": lambda arguments, house: house.users.begin_anew(arguments.name, BY),
    "disable": lambda arguments, house: house.users.set_enabled(arguments.name, BY, enabled=False),
    "enable": lambda arguments, house: house.users.set_enabled(arguments.name, BY, enabled=True),
    "unlock": lambda arguments, house: house.users.unlock(arguments.name, BY),
}
_DONE = {
    "role": "has another role",
    "disable": "may not sign in any more",
    "enable": "may sign in again",
    "unlock": "may try again",
}
ACTIONS = ("list", *_ACTS)
