"""What staff type of somebody at the door: judged before anything is recorded, and made a credential."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum, StrEnum

from kiosk.rules import identity
from kiosk.rules.admission import MOST_COMPANIONS
from kiosk.rules.identity import Heading, Problem, Verdict
from kiosk.rules.model import Check, Credential, Kind, Person

MOST_IN_GROUP = 60  # slips: three minutes of a ticket printer
LONGEST_FORM = 12  # letters of a paper form's number
_FORM = re.compile(r"[0-9A-Z](?:[0-9A-Z./-]*[0-9A-Z])?")


class Way(StrEnum):
    """How somebody without a code is checked in."""

    PERSON = "person"  # by number, or by name where there is no document
    GROUP = "group"  # people without names
    PAPER = "paper"  # who registered on a paper form


class Overrule(StrEnum):
    """Why staff let somebody in whom the door would not. A choice, so that it never says who, or how ill."""

    SENT = "sent"  # the door had sent them to staff
    BESIDE = "beside"  # they accompany somebody inside
    CANNOT_WAIT = "cannot_wait"
    BELONGS_INSIDE = "belongs_inside"
    SUPERVISOR = "supervisor"
    OTHER = "other"


class NotNow(Enum):
    """Why something cannot be done by hand (any more), in Vietnamese and English."""

    AN_EXIT = ("Cửa này chỉ để ra, không cho vào.", "This gate is an exit; nobody is let in here.")
    OVER = ("Lượt này đã kết thúc, không còn ở trong.", "This visit is over; nobody is inside under it.")
    NOT_PRINTED = ("Lượt này đã kết thúc, không in lại phiếu.", "This visit is over; its ticket is not printed again.")
    NEW_DAY = (
        "Đã sang ngày mới; không ai của hôm trước còn ở trong.",
        "The day has turned; nobody of before is inside.",
    )
    NO_COMPANION = (
        f"Không thêm được: lượt này đã kết thúc, hoặc đã có {MOST_COMPANIONS} người đi cùng.",
        f"Nobody can be added: the visit is over, or {MOST_COMPANIONS} accompany it already.",
    )
    NOBODY_ASKED = (
        "Không còn ai chờ ở dòng này; hãy để họ đưa mã lại.",
        "Nobody waits for staff under this line any more; let them show their code again.",
    )
    NO_PAPER = (
        "Điểm này không nhận phiếu giấy; hãy giúp họ đăng ký.",
        "This site takes no paper forms; help them to register.",
    )

    def __init__(self, vi: str, en: str) -> None:
        self.vi = vi
        self.en = en


@dataclass(frozen=True, slots=True)
class Typed:
    """What staff typed. *number* is an ID, insurance or passport number, or that of a paper form; all may be empty.

    *another*: the one inside with the same name is somebody else. *once* is random, and another for every form: who
    cannot be known again goes by it.
    """

    way: Way = Way.PERSON
    number: str = ""
    name: str = ""
    birth: str = ""
    sex: str = ""
    phone: str = ""
    count: int = 1
    another: bool = False
    once: str = ""


@dataclass(frozen=True, slots=True)
class Doubt:
    """What is wrong, or only doubtful, with one field; *offer* is what may have been meant. Never names anybody."""

    field: str
    vi: str
    en: str
    hard: bool = True
    offer: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """Who was typed, and what to tell before anything is recorded."""

    credentials: tuple[Credential, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    @property
    def hard(self) -> bool:
        """Whether it cannot be taken as it stands."""
        return any(doubt.hard for doubt in self.doubts)


NOBODY = Doubt("name", "Hãy nhập số giấy tờ hoặc họ tên.", "Type a number or a name.")
A_PHONE = Doubt(
    "number", "Đây là số điện thoại: hãy ghi vào ô điện thoại, kèm họ tên.",
    "This is a phone number: put it into its own field, with a name.",
)  # fmt: skip
A_FORM_NUMBER = Doubt(
    "number", "Số phiếu giấy có từ 1 đến 12 chữ số hoặc chữ cái; không ghi số giấy tờ ở đây.",
    "A paper form's number has 1 to 12 digits or letters; no ID number here.",
)  # fmt: skip
A_COUNT = Doubt(
    "count", f"Nhóm có từ 1 đến {MOST_IN_GROUP} người.", f"A group has 1 to {MOST_IN_GROUP} people."
)  # fmt: skip
SAME_NAME = Doubt(
    "name", "Người cùng họ tên và năm sinh (hoặc điện thoại) đang ở trong.",
    "Somebody of the same name and birth year (or phone) is inside.", hard=False,
)  # fmt: skip


def judge(typed: Typed, code: Credential | None, today: date) -> Judged:
    """Judge what was *typed*; *code* is what the door recognises in the typed number, None where there is none.

    A hard error is what domain rules call one: a number of wrong length, one that says born in the future, a day
    that never was. All else is doubt: said once, and taken when staff insist.
    """
    match typed.way:
        case Way.GROUP:
            return _group(typed)
        case Way.PAPER:
            return _paper(typed)
    said, doubts = _person(typed, today)
    if code is None:
        if not any(map(str.isalpha, said.name)):
            return Judged(doubts=(*doubts, NOBODY))
        return Judged((Credential(Kind.NAMED, Check.UNSIGNED, _named_holder(said, typed), person=said),), tuple(doubts))
    return _numbered(typed, code, said, doubts, today.year)


def _group(typed: Typed) -> Judged:
    if not 1 <= typed.count <= MOST_IN_GROUP:
        return Judged(doubts=(A_COUNT,))
    holders = (f"hand:{typed.once}:{number}" for number in range(1, typed.count + 1))
    return Judged(tuple(Credential(Kind.UNNAMED, Check.UNSIGNED, holder) for holder in holders))


def _paper(typed: Typed) -> Judged:
    form = identity.clean_text(typed.number, identity.LONGEST_NUMBER).upper().replace(" ", "")
    is_form = len(form) <= LONGEST_FORM and _FORM.fullmatch(form) and not identity.ID_NUMBER.fullmatch(form)
    if not is_form:
        return Judged(doubts=(A_FORM_NUMBER,))
    return Judged((Credential(Kind.PAPER, Check.UNSIGNED, f"paper:{form}", person=Person(number=form)),))


def _named_holder(person: Person, typed: Typed) -> str:
    return ("" if typed.another else identity.partial_holder(person)) or f"hand:{typed.once}"


def _person(typed: Typed, today: date) -> tuple[Person, list[Doubt]]:
    """What was typed beside the number, cleaned."""
    nothing = Verdict()
    verdicts = {
        "name": identity.read_name(typed.name) if typed.name.strip() else nothing,
        "birth": identity.read_date(typed.birth, latest=today.isoformat()) if typed.birth.strip() else nothing,
        "sex": identity.read_sex(typed.sex),
        "phone": identity.read_phone(typed.phone),
    }
    doubts = [doubt for field, verdict in verdicts.items() for doubt in _doubts(field, verdict)]
    values = {field: verdict.value for field, verdict in verdicts.items()}
    # An old font's letters are told, but names of other languages have such letters, too.
    name = values.pop("name") or identity.clean_name(typed.name)
    return Person(name=name, **values), doubts


def _doubts(field: str, verdict: Verdict) -> Iterator[Doubt]:
    for problem in verdict.problems:
        hard = problem.hard and problem is not Problem.OLD_FONT
        yield Doubt(field, problem.vi, problem.en, hard, verdict.offer)


def _numbered(typed: Typed, code: Credential, said: Person, doubts: list[Doubt], year: int) -> Judged:
    """Who has a number: what their code says counts, and what was typed fills what it does not say."""
    if code.refusal is None:
        own = code.person
        person = replace(
            own, name=own.name or said.name, sex=own.sex or said.sex, phone=own.phone or said.phone,
            birth=said.birth if said.birth.startswith(own.birth) else own.birth,
        )  # fmt: skip
        if code.kind == Kind.TYPED and len(own.number) == 12:
            doubts += _doubts("number", identity.check_id_number(own.number, year))
            doubts += _contradictions(own, said)
        return Judged((replace(code, person=person),), tuple(doubts))
    if identity.parse_phone(typed.number):
        return Judged(doubts=(*doubts, A_PHONE))
    verdict = identity.check_id_number(typed.number, year)
    if verdict.value and not verdict.hard:  # a passport
        person = replace(said, number=verdict.value)
        passport = Credential(Kind.TYPED, Check.UNSIGNED, f"passport:{verdict.value}", person=person)
        return Judged((passport,), (*doubts, *_doubts("number", verdict)))
    return Judged(doubts=(*doubts, *(_doubts("number", verdict) if verdict.hard else [_refused(code)])))


def _contradictions(own: Person, said: Person) -> Iterator[Doubt]:
    if (said.birth and said.birth[:4] != own.birth) or (said.sex and said.sex != own.sex):
        problem = Problem.DISAGREEMENT
        yield Doubt("number", problem.vi, problem.en, problem.hard)


def _refused(code: Credential) -> Doubt:
    """A code that a scanner typed into the field, and that names nobody."""
    return Doubt("number", Heading.WRONG_FORMAT.vi, code.detail or Heading.WRONG_FORMAT.en)


__all__ = ["MOST_IN_GROUP", "NOBODY", "SAME_NAME", "Doubt", "Judged", "NotNow", "Overrule", "Typed", "Way", "judge"]
