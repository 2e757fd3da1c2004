"""What a hub sends down to its kiosks: settings of a day, lists, issuers, blocked slips, a new tracing key."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from kiosk.commands import CommandError, Context, UsageError, say
from kiosk.commands.hub import BY, opened_hub
from kiosk.config import Settings
from kiosk.devices import clock
from kiosk.hub.down import Down, To, blocked_payload, day_payload
from kiosk.hub.house import HubHouse
from kiosk.rules.down import LONGEST_NAME, MOST_PAYLOAD_BYTES, OrderRefused, Part
from kiosk.rules.formats import slip
from kiosk.rules.order_answers import ANSWERS, Done
from kiosk.vault.succession import read_succession

KEEP_LISTS_DAYS = 7  # of a list that names no day: it has people's names in it


@dataclass(frozen=True, slots=True)
class _Sent:
    """An order that is to stand, until the end of the day *until* (ISO; empty for ever)."""

    part: Part
    name: str
    payload: bytes
    until: str = ""


def hub_down_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk hub-down`` takes."""
    sub.add_argument("action", choices=ACTIONS, help="print what stands; send something; say it no more")
    sub.add_argument("of", nargs="*", metavar="OF", help="a day and FIELD=VALUE ...; a file; a name and slips; numbers")
    sub.add_argument("--site", metavar="SITE", help="only for the kiosks of this site")
    sub.add_argument("--kiosk", metavar="KIOSK", help="only for this kiosk")
    sub.add_argument("--day", metavar="DAY", help="list: the session day of rows without one (ISO 8601)")
    sub.add_argument("--name", metavar="NAME", help="list, trust: what it is called, if not as its file")


def hub_down(context: Context, arguments: argparse.Namespace) -> int:
    """Print what stands, let something stand for all kiosks, a site's or one, or say it to no more of them."""
    with opened_hub(context) as house:
        if arguments.action in _MADE:
            try:
                return _put(context, arguments, house.down)
            except OrderRefused as refused:
                fault = UsageError if arguments.action == "day" else CommandError  # the rest is of files
                raise fault(f"no kiosk would take this: {refused}") from refused
        return _show(context, house) if arguments.action == "show" else _drop(context, arguments, house.down)


def _put(context: Context, arguments: argparse.Namespace, down: Down) -> int:
    if not arguments.of:
        raise UsageError(f"say what: {_USAGE[arguments.action]}")
    sent = _MADE[arguments.action](arguments, context.settings)
    to = To(arguments.site or "", arguments.kiosk or "")
    until_ms = _end_of(sent.until, context.settings) if sent.until else None
    now_ms = clock.now().wall_ms
    number = down.put(sent.part, sent.name, sent.payload, to, by=BY, now_ms=now_ms, until_ms=until_ms)
    whom = to.scope.replace(":", " ") or "every kiosk"
    record = {"number": number, "to": to.scope, "part": sent.part, "name": sent.name}
    say(context, record, f"order {number} for {whom}: {sent.part} {sent.name}")
    return 0


def _show(context: Context, house: HubHouse) -> int:
    kiosks, became = house.catalogue.kiosks(), house.down.became()
    for one in house.down.standing():
        at = datetime.fromtimestamp(one.made_ms / 1000, context.settings.zone).isoformat(timespec="minutes")
        record = {"number": one.number, "to": one.scope, "part": one.part, "name": one.name, "at": at, "by": one.by}
        whom = one.scope.replace(":", " ") or "every kiosk"
        line = f"{one.number}  {at}  {whom}  {one.part} {one.name}  ({one.by})"
        meant = {kiosk.id for kiosk in kiosks if kiosk.revoked_ms is None and one.is_for(kiosk.id, kiosk.site)}
        found = became.get(one.number, [])
        count = {done: sum(each.done is done for each in found) for done in ANSWERS}
        silent = len(meant - {each.kiosk for each in found})
        refused = [{"kiosk": each.kiosk, "why": each.why} for each in found if each.done is Done.REFUSED]
        told = f"    taken by {count[Done.TAKEN]}, waits at {count[Done.WAITS]}, not heard of from {silent}"
        whys = [f"    refused by {each['kiosk']}: {each['why']}" for each in refused]
        say(context, record | count | {"refused": refused, "not_heard": silent}, "\n".join([line, told, *whys]))
    return 0


