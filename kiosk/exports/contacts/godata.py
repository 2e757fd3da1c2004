"""Contacts for WHO Go.Data's import from a file: a JSON array of flat objects, named by its English labels.

Go.Data suggests its own field for each label (``importableFile.js``); "Relationship: date of last contact" has to be
mapped by hand once to the relationship's, because the contact has a field of the same label. Import under one case.
Certainty is never high: a kiosk knows presence, not distance.
"""

from __future__ import annotations

import json

from kiosk.exports.contacts.handing_over import File, Receiver, Refused, first_order_named
from kiosk.exports.contacts.people import birth_parts, family_and_given, full_birth
from kiosk.exports.contacts.table import Clock, fingerprint, minutes, notes, number_of, place_text, rows, text_of
from kiosk.rules.contact_list import ContactList, Found

ENDING = ".godata.json"
CONTACT_DATE = "Relationship: date of last contact"
LIST = "Kiosk list"  # for no field of Go.Data: the fingerprint

_GENDERS = {"M": "Male", "F": "Female"}
_OFTEN = ((20, "Over 21 Times"), (10, "11-20 Times"), (5, "6-10 Times"), (0, "1-5 Times"))
_MEDIUM_MIN = 60


def write(answer: ContactList, receiver: Receiver) -> File | Refused:
    """Everybody with a name, with the relationship to the case."""
    known = first_order_named(answer, "Go.Data")
    if isinstance(known, Refused):
        return known
    found, left_out = known
    mark, clock = fingerprint(rows(answer)), Clock(answer.asked.time_zone)
    of_list = f"{len(found)} of {mark.text}"
    content = [_contact(one, answer, clock) | {LIST: of_list} for one in found]
    text = json.dumps(content, ensure_ascii=False, indent=1)
    return File(text_of(text).encode(), len(found), left_out, mark)


def _contact(one: Found, answer: ContactList, clock: Clock) -> dict[str, str | int]:
    person, asked = one.who.person, answer.asked
    family, given = family_and_given(person.name)
    year = birth_parts(person.birth)[0]
    values: dict[str, str | int] = {
        "Contact ID": one.who.mark,
        "First name": given,
        "Last name": family,
        "Gender": _GENDERS.get(person.sex, ""),
        "Date of birth": full_birth(person.birth),
        "Years": clock.local(asked.asked_ms).year - int(year) if year and not full_birth(person.birth) else "",
        "Document number": number_of(one.who),
        "Phone number": person.phone,
        "Address line 1": person.address,
        "Date of reporting": _date(clock, asked.asked_ms),
        "Date of last contact": _date(clock, one.last_ms),
        CONTACT_DATE: _date(clock, one.last_ms),
        **_relationship(one, asked.least_ms, clock),
    }
    return {label: value for label, value in values.items() if value != ""}


def _relationship(one: Found, least_ms: int, clock: Clock) -> dict[str, str]:
    where = ", ".join(dict.fromkeys(map(place_text, one.places)))
    sure = f"{minutes(one.certain_ms)} min certain, {minutes(one.possible_ms)} min possible"
    return {
        "Date of first contact": _date(clock, one.first_ms),
        "Certainty level": "2 - Medium" if one.sure_encounters(least_ms) else "1 - Low",
        "Exposure frequency": next(often for above, often in _OFTEN if len(one.encounters) > above),
        "Exposure duration": "Medium (hours)" if minutes(one.possible_ms) >= _MEDIUM_MIN else "Short (minutes)",
        "Context of exposure": "Unknown",
        "Comment": "; ".join(filter(None, (f"Present at the same time: {where}", sure, notes(one).en))),
    }


def _date(clock: Clock, at_ms: int) -> str:
    return clock.local(at_ms).date().isoformat()
