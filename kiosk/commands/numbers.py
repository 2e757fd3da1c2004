"""A day in numbers, on the command line."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from kiosk.commands import CommandError, Context, say
from kiosk.commands.records import hours_told, times_of
from kiosk.numbers import Day, DayBook
from kiosk.retention import local_time
from kiosk.rules.numbers import Numbers, Waits
from kiosk.rules.session import NOT_DOSES
from kiosk.store.reading import Reader
from kiosk.store.schema import DATABASE

NOT_KEPT = "Ngày này chỉ còn các số đếm trên / of this day these counts are all that was kept"


def numbers_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk numbers`` takes."""
    sub.add_argument("--day", metavar="DAY", help="the day (ISO 8601; the newest in the log)")


def numbers(context: Context, arguments: argparse.Namespace) -> int:
    """Print the numbers of a day: passages, people inside, waits, kinds of code; nobody's name."""
    if not (context.data / DATABASE).exists():
        raise CommandError(f"{context.data}: there is no log here yet; kiosk scan or kiosk run begins one")
    book = DayBook(Reader(context.data / DATABASE), context.settings)
    asked = arguments.day or next(iter(book.days()), "")
    found = book.day(asked)
    if found is None:
        raise CommandError(f"{asked or 'any day'} is not in the log")
    sure = times_of(context).are_sure(found.spans)
    lines = [*_lines(context, found), *hours_told(sure=sure)]
    say(context, _record(context, found) | {"sure": sure}, "\n".join(lines))
    return 0


def _record(context: Context, day: Day) -> dict[str, Any]:
    counts = day.counts
    record: dict[str, Any] = {
        "day": day.day,
        "what": NOT_DOSES[1],
        "open": day.is_open,
        "in": counts.entered,
        "out": counts.left + counts.unmatched,
        "inferred": counts.inferred,
        "inside": counts.inside,
        "kept": day.numbers is not None,
    }
    return record | (_more(context, day.numbers) if day.numbers else {})


def _more(context: Context, found: Numbers) -> dict[str, Any]:
    return {
        "capacity": found.capacity or None,
        "unmatched": found.flow.unmatched,
        "corrected": found.corrected,
        "unrecorded": found.unrecorded,
        "with_id": found.with_id,
        "kinds": dict(found.kinds),
        "gates": {gate: {"in": flow.came, "out": flow.went} for gate, flow in found.gates.items()},
        "waits": {service: _waits(waits) for service, waits in found.waits.items()},
        "quarters": [
            {"at": _clock(context, one.began_ms), "in": one.came, "out": one.went}
            | {"inferred": one.inferred, "inside": one.inside}
            for one in found.quarters
        ],
    }


def _waits(waits: Waits) -> dict[str, Any]:
    return {
        "called": waits.count,
        "half_min": waits.within(0.5),
        "nine_in_ten_min": waits.within(0.9),
        "told": waits.told,
        "told_min": waits.told_range,
        "sooner": waits.sooner,
        "as_told": waits.as_told,
        "later": waits.later,
    }


def _lines(context: Context, day: Day) -> Iterator[str]:
    counts = day.counts
    yield f"{day.day}: {' / '.join(NOT_DOSES)}"
    yield (
        f"Vào / in: {counts.entered}; ra / out: {counts.left + counts.unmatched};"
        f" suy ra / inferred: {counts.inferred}; ở trong / inside: {counts.inside}"
    )
    if day.numbers is None:
        yield NOT_KEPT
        return
    found = day.numbers
    yield f"Đủ số giấy tờ / with an ID number: {found.with_id} / {found.flow.came}"
    yield f"Nhân viên sửa / put right by staff: {found.corrected}; chưa ghi được / unrecorded: {found.unrecorded}"
    for service, waits in found.waits.items():
        told = f"; đúng như phiếu / as told: {waits.as_told} / {waits.told}" if waits.told else ""
        half, most = waits.within(0.5), waits.within(0.9)
        yield f"  {service}: {waits.count} lượt gọi / calls; chờ / waits: 50 % ≤ {half} min, 90 % ≤ {most} min{told}"
    yield from (f"  {kind}: {number}" for kind, number in found.kinds.items())
    yield from (f"  {gate}: vào / in {flow.came}, ra / out {flow.went}" for gate, flow in found.gates.items())
    for one in found.quarters:
        yield (
            f"  {_clock(context, one.began_ms)}  vào / in {one.came:>4}  ra / out {one.went:>4}"
            f"  ở trong / inside {one.inside:>4}"
        )


def _clock(context: Context, at_ms: int) -> str:
    return f"{local_time(at_ms, context.settings.zone):%H:%M}"
