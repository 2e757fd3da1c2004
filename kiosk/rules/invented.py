"""Invented people with ready codes, for the simulator, the demo and the tests.

Person *i* is the same for ever and shares no identifier with any other below three million. Nobody
is meant: the ID numbers carry place codes (097 to 099) that no province has, and are otherwise
consistent in century, sex and year; the phones lie in one block of 099 000 0000.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta

from kiosk.rules.access import Role
from kiosk.rules.identity import match_key
from kiosk.rules.model import Kind, Person

_FAMILIES = (
    "Nguyễn",
    "Trần",
    "Lê",
    "Phạm",
    "Hoàng",
    "Huỳnh",
    "Phan",
    "Vũ",
    "Võ",
    "Đặng",
    "Bùi",
    "Đỗ",
    "Hồ",
    "Ngô",
    "Lý",
)
_MIDDLES = {"M": ("Văn", "Đức", "Hữu", "Minh", "Quốc"), "F": ("Thị", "Ngọc", "Thị Thúy", "Kim", "Thị Ánh")}
_GIVENS = {
    "M": ("Bách", "Dương", "Đạt", "Hải", "Khế", "Lượng", "Mẫn", "Phước", "Quý", "Sơn", "Tùng", "Vũ", "Trúc", "Núi"),
    "F": ("Ánh", "Bưởi", "Cúc", "Diễm", "Đào", "Hồng", "Huệ", "Lụa", "Mận", "Nguyệt", "Sen", "Thủy", "Yến", "Tuyết"),
}
_SECONDS = ("", "", "Bảo", "Gia", "Hoài", "Khánh", "Nhật", "Phương", "Thanh", "Thiên", "Tường", "Xuân")
_PLACES = ("Ấp Mây Trắng", "Thôn Đồi Quạ", "Khóm Bến Trăng", "Tổ 3 Xóm Gió", "Bản Suối Đá")
_COMMUNES = ("Xã Không Tên, Tỉnh Tưởng Tượng", "Phường Ví Dụ, Tỉnh Tưởng Tượng", "Xã Thử Nghiệm, Tỉnh Giả Định")

_A_MILLION = 1_000_000
_FIRST_BIRTH = date(1936, 1, 1)
_BIRTH_DAYS = 80 * 365  # until the end of 2015: old people and children come too


@dataclass(frozen=True, slots=True)
class InventedStaff:
    """Somebody who works at an invented site, with a PIN that everybody may know."""

    name: str
    role: Role
    pin: str


STAFF = (
    InventedStaff("Sen", Role.VOLUNTEER, "408163"),
    InventedStaff("Hải", Role.STAFF, "571926"),
    InventedStaff("Nguyệt", Role.SUPERVISOR, "639482"),
    InventedStaff("Tùng", Role.TRACER, "746095"),
    InventedStaff("Yến", Role.ADMIN, "850271"),
)


@dataclass(frozen=True, slots=True)
class InventedPerson:
    """A person who does not exist, with the texts of the codes they may carry."""

    index: int
    person: Person
    old_number: str  # the CMND of before 2016; empty for the younger
    insurance_number: str
    qid: str
    id_card_text: str
    insurance_text: str
    unified_text: str


def every_name() -> tuple[str, ...]:
    """Whatever invented people and places are called by, in its parts."""
    people = (*_FAMILIES, *(name for names in (*_MIDDLES.values(), *_GIVENS.values()) for name in names), *_SECONDS)
    return (*people, *_PLACES, *_COMMUNES, *(staff.name for staff in STAFF))


def person(i: int) -> InventedPerson:
    """The invented person number *i*, from 0."""
    chance = int.from_bytes(hashlib.sha256(f"invented person {i}".encode()).digest(), "big")
    chance, sex = _pick(chance, ("M", "F"))
    chance, born_after_days = divmod(chance, _BIRTH_DAYS)
    birth = _FIRST_BIRTH + timedelta(days=born_after_days)
    chance, family = _pick(chance, _FAMILIES)
    chance, middle = _pick(chance, _MIDDLES[sex])
    chance, second = _pick(chance, _SECONDS)
    chance, given = _pick(chance, _GIVENS[sex])
    chance, place = _pick(chance, _PLACES)
    chance, commune = _pick(chance, _COMMUNES)
    somebody = Person(
        name=" ".join(f"{family} {middle} {second} {given}".split()),
        birth=birth.isoformat(),
        sex=sex,
        number=_id_number(i, birth.year, sex),
        phone=f"09900{i % 100_000:05d}",
        address=f"{place}, {commune}",
    )
    return _with_codes(i, somebody)


def codes(somebody: InventedPerson) -> dict[Kind, bytes]:
    """The codes that *somebody* may show, as a scanner reads them."""
    return {
        Kind.ID_CARD: somebody.id_card_text.encode(),
        Kind.INSURANCE: somebody.insurance_text.encode(),
        Kind.UNIFIED: somebody.unified_text.encode(),
        Kind.TYPED: somebody.person.number.encode(),
    }


def _pick(chance: int, options: tuple[str, ...]) -> tuple[int, str]:
    chance, index = divmod(chance, len(options))
    return chance, options[index]


def _id_number(i: int, birth_year: int, sex: str) -> str:
    place = 99 - i // _A_MILLION % 3
    century_and_sex = (birth_year - 1900) // 100 * 2 + (sex == "F")
    return f"{place:03d}{century_and_sex}{birth_year % 100:02d}{i % _A_MILLION:06d}"


def _with_codes(i: int, somebody: Person) -> InventedPerson:
    old_number = f"99{i % 10_000_000:07d}" if int(somebody.birth[:4]) < 2000 else ""
    insurance_number = _insurance_number(i, somebody.number)
    qid = hashlib.sha256(f"invented qid {i}".encode()).hexdigest()[:20].upper()
    return InventedPerson(
        index=i,
        person=somebody,
        old_number=old_number,
        insurance_number=insurance_number,
        qid=qid,
        id_card_text=_id_card(i, somebody, old_number),
        insurance_text=_insurance_card(somebody, insurance_number),
        unified_text=_unified(i, somebody, insurance_number, qid),
    )


def _insurance_number(i: int, id_number: str) -> str:
    """By turns the 10 digits of 2021, the 15 characters before, and the 12 of the ID card since 8/2025."""
    social = f"99{i % 100_000_000:08d}"
    return (social, f"GD499{social}", id_number)[i % 3]


def _id_card(i: int, somebody: Person, old_number: str) -> str:
    """Every second one as printed since 7/2024, with four parts more."""
    parts = [somebody.number, old_number, somebody.name, _digits(somebody.birth), _sex(somebody), somebody.address]
    parts.append("15072024" if i % 2 else "20052021")
    return "|".join(parts + ["", "Cha Tưởng Tượng", "Mẹ Tưởng Tượng", ""] * (i % 2))


def _insurance_card(somebody: Person, number: str) -> str:
    head = [number, _hex(somebody.name), _slashed(somebody.birth), "1" if somebody.sex == "M" else "2"]
    address, hospital = _hex(somebody.address), "99 - 001"
    dates = ["01/01/2026", "31/12/2026", "01/01/2026"]
    tail = ["99000000000000", "-", "4", " 01/01/2030", "0123456789abcdef-0000"]
    if len(number) == 15:
        return "|".join([*head, address, hospital, *dates, *tail, "$"])
    return "|".join([*head, "-", hospital, *dates, *tail, "4", _hex("Tỉnh Tưởng Tượng"), "$"])


def _unified(i: int, somebody: Person, insurance: str, qid: str) -> str:
    """Every second one with number, birth and EXT starred, as the app shows it until told otherwise."""
    number, birth, phone = somebody.number, somebody.birth, somebody.phone
    if i % 2:
        number, birth, phone = "*" * 6 + number[6:], f"{birth[:4]}-**-**", phone[:4] + "*" * 6
        insurance = insurance[:6] + "*" * (len(insurance) - 6)
    extension = "<".join(("1" if somebody.sex == "M" else "2", insurance, phone))
    return "|".join((number, match_key(somebody.name), birth, "0", qid, extension))


def _digits(iso: str) -> str:
    year, month, day = iso.split("-")
    return f"{day}{month}{year}"


def _slashed(iso: str) -> str:
    year, month, day = iso.split("-")
    return f"{day}/{month}/{year}"


def _sex(somebody: Person) -> str:
    return "Nam" if somebody.sex == "M" else "Nữ"


def _hex(text: str) -> str:
    return text.encode().hex()
