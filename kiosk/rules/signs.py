"""What the display at the door asks of a person, for each reason: one picture, and a few words beside it."""

from __future__ import annotations

from enum import StrEnum

from kiosk.rules.model import Reason


class Sign(StrEnum):
    """A picture of what to do."""

    IN = "in"
    OUT = "out"
    WAIT = "wait"
    STAFF = "staff"
    AGAIN = "again"
    OTHER = "other"
    CLOSED = "closed"


# Vietnamese and English; short, for they are read from two metres.
HEADLINES: dict[Sign, tuple[str, str]] = {
    Sign.IN: ("Mời vào", "Come in"),
    Sign.OUT: ("Tạm biệt", "Goodbye"),
    Sign.WAIT: ("Xin chờ", "Please wait"),
    Sign.STAFF: ("Gặp nhân viên", "See our staff"),
    Sign.AGAIN: ("Đưa mã lần nữa", "Once more, please"),
    Sign.OTHER: ("Đưa mã khác", "Another code, please"),
    Sign.CLOSED: ("Ngừng nhận", "Closed today"),
}

SIGNS: dict[Reason, Sign] = {
    Reason.WELCOME: Sign.IN,
    Reason.WELCOME_AGAIN: Sign.IN,
    Reason.GOODBYE: Sign.OUT,
    Reason.GOODBYE_EARLY: Sign.WAIT,
    Reason.GOODBYE_LIKELY: Sign.OUT,
    Reason.GOODBYE_UNMATCHED: Sign.OUT,
    Reason.EXIT_UNREAD: Sign.OUT,
    Reason.ALREADY_IN: Sign.IN,
    Reason.ALREADY_OUT: Sign.OUT,
    Reason.FULL: Sign.WAIT,
    Reason.CONSENT: Sign.AGAIN,
    Reason.LIKELY_INSIDE: Sign.STAFF,
    Reason.NEXT_PART: Sign.AGAIN,
    Reason.NO_ID: Sign.STAFF,
    Reason.UNLISTED: Sign.STAFF,
    Reason.OTHER_SITE: Sign.STAFF,
    Reason.CERTIFICATE_FORGED: Sign.OTHER,
    Reason.PLACE_CODE: Sign.OTHER,
    Reason.PAYMENT_CODE: Sign.OTHER,
    Reason.WIFI_CODE: Sign.OTHER,
    Reason.LINK_CODE: Sign.OTHER,
    Reason.UNKNOWN_CODE: Sign.OTHER,
    Reason.MALFORMED: Sign.AGAIN,
    Reason.SLIP_FORGED: Sign.OTHER,
    Reason.SLIP_EXPIRED: Sign.OTHER,
    Reason.SLIP_BLOCKED: Sign.STAFF,
    Reason.CLOSED: Sign.CLOSED,
    Reason.NOT_RECORDED: Sign.STAFF,
    Reason.HELP: Sign.STAFF,
}
