"""What the hub's pages and its consoles are told in the same words."""

from __future__ import annotations

from datetime import datetime

from kiosk.hub.signing_in import Busy, Locked
from kiosk.hub.web.context import hub
from kiosk.web.words import Words

MINUTE_MS = 60_000
GONE = "—"
WRONG = Words(
    "Tên, mật khẩu và mã 6 số không khớp nhau. Mỗi mã chỉ dùng một lần.",
    "Name, password and the 6 digits do not belong together. Digits are good once.",
)
BUSY = Words(
    "Nhiều người đang đăng nhập; xin thử lại sau giây lát.",
    "Several people are signing in; please try again in a moment.",
)


def said_time(at_ms: int | None) -> str:
    """A moment as it stands on the pages, in the hub's time zone."""
    if at_ms is None:
        return GONE
    return datetime.fromtimestamp(at_ms / 1000, hub().house.settings.zone).strftime("%H:%M %d/%m/%Y")


def refused(why: object) -> tuple[Words, int, int]:
    """What is said to who could not sign in, the status, and after how many seconds to come again (0: at once)."""
    if isinstance(why, Busy):
        return BUSY, 503, 1
    if not isinstance(why, Locked):
        return WRONG, 403, 0
    minutes = -(-why.wait_ms // MINUTE_MS)
    words = Words(
        f"Nhập sai quá nhiều lần: xin đợi {minutes} phút. Quản trị viên có thể mở khóa.",
        f"Too many wrong ones: wait {minutes} min. An admin can unlock you.",
    )
    return words, 429, -(-why.wait_ms // 1000)
