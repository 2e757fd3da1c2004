"""The short words of the staff page, Vietnamese and English. What people at the door read is in ``rules.messages``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kiosk.config import Settings
from kiosk.rules import help_calls
from kiosk.rules.access import Role
from kiosk.rules.by_hand import Overrule
from kiosk.rules.model import Direction, Kind, Lamp, Listed, Reason
from kiosk.rules.queueing import Act, State
from kiosk.rules.sessions import Use
from kiosk.rules.staff_acts import StaffAct


@dataclass(frozen=True, slots=True)
class Words:
    """One thing said twice."""

    vi: str
    en: str


def joined(*parts: Words | str) -> Words:
    """*parts* with dots between them, in each language; empty ones are left out, names are the same in both."""
    pairs = [part if isinstance(part, Words) else Words(part, part) for part in parts]
    vi, en = ([pair.vi for pair in pairs], [pair.en for pair in pairs])
    return Words(" · ".join(filter(None, vi)), " · ".join(filter(None, en)))


class Tone(StrEnum):
    """What kind of line it is: its symbol, and its colour beside that."""

    IN = "in"
    OUT = "out"
    WAIT = "wait"
    ASK = "ask"
    REFUSED = "refused"
    HOUSE = "house"


PASSAGES: dict[Reason, tuple[Tone, Words]] = {
    Reason.WELCOME: (Tone.IN, Words("Vào", "In")),
    Reason.WELCOME_AGAIN: (Tone.IN, Words("Vào; lượt trước không quét khi ra", "In; the last exit was not scanned")),
    Reason.GOODBYE: (Tone.OUT, Words("Ra", "Out")),
    Reason.GOODBYE_EARLY: (Tone.ASK, Words("Ra khi chưa hết giờ theo dõi", "Out before observation was over")),
    Reason.GOODBYE_LIKELY: (Tone.OUT, Words("Ra; khớp họ tên và năm sinh", "Out; matched by name and birth year")),
    Reason.GOODBYE_UNMATCHED: (Tone.OUT, Words("Ra; chưa thấy lượt vào", "Out; no entry was found")),
    Reason.EXIT_UNREAD: (Tone.OUT, Words("Ra; mã không rõ của ai", "Out; the code names nobody")),
    Reason.ALREADY_IN: (Tone.WAIT, Words("Đã ghi giờ vào trước đó", "Already in")),
    Reason.ALREADY_OUT: (Tone.WAIT, Words("Đã ghi giờ ra trước đó", "Already out")),
    Reason.FULL: (Tone.WAIT, Words("Chờ bên ngoài, đã đủ người", "Waiting outside, full")),
    Reason.CLOSED: (Tone.REFUSED, Words("Đến khi đã ngừng nhận người vào", "Came when arrivals were stopped")),
    Reason.CONSENT: (Tone.WAIT, Words("Được hỏi có đồng ý không", "Asked for consent")),
    Reason.LIKELY_INSIDE: (Tone.ASK, Words("Cần nhân viên: có thể đã vào bằng mã khác", "Needs staff: likely inside")),
    Reason.NEXT_PART: (Tone.WAIT, Words("Đưa một phần của mã nhiều phần", "Showed one part of a certificate")),
    Reason.NO_ID: (Tone.ASK, Words("Cần nhân viên: mã không có số giấy tờ", "Needs staff: no ID number")),
    Reason.UNLISTED: (Tone.ASK, Words("Cần nhân viên: không có trong danh sách", "Needs staff: not on the list")),
    Reason.OTHER_SITE: (Tone.ASK, Words("Cần nhân viên: có tên ở điểm khác", "Needs staff: listed at another site")),
    Reason.CERTIFICATE_FORGED: (Tone.REFUSED, Words("Chứng nhận có chữ ký sai", "Certificate with a wrong signature")),
    Reason.PLACE_CODE: (Tone.REFUSED, Words("Đưa mã địa điểm", "Showed a place code")),
    Reason.PAYMENT_CODE: (Tone.REFUSED, Words("Đưa mã thanh toán", "Showed a payment code")),
    Reason.WIFI_CODE: (Tone.REFUSED, Words("Đưa mã Wi-Fi", "Showed a Wi-Fi code")),
    Reason.LINK_CODE: (Tone.REFUSED, Words("Đưa mã trang web", "Showed a web link")),
    Reason.UNKNOWN_CODE: (Tone.REFUSED, Words("Mã lạ", "Unknown code")),
    Reason.MALFORMED: (Tone.REFUSED, Words("Mã hoặc số chưa đầy đủ", "Incomplete code or number")),
    Reason.SLIP_FORGED: (Tone.REFUSED, Words("Phiếu không phải của điểm này", "Slip of another place")),
    Reason.SLIP_EXPIRED: (Tone.REFUSED, Words("Phiếu không còn dùng được", "Slip not good now")),
    Reason.SLIP_BLOCKED: (Tone.ASK, Words("Cần nhân viên: phiếu đã bị khóa", "Needs staff: a blocked slip")),
    Reason.NOT_RECORDED: (Tone.ASK, Words("Qua mà chưa ghi được", "Passed unrecorded")),
    Reason.HELP: (Tone.ASK, Words("Có người gọi giúp", "Somebody asks for help")),
}
ERASED_ENTRY = (Tone.HOUSE, Words("Một mục đã xóa", "An entry that was erased"))
UNKNOWN_PASSAGE = (Tone.HOUSE, Words("Mục của phiên bản khác", "An entry of another version"))

KINDS: dict[Kind, Words] = {
    Kind.ID_CARD: Words("Căn cước", "ID card"),
    Kind.INSURANCE: Words("Thẻ BHYT", "Insurance card"),
    Kind.UNIFIED: Words("Mã ứng dụng", "App code"),
    Kind.SLIP: Words("Phiếu", "Slip"),
    Kind.TYPED: Words("Nhập số", "Typed number"),
    Kind.DCC: Words("Chứng nhận tiêm chủng", "EU-type certificate"),
    Kind.SHC: Words("Thẻ SMART Health", "SMART Health Card"),
    Kind.NZCP: Words("Chứng nhận New Zealand", "NZ COVID Pass"),
    Kind.VDS_NC: Words("Chứng nhận ICAO", "ICAO certificate"),
    Kind.VCARD: Words("Danh thiếp", "Contact card"),
    Kind.MECARD: Words("Danh thiếp", "Contact card"),
    Kind.COMPANION: Words("Người đi cùng", "Companion"),
    Kind.NAMED: Words("Khai tên", "By name"),
    Kind.UNNAMED: Words("Trong nhóm", "One of a group"),
    Kind.PAPER: Words("Phiếu giấy", "Paper form"),
    Kind.PLACE: Words("Mã địa điểm", "Place code"),
    Kind.PAYMENT: Words("Mã thanh toán", "Payment code"),
    Kind.WIFI: Words("Mã Wi-Fi", "Wi-Fi code"),
    Kind.LINK: Words("Trang web", "Web link"),
    Kind.UNKNOWN: Words("Mã lạ", "Unknown code"),
    Kind.NONE: Words("Không có mã", "No code"),
}

# What became of a call for help, as a line of the day.
HELP_ACTS: dict[str, tuple[Tone, Words]] = {
    help_calls.Act.COMING: (Tone.HOUSE, Words("Có người đến giúp", "Somebody comes to help")),
    help_calls.Act.DONE: (Tone.HOUSE, Words("Đã giúp xong", "Helped")),
    help_calls.Act.REGISTERED: (Tone.HOUSE, Words("Đã giúp đăng ký", "Helped to register")),
    help_calls.Act.REOPENED: (Tone.ASK, Words("Vẫn cần giúp", "Help is still needed")),
}
ID_SEEN = Words("Đã xem giấy tờ", "A document was seen")
ID_NOT_SEEN = Words("Chưa xem giấy tờ", "No document was seen after all")

ROLES: dict[Role, Words] = {
    Role.VOLUNTEER: Words("Tình nguyện viên", "Volunteer"),
    Role.STAFF: Words("Nhân viên", "Staff"),
    Role.SUPERVISOR: Words("Phụ trách", "Supervisor"),
    Role.TRACER: Words("Truy vết", "Tracer"),
    Role.ADMIN: Words("Quản trị", "Admin"),
}

USES: dict[Use, Words] = {
    Use.TABLET: Words("Máy của nhân viên", "For staff"),
    Use.BOARD: Words("Bảng gọi số", "The board"),
    Use.DISPLAY: Words("Màn hình ở cửa", "The door display"),
}

# Why staff let somebody in whom the door would not.
OVERRULES: dict[Overrule, Words] = {
    Overrule.SENT: Words("Cửa đã nhờ nhân viên", "The door asked for staff"),
    Overrule.BESIDE: Words("Đi cùng người ở trong", "Came with somebody inside"),
    Overrule.CANNOT_WAIT: Words("Không thể chờ bên ngoài", "Cannot wait outside"),
    Overrule.BELONGS_INSIDE: Words("Cần vào với người ở trong", "Is needed by somebody inside"),
    Overrule.SUPERVISOR: Words("Phụ trách đã đồng ý", "The supervisor agreed"),
    Overrule.OTHER: Words("Lý do khác", "Another reason"),
}

LISTED: dict[str, Words] = {
    Listed.ON_TIME: Words("đúng hẹn", "on time"),
    Listed.EARLY: Words("đến sớm", "early"),
    Listed.LATE: Words("đến trễ", "late"),
    Listed.UNLISTED: Words("không có trong danh sách", "not on the list"),
    Listed.OTHER_SITE: Words("danh sách điểm khác", "listed at another site"),
}

CERTIFICATES = (Kind.DCC, Kind.SHC, Kind.NZCP, Kind.VDS_NC)

# Lines at the door say already that such a code was shown.
STRAY_KINDS = (Kind.PLACE, Kind.PAYMENT, Kind.WIFI, Kind.LINK, Kind.UNKNOWN)

# What staff did that changes no visit.
STAFF_ACTS: dict[StaffAct, Words] = {
    StaffAct.UNMASK: Words("Xem tên đầy đủ", "A name was shown in full"),
    StaffAct.EVACUATION: Words("In danh sách sơ tán", "The evacuation list was taken"),
    StaffAct.SEALED_EXPORT: Words(
        "Mang danh sách hôm nay đi, đã niêm phong", "Today's people were taken along, sealed"
    ),
    StaffAct.ACCOUNT: Words("Tài khoản nhân viên", "An account of staff"),
    StaffAct.DEVICE: Words("Máy tính bảng", "A tablet"),
    StaffAct.TEST: Words("Thử thiết bị", "A device was tried"),
    StaffAct.REPLACEMENT: Words("Đã tạo gói để thay máy", "A bundle to replace a kiosk was made"),
    StaffAct.TRACE: Words("Mở một ca truy vết", "A case was opened for tracing"),
    StaffAct.KEPT_SHOWN: Words("Cho một người xem dữ liệu về họ", "Somebody was shown what is kept of them"),
    StaffAct.LIST_EXPORT: Words("Đã tải danh sách sạch", "A clean list was taken along"),
    StaffAct.ALERT_SEEN: Words("Đã xem cảnh báo", "An alert was seen"),
}

# Which people of today.
SHOWS: dict[str, Words] = {
    "inside": Words("Ở trong", "Inside"),
    "all": Words("Tất cả", "All"),
    "observed": Words("Đang theo dõi", "Observed"),
    "inferred": Words("Suy ra đã ra", "Inferred out"),
}

SEXES = {"M": Words("Nam", "M"), "F": Words("Nữ", "F")}

DIRECTIONS: dict[Direction, Words] = {
    Direction.IN: Words("lối vào", "way in"),
    Direction.OUT: Words("lối ra", "way out"),
    Direction.BOTH: Words("vào và ra", "in and out"),
}

LAMPS: dict[Lamp, Words] = {
    Lamp.OFF: Words("Đèn tắt", "Lamp off"),
    Lamp.GREEN: Words("Đèn xanh", "Green lamp"),
    Lamp.AMBER: Words("Đèn vàng", "Amber lamp"),
    Lamp.RED: Words("Đèn đỏ", "Red lamp"),
    Lamp.GREEN_AMBER: Words("Đèn xanh và vàng", "Green and amber"),
}

# What staff at a counter did, before the number it was done with.
ACTS: dict[Act, Words] = {
    Act.CALL: Words("mời", "call"),
    Act.RECALL: Words("gọi lại", "recall"),
    Act.START: Words("bắt đầu", "start"),
    Act.FINISH: Words("xong", "done with"),
    Act.HOLD: Words("tạm giữ", "hold"),
    Act.RELEASE: Words("cho về hàng", "back in line"),
    Act.ABSENT: Words("báo vắng", "absent"),
    Act.TRANSFER: Words("chuyển", "transfer"),
    Act.PRIORITY: Words("ưu tiên", "priority for"),
    Act.ORDINARY: Words("thôi ưu tiên", "no priority for"),
    Act.NUMBER: Words("ghi số cuộn", "roll number of"),
    Act.UNDO: Words("hoàn tác với", "undo for"),
}
PRINTED = Words("in lại phiếu", "printed again")
UNKNOWN_ACT = Words("việc của phiên bản khác", "an act of another version")

PLACES: dict[State, Words] = {
    State.WAITING: Words("Đang chờ", "Waiting"),
    State.CALLED: Words("Đang được mời đến {counter}", "Called to {counter}"),
    State.SERVING: Words("Đang ở {counter}", "At {counter}"),
    State.HELD: Words("Đang giữ ở {counter}", "Held at {counter}"),
    State.ABSENT: Words("Vắng mặt", "Absent"),
    State.OBSERVING: Words("Theo dõi đến {until}", "Observed until {until}"),
    State.DONE: Words("Đã qua mọi bước", "Been through all stages"),
    State.MISSED: Words("Vắng đến hết lượt", "Never came"),
    State.LEFT: Words("Đã về trước khi xong", "Left before the end"),
}
MAY_GO = Words("Đủ giờ theo dõi, được về", "Observed long enough, may go")
LEAVES = Words("Ra về", "The exit")

DEVICES: dict[str, Words] = {
    "printer": Words("Máy in", "Printer"),
    "camera": Words("Máy ảnh", "Camera"),
    "keyboard": Words("Máy quét", "Scanner"),
    "serial": Words("Máy quét", "Scanner"),
    "lamps": Words("Đèn", "Lamps"),
    "voice": Words("Loa gọi số", "Loudspeaker"),
    "buzzer": Words("Còi", "Buzzer"),
    "relay": Words("Khóa cửa", "Door relay"),
    "button": Words("Nút gọi", "Help button"),
    "panel": Words("Màn hình cửa", "Door display"),
    "spool": Words("Hàng chờ in", "Print queue"),
    "queue": Words("Hàng chờ gọi số", "Calling queue"),
    "paper": Words("Giấy in", "Paper"),
    "log": Words("Sổ ghi", "Log"),
    "lists": Words("Danh sách đăng ký", "Registration lists"),
    "trust": Words("Khóa kiểm tra chứng nhận", "Keys for certificates"),
    "disk": Words("Ổ đĩa", "Disk"),
    "space": Words("Chỗ trống trên ổ đĩa", "Room on the disk"),
    "temperature": Words("Nhiệt độ máy", "Temperature"),
    "power": Words("Nguồn điện", "Power supply"),
    "clock": Words("Đồng hồ", "Clock"),
    "machine": Words("Tự kiểm tra", "Self-check"),
    "keys": Words("Khóa ngày", "Day key"),
    "backups": Words("Sao lưu", "Backups"),
    "sync": Words("Nối với trung tâm", "Link to the centre"),
    "orders": Words("Điều trung tâm gửi xuống", "What the centre sends"),
    "purge": Words("Xóa dữ liệu cũ", "Deletion"),
    "requests": Words("Yêu cầu về dữ liệu đến hạn", "Data requests are due"),
    "https": Words("Lối vào của máy tính bảng", "The tablets' way in"),
}


def kind_words(kind: str, settings: Settings) -> Words:
    """The words for a kind as the log has it; the kind itself where nobody here knows it any more.

    A kind of the site's own has the name that the settings give it, in whatever language.
    """
    if kind in KINDS:
        return KINDS[Kind(kind)]
    name = next((own.name for own in settings.patterns if own.kind == kind and own.name), kind)
    return Words(name, name)