def _drop(context: Context, arguments: argparse.Namespace, down: Down) -> int:
    numbers = [int(text) for text in arguments.of if text.isascii() and text.isdigit()]
    if not numbers or len(numbers) != len(arguments.of):
        raise UsageError(f"say which: {_USAGE['drop']}")
    for number in numbers:
        if not down.drop(number, by=BY, now_ms=clock.now().wall_ms):
            raise CommandError(f"there is no order {number}; 'kiosk hub-down show' prints those that stand")
        say(context, {"dropped": number}, f"order {number} is said to no more kiosks; those that have it keep it")
    return 0


def _day(arguments: argparse.Namespace, _: Settings) -> _Sent:
    day, *fields = arguments.of
    pairs = dict(field.split("=", 1) if "=" in field else (field, "") for field in fields)
    if not pairs or not all("=" in field for field in fields):
        raise UsageError(f"say which settings of the day: {_USAGE['day']}")
    name = f"{day} {','.join(sorted(pairs))}"[:LONGEST_NAME]  # so that others of that day stand beside it
    return _Sent(Part.DAY, name, day_payload(day, pairs), day)


def _list(arguments: argparse.Namespace, settings: Settings) -> _Sent:
    file, day = Path(_one(arguments)), arguments.day or ""
    today = datetime.fromtimestamp(clock.now().wall_ms / 1000, settings.zone).date()
    until = day or (today + timedelta(days=KEEP_LISTS_DAYS)).isoformat()
    return _Sent(Part.LIST, f"{arguments.name or file.stem}|{day}".removesuffix("|"), _content(file), until)


def _trust(arguments: argparse.Namespace, _: Settings) -> _Sent:
    file = Path(_one(arguments))
    return _Sent(Part.TRUST, arguments.name or file.name, _content(file))


def _untrust(arguments: argparse.Namespace, _: Settings) -> _Sent:
    return _Sent(Part.TRUST, _one(arguments), b"")


def _block(arguments: argparse.Namespace, _: Settings) -> _Sent:
    name, *slips = arguments.of
    return _Sent(Part.BLOCKED, name, blocked_payload({_holder(text) for text in slips}))


def _key(arguments: argparse.Namespace, _: Settings) -> _Sent:
    content = _content(Path(_one(arguments)))
    return _Sent(Part.KEY, read_succession(content).public.fingerprint, content)


def _one(arguments: argparse.Namespace) -> str:
    if len(arguments.of) != 1:
        raise UsageError(f"say one: {_USAGE[arguments.action]}")
    return str(arguments.of[0])


def _content(file: Path) -> bytes:
    with file.open("rb") as opened:
        content = opened.read(MOST_PAYLOAD_BYTES + 1)
    if not content:
        raise CommandError(f"{file}: is empty")
    return content


def _holder(text: str) -> str:
    """The holder id of a slip, which its code or the id itself tells."""
    read = slip.parse(text.strip().upper())
    return read.holder_id if read else text


def _end_of(day: str, settings: Settings) -> int:
    try:
        after = date.fromisoformat(day) + timedelta(days=2)  # wherever the day turns late at night
    except ValueError as error:
        raise UsageError(f"{day!r} is no day as 2026-11-21") from error
    return round(datetime(after.year, after.month, after.day, tzinfo=settings.zone).timestamp() * 1000)


_MADE: dict[str, Callable[[argparse.Namespace, Settings], _Sent]] = {
    "day": _day,
    "list": _list,
    "trust": _trust,
    "untrust": _untrust,
    "block": _block,
    "key": _key,
}
_USAGE = {
    "day": "hub-down day 2026-11-21 capacity=50 closed=no",
    "list": "hub-down list FILE --day DAY",
    "trust": "hub-down trust FILE",
    "untrust": "hub-down untrust NAME",
    "block": "hub-down block NAME SLIP ...; without a SLIP none of that name is blocked any more",
    "key": "hub-down key ORDER, which 'kiosk keys succeed' made",
    "drop": "hub-down drop NUMBER ...",
}
ACTIONS = ("show", *_MADE, "drop")
