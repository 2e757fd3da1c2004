"""``kiosk keys``: the tracing key that a kiosk seals to: made, shown, tested, followed by another; and a sealed day."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from kiosk.commands import CommandError, Context, UsageError, for_the_owner_alone, say
from kiosk.devices import clock
from kiosk.devices.simulated_printer import SimulatedPrinter
from kiosk.house import look_into_vault, open_house, open_vault
from kiosk.papers import render_ticket
from kiosk.rules.entries import EntryKind
from kiosk.rules.spoken import as_words
from kiosk.rules.ticket import make_ticket
from kiosk.store.reading import Reader
from kiosk.store.schema import DATABASE
from kiosk.vault import (
    LARGEST_DAY_BYTES,
    VaultError,
    new_tracing_keys,
    new_tracing_keys_for_paper,
    open_day_file,
    open_sealed_day_key,
    read_private_key,
)
from kiosk.vault.succession import accept, succession, waiting, words_of_key
from kiosk.vault.tracing import new_private_key, read_public_key
from kiosk.wiring import make_printer

KEEP_APART = (
    "Khóa riêng của nhóm truy vết. Cất nơi an toàn, không để cùng máy.",
    "Private key of the tracing team. Keep it safe and away from the kiosk.",
)


def keys_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk keys`` takes."""
    sub.add_argument(
        "action",
        choices=KEYS,
        help="make; show the fingerprint; test a private half; open a sealed day; make the next one; accept it here",
    )
    sub.add_argument("sealed", nargs="?", metavar="SEALED", help="open: the sealed day")
    sub.add_argument(
        "--out",
        metavar="FILE",
        help="new: where the private half goes, outside the data directory; open: where the people go, as JSON lines",
    )
    sub.add_argument("--order", metavar="FILE", help="succeed: what tells kiosks of the next one, for 'hub-down key'")
    sub.add_argument("--words", metavar="WORDS", help="accept: the words of the next one, as its team tells them")
    sub.add_argument("--paper", action="store_true", help="new: print the private half on paper instead")
    sub.add_argument("--key", metavar="FILE", help="test, open, succeed: the private half")


def keys(context: Context, arguments: argparse.Namespace) -> int:
    """Make tracing keys, show whose they are, test a private half, let another follow, or open a sealed day."""
    return _KEYS[arguments.action](context, arguments)


def _new_keys(context: Context, arguments: argparse.Namespace) -> int:
    if bool(arguments.out) == arguments.paper:
        raise UsageError("say where the private half goes: --out FILE outside the data directory, or --paper")
    if (context.data / DATABASE).exists():
        raise CommandError(f"{context.data}: holds a log already; its tracing keys cannot be changed this way")
    name = context.settings.site.name
    if arguments.out:
        fingerprint = new_tracing_keys(context.data, Path(arguments.out), name=name)
    else:
        fingerprint = _keys_on_paper(context, name)
    open_vault(context.settings, context.data, demo=False)  # makes the kiosk's own, whose public half others want
    say(context, {"fingerprint": fingerprint}, f"fingerprint {fingerprint}: compare it with the private half's")
    return 0


def _keys_on_paper(context: Context, name: str) -> str:
    printer = make_printer(context.settings, simulate=False)
    if printer is None or isinstance(printer, SimulatedPrinter):
        raise CommandError("--paper needs a real printer: a simulated one would keep the private half in memory")
    private, install = new_tracing_keys_for_paper(context.data, name=name)
    paper = make_ticket(
        site=name,
        gate="",
        issued_ms=clock.now().wall_ms,
        zone=context.settings.zone,
        slip_code=private,
        guidance=KEEP_APART,
    )
    printer.send(render_ticket(context.settings, context.data / "escpos", paper))
    return install()


def _open_day(context: Context, arguments: argparse.Namespace) -> int:
    """Wherever the private half is: neither settings nor data of the kiosk are needed."""
    if not (arguments.key and arguments.sealed and arguments.out):
        raise UsageError(
            "say what is opened, with which private half, into which file: keys open SEALED --key FILE --out FILE"
        )
    private, out = read_private_key(Path(arguments.key)), Path(arguments.out)
    with Path(arguments.sealed).open("rb") as file:
        day, content = open_day_file(private, file.read(LARGEST_DAY_BYTES))
    try:
        with open(out, "xb", opener=for_the_owner_alone) as file:
            file.write(content)
    except FileExistsError as error:
        raise CommandError(f"{out}: is there already; name a file that is not") from error
    visits = content.count(b"\n")
    record = {"site": day.site, "key": day.key_id.hex(), "visits": visits, "file": str(out)}
    say(context, record, f"{visits} visits of one day at {day.site} written to {out}")
    return 0


