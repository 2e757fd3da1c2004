"""``/orders``: what the hub has sent: days of this site that are opened, what was taken or refused, what waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, render_template

from kiosk.joined import JoinError, joined
from kiosk.rules.access import Right
from kiosk.rules.down import Opening, Part
from kiosk.rules.order_answers import Done
from kiosk.taken_down import TakenDown, Told, taken_down
from kiosk.vault import VaultError
from kiosk.vault.succession import waiting
from kiosk.web.access import needs
from kiosk.web.context import house
from kiosk.web.said_times import local_time
from kiosk.web.words import Words

page = Blueprint("orders", __name__, url_prefix="/orders")

PARTS: Mapping[str, Words] = {
    Part.DAY: Words("Thiết lập của một ngày", "Settings of a day"),
    Part.LIST: Words("Danh sách đăng ký, chờ duyệt", "A registration list, to be approved"),
    Part.TRUST: Words("Khóa kiểm tra chứng nhận", "Keys that certificates are checked with"),
    Part.BLOCKED: Words("Phiếu bị khóa", "Blocked slips"),
    Part.OPENING: Words("Nhóm truy vết mở ngày của điểm này", "A tracing team opens days of this site"),
    Part.KEY: Words("Khóa truy vết mới", "A new tracing key"),
}
OTHER = Words("Điều mà trung tâm không được quyết định", "What no centre decides here")
BECAME: Mapping[str, Words] = {
    Done.TAKEN: Words("đã nhận", "taken"),
    Done.REFUSED: Words("không nhận", "refused"),
    Done.WAITS: Words("đang chờ", "waits"),
}

ICONS: Mapping[str, str] = {Done.TAKEN: "check", Done.WAITS: "wait"}


@dataclass(frozen=True, slots=True)
class OrderLine:
    """An order as staff read it; *why* is for who looks after the kiosk."""

    at: str
    part: Words
    name: str
    became: Words
    why: str
    icon: str


@page.get("")
@needs(Right.HOUSE)
def orders() -> str:
    """The page."""
    parts = house()
    taken = _taken()
    return render_template(
        "orders.html",
        hub=_hub_name(),
        openings=[_opening(one) for one in reversed(taken.openings)],
        lines=[_line(told) for told in reversed(taken.told)],
        days=[_day(order.day) for order in taken.days],
        blocked=len(taken.all_blocked()),
        key_waits=_key_waits(),
        fingerprint=parts.vault.tracing_fingerprint,
    )


def _taken() -> TakenDown:
    data = house().reader.path.parent
    try:
        hub = joined(data)
    except JoinError:
        hub = None
    return taken_down(data, hub.verifier) if hub else TakenDown()


def _hub_name() -> str:
    try:
        hub = joined(house().reader.path.parent)
    except JoinError:
        return ""
    return hub.name if hub else ""


def _key_waits() -> bool:
    try:
        return waiting(house().reader.path.parent) is not None
    except VaultError:
        return False


def _day(iso: str) -> str:
    return f"{date.fromisoformat(iso):%d/%m/%Y}"


def _opening(one: Opening) -> Mapping[str, str]:
    since, until = _day(one.since), _day(one.until)
    span = since if since == until else f"{since} – {until}"
    return {"case": one.case, "reason": one.reason, "by": ", ".join(one.by), "span": span}


def _line(told: Told) -> OrderLine:
    zone = house().settings.zone
    name = "" if told.part in (Part.OPENING, Part.DAY) else told.name.partition("|")[0]
    became = BECAME.get(told.done, BECAME[Done.REFUSED])
    part = PARTS.get(told.part, OTHER)
    return OrderLine(local_time(told.at_ms, zone), part, name, became, told.why, ICONS.get(told.done, "refused"))
