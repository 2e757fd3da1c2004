"""``kiosk trace``: who was present at the same time as somebody, or at a place; counted first, named then."""

from __future__ import annotations

import argparse
import threading
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

from kiosk.commands import CommandError, Context, UsageError, say
from kiosk.commands.cases import Begin, at_hub, here, over_lake
from kiosk.commands.endings import ENDINGS, when_told_to_end
from kiosk.commands.trace_arguments import trace_arguments
from kiosk.exports.contacts.table import COLUMNS, COUNTS, Clock, rows
from kiosk.hub.house import DATABASE as HUB_DATABASE
from kiosk.lake.tables import LakeError
from kiosk.rules.contact_list import Gap
from kiosk.rules.contact_words import MISSING, NO_VERDICT, TITLE
from kiosk.rules.openings import DOCUMENTS, OpeningFault, Search
from kiosk.rules.said_json import NotUnderstood
from kiosk.tracing.desk import Desk, NotAllowed, Stage, Typed
from kiosk.tracing.handing_on import receiver_of, save

__all__ = ["trace", "trace_arguments"]

BY_PERSON = (*DOCUMENTS, Search.PHONE)
OWN_CASE = "today"  # without the tracing key; what staff see of today anyhow


def trace(context: Context, arguments: argparse.Namespace) -> int:
    """Ask about a case; exit 1 where it waits for a second person, or would name nearly everyone."""
    with ExitStack() as until:
        desk = Desk(_beginning(context, arguments, until), partial(receiver_of, context.settings.exports))
        if arguments.page:
            return _serve(context, desk)
        try:
            return _asked(context, arguments, desk)
        except NotAllowed as refused:
            raise CommandError(refused.said.en) from refused
        except (LakeError, OpeningFault) as error:
            raise CommandError(str(error)) from error
        except NotUnderstood as error:
            raise CommandError(f"what the hub answers cannot be read: {error}") from error


def _beginning(context: Context, arguments: argparse.Namespace, until: ExitStack) -> Begin:
    is_hub = not arguments.hub and (context.data / HUB_DATABASE).exists()
    if arguments.engine or arguments.lake or is_hub:
        return over_lake(context, arguments, until)
    return at_hub(context, arguments, until) if arguments.hub else here(context, arguments)


def _asked(context: Context, arguments: argparse.Namespace, desk: Desk) -> int:
    try:
        desk.begin(_typed(arguments))
        if desk.stage is Stage.WAITING:
            number = desk.opening.id if desk.opening else 0
            line = f"opening {number} waits for a second person; then ask the same with --opening {number}"
            say(context, {"opening": number, "state": "waiting"}, line)
            return 1
        _say_count(context, desk)
        if not arguments.count_only:
            desk.name()
            _say_people(context, desk)
            _write(context, arguments, desk)
    finally:
        desk.close()
    return 0


def _typed(arguments: argparse.Namespace) -> Typed:
    """What the command line says, as the page would have it typed."""
    asked = [(search, what) for search in DOCUMENTS for what in getattr(arguments, search) or ()]
    if arguments.phone:
        if asked:
            raise UsageError(f"a phone is asked about by itself: --phone or --{asked[0][0]}")
        asked = [(Search.PHONE, arguments.phone)]
    if not asked and not arguments.site:
        raise UsageError(
            f"say who: {', '.join(f'--{search}' for search in BY_PERSON)}, or where: --site, --from, --until"
        )
    if asked and arguments.zone:
        raise UsageError("--zone asks about a place, without a person")
    search, what = asked[0] if asked else (Search.PLACE, "")
    alone = not (arguments.hub or arguments.key or arguments.engine or arguments.lake)
    return Typed(
        case_number=arguments.case or (OWN_CASE if alone else ""),
        reason=arguments.reason or (OWN_CASE if alone else ""),
        search=search,
        what=what,
        onset=arguments.onset or "",
        days="0" if alone and not arguments.onset else str(arguments.days),
        since=arguments.since or "",
        until=arguments.until or "",
        sites=",".join(arguments.site or ()),
        zone=arguments.zone or "",
        minutes=str(arguments.minutes),
        tail=str(arguments.tail),
        by=arguments.by,
        second_order="1" if arguments.second_order else "",
        also=tuple(asked[1:]),
    )


def _say_count(context: Context, desk: Desk) -> None:
    look, opening = desk.look, desk.opening
    assert look
    assert opening
    count = look.count
    record = {
        "what": "count",
        "opening": opening.id,
        "case": opening.request.case_number,
        "would_name": count.met,
        "present": count.present,
        "share": round(count.share, 4),
        "stays": len(look.index.stays),
        "nearly_everyone": desk.is_all,
    }
    line = f"{count.met} of {count.present} who were there then were present at the same time ({count.share:.0%})"
    say(context, record, f"opening {opening.id}: {line}")
    for gap in look.gaps:
        _say_gap(context, gap)


def _say_gap(context: Context, gap: Gap) -> None:
    clock = Clock(str(context.settings.zone))
    record = {
        "what": "gap",
        "site": gap.site,
        "from": clock.iso(gap.from_ms),
        "until": clock.iso(gap.until_ms),
        "why": gap.why,
    }
    say(context, record, f"missing: {gap.site} {clock.span(gap.from_ms, gap.until_ms)}: {MISSING[gap.why].both}")


def _say_people(context: Context, desk: Desk) -> None:
    answer = desk.answer
    assert answer
    if not context.as_json:
        print(f"{TITLE.both} · {answer.asked.case_number}")
    for row in rows(answer):
        cells = dict(zip(COLUMNS, row, strict=True))
        numbers = {name: int(cells[name]) for name in COUNTS}
        say(context, {"what": "person", **cells, **numbers}, _line(cells))
    if not context.as_json:
        print(NO_VERDICT.both)


def _line(cells: dict[str, str]) -> str:
    who = " ".join(filter(None, (cells["name"] or "?", cells["birth"], cells["id_number"], cells["phone"])))
    minutes = f"{cells['certain_minutes']}-{cells['possible_minutes']} min"
    when = f"{cells['first_together']} - {cells['last_together']}"
    notes = f" ({cells['notes']})" if cells["notes"] else ""
    met = f"{minutes} · {cells['encounters']}x {when} · {cells['places']}"
    return f"{cells['order']}.{cells['rank']:<4} {who} · {met}{notes}"


def _write(context: Context, arguments: argparse.Namespace, desk: Desk) -> None:
    if not arguments.out:
        return
    made = desk.make(arguments.format, arguments.recipient or "", arguments.their_case or "")
    try:
        save(made, Path(arguments.out))
    except FileExistsError as error:
        raise CommandError(f"{arguments.out}: is there already; name a file that is not") from error
    record = {
        "what": "file",
        "file": arguments.out,
        "format": arguments.format,
        "rows": made.rows,
        "sha256": made.sha256,
    }
    say(context, record, f"{made.rows} people written to {arguments.out}, sha256 {made.sha256}")


def _serve(context: Context, desk: Desk) -> int:
    """The tracing team's page on this machine, until it is told to end."""
    from kiosk.hub.web.console_page import ConsoleServer

    stopped = threading.Event()
    when_told_to_end(ENDINGS, stopped.set)
    server = ConsoleServer(desk)
    try:
        say(context, {"url": server.url}, server.url)
        stopped.wait()
    finally:
        server.close()
        with suppress(NotAllowed):
            desk.close()
    return 0
