"""What lists and pictures of people present at the same time say, in Vietnamese and English."""

from __future__ import annotations

from typing import NamedTuple

from kiosk.rules.contact_list import Doubt, Missing, Unnamed
from kiosk.rules.tracing import By


class Said(NamedTuple):
    """One thing in both languages."""

    vi: str
    en: str

    @property
    def both(self) -> str:
        """Vietnamese first."""
        return f"{self.vi} / {self.en}"

    def of(self, language: str) -> str:
        """In ``vi`` or ``en``."""
        return self.en if language == "en" else self.vi


TITLE = Said("Danh sách người có mặt cùng thời gian", "People present at the same time")
NO_VERDICT = Said(
    "Danh sách này chỉ cho biết ai có mặt cùng nơi, cùng thời gian; không phải kết luận y tế.",
    "This list tells who was present at the same place and time; it is no medical verdict.",
)
DEMO = Said("CHẠY THỬ: không phải người thật", "DEMO: not real people")

DOUBTS = {
    Doubt.EXIT_UNSEEN: Said("không quét ra", "exit not seen"),
    Doubt.CLOCK_UNSURE: Said("đồng hồ của máy chưa chắc", "the kiosk's clock was not sure"),
}
UNNAMED = {
    Unnamed.NOT_OPENED: Said("chưa mở danh tính", "identity not opened"),
    Unnamed.NOTHING_KEPT: Said("không còn lưu danh tính", "no identity is kept"),
    Unnamed.OTHER_KEY: Said("niêm phong bằng khóa truy vết khác", "sealed to another tracing key"),
}
MISSING = {
    Missing.NOT_ARRIVED: Said("dữ liệu chưa về đủ", "not all has arrived"),
    Missing.BEING_READ: Said(
        "dữ liệu đã về, đang được đọc vào; xin hỏi lại sau vài phút",
        "it has arrived and is being read; ask again in some minutes",
    ),
    Missing.OTHER_KEY: Said("niêm phong bằng khóa truy vết khác", "sealed to another tracing key"),
    Missing.DAMAGED: Said("khóa ngày bị hỏng", "the day key is damaged"),
}
ORDERS = {
    1: Said("có mặt cùng ca bệnh", "present with the case"),
    2: Said("có mặt cùng người ở vòng 1 sau đó", "present with somebody of order 1 afterwards"),
}
WAYS = {By.SITE: Said("cả địa điểm", "whole site"), By.ZONE: Said("từng khu vực", "each zone")}
SEXES = {"M": Said("Nam", "Male"), "F": Said("Nữ", "Female")}
ASKED_BY = {
    "number": Said("số định danh", "ID number"),
    "insurance": Said("số bảo hiểm y tế", "insurance number"),
    "qid": Said("mã QID", "QID"),
    "slip": Said("phiếu", "slip"),
    "phone": Said("số điện thoại", "phone"),
    "place": Said("nơi và thời gian", "place and time"),
}


def asked_by(who: str) -> Said:
    """How somebody was asked about (``Asked.who``); what is not known is said as it is."""
    return ASKED_BY.get(who, Said(who, who))
