"""``/numbers``: days in counts and pictures, today as it grows; their papers and tables. Nothing here names anybody."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping

from flask import Blueprint, Response, render_template
from werkzeug.exceptions import NotFound

from kiosk.devices import clock
from kiosk.exports import EXPORTS
from kiosk.numbers import Day
from kiosk.retention import key_day, local_time
from kiosk.rules.access import Right
from kiosk.rules.session import NOT_DOSES
from kiosk.web.access import needs
from kiosk.web.context import house
from kiosk.web.number_lines import WEEKS, DayLine, DayView, day_line, day_view, since, weeks
from kiosk.web.words import Words

page = Blueprint("numbers", __name__, url_prefix="/numbers")

REFRESH_S = 60


@page.get("")
@needs(Right.SEE)
def today() -> str:
    """The newest day of the log."""
    return _show(_newest())


@page.get("/<day>")
@needs(Right.SEE)
def one_day(day: str) -> str:
    """The day (ISO) *day*."""
    return _show(_day(day))


@page.get("/weeks")
@needs(Right.SEE)
def last_weeks() -> str:
    """The last weeks, a column for each day."""
    lines, newest = _weeks(), _newest()
    busiest = max(lines, key=lambda line: line.flow.came)
    return render_template(
        "numbers_weeks.html",
        lines=lines,
        chart=weeks(lines, newest.day),
        busiest=busiest,
        weeks=WEEKS,
        **_around(newest),
    )


@page.get("/<day>/sheet")
@needs(Right.SEE)
def sheet(day: str) -> str:
    """The day on one page, in both languages, for the file on the wall."""
    return render_template(
        "numbers_sheet.html",
        view=_day(day),
        not_doses=Words(*NOT_DOSES),
        now=_now("%H:%M %d/%m/%Y"),
    )


@page.get("/<day>.csv")
@needs(Right.SEE)
def day_table(day: str) -> Response:
    """The quarter hours of *day* as a table for a spreadsheet."""
    view = _day(day)
    if view.more is None:
        raise NotFound
    sure = _yes(view.sure)
    rows = (
        {"from": line.begins, "to": line.ends, "in": line.at.came, "out": line.at.went, "inferred": line.at.inferred}
        | {"inside": line.at.inside, "sure": sure}
        for line in view.more.quarters
    )
    return _table(f"{day}.csv", rows)


@page.get("/weeks.csv")
@needs(Right.SEE)
def weeks_table() -> Response:
    """The last weeks as a table for a spreadsheet; what is not known of a day is empty."""
    rows = (
        {"day": line.day, "in": line.flow.came, "out": line.flow.went, "inferred": line.flow.inferred}
        | {"most_inside": line.most_inside, "median_wait_min": line.median, "with_id_percent": line.id_percent}
        | {"sure": _yes(line.sure)}
        for line in _weeks()
    )
    return _table("weeks.csv", rows)


def _show(view: DayView) -> str:
    return render_template("numbers.html", view=view, refresh_s=REFRESH_S if view.is_open else 0, **_around(view))


def _around(view: DayView) -> dict[str, object]:
    """What stands above every picture: the time, and the way to other days."""
    days = house().numbers.days()
    before = days[days.index(view.day) + 1 :]
    return {
        "now": _now("%H:%M"),
        "days": days,
        "day_before": next(iter(before), None),
        "is_today": view.day == _today(),
    }


def _newest() -> DayView:
    return _day(next(iter(house().numbers.days()), ""))


def _day(day: str) -> DayView:
    found = house().numbers.day(day)
    if found is None:
        raise NotFound
    return day_view(found, house().settings, sure=_is_sure(found))


def _weeks() -> list[DayLine]:
    days = house().numbers.newest(7 * WEEKS)
    return [day_line(day, sure=_is_sure(day)) for day in days if day.day >= since(days[0].day)]


def _is_sure(day: Day) -> bool:
    return house().lines.times.times.are_sure(day.spans)


def _today() -> str:
    settings = house().settings
    return key_day(clock.now().wall_ms, settings.zone, settings.vault.turn_at)


def _now(form: str) -> str:
    return f"{local_time(clock.now().wall_ms, house().settings.zone):{form}}"


def _yes(sure: bool) -> str:  # its only word
    return "yes" if sure else "no"


def _table(name: str, rows: Iterable[Mapping[str, object]]) -> Response:
    out = io.StringIO(newline="")
    EXPORTS["csv"](({key: "" if cell is None else str(cell) for key, cell in row.items()} for row in rows), out)
    answer = Response(out.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
