"""Requests of people about what is kept of them: listed here, opened by the tracing team, their orders carried out."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from kiosk.commands import CommandError, Context, UsageError, say
from kiosk.commands.records import marked, times_of
from kiosk.devices import clock
from kiosk.erasing import NotErased, erase_ordered
from kiosk.house import open_house
from kiosk.requests import WISHES, dates_of, true_requests
from kiosk.rules.entries import from_text
from kiosk.rules.requests import Request, Wish
from kiosk.store.erasing import named_entries
from kiosk.store.reading import Reader
from kiosk.store.schema import DATABASE
from kiosk.times import told
from kiosk.vault import VaultError, open_sealed_request, read_private_key

ACTIONS = ("list", "open", "erase")


def requests_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk requests`` takes."""
    sub.add_argument("action", nargs="?", choices=ACTIONS, default="list", help="list them (the default); ...")
    sub.add_argument("of", nargs="*", metavar="OF", help="open: lines of requests --json; erase: EPOCH:SEQ ...")
    sub.add_argument("--key", metavar="FILE", help="open: the tracing team's private half")


def requests(context: Context, arguments: argparse.Namespace) -> int:
    """List the requests, open them with the tracing team's private half, or erase what that team has ordered."""
    actions = {"list": _list, "open": _open, "erase": _erase}
    return actions[arguments.action](context, arguments)


def _list(context: Context, arguments: argparse.Namespace) -> int:
    records = list(_records(context))
    if not records and not context.as_json:
        print("nobody has asked anything")
    for record in records:
        at = marked(record, "at")
        late = {"today": " TODAY", "late": " LATE"}.get(record["urgency"], "")
        due = f"due {record['due']}{late}" if record["due"] else record["state"]
        say(context, record, f"{record['request']} {at} {record['wish']:<10} {record['state']:<8} {due}")
    return 0


def _records(context: Context) -> Iterator[dict[str, Any]]:
    reader = _reader(context)
    for request, given in true_requests(reader, times_of(context)):
        (entry,) = reader.ask(partial(named_entries, sequences=[request.sequence]))
        dates = dates_of(request, context.settings, clock.now().wall_ms)
        yield {
            "request": str(request),
            "wish": request.wish,
            **told("at", given, context.settings.zone),
            "state": _state(request),
            "answer_by": dates.answer_by.isoformat(),
            "finish_by": dates.finish_by.isoformat(),
            "due": dates.due.isoformat() if dates.due else None,
            "urgency": dates.urgency if dates.due else None,
            "site": context.settings.site.id,
            "kiosk": entry.header.kiosk,
            "epoch": entry.header.epoch,
            "seq": request.sequence,
            "key": entry.header.key_id.hex(),
            "sealed": (entry.body or {})["sealed"],
        }


def _state(request: Request) -> str:
    return request.acts[-1].act.value if request.acts else "new"


def _open(context: Context, arguments: argparse.Namespace) -> int:
    """Wherever the private half is: of this data directory, or of the lines that ``kiosk requests --json`` printed."""
    if not arguments.key:
        raise UsageError("say with which private half: requests open --key FILE [LINES]")
    private = read_private_key(Path(arguments.key))
    for record in _lines(Path(arguments.of[0])) if arguments.of else _records(context):
        try:
            key_id, blob = bytes.fromhex(record["key"]), from_text(record["sealed"])
            said = open_sealed_request(private, blob, site=record["site"], key_id=key_id)
            told = {name: record[name] for name in ("request", "wish", "at", "state", "kiosk", "epoch", "seq")} | said
        except (KeyError, TypeError, ValueError) as error:
            raise CommandError("this is no line that 'kiosk requests --json' printed") from error
        except VaultError as error:
            raise CommandError(f"{record.get('request', 'a request')}: {error}") from error
        wish = WISHES[Wish(told["wish"])][1]
        line = f"{told['request']} {told['at']} {wish}: {told['name']} {told['holder_ids']} · {told['contact']}"
        say(context, told, line)
    return 0


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise CommandError(f"{path}: is not what 'kiosk requests --json' printed") from error
        if not isinstance(record, dict):
            raise CommandError(f"{path}: is not what 'kiosk requests --json' printed")
        yield record


def _erase(context: Context, arguments: argparse.Namespace) -> int:
    if not arguments.of:
        raise UsageError("say what is erased, of one person: requests erase EPOCH:SEQ ...")
    sequences = [_sequence(context, named) for named in arguments.of]
    with open_house(context.settings, context.data, demo=True) as house:
        try:
            entries = erase_ordered(house.store, sequences, clock.now())
        except NotErased as error:
            raise CommandError(f"nothing is erased: {error.why}") from error
    erased = sorted({sequence for entry in entries for sequence in (entry.body or {})["sequences"]})
    record = {"erased": erased, "said_by": [entry.sequence for entry in entries]}
    say(context, record, f"{len(erased)} entries erased; entry {', '.join(map(str, record['said_by']))} says so")
    return 0


def _sequence(context: Context, named: str) -> int:
    epoch, _, digits = named.partition(":")
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 16):
        raise UsageError(f"{named!r} is not an entry as EPOCH:SEQ")
    reader = _reader(context)
    found = reader.ask(partial(named_entries, sequences=[int(digits)]))
    own = found[0].header.epoch if found else reader.head().epoch
    if epoch != own:
        raise CommandError(f"{named} is not of this kiosk's log, whose epoch is {own}")
    return int(digits)


def _reader(context: Context) -> Reader:
    if not (context.data / DATABASE).exists():
        raise CommandError(f"{context.data}: there is no log here yet; kiosk scan or kiosk run begins one")
    return Reader(context.data / DATABASE)
