"""Accounts of staff on the command line: the way in before there is any, and when the pages do not help."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kiosk.accounts import Accounts
from kiosk.commands import CommandError, Context, UsageError, say
from kiosk.devices import clock
from kiosk.door_socket import DoorAway, DoorClient, DoorRefused
from kiosk.house import open_house
from kiosk.rules.access import Role
from kiosk.rules.accounts import SENTENCES, Refusal
from kiosk.rules.entries import EntryKind
from kiosk.rules.identity import clean_name
from kiosk.rules.pins import PERSON_TRIES, locked_ms
from kiosk.rules.staff_acts import StaffAct, staff_body
from kiosk.store.staff import FILE, StaffBook

BY = "terminal"
LARGEST_PIN_FILE_BYTES = 100

Act = Callable[[Context, argparse.Namespace, Accounts], Refusal | None]


def staff_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk staff`` takes."""
    sub.add_argument("action", choices=ACTIONS, help="list them all; or what to do with one of them")
    sub.add_argument("name", nargs="?", metavar="NAME", help="whose account")
    sub.add_argument("--role", choices=tuple(Role), help="add: what they are (staff); role: what they become")
    sub.add_argument("--pin-file", metavar="FILE", help="add, pin: where the PIN stands; - for standard input")


def staff(context: Context, arguments: argparse.Namespace) -> int:
    """Add, list and change accounts; each change is in the log."""
    if arguments.action == "list":
        return _list(context)
    if not arguments.name:
        raise UsageError(f"say whose account: kiosk staff {arguments.action} NAME")
    with opened_book(context) as book:
        refusal = _ACTS[arguments.action](context, arguments, Accounts(book))
    if refusal:
        raise CommandError(SENTENCES[refusal][1])
    record = {"name": arguments.name, "done": arguments.action}
    say(context, record, f"{arguments.name}: {_DONE[arguments.action]}")
    return 0


@contextmanager
def opened_book(context: Context) -> Iterator[StaffBook]:
    """The accounts of the data directory. Raises CommandError where that is not one."""
    if not (context.data / "tracing.json").exists():
        raise CommandError(f"{context.data}: has no tracing keys yet; kiosk keys new, or kiosk run for trying out")
    book = StaffBook(context.data / FILE)
    try:
        yield book
    finally:
        book.close()


def noting(context: Context, act: StaffAct) -> Callable[[str], object]:
    """What notes in the log that staff did *act*: the door, or where none runs this process itself."""

    def note(about: str) -> object:
        try:
            return DoorClient(context.data).signed(BY).note(act, about=about)
        except DoorRefused:
            raise
        except DoorAway:
            with open_house(context.settings, context.data, demo=True) as house, house.store.writing(None) as writing:
                return writing.append(EntryKind.STAFF, "", clock.now(), staff_body(act, BY, about=about))

    return note


def _list(context: Context) -> int:
    if not (context.data / FILE).exists():
        return 0
    with opened_book(context) as book:
        accounts = book.accounts()
    for one in accounts:
        locked_s = -(-locked_ms(one.tries, PERSON_TRIES, clock.now()) // 1000)
        record = {
            "name": one.name,
            "role": one.role,
            "language": one.language,
            "enabled": one.enabled,
            "must_change_pin": one.must_change,
            "locked_s": locked_s,
        }
        marks = ["" if one.enabled else "disabled", f"locked for {locked_s} s" if locked_s else ""]
        say(context, record, "  ".join(filter(None, (one.name, one.role, *marks))))
    return 0


def _add(context: Context, arguments: argparse.Namespace, accounts: Accounts) -> Refusal | None:
    role, name = Role(arguments.role or Role.STAFF), clean_name(arguments.name)
    return accounts.add(name, role, _pin(arguments), noting(context, StaffAct.ACCOUNT), must_change=False)


def _change_role(context: Context, arguments: argparse.Namespace, accounts: Accounts) -> Refusal | None:
    if not arguments.role:
        raise UsageError("say which role: --role ROLE")
    return accounts.set_role(arguments.name, Role(arguments.role), noting(context, StaffAct.ACCOUNT))


def _give_pin(context: Context, arguments: argparse.Namespace, accounts: Accounts) -> Refusal | None:
    return accounts.set_pin(arguments.name, _pin(arguments), noting(context, StaffAct.ACCOUNT), must_change=False)


def _disable(context: Context, arguments: argparse.Namespace, accounts: Accounts) -> Refusal | None:
    return accounts.set_enabled(arguments.name, noting(context, StaffAct.ACCOUNT), enabled=False)


def _enable(context: Context, arguments: argparse.Namespace, accounts: Accounts) -> Refusal | None:
    return accounts.set_enabled(arguments.name, noting(context, StaffAct.ACCOUNT), enabled=True)


def _unlock(context: Context, arguments: argparse.Namespace, accounts: Accounts) -> Refusal | None:
    return accounts.unlock(arguments.name, noting(context, StaffAct.ACCOUNT))


_ACTS: dict[str, Act] = {
    "add": _add,
    "role": _change_role,
    "pin": _give_pin,
    "disable": _disable,
    "enable": _enable,
    "unlock": _unlock,
}
_DONE = {
    "add": "may sign in",
    "role": "has another role",
    "pin": "has another PIN",
    "disable": "may not sign in any more",
    "enable": "may sign in again",
    "unlock": "may try again",
}
ACTIONS = ("list", *_ACTS)


def _pin(arguments: argparse.Namespace) -> str:
    """From the file, from standard input that is no terminal, or typed twice without being shown."""
    if arguments.pin_file and arguments.pin_file != "-":
        return Path(arguments.pin_file).read_bytes()[:LARGEST_PIN_FILE_BYTES].decode(errors="replace").strip()
    if arguments.pin_file or not sys.stdin.isatty():
        return sys.stdin.readline(LARGEST_PIN_FILE_BYTES).strip()
    pin = getpass.getpass("PIN: ")
    if getpass.getpass("PIN again: ") != pin:
        raise CommandError(SENTENCES[Refusal.DIFFERENT][1])
    return pin
