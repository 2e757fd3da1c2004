"""Registration lists: importing one, and what is kept of them."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from kiosk import list_import
from kiosk.commands import CommandError, Context, UsageError, parse_time, say
from kiosk.devices import clock
from kiosk.house import House, open_house
from kiosk.list_import import Keeper, Listener, Report, Source
from kiosk.roster import Roster, alone, clear_away, clear_away_alone
from kiosk.rules.list_rows import Defaults, Finding, Section
from kiosk.rules.model import Moment
from kiosk.store import roster, schema
from kiosk.store.schema import DATABASE

SHOWN = 20  # findings of a section on the terminal; the cleaned list has all of them
BAR = 30


def import_list_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk import-list`` takes."""
    sub.add_argument("file", metavar="FILE", help="xlsx or csv")
    sub.add_argument("--day", metavar="DAY", help="session day of rows without one (ISO 8601; today)")
    sub.add_argument("--sheet", metavar="NAME", help="a sheet of the workbook (the first that is a list)")
    sub.add_argument("--site", metavar="ID", help="site of rows without one (this one)")
    sub.add_argument("--at", metavar="TIME", help="the time of the import (ISO 8601)")
    sub.add_argument("--out", metavar="FILE", help="the cleaned list (beside FILE, as NAME.clean.xlsx)")
    sub.add_argument("--check-only", action="store_true", help="keep nothing, only report and make clean")


def import_list(context: Context, arguments: argparse.Namespace) -> int:
    """Read a list, tell what is doubtful in it, write it back clean, and keep it until its last day has ended."""
    path = Path(arguments.file)
    source = Source(path, arguments.sheet or "")
    out = Path(arguments.out) if arguments.out else path.with_name(f"{path.stem}.clean.xlsx")
    if out.exists() and path.exists() and out.samefile(path):
        raise UsageError(f"{out}: is the list itself; name another file for the cleaned one")
    stated = clock.stated(parse_time(context, arguments.at)) if arguments.at else None
    defaults = _defaults(context, arguments, stated or clock.now())
    telling = _Telling(context)

    def read(keeper: Keeper | None = None) -> Report:
        return list_import.import_list(source, out, context.settings, defaults, telling.listener, keeper)

    with telling.on_lines_of_their_own():
        if arguments.check_only:
            report, list_id = read(), None
        else:
            list_import.look_at(source)
            with open_house(context.settings, context.data, demo=True, now=stated) as house:
                report, list_id = _keep(house, read, stated)
    telling.sum_up(report, out, list_id)
    if not report.kept:
        raise CommandError(f"{path}: nobody in it could be told from another at the door; nothing is kept of it")
    return 0


def _keep(house: House, read: Callable[[Keeper], Report], stated: Moment | None) -> tuple[Report, int | None]:
    """Import with a keeper, after what is over or was left by an interrupted import is gone."""
    if stated and stated.wall_ms < house.store.head().shown.at_ms:
        raise CommandError("the time lies before the last entry of the log; nothing was imported")
    with alone(house.data) as undisturbed:
        if not undisturbed:
            raise CommandError("another list is being imported at this moment; try again when it is done")
        Roster(house.settings, house.store, house.data).forget_over(stated or clock.now())
        clear_away_alone(house.store, house.data)
        with Keeper(house.store, house.data) as keeper:
            report = read(keeper)
            return report, keeper.finish(report, stated or clock.now()) if report.kept else None


def _defaults(context: Context, arguments: argparse.Namespace, now: Moment) -> Defaults:
    today = datetime.fromtimestamp(now.wall_ms / 1000, UTC).astimezone(context.settings.zone).date()
    try:
        day = date.fromisoformat(arguments.day) if arguments.day else today
    except ValueError as error:
        raise UsageError(f"--day {arguments.day!r} is not a day as 2026-11-21 (ISO 8601)") from error
    return Defaults(today.isoformat(), day.isoformat(), arguments.site or "")