def _show(context: Context, arguments: argparse.Namespace) -> int:
    """The fingerprint of the tracing key, as digits and as words, and the kiosk's own key."""
    vault, public = look_into_vault(context.settings, context.data), read_public_key(context.data)
    words = words_of_key(public) if public.signer else ""
    record = {"fingerprint": vault.tracing_fingerprint, "words": words, "demo": vault.demo, "slip_key": vault.slip_key}
    record["another_waits"] = another_waits = waiting(context.data) is not None
    demo_mark = " (DEMO: the private half lies in the data directory)" if vault.demo else ""
    lines = [f"tracing {vault.tracing_fingerprint}{demo_mark}", *([f"words {words}"] if words else [])]
    if another_waits:
        lines.append("another tracing key waits: kiosk keys accept --words 'WORDS THAT THE TRACING TEAM TELLS'")
    say(context, record, "\n".join([*lines, f"slips {vault.slip_key}"]))
    return 0


def _test(context: Context, arguments: argparse.Namespace) -> int:
    """Whether a private half is the kiosk's, or was, and opens the day keys that were sealed to it."""
    if not arguments.key:
        raise UsageError("say which private half: --key FILE")
    private = read_private_key(Path(arguments.key))
    vault = look_into_vault(context.settings, context.data)
    found = Reader(context.data / DATABASE).day_keys() if (context.data / DATABASE).exists() else []
    own = [one for one in found if one[2].get("tracing", private.fingerprint) == private.fingerprint]
    if private.fingerprint != vault.tracing_fingerprint and not own:
        raise CommandError(f"this key is {private.fingerprint}; the kiosk seals to {vault.tracing_fingerprint}")
    for sequence, key_id, body in own:
        sealed = bytes.fromhex(body["sealed"])
        try:
            open_sealed_day_key(private, sealed, site=context.settings.site.id, key_id=key_id)
        except VaultError as error:
            raise CommandError(f"this key does not open the day key of entry {sequence}: {error}") from error
    former = private.fingerprint != vault.tracing_fingerprint
    whose = "was the kiosk's tracing key" if former else "is the kiosk's tracing key"
    record = {"fingerprint": private.fingerprint, "opens": len(own), "of": len(found), "former": former}
    opens = f"all {len(own)}" if len(own) == len(found) else f"{len(own)} of {len(found)}"
    say(context, record, f"this {whose}; it opens {opens} day keys of the log")
    return 0


def _succeed(context: Context, arguments: argparse.Namespace) -> int:
    """A new private half, and what tells kiosks of it; the old one signs that, where it is not lost."""
    if not (arguments.out and arguments.order):
        raise UsageError(
            "say where they go: keys succeed --key OLD --out NEW --order ORDER; without --key if it is lost"
        )
    old = read_private_key(Path(arguments.key)) if arguments.key else None
    new = new_private_key(Path(arguments.out), name=old.name if old else context.settings.site.name)
    with open(Path(arguments.order), "xb", opener=for_the_owner_alone) as file:
        file.write(succession(new.public, old))
    words = words_of_key(new.public)
    signed = "kiosks take it by its signature" if old else "somebody at each kiosk types its words: kiosk keys accept"
    record = {"fingerprint": new.fingerprint, "words": words, "signed": old is not None}
    say(context, record, f"fingerprint {new.fingerprint}\nwords {words}\n{signed}")
    return 0


def _accept_waiting(context: Context, arguments: argparse.Namespace) -> int:
    """Let the tracing key that waits be the next one, whose words somebody has been told by the tracing team."""
    if not (context.data / DATABASE).exists():
        raise CommandError(f"{context.data}: there is no log here yet; make keys with 'kiosk keys new'")
    found = waiting(context.data)
    if found is None:
        raise CommandError("no new tracing key waits here")
    if not arguments.words:
        raise UsageError("type the words that the tracing team tells you, by telephone or on paper: --words 'WORD ...'")
    if as_words(arguments.words) != found.words:
        raise CommandError("the tracing key that waits has other words: it is not the one that you were told of")
    said = {"fingerprint": found.public.fingerprint, "words": found.words, "after": found.after}
    with open_house(context.settings, context.data, demo=True) as house, house.store.writing(None) as writing:
        writing.append(EntryKind.TRACING_KEY, "", clock.now(), said | {"how": "accepted", "by": "terminal"})
    accept(context.data, arguments.words)
    text = f"from the next day key on the kiosk seals to {found.public.fingerprint}"
    say(context, {"fingerprint": found.public.fingerprint, "words": found.words}, text)
    return 0


_KEYS: dict[str, Callable[[Context, argparse.Namespace], int]] = {
    "new": _new_keys,
    "show": _show,
    "test": _test,
    "open": _open_day,
    "succeed": _succeed,
    "accept": _accept_waiting,
}
KEYS = tuple(_KEYS)
