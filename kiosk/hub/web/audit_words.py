"""What the lines of the tamper log say, in the reader's words instead of the program's."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from kiosk.hub.web.said import said_time
from kiosk.hub.web.words import ROLES, SEARCHES, STATES
from kiosk.rules.said_json import NotUnderstood
from kiosk.rules.tracing_wire import request_in
from kiosk.store.hub_users import Use
from kiosk.web.languages import said
from kiosk.web.pages.orders import PARTS
from kiosk.web.words import Words

SHORT, SHORT_HEX = 64, 16  # letters of a text, digits of a hash
HEX = re.compile(r"[0-9a-f]{32,}")

# What a line of the tamper log has, by its name there; what is not here stands as it is written.
NAMES: dict[str, Words] = {
    "act": Words("việc", "act"),
    "before": Words("trước ngày", "before"),
    "by": Words("người làm", "by"),
    "case": Words("số ca", "case"),
    "chain": Words("chuỗi", "chain"),
    "days": Words("các ngày", "days"),
    "epoch": Words("lần ghi", "epoch"),
    "for": Words("dùng cho", "for"),
    "forked": Words("hai thẻ cùng một máy", "two cards are one kiosk"),
    "format": Words("dạng tệp", "format"),
    "found": Words("tìm thấy", "found"),
    "from": Words("từ địa chỉ", "from"),
    "keys": Words("số khóa ngày", "day keys"),
    "kiosk": Words("máy", "kiosk"),
    "named": Words("có tên", "named"),
    "number": Words("số", "number"),
    "opening": Words("lần mở", "opening"),
    "part": Words("phần", "part"),
    "present": Words("có mặt", "present"),
    "public": Words("khóa công khai", "public key"),
    "reason": Words("lý do", "reason"),
    "request": Words("nội dung", "request"),
    "role": Words("vai trò", "role"),
    "rows": Words("số dòng", "rows"),
    "sequence": Words("mục", "entry"),
    "sha256": Words("SHA-256", "SHA-256"),
    "site": Words("điểm", "site"),
    "state": Words("tình trạng", "state"),
    "stays": Words("lượt có mặt", "stays"),
    "to": Words("gửi tới", "to"),
    "who": Words("ai", "who"),
}

_YES, _NO, _ALL = Words("có", "yes"), Words("không", "no"), Words("mọi điểm", "all sites")
_BY, _BOTH_ORDERS = Words("tìm theo", "looked for by"), Words("cả người gặp sau đó", "contacts of contacts, too")

_ACTS: dict[str, Words] = {
    "added": Words("thêm", "added"),
    "began": Words("bắt đầu dùng", "began"),
    "begins anew": Words("cấp lại mật khẩu", "begins anew"),
    "disabled": Words("không cho dùng", "disabled"),
    "enabled": Words("cho dùng lại", "enabled"),
    "own password": Words("tự đổi mật khẩu", "own password"),
    "signed out": Words("đăng xuất", "signed out"),
    "unlocked": Words("mở khóa", "unlocked"),
}
_USES: dict[str, Words] = {Use.PAGES: Words("các trang", "pages"), Use.CONSOLE: Words("truy vết", "tracing console")}

_ROLES: dict[str, Words] = {role.value: words for role, words in ROLES.items()}
_STATES: dict[str, Words] = {state.value: words for state, words in STATES.items()}

# Values that are words of the program, by the name beside which they stand.
VALUES: dict[str, Mapping[str, Words]] = {
    "act": _ACTS | _ROLES,
    "for": _USES,
    "part": PARTS,
    "role": _ROLES,
    "state": _STATES,
}


def told(rest: Mapping[str, object]) -> str:
    """*rest* of what a line says, in the language of the page; what has no words stands as it is written, shortened."""
    return " · ".join(
        f"{_name(name)}: {_value(name, value)}" for name, value in rest.items() if value not in ("", None)
    )


def _name(name: str) -> str:
    return said(NAMES[name]) if name in NAMES else name


def _value(name: str, value: object) -> str:
    if isinstance(value, bool):
        return said(_YES if value else _NO)
    if name == "request":
        return _request(value)
    known = VALUES.get(name, {}).get(value) if isinstance(value, str) else None
    return said(known) if known else _short(value)


def _request(value: object) -> str:
    """What was asked to be opened; its case stands beside it."""
    try:
        asked = request_in(value)
    except NotUnderstood:
        return _short(value)
    times = f"{said_time(asked.scope.from_ms)} – {said_time(asked.scope.until_ms)}"
    sites = ", ".join(sorted(asked.scope.sites)) or said(_ALL)
    parts = [_short(asked.reason), f"{said(_BY)} {said(SEARCHES[asked.search])}", times, _short(sites)]
    return ", ".join([*parts, said(_BOTH_ORDERS)] if asked.second_order else parts)


def _short(value: object) -> str:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        value = ", ".join(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    most = SHORT_HEX if HEX.fullmatch(text) else SHORT
    return text if len(text) <= most else f"{text[:most]}…"
