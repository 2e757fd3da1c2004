"""The settings of the day as staff read them: what the file says, what is in force today, who changed it when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kiosk.config import Settings
from kiosk.day_settings import file_values
from kiosk.rules.day_settings import GATE, DayChange, Value, Values, as_typed, to_undo, values_after
from kiosk.rules.model import Direction
from kiosk.store.day_settings import day_changes
from kiosk.store.reading import Reader
from kiosk.web.languages import gettext as _
from kiosk.web.said_times import SaidTimes
from kiosk.web.words import DIRECTIONS, Words


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One setting: what the file says and, where that is not in force, what is; who changed it, and when."""

    name: str
    label: str
    file: str
    today: str
    typed: str
    changed: bool
    by: str


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One change: by whom, when, and each field as it was and as it became."""

    at: str
    by: str
    undoes: bool
    fields: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Day:
    """The page's content. *latest* is the newest change that it knows, *undo* the one that can be taken back."""

    fields: Mapping[str, FieldLine]
    changes: tuple[ChangeLine, ...]
    latest: int
    undo: ChangeLine | None


# Sentences that a site needs again and again, in both languages at once.
MESSAGES = (
    Words("Xin giữ khoảng cách 2 m và đeo khẩu trang.", "Please keep 2 m apart and wear a mask."),
    Words("Hôm nay đông người, thời gian chờ có thể lâu.", "It is busy today; waiting may take long."),
    Words("Xin chuẩn bị sẵn thẻ căn cước hoặc thẻ BHYT.", "Please have your ID or insurance card ready."),
    Words(
        "Người cao tuổi và người có con nhỏ xin báo nhân viên.", "Elderly people and parents: please tell our staff."
    ),
)
REASONS = (
    Words("Hết vắc xin hôm nay, xin trở lại ngày mai.", "Today's vaccine is used up; please come tomorrow."),
    Words("Đã hết giờ nhận người.", "The hours of arrival are over."),
    Words(
        "Có sự cố, xin đến điểm khác hoặc gọi nhân viên.", "There is a problem; go to another site or ask our staff."
    ),
)


def day_lines(reader: Reader, settings: Settings, times: SaidTimes) -> Day:
    """The settings of the day now."""
    changes, file = reader.ask(day_changes), file_values(settings)
    labels, standing = _labels(settings), to_undo(changes)
    lines = {change.sequence: _change_line(change, times, file, labels) for change in changes}
    fields = {name: _field(name, changes, times, file, labels) for name in file}
    latest = changes[-1].sequence if changes else 0
    return Day(fields, tuple(lines.values())[::-1], latest, lines[standing.sequence] if standing else None)


def _field(name: str, changes: list[DayChange], times: SaidTimes, file: Values, labels: Mapping[str, str]) -> FieldLine:
    today = values_after(changes).get(name)
    value = file[name] if today is None else today
    last = next((change for change in reversed(changes) if name in change.after), None)
    by = f"{last.by} {times.shown(last.at_ms)}" if last and today is not None else ""
    shown = (_shown(name, file[name]), _shown(name, value))
    return FieldLine(name, labels[name], *shown, typed=as_typed(value), changed=today is not None, by=by)


def _change_line(change: DayChange, times: SaidTimes, file: Values, labels: Mapping[str, str]) -> ChangeLine:
    def shown(values: Values, name: str) -> str:
        value = values[name]
        return _shown(name, file.get(name) if value is None else value)

    fields = tuple(
        (labels.get(name, name), shown(change.before, name), shown(change.after, name)) for name in change.after
    )
    return ChangeLine(times.shown(change.at_ms), change.by, change.undoes is not None, fields)


def _labels(settings: Settings) -> dict[str, str]:
    gates = {GATE + gate.id: gate.name for gate in settings.gates}
    return gates | {
        "capacity": _("Most people inside"),
        "closes": _("Closing time"),
        "closed": _("Taking people in"),
        "closed_vi": _("Why nobody is let in (Vietnamese)"),
        "closed_en": _("Why nobody is let in (English)"),
        "message_vi": _("Message on the display (Vietnamese)"),
        "message_en": _("Message on the display (English)"),
    }


def _shown(name: str, value: Value) -> str:
    if name == "capacity":
        return str(value) if value else _("no limit")
    if name == "closes":
        return str(value) if value else _("never")
    if name == "closed":
        return _("stopped") if value else _("open")
    if name.startswith(GATE) and value in tuple(Direction):
        return _direction(Direction(str(value)))
    return str(value or "—")


def _direction(direction: Direction) -> str:
    return {Direction.IN: _("way in"), Direction.OUT: _("way out"), Direction.BOTH: _("in and out")}[direction]


def directions() -> dict[str, str]:
    """The directions that a gate may have, in words."""
    return {str(direction): _direction(direction) for direction in DIRECTIONS}
