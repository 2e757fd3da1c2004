"""The papers of a session on the command line."""

from __future__ import annotations

import argparse
from contextlib import closing
from dataclasses import asdict
from datetime import date
from typing import Any

from kiosk.commands import CommandError, Context, UsageError, say
from kiosk.commands.records import hours_told, times_of
from kiosk.devices import clock
from kiosk.invitations import days_ahead, invite, listed_groups, session_of
from kiosk.retention import local_time
from kiosk.rules.loudspeaker import announcement
from kiosk.rules.session import NOT_DOSES, Sheet
from kiosk.session import NoSession, session_days, sheet
from kiosk.store.reading import Reader
from kiosk.store.schema import DATABASE, connect_read_only


def session_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk session`` takes."""
    sub.add_argument("--day", metavar="DAY", help="the session's day (ISO 8601; the newest in the log)")
    sub.add_argument("--announcement", action="store_true", help="what is read aloud before it, and who comes when")


def session(context: Context, arguments: argparse.Namespace) -> int:
    """Print the sheet of a day, passages at the door and what staff entered on the platform; or its announcement."""
    if not (context.data / DATABASE).exists():
        raise CommandError(f"{context.data}: there is no log here yet; kiosk scan or kiosk run begins one")
    if arguments.announcement:
        return _announce(context, arguments.day)
    try:
        reader = Reader(context.data / DATABASE)
        found = sheet(reader, context.settings, arguments.day or "", clock.now().wall_ms)
    except NoSession as error:
        raise CommandError(str(error)) from error
    sure = times_of(context).are_sure(session_days(reader, context.settings)[found.day])
    lines = [*_lines(context, found), *hours_told(sure=sure)]
    say(context, _record(context, found) | {"sure": sure}, "\n".join(lines))
    return 0


def _announce(context: Context, stated: str | None) -> int:
    with closing(connect_read_only(context.data / DATABASE)) as db:
        day = stated or days_ahead(db, context.settings, clock.now().wall_ms)[:2][-1]
        try:
            told = session_of(context.settings, date.fromisoformat(day).isoformat())
        except ValueError as error:
            raise UsageError(f"--day {day!r} is not a day as 2026-11-21 (ISO 8601)") from error
        invitations = invite(context.settings, listed_groups(db, context.data, context.settings, told.day))
    sentences = announcement(told, invitations)
    record: dict[str, Any] = {
        "day": told.day,
        "vi": [vi for vi, _ in sentences],
        "en": [en for _, en in sentences],
        "invited": [asdict(group) for group in invitations.invited],
        "beyond": [asdict(group) for group in invitations.beyond],
    }
    say(context, record, "\n".join([*record["vi"], "", *record["en"]]))
    return 0


def _record(context: Context, found: Sheet) -> dict[str, Any]:
    tickets, entered = found.tickets, found.entered
    return {
        "day": found.day,
        "what": NOT_DOSES[1],
        "kept": found.kept,
        "arrivals": found.counts.entered,
        "exits": found.went,
        "inferred": found.counts.inferred,
        "inside": found.counts.inside,
        "unrecorded": found.unrecorded,
        "served": tickets.served if tickets else None,
        "missed": tickets.missed if tickets else None,
        "left_early": tickets.left if tickets else None,
        "present": tickets.present if tickets else None,
        "entered": entered.count if entered else None,
        "difference": found.difference,
        "deadline": found.deadline,
        "overdue": found.is_overdue,
        "gates": [asdict(gate) for gate in found.gates],
        "services": [asdict(service) for service in found.services],
        "quarters": [
            {"at": _clock(context, one.began_ms), "in": one.came, "out": one.went, "inside": one.inside}
            for one in found.quarters
        ],
    }


def _lines(context: Context, found: Sheet) -> list[str]:
    tickets, counts = found.tickets, found.counts
    lines = [
        f"{found.day}: {' / '.join(NOT_DOSES)}",
        f"Lượt vào / arrivals: {counts.entered}; lượt ra / exits: {found.went};"
        f" suy ra / inferred: {counts.inferred}; còn ở trong / inside: {counts.inside}",
    ]
    if found.unrecorded:
        lines.append(f"Chưa ghi được / passed unrecorded: {found.unrecorded}")
    if tickets:
        lines.append(
            f"Đã phục vụ / served: {tickets.served}; gọi không đến / missed: {tickets.missed};"
            f" về giữa chừng / left early: {tickets.left}; còn đây / still here: {tickets.present}"
        )
    entered = str(found.entered.count) if found.entered else "chưa ghi / not typed yet"
    difference = "" if found.difference is None else f"; chênh lệch / difference: {found.difference}"
    lines.append(f"Đã nhập lên nền tảng / entered on the platform: {entered}{difference}")
    lines.append(f"Hạn nhập / due (D+2): {found.deadline}{'  QUÁ HẠN / OVERDUE' if found.is_overdue else ''}")
    lines += [f"  {gate.gate}: vào / in {gate.came}, ra / out {gate.went}" for gate in found.gates]
    lines += [
        f"  {_clock(context, one.began_ms)}  vào / in {one.came:>4}  ra / out {one.went:>4}"
        f"  ở trong / inside {one.inside:>4}"
        for one in found.quarters
    ]
    return lines


def _clock(context: Context, at_ms: int) -> str:
    return f"{local_time(at_ms, context.settings.zone):%H:%M}"
