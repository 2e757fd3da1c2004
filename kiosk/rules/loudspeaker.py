"""What the commune's loudspeaker says before a session: who comes, when and where. Vietnamese first; nobody's name."""

from __future__ import annotations

from datetime import date

_WEEKDAYS = (
    *(("Thứ Hai", "Monday"), ("Thứ Ba", "Tuesday"), ("Thứ Tư", "Wednesday"), ("Thứ Năm", "Thursday")),
    *(("Thứ Sáu", "Friday"), ("Thứ Bảy", "Saturday"), ("Chủ Nhật", "Sunday")),
)


def day_words(day: str) -> tuple[str, str]:
    """A day (ISO) as it is read aloud: ``Thứ Bảy, ngày 21 tháng 11 năm 2026``; and in English."""
    at = date.fromisoformat(day)
    vi, en = _WEEKDAYS[at.weekday()]
    return f"{vi}, ngày {at.day} tháng {at.month} năm {at.year}", f"{en}, {at:%d/%m/%Y}"
