"""Short words of the hub's pages, Vietnamese and English."""

from __future__ import annotations

from kiosk.rules.hub_users import HubRole
from kiosk.rules.model import ClockState
from kiosk.rules.openings import Search, State
from kiosk.rules.segments import Fault
from kiosk.web.words import Words

ROLES: dict[HubRole, Words] = {
    HubRole.ADMIN: Words("Quản trị viên", "Admin"),
    HubRole.TRACER: Words("Truy vết", "Tracing team"),
    HubRole.AUDITOR: Words("Kiểm tra", "Auditor"),
}

# What the tamper log says, by its ``what``; one that is not here stands as it is written.
SAID: dict[str, Words] = {
    "head": Words("Nhận nhật ký", "Log received"),
    "enrolled": Words("Thêm máy", "Kiosk enrolled"),
    "revoked": Words("Thu hồi máy", "Kiosk revoked"),
    "user": Words("Người dùng", "User"),
    "sign-in": Words("Đăng nhập", "Signed in"),
    "opening": Words("Xin mở ca", "Opening asked for"),
    "opening decided": Words("Quyết định mở ca", "Opening decided"),
    "opening ended": Words("Kết thúc mở ca", "Opening ended"),
    "export": Words("Xuất tệp", "Exported"),
    "code": Words("Tạo mã cho máy", "Code for a kiosk"),
    "down": Words("Gửi xuống các máy", "Sent to kiosks"),
    "down dropped": Words("Thôi gửi xuống", "Sent no more"),
    "purge": Words("Xóa dữ liệu cũ", "Old data deleted"),
}

# Why a piece of a log was not taken.
FAULTS: dict[str, Words] = {
    Fault.UNREADABLE: Words("Không đọc được", "Unreadable"),
    Fault.TOO_LARGE: Words("Quá lớn", "Too large"),
    Fault.STRANGER: Words("Máy lạ", "From a stranger"),
    Fault.REVOKED: Words("Máy đã bị thu hồi", "From a kiosk that was shut out"),
    Fault.FORGED: Words("Sai chữ ký", "Not signed by its kiosk"),
    Fault.BROKEN: Words("Không khớp", "Its entries do not fit"),
    Fault.FORKED: Words("Hai thẻ cùng một máy", "Two cards are one kiosk"),
    Fault.GAP: Words("Thiếu phần trước", "What comes before is missing"),
    Fault.FULL: Words("Hết chỗ cho máy này", "No room is left for this kiosk"),
    Fault.LOST: Words("Máy bị mất một phần nhật ký", "The kiosk has lost a part of its log"),
}

CLOCKS: dict[str, Words] = {
    ClockState.SET: Words("chạy đúng", "kept"),
    ClockState.STATED: Words("do người báo", "stated"),
    ClockState.TOLD: Words("do người báo", "told by somebody"),
    ClockState.UNKNOWN: Words("chưa được đặt", "not set"),
}

SEARCHES: dict[Search, Words] = {
    Search.NUMBER: Words("số giấy tờ", "card number"),
    Search.INSURANCE: Words("số thẻ bảo hiểm", "insurance number"),
    Search.QID: Words("mã QID", "QID"),
    Search.SLIP: Words("phiếu", "slip"),
    Search.PHONE: Words("số điện thoại", "phone"),
    Search.PLACE: Words("nơi và giờ", "place and time"),
}

STATES: dict[State, Words] = {
    State.WAITING: Words("chờ người thứ hai duyệt", "waits for a second person"),
    State.OPEN: Words("đang mở", "open"),
    State.REFUSED: Words("bị từ chối", "refused"),
    State.ENDED: Words("đã kết thúc", "ended"),
}

# What was handed out under an opening, by the act as it is counted; one that is not here stands as it is written.
ACTS: dict[str, Words] = {
    "keys": Words("Khóa ngày, niêm phong", "Day keys, sealed"),
    "late": Words("Điểm còn thiếu dữ liệu", "Sites of which something is missing"),
    "same": Words("Bí danh của cùng những người đó", "Pseudonyms of the same people"),
    "stays": Words("Lượt có mặt của những người đó", "Stays of those people"),
    "count": Words("Số người có mặt cùng thời gian", "How many were present at the same time"),
    "met": Words("Người có mặt cùng thời gian", "Who was present at the same time"),
    "later": Words("Người có mặt cùng những người đó sau đó", "Who was present with those afterwards"),
    "people": Words("Danh tính, niêm phong", "Identities, sealed"),
}
