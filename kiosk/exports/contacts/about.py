"""What was asked, by whom and why: the lines that go with every list."""

from __future__ import annotations

from kiosk.exports.contacts.table import Clock, Fingerprint, minutes, text_of
from kiosk.rules.contact_list import ContactList
from kiosk.rules.contact_words import DEMO, MISSING, NO_VERDICT, WAYS, Said, asked_by


def about(answer: ContactList, mark: Fingerprint) -> list[tuple[Said, str]]:
    """Each thing to be known beside a list, which *mark* is of: what it is called, and what it is."""
    asked, clock = answer.asked, Clock(answer.asked.time_zone)
    lines = [
        (Said("Lưu ý", "Note"), (NO_VERDICT if not asked.demo else Said(*map(_joined, DEMO, NO_VERDICT))).both),
        (Said("Mã ca", "Case number"), asked.case_number),
        (Said("Lý do", "Reason"), asked.reason),
        (Said("Lần mở", "Opening"), asked.opening),
        (Said("Người hỏi", "Asked by"), asked.asked_by),
        (Said("Người duyệt", "Approved by"), asked.approved_by),
        (Said("Hỏi lúc", "Asked at"), clock.iso(asked.asked_ms)),
        (Said("Hỏi theo", "Asked about"), asked_by(asked.who).both),
        (Said("Khởi phát", "Onset"), asked.onset),
        (Said("Khoảng thời gian", "Window"), f"{clock.iso(asked.from_ms)} – {clock.iso(asked.until_ms)}"),
        (Said("Địa điểm", "Sites"), ", ".join(asked.sites) or Said("tất cả", "all").both),
        (Said("Tính theo", "By"), WAYS[asked.by].both),
        (Said("Ít nhất (phút)", "At least (minutes)"), str(asked.least_min)),
        (Said("Không khí còn lại (phút)", "Air left behind (minutes)"), str(minutes(asked.tail_ms))),
        (Said("Đếm trước khi mở", "Counted before opening"), f"{answer.count.met} / {answer.count.present}"),
        (Said("Khóa truy vết", "Tracing key"), asked.key),
        (Said("Múi giờ", "Time zone"), asked.time_zone),
    ]
    gaps = [
        (
            Said("Có thể thiếu", "May be missing"),
            f"{gap.site} {clock.span(gap.from_ms, gap.until_ms)}: {MISSING[gap.why].both}",
        )
        for gap in answer.gaps
    ]
    known_by = (Said("Số dòng và dấu vân tay", "Rows and fingerprint"), mark.text)
    return [(name, text_of(value)) for name, value in (*lines, *gaps, known_by)]


def _joined(one: str, other: str) -> str:
    return f"{one}. {other}"
