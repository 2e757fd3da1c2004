"""What is recorded: visits, log, occupancy, tickets; and the proof that it is whole."""

from __future__ import annotations

import argparse
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kiosk.commands import CommandError, Context, for_the_owner_alone, parse_time, say, sentence
from kiosk.commands.arguments import add_span
from kiosk.day_settings import settings_today
from kiosk.exports import EXPORTS
from kiosk.house import look_into_vault
from kiosk.rules import identity
from kiosk.rules.clock import NOT_SURE
from kiosk.rules.true_times import FAR_MS
from kiosk.store import checking, schema
from kiosk.store.checking import Verdict
from kiosk.store.day_settings import day_settings_in_force
from kiosk.store.reading import Reader, VisitRow
from kiosk.store.schema import DATABASE
from kiosk.times import Times, VisitTimes, told
from kiosk.vault import Shown, Vault

_COLUMNS = (
    *("visit", "entered", "entered_as_read", "entered_sureness", "left", "left_as_read", "left_sureness"),
    *("inferred", "gate_in", "gate_out", "kind", "ticket"),
)
_TOLD = ("outcome", "reason", "kind", "act", "by", "why")  # of an entry's body, on its line


def visits_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk visits`` takes."""
    add_span(sub)


def visits(context: Context, arguments: argparse.Namespace) -> int:
    """Print visits, oldest first."""
    for row, record in _visits(context, arguments, _vault(context)):
        entered, left = marked(record, "entered") or "?", marked(record, "left") or "inside"
        note = " (exit inferred)" * row.exit_inferred + " (corrected)" * row.corrected
        say(context, record, f"{row.id:>6} {entered:<30} {left}{note} {row.ticket} {record['holder']}")
    return 0


def log_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk log`` takes."""
    add_span(sub)


def log(context: Context, arguments: argparse.Namespace) -> int:
    """Print the log's entries, oldest first."""
    reader, times = _reader(context), times_of(context)
    first, end = _span(context, arguments, times)
    sequence = first - 1
    while sequence + 1 < end:
        entries = reader.events_after(sequence, min(500, end - 1 - sequence))
        for entry, time in zip(entries, times.of(entries), strict=True):
            header, moment = entry.header, entry.header.moment
            record = {
                "seq": header.sequence,
                "kind": header.kind,
                **told("at", time, context.settings.zone),
                "shown": _iso(context, header.at_ms),
                "wall": _iso(context, moment.wall_ms),
                "monotonic_ms": moment.monotonic_ms,
                "boot": moment.boot_id,
                "clock": moment.clock,
                "gate": header.gate,
                "key": header.key_id.hex(),
                "kiosk": header.kiosk,
                "epoch": header.epoch,
                "body": entry.body,
            }
            body = entry.body or {}
            what = " ".join(str(body[name]) for name in _TOLD if name in body)
            erased = "" if entry.body is not None else "(erased)"
            at = f"{marked(record, 'at'):<30}"
            say(context, record, f"{header.sequence:>6} {at} {header.kind:<9} {header.gate} {what}{erased}")
        sequence = entries[-1].sequence
    return 0


def occupancy(context: Context, arguments: argparse.Namespace) -> int:
    """Print who is inside, by number."""
    reader = _reader(context)
    found = reader.occupancy(round(context.settings.door.wait_s * 1000))
    capacity = settings_today(context.settings, reader.ask(day_settings_in_force)).site.capacity
    record = {
        "inside": found.inside,
        "capacity": capacity or None,
        "entered": found.entered,
        "left": found.left,
        "inferred": found.inferred,
        "unmatched": found.unmatched,
        "waiting": found.waiting,
    }
    of = f" of {capacity}" if capacity else ""
    line = f"inside {found.inside}{of}; entered {found.entered}, left {found.left}, inferred exits {found.inferred}"
    say(context, record, f"{line}, waiting outside {found.waiting}")
    return 0


def tickets_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk tickets`` takes."""
    add_span(sub)


def tickets(context: Context, arguments: argparse.Namespace) -> int:
    """Print the tickets given, oldest first, each with where it stands or what it came to."""
    reader, times = _reader(context), times_of(context)
    rows = [row for row in reader.visits(*_span(context, arguments, times)) if row.ticket]
    issued = times.of_visits(rows)
    with reader.queue() as (queue, _):
        for row, time in zip(rows, issued, strict=True):
            ticket = queue.ticket(row.id)
            record = {
                "ticket": row.ticket,
                "service": row.service,
                "visit": row.id,
                **told("issued", time.entered, context.settings.zone),
                "open": row.left_ms is None,
                "state": ticket.state if ticket else "",
                "now_at": ticket.service if ticket else row.service,
                "counter": ticket.counter if ticket else "",
            }
            where = f"{record['state']} {record['now_at']} {record['counter']}".strip()
            say(context, record, f"{row.ticket} {row.service} {marked(record, 'issued')} {where}")
    return 0


def export_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk export`` takes."""
    add_span(sub)
    sub.add_argument("format", choices=sorted(EXPORTS), metavar="FORMAT", help=", ".join(sorted(EXPORTS)))
    sub.add_argument("--out", required=True, metavar="FILE", help="a new file")


def export(context: Context, arguments: argparse.Namespace) -> int:
    """Write visits to a new file. Names are there only for today, whose key lives; numbers are masked."""
    vault = _vault(context)
    out = Path(arguments.out)
    visits = _visits(context, arguments, vault)
    try:
        with open(out, "x", encoding="utf-8", newline="", opener=for_the_owner_alone) as file:
            count = EXPORTS[arguments.format](_export_rows(vault, visits), file)
    except FileExistsError as error:
        raise CommandError(f"{out}: is there already; name a file that is not") from error
    say(context, {"rows": count, "file": str(out)}, f"{count} visits written to {out}")
    return 0