class _Telling:
    """What is said while a list is read, and at its end."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._bar = sys.stderr.isatty() and not context.as_json
        self._shown = -1
        self._first: dict[Section, list[Finding]] = {section: [] for section in Section}
        self._counts: Counter[Section] = Counter()
        self.listener = Listener(self._found, self._progress)

    def _found(self, finding: Finding) -> None:
        if self._context.as_json:
            say(self._context, _record(finding), "")
            return
        self._counts[finding.section] += 1
        if len(self._first[finding.section]) < SHOWN:
            self._first[finding.section].append(finding)

    def _progress(self, part: float) -> None:
        percent = min(100, round(part * 100))
        if not self._bar or percent == self._shown:
            return
        self._shown = percent
        done = BAR * percent // 100
        print(f"\r[{'#' * done}{' ' * (BAR - done)}] {percent:>3} %", end="", file=sys.stderr, flush=True)

    @contextmanager
    def on_lines_of_their_own(self) -> Iterator[None]:
        """Whatever is said afterwards stands below the progress bar."""
        try:
            yield
        finally:
            if self._shown >= 0:
                print(file=sys.stderr, flush=True)

    def sum_up(self, report: Report, out: Path, list_id: int | None) -> None:
        """The summary, and on a terminal the first findings of every section."""
        sections = {section.name.lower(): report.sections[section] for section in Section}
        record: dict[str, Any] = {
            "list": None if list_id is None else f"{list_id:08x}",
            "sheet": report.sheet,
            "unread": list(report.unread),
            "unit": report.unit,
            "rows": report.rows,
            "kept": report.kept,
            "here": report.here,
            "first": report.first_day,
            "last": report.last_day,
            **sections,
            "sites": dict(report.sites),
            "cleaned": str(out),
        }
        lines = [line for section in Section for line in self._section(section)]
        lines += [f"{vi} / {en}" for vi, en in list_import.told(report)]
        say(self._context, record, "\n".join([*lines, f"Danh sách đã làm sạch / The cleaned list: {out}"]))

    def _section(self, section: Section) -> list[str]:
        count, first = self._counts[section], self._first[section]
        if not count:
            return []
        more = [f"  … {count - len(first)} nữa / and {count - len(first)} more"] if count > len(first) else []
        return [f"{section.vi} / {section.en}: {count}", *map(_line, first), *more, ""]


def _line(finding: Finding) -> str:
    problem, meant = finding.problem, finding.kept or finding.offer
    offer = f" → {meant}{'' if finding.kept else '?'}" if meant not in ("", finding.found) else ""
    also = f" = hàng / row {finding.other}" if finding.other else ""
    where = f"hàng / row {finding.row:>6}  {finding.cell:<7}"
    return f"  {where} {finding.found!r}{offer}{also}  {problem.vi} / {problem.en}"


def _record(finding: Finding) -> dict[str, Any]:
    return {
        "row": finding.row,
        "column": finding.column + 1,
        "cell": finding.cell,
        "section": finding.section.name.lower(),
        "problem": finding.problem.name.lower(),
        "found": finding.found,
        "kept": finding.kept,
        "offered": finding.offer,
        "other": finding.other or None,
        "vi": finding.problem.vi,
        "en": finding.problem.en,
    }


def lists_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk lists`` takes."""
    sub.add_argument("--forget", metavar="LIST", help="destroy one before its last day has ended")


def lists(context: Context, arguments: argparse.Namespace) -> int:
    """Print the lists that are kept, or forget one of them."""
    if arguments.forget:
        return _forget(context, arguments.forget)
    for kept in _kept(context):
        record = {
            "list": f"{kept.id:08x}",
            "first": kept.first_day,
            "last": kept.last_day,
            "rows": kept.rows,
            "here": kept.here,
            "seq": kept.sequence,
        }
        days = kept.first_day if kept.first_day == kept.last_day else f"{kept.first_day} to {kept.last_day}"
        say(context, record, f"{kept.id:08x}  {days}  {kept.rows} rows, {kept.here} of them for this site")
    return 0


def _kept(context: Context) -> list[roster.StoredList]:
    if not (context.data / DATABASE).exists():
        return []
    with closing(schema.connect_read_only(context.data / DATABASE)) as db:
        return roster.stored_lists(db)


def _forget(context: Context, name: str) -> int:
    kept = next((kept for kept in _kept(context) if f"{kept.id:08x}" == name), None)
    if kept is None:
        raise CommandError(f"there is no list {name}; 'kiosk lists' prints those that are kept")
    with open_house(context.settings, context.data, demo=True) as house:
        Roster(house.settings, house.store, house.data).forget(kept.id)
        clear_away(house.store, house.data)
    say(context, {"forgotten": name}, f"list {name} is forgotten")
    return 0
