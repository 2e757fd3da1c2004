"""What lamp, buzzer and display say for every reason."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.rules.model import Announcement, Check, Lamp, Listed, Outcome, Queued, Reason, Sound
from kiosk.rules.waits import span

# Beats of the buzzer: seconds on, seconds off. Told apart by rhythm alone, none longer than 1.5 s.
SOUNDS: dict[Sound, tuple[tuple[float, float], ...]] = {
    Sound.NONE: (),
    Sound.OK: ((0.12, 0.0),),
    Sound.BYE: ((0.12, 0.1), (0.12, 0.0)),
    Sound.ASK: ((0.25, 0.15), (0.25, 0.15), (0.25, 0.0)),
    Sound.REFUSED: ((0.8, 0.0),),
    Sound.UNRECORDED: ((0.06, 0.08), (0.06, 0.08), (0.06, 0.08), (0.5, 0.0)),
}


@dataclass(frozen=True, slots=True)
class Message:
    """The answer to one reason: two sentences, a lamp for *hold_s* seconds, a sound."""

    vi: str
    en: str
    lamp: Lamp
    sound: Sound
    hold_s: float = 4.0


_SHOW_VI = "Xin đưa thẻ căn cước, thẻ BHYT hoặc mã cá nhân."
_SHOW_EN = "Please show an ID card, insurance card or personal code."

MESSAGES: dict[Reason, Message] = {
    Reason.WELCOME: Message("Xin mời vào.", "Welcome, please come in.", Lamp.GREEN, Sound.OK),
    Reason.WELCOME_AGAIN: Message(
        "Xin mời vào. Lần trước chưa thấy quét khi ra, lần này xin nhớ quét.",
        "Welcome back. Your last exit was not scanned; please scan when you leave.",
        Lamp.GREEN,
        Sound.OK,
    ),
    Reason.GOODBYE: Message(
        "Đã ghi giờ ra. Tạm biệt, chúc mạnh khỏe.", "Goodbye, and stay well.", Lamp.GREEN, Sound.BYE
    ),
    Reason.GOODBYE_EARLY: Message(
        "Đã ghi giờ ra, nhưng chưa hết giờ theo dõi. Nên ở lại; thấy khó chịu xin báo ngay.",
        "Your exit is noted, but observation is not over. Better stay; if you feel unwell, tell us.",
        Lamp.GREEN,
        Sound.ASK,
        hold_s=8.0,
    ),
    Reason.GOODBYE_LIKELY: Message(
        "Đã ghi giờ ra cho lượt vào cùng họ tên và năm sinh. Tạm biệt.",
        "Goodbye. Your exit was matched by name and birth year.",
        Lamp.GREEN,
        Sound.BYE,
    ),
    Reason.GOODBYE_UNMATCHED: Message(
        "Đã ghi giờ ra, dù chưa thấy lượt vào của mã này. Tạm biệt.",
        "Goodbye. Your exit is noted; no entry was found for this code.",
        Lamp.GREEN,
        Sound.BYE,
    ),
    Reason.EXIT_UNREAD: Message(
        "Xin mời ra. Mã này không cho biết là ai; nếu được, xin quét thẻ hoặc phiếu lúc vào.",
        "You may leave. This code names nobody; if you can, scan the card or ticket you came in with.",
        Lamp.GREEN,
        Sound.ASK,
        hold_s=6.0,
    ),
    Reason.ALREADY_IN: Message(
        "Đã ghi giờ vào rồi, xin mời vào.", "You are already checked in, please go in.", Lamp.AMBER, Sound.ASK
    ),
    Reason.ALREADY_OUT: Message(
        "Đã ghi giờ ra rồi. Tạm biệt.", "You are already checked out. Goodbye.", Lamp.AMBER, Sound.ASK
    ),
    Reason.FULL: Message(
        "Bên trong đã đủ người. Xin chờ bên ngoài, khi có chỗ xin quét lại.",
        "It is full inside. Please wait outside and scan again when there is room.",
        Lamp.AMBER,
        Sound.ASK,
        hold_s=8.0,
    ),
    Reason.CLOSED: Message(
        "Hôm nay điểm đã ngừng nhận người vào.",
        "Nobody more is let in here today.",
        Lamp.RED,
        Sound.REFUSED,
        hold_s=8.0,
    ),
    Reason.CONSENT: Message(
        "Nếu đồng ý cho ghi lại lượt vào ra, xin đưa mã thêm một lần nữa.",
        "If you agree that your visit is recorded, please show your code once more.",
        Lamp.AMBER,
        Sound.ASK,
        hold_s=10.0,
    ),
    Reason.LIKELY_INSIDE: Message(
        "Xin chờ nhân viên một chút: có thể lượt vào đã ghi bằng mã khác.",
        "Please wait for our staff: you may be checked in already with another code.",
        Lamp.AMBER,
        Sound.ASK,
        hold_s=8.0,
    ),
    Reason.NEXT_PART: Message(
        "Mã này gồm nhiều phần. Xin đưa phần tiếp theo trong vòng một phút.",
        "This code has several parts. Please show the next one within a minute.",
        Lamp.AMBER,
        Sound.ASK,
        hold_s=8.0,
    ),
    Reason.NO_ID: Message(
        "Mã này không có số giấy tờ. Xin đưa thẻ căn cước, hoặc gặp nhân viên.",
        "This code has no ID number. Please show an ID card, or ask our staff.",
        Lamp.AMBER,
        Sound.ASK,
        hold_s=8.0,
    ),
    Reason.UNLISTED: Message(
        "Chưa thấy tên trong danh sách hôm nay. Xin gặp nhân viên.",
        "Your name is not on today's list. Please ask our staff.",
        Lamp.AMBER,
        Sound.ASK,
        hold_s=8.0,
    ),
    Reason.OTHER_SITE: Message(
        "Tên có trong danh sách của điểm khác. Xin gặp nhân viên.",
        "You are on the list of another site. Please ask our staff.",
        Lamp.AMBER,
        Sound.ASK,
        hold_s=8.0,
    ),
    Reason.CERTIFICATE_FORGED: Message(
        "Chữ ký trên chứng nhận này sai. Xin đưa thẻ, hoặc gặp nhân viên.",
        "The signature of this certificate is wrong. Please show a card, or ask our staff.",
        Lamp.RED,
        Sound.REFUSED,
        hold_s=6.0,
    ),
    Reason.PLACE_CODE: Message(
        f"Đây là mã địa điểm. {_SHOW_VI}", f"This is the code of a place. {_SHOW_EN}", Lamp.RED, Sound.REFUSED, 6.0
    ),
    Reason.PAYMENT_CODE: Message(
        f"Đây là mã thanh toán. {_SHOW_VI}", f"This is a payment code. {_SHOW_EN}", Lamp.RED, Sound.REFUSED, 6.0
    ),
    Reason.WIFI_CODE: Message(
        f"Đây là mã Wi-Fi. {_SHOW_VI}", f"This is a Wi-Fi code. {_SHOW_EN}", Lamp.RED, Sound.REFUSED, 6.0
    ),
    Reason.LINK_CODE: Message(
        f"Đây là mã của một trang web. {_SHOW_VI}", f"This is a web link. {_SHOW_EN}", Lamp.RED, Sound.REFUSED, 6.0
    ),
    Reason.UNKNOWN_CODE: Message(
        f"Máy chưa nhận ra mã này. {_SHOW_VI}", f"This code is not known here. {_SHOW_EN}", Lamp.RED, Sound.REFUSED, 6.0
    ),
    Reason.MALFORMED: Message(
        "Mã hoặc số chưa đầy đủ. Xin đưa lại, hoặc nhờ nhân viên nhập số giấy tờ.",
        "The code or number is incomplete. Please try again, or let our staff type the number.",
        Lamp.RED,
        Sound.REFUSED,
        hold_s=6.0,
    ),
    Reason.SLIP_FORGED: Message(
        "Phiếu này không phải do điểm này in. Xin đưa thẻ, hoặc gặp nhân viên.",
        "This slip was not printed at this site. Please show a card, or ask our staff.",
        Lamp.RED,
        Sound.REFUSED,
        hold_s=6.0,
    ),
    Reason.SLIP_BLOCKED: Message(
        "Phiếu này đã bị khóa. Xin đưa thẻ, hoặc gặp nhân viên.",
        "This slip has been blocked. Please show a card, or ask our staff.",
        Lamp.AMBER,
        Sound.ASK,
        hold_s=8.0,
    ),
    Reason.SLIP_EXPIRED: Message(
        "Phiếu này không dùng được vào lúc này. Xin đưa thẻ, hoặc nhờ nhân viên.",
        "This slip is not good at this time. Please show a card, or ask our staff.",
        Lamp.RED,
        Sound.REFUSED,
        hold_s=6.0,
    ),
    Reason.NOT_RECORDED: Message(
        "Xin mời đi qua. Máy chưa ghi được lượt này, xin báo nhân viên.",
        "Please go ahead. This passage could not be recorded; please tell our staff.",
        Lamp.GREEN_AMBER,
        Sound.UNRECORDED,
        hold_s=6.0,
    ),
    Reason.HELP: Message(
        "Đã báo nhân viên. Xin chờ một chút.",
        "Our staff have been told. One moment, please.",
        Lamp.AMBER,
        Sound.ASK,
        hold_s=8.0,
    ),
}


def announcement(
    outcome: Outcome,
    reason: Reason,
    *,
    queued: Queued | None = None,
    unnumbered: bool = False,
    until: str = "",
    holder: str = "",
    place: int = 0,
    listed: Listed = Listed.NO_LIST,
    due: str = "",
    paper_form: bool = True,
    why: tuple[str, str] = ("", ""),
) -> Announcement:
    """What one person sees and hears, made from a decision after its commit.

    *queued* is the number given, *unnumbered* says that none is given at this hour, *until* when observation is over
    (local time), *holder* at most initials and birth year, *place* the place in the waiting order from 1. *listed* is
    where the registration lists have the person, *due* the time given there, *paper_form* whether who is on none may
    register on paper, *why* what staff say of today (vi, en). A passage that was not recorded never shows plain
    green, whatever the reason.
    """
    message = MESSAGES[Reason.NOT_RECORDED if outcome is Outcome.PASSED_UNRECORDED else reason]
    more_vi, more_en = _NO_NUMBERS if unnumbered else _more(queued, place, until)
    listed_vi, listed_en = _listed(reason, listed, due, paper_form=paper_form)
    why_vi, why_en = (f" {said}" if said else "" for said in why)
    refused = outcome is Outcome.REFUSED
    return Announcement(
        outcome,
        reason,
        Lamp.RED if refused else message.lamp,
        Sound.REFUSED if refused else message.sound,
        message.vi + why_vi + listed_vi + more_vi,
        message.en + why_en + listed_en + more_en,
        ticket=str(queued.number) if queued else "",
        holder=holder,
        place=place,
        hold_s=message.hold_s,
    )


_NO_NUMBERS = (" Ngoài giờ phát số: xin hỏi nhân viên.", " No numbers are given at this hour; please ask our staff.")


def _more(queued: Queued | None, place: int, until: str) -> tuple[str, str]:
    if place:
        return f" Thứ tự chờ: {place}.", f" Your place in line: {place}."
    if until:
        return f" Theo dõi đến {until}.", f" Observation lasts until {until}."
    if queued:
        vi, en = _waiting(queued)
        return f" Số thứ tự: {queued.number}.{vi}", f" Your number: {queued.number}.{en}"
    return "", ""


def _waiting(queued: Queued) -> tuple[str, str]:
    """How many are in front and how long it may take, as far as that is known; sentences with a space before each."""
    if not queued.wait_min:
        return "", ""
    vi, en = f" Phía trước còn {queued.ahead} người", f" {queued.ahead} people are ahead of you"
    if queued.wait_min[1] < 1:
        return f"{vi}, sắp đến lượt.", f"{en}; it will be soon."
    minutes = span(queued.wait_min)
    return f"{vi}, chờ khoảng {minutes} phút.", f"{en}; about {minutes} minutes."


_LISTED = {
    Listed.ON_TIME: (" Có tên trong danh sách, đúng hẹn.", " You are on the list, on time."),
    Listed.EARLY: (" Có tên trong danh sách, đến sớm{vi}.", " You are on the list, and early{en}."),
    Listed.LATE: (" Có tên trong danh sách, đến trễ{vi}.", " You are on the list, and late{en}."),
    Listed.UNLISTED: (" Chưa thấy tên trong danh sách hôm nay.", " Your name is not on today's list."),
    Listed.OTHER_SITE: (" Tên có trong danh sách của điểm khác.", " You are on the list of another site."),
}
_PAPER = (" Có thể đăng ký bằng phiếu giấy tại bàn.", " You can register on a paper form at the desk.")
_NO_PAPER = (" Tình nguyện viên sẽ giúp đăng ký.", " A volunteer will help you to register.")


def _listed(reason: Reason, listed: Listed, due: str, *, paper_form: bool) -> tuple[str, str]:
    """What the registration lists say of a newcomer, and what to do for who is on none."""
    if reason not in (Reason.WELCOME, Reason.UNLISTED) or listed is Listed.NO_LIST:
        return "", ""
    vi, en = _LISTED[listed] if reason is Reason.WELCOME else ("", "")
    vi, en = vi.format(vi=f" (hẹn {due})" if due else ""), en.format(en=f" (due {due})" if due else "")
    if listed is Listed.UNLISTED:
        paper_vi, paper_en = _PAPER if paper_form else _NO_PAPER
        return vi + paper_vi, en + paper_en
    return vi, en


# The states of a certificate's check, as people read them. A signature says who issued it, never who may enter.
CHECKS: dict[Check, tuple[str, str]] = {
    Check.VALID: ("Chữ ký đúng, còn hạn", "Signature right, in force"),
    Check.EXPIRED: ("Chữ ký đúng, đã hết hạn", "Signature right, expired"),
    Check.NOT_YET_VALID: ("Chữ ký đúng, chưa đến hạn", "Signature right, not yet in force"),
    Check.BAD_SIGNATURE: ("Chữ ký sai", "Signature wrong"),
    Check.NO_KEY: ("Không có khóa để kiểm tra", "No key to check it with"),
}