def _export_rows(vault: Vault, visits: list[tuple[VisitRow, dict[str, Any]]]) -> Iterator[dict[str, str]]:
    for row, visit in visits:
        shown = (vault.reveal(row.shown) if row.shown else None) or Shown("", "", "", "")
        cells = {name: "" if visit[name] is None else str(visit[name]) for name in _COLUMNS}
        number = identity.masked(shown.number)
        yield cells | {"name": shown.name, "birth": shown.birth, "sex": shown.sex, "number": number}


def verify_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk verify`` takes."""
    sub.add_argument("--against", metavar="FILE", help="hold the hub to a checkpoint, too: a file, -, or its address")


def verify(context: Context, arguments: argparse.Namespace) -> int:
    """Check chain, seal and projections; exit 1 with the first bad entry."""
    _reader(context)
    try:
        verdict = _proof(context)
    except sqlite3.DatabaseError as error:
        verdict = Verdict(0, fault=sentence(error))
    fault = verdict.fault
    record = {
        "ok": not fault,
        "entries": verdict.entries,
        "erased": verdict.erased,
        "seq": verdict.sequence,
        "fault": fault or None,
    }
    erased = f", {verdict.erased} of them erased when their time was over" if verdict.erased else ""
    whole = f"{verdict.entries} entries{erased}: nothing was changed, inserted or dropped"
    say(context, record, f"NOT WHOLE: {fault}" if fault else whole)
    if arguments.against is not None:
        from kiosk.commands.sync import against_hub  # a kiosk that is asked for its log needs no hub

        return max(1 if fault else 0, against_hub(context, arguments.against))
    return 1 if fault else 0


def _proof(context: Context) -> Verdict:
    """The log first; where it is whole, every projection."""
    vault = _vault(context)
    with closing(schema.connect_read_only(context.data / DATABASE)) as db:
        verdict = checking.verify_log(db, vault.head_seal)
        differing = {} if verdict.fault else {name: n for name, n in checking.project_again(db).items() if n}
    wrong = [f"{count} rows of the table {name} do not follow from the log" for name, count in differing.items()]
    return replace(verdict, fault=verdict.fault or ", ".join(wrong))


def rebuild(context: Context, arguments: argparse.Namespace) -> int:
    """Make the projections anew in side tables, compare, and put right what differs."""
    _reader(context)
    with closing(schema.connect(context.data / DATABASE)) as db:
        differing = checking.project_again(db)
        repaired = checking.repair(db) if any(differing.values()) else 0
    record = {"differing": differing, "repaired": repaired}
    equal = "the projections follow from the log, row for row"
    say(context, record, f"{repaired} rows did not follow from the log and were put right" if repaired else equal)
    return 0


def _reader(context: Context) -> Reader:
    if not (context.data / DATABASE).exists():
        raise CommandError(f"{context.data}: there is no log here yet; kiosk scan or kiosk run begins one")
    return Reader(context.data / DATABASE)


def _vault(context: Context) -> Vault:
    vault = look_into_vault(context.settings, context.data)
    vault.use(_reader(context).head().key_id)
    return vault


def times_of(context: Context) -> Times:
    """The true times of the log of *context*. Raises CommandError where there is none."""
    return Times(_reader(context), believed=_vault(context).demo)


def hours_told(*, sure: bool) -> tuple[str, ...]:
    """The line under the hours of a day; none where these are *sure*."""
    return () if sure else (" / ".join(NOT_SURE),)


def _span(context: Context, arguments: argparse.Namespace, times: Times) -> tuple[int, int]:
    """The first entry that is asked for, and the one before which it ends."""
    since_ms = parse_time(context, arguments.since) if arguments.since else -FAR_MS
    until_ms = parse_time(context, arguments.until) if arguments.until else FAR_MS
    return times.sequence_at(since_ms), times.sequence_at(until_ms)


def marked(record: Mapping[str, Any], name: str) -> str:
    """A time on a line, marked where it is not sure; empty where there is none."""
    return ("" if record[f"{name}_sureness"] in ("sure", None) else "~") + (record[name] or "")


def _iso(context: Context, at_ms: int | None) -> str | None:
    if at_ms is None:
        return None
    at = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(context.settings.zone)
    return at.isoformat(timespec="milliseconds")


def _visits(context: Context, arguments: argparse.Namespace, vault: Vault) -> list[tuple[VisitRow, dict[str, Any]]]:
    """The visits that are asked for, each with what is told of it."""
    times = times_of(context)
    rows = _reader(context).visits(*_span(context, arguments, times))
    repaired = times.of_visits(rows)
    return [(row, _visit(context, vault, row, time)) for row, time in zip(rows, repaired, strict=True)]


def _visit(context: Context, vault: Vault, row: VisitRow, time: VisitTimes) -> dict[str, Any]:
    shown = vault.reveal(row.shown) if row.shown else None
    holder = (identity.initials(shown.name), shown.birth[:4], identity.masked(shown.number)) if shown else ()
    return {
        "visit": row.id,
        "kind": row.kind,
        "gate_in": row.gate_in or None,
        **told("entered", time.entered, context.settings.zone),
        "entered_as_read": _iso(context, row.entered_ms),
        "gate_out": row.gate_out or None,
        **told("left", time.left, context.settings.zone),
        "left_as_read": _iso(context, row.left_ms),
        "inferred": row.exit_inferred,
        "corrected": row.corrected,
        "ticket": row.ticket or None,
        "link": row.link or None,
        "holder": " ".join(part for part in holder if part),
    }
