"""What a writer of contact lists is told of the receiving system, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass, field

from kiosk.exports.contacts.table import Fingerprint
from kiosk.rules.contact_list import ContactList, Found
from kiosk.rules.contact_words import Said


@dataclass(frozen=True, slots=True)
class Sormas:
    """What a SORMAS server calls things. *case_uuid* is that of the case there; without it the others are needed."""

    case_uuid: str = ""
    disease: str = "CORONAVIRUS"
    region: str = ""
    district: str = ""


@dataclass(frozen=True, slots=True)
class Dhis2:
    """The UIDs that a DHIS2 server gave its own metadata; *attributes* by our names (see ``dhis2.ATTRIBUTES``).

    *case_entity* is the tracked entity of the case there; without it nobody is related to anybody.
    """

    tracked_entity_type: str = ""
    program: str = ""
    org_unit: str = ""
    relationship_type: str = ""
    case_entity: str = ""
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Receiver:
    """What is known of those who get the file."""

    sormas: Sormas = field(default_factory=Sormas)
    dhis2: Dhis2 = field(default_factory=Dhis2)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a list cannot be handed over in this form. Nothing was written."""

    why: Said


@dataclass(frozen=True, slots=True)
class File:
    """A whole file: *rows* of the list are in it; *left_out* have no name, which its receiver needs of everybody."""

    content: bytes
    rows: int
    left_out: int
    fingerprint: Fingerprint


def whole(content: bytes, mark: Fingerprint) -> File:
    """*content* with everybody of the list that *mark* is of."""
    return File(content, mark.rows, 0, mark)


def named(answer: ContactList) -> tuple[list[Found], int]:
    """Those with a name, and how many have none."""
    known = [one for one in answer.found if one.who.person.name.strip()]
    return known, len(answer.found) - len(known)


def first_order_named(answer: ContactList, system: str) -> tuple[list[Found], int] | Refused:
    """``named`` for a *system* that relates contacts to one case; refuses contacts of contacts."""
    if any(one.order > 1 for one in answer.found):
        return Refused(
            Said(
                f"{system} chỉ nhận người có mặt cùng ca bệnh (vòng 1); hãy truy vết không kèm vòng 2.",
                f"{system} takes only people present with the case (order 1); trace without the second order.",
            )
        )
    known, left_out = named(answer)
    if answer.found and not known:
        return Refused(Said("Chưa mở danh tính của ai nên không có ai để chuyển.", "Nobody's identity was opened."))
    return known, left_out
