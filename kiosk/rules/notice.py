"""The notice of who keeps what, how long and why."""

from __future__ import annotations

_GROUNDS = {
    "notice": ("", ""),
    "ask": (" Đưa mã lần thứ hai là đồng ý.", " Showing it twice means you agree."),
    "order": (" Ghi theo yêu cầu phòng, chống dịch.", " Recorded by order, to contain the epidemic."),
}


def notice(site: str, keeper: str, keep_days: int, consent: str) -> tuple[str, str]:
    """Who keeps what, how long and why, in Vietnamese and English (Law 91/2025/QH15 asks for it).

    *consent* is the ground of recording: ``notice``, ``ask`` or ``order``. *site* may be empty where it
    stands above the notice, as on a ticket, whose lines are few.
    """
    at_vi, at_en = (f"Tại {site}, ", f"At {site}, ") if site else ("", "")
    ground_vi, ground_en = _GROUNDS[consent]
    return (
        f"{at_vi}{keeper} ghi giờ vào, giờ ra và thông tin trên mã để truy vết khi có dịch; "
        f"xóa sau {keep_days} ngày.{ground_vi}",
        f"{at_en}{keeper} keeps entry and exit times and what the code says for contact tracing, "
        f"{keep_days} days.{ground_en}",
    )
