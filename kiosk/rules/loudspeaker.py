"""What the commune's loudspeaker says before a session: who comes, when and where. Vietnamese first; nobody's name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from kiosk.rules.invitations import Group, Invitations

_WEEKDAYS = (
    *(("Thứ Hai", "Monday"), ("Thứ Ba", "Tuesday"), ("Thứ Tư", "Wednesday"), ("Thứ Năm", "Thursday")),
    *(("Thứ Sáu", "Friday"), ("Thứ Bảy", "Saturday"), ("Chủ Nhật", "Sunday")),
)
# People of no organisation.
OF_NO_UNIT = ("Bà con đăng ký riêng", "People who registered by themselves")

Sentences = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Session:
    """What is said of a session day (ISO): where, when, what to bring, whom to ask. Texts may be empty.

    *hours* are what is open and when: a service's name (empty for the site), from and until as ``HH:MM``, or empty.
    """

    day: str
    keeper: str
    site: str
    address: str = ""
    hours: tuple[tuple[str, str, str], ...] = ()
    bring: Sentences = ("", "")
    contact: str = ""


def day_words(day: str) -> Sentences:
    """A day (ISO) as it is read aloud: ``Thứ Bảy, ngày 21 tháng 11 năm 2026``; and in English."""
    at = date.fromisoformat(day)
    vi, en = _WEEKDAYS[at.weekday()]
    return f"{vi}, ngày {at.day} tháng {at.month} năm {at.year}", f"{en}, {at:%d/%m/%Y}"


def announcement(session: Session, invitations: Invitations) -> list[Sentences]:
    """The sentences to be read aloud, in order, each in Vietnamese and in English."""
    return list(_sentences(session, invitations))


def _sentences(session: Session, invitations: Invitations) -> Iterator[Sentences]:
    day_vi, day_en = day_words(session.day)
    where = ", ".join(filter(None, (session.site, session.address)))
    yield (
        f"{session.keeper} xin thông báo: {day_vi}, tại {where}, có buổi tiêm chủng.",
        f"{session.keeper} announces: on {day_en} there is a vaccination session at {where}.",
    )
    for name, opens, closes in session.hours:
        if opens or closes:
            vi, en = span_words(opens, closes)
            yield f"{name or 'Giờ làm việc'}: {vi}.", f"{name or 'Open'}: {en}."
    for group in invitations.invited:
        yield _invitation(group)
    if invitations.beyond:
        yield beyond_words(invitations)
    bring_vi, bring_en = session.bring
    if bring_vi:
        yield f"Khi đi, xin mang theo {bring_vi}.", f"Please bring {bring_en or bring_vi}."
    yield (
        "Không cần có điện thoại. Xin đến đúng giờ được mời để không phải chờ đông.",
        "A telephone is not needed. Please come at your time, so that nobody waits in a crowd.",
    )
    if session.contact:
        yield f"Cần hỏi, xin liên hệ: {session.contact}.", f"Questions: {session.contact}."


def _invitation(group: Group) -> Sentences:
    (vi, en), (when_vi, when_en) = unit_words(group), span_words(group.since, group.until)
    come_vi, come_en = (f", có mặt {when_vi}", f", {when_en}") if when_vi else ("", "")
    return f"Mời {_inside(vi)}, {group.people} người{come_vi}.", f"{en}, {people_en(group.people)}{come_en}."


def unit_words(group: Group) -> Sentences:
    """The name of an organisation, or words for people of none."""
    return (group.unit, group.unit) if group.unit else OF_NO_UNIT


def beyond_words(invitations: Invitations) -> Sentences:
    """The one sentence about who does not fit in before closing."""
    people, groups = invitations.people_beyond, invitations.beyond
    vi, en = ("; ".join(_inside(words[language]) for words in map(unit_words, groups)) for language in (0, 1))
    return (
        f"Trước giờ đóng cửa chưa xếp được giờ cho {people} người ({vi}); xin chờ thông báo sau.",
        f"There is no time left before closing for {people_en(people)} ({en}); they will be told later.",
    )


def people_en(count: int) -> str:
    """So many people, in English."""
    return "1 person" if count == 1 else f"{count} people"


def span_words(since: str, until: str) -> Sentences:
    """From when to when, as it is read aloud: ``từ 8 giờ đến 8 giờ 30``. Empty where nothing is known."""
    if since and since == until:
        return f"lúc {_spoken(since)}", f"at {since}"
    parts = ((since, "từ", "from"), (until, "đến", "until"))
    vi = " ".join(f"{word} {_spoken(at)}" for at, word, _ in parts if at)
    return vi, " ".join(f"{word} {at}" for at, _, word in parts if at)


def _spoken(at: str) -> str:
    hours, _, minutes = at.partition(":")
    return f"{int(hours)} giờ{'' if minutes == '00' else f' {minutes}'}"


def _inside(words: str) -> str:
    """Words of our own begin small within a sentence; names stay as they are."""
    return words[:1].lower() + words[1:] if words in OF_NO_UNIT else words
