"""Contacts for DHIS2 Tracker: the flat payload of ``POST /api/tracker`` (DHIS2 documentation, "Tracker").

Its metadata's UIDs are the server's own and come from the settings; ours are derived from the case number and the
person's mark, so that importing twice changes nothing. ``importMode=VALIDATE`` tries it without keeping anything.
"""

from __future__ import annotations

import hashlib
import json
import re
import string
from typing import Any

from kiosk.exports.contacts.handing_over import Dhis2, File, Receiver, Refused, first_order_named
from kiosk.exports.contacts.people import birth_parts, family_and_given, full_birth
from kiosk.exports.contacts.table import (
    Clock,
    Fingerprint,
    fingerprint,
    minutes,
    notes,
    number_of,
    place_text,
    rows,
    text_of,
)
from kiosk.rules.contact_list import ContactList, Found
from kiosk.rules.contact_words import Said

ENDING = ".dhis2.json"
UID = re.compile(r"[A-Za-z][A-Za-z0-9]{10}")

# What a server may have an attribute for.
ATTRIBUTES = (
    *("family_name", "given_name", "name", "birth_date", "birth_year", "sex", "id_number", "phone", "address"),
    *("mark", "first_together", "last_together", "certain_minutes", "possible_minutes", "places", "notes"),
)
_SEXES = {"M": "MALE", "F": "FEMALE"}
_FIRST, _NEXT = string.ascii_letters, string.ascii_letters + string.digits


def write(answer: ContactList, receiver: Receiver) -> File | Refused:
    """Everybody with a name: tracked entity, enrolment, and the relationship to the case where that is known."""
    server = receiver.dhis2
    if refused := _unusable(server):
        return refused
    known = first_order_named(answer, "DHIS2")
    if isinstance(known, Refused):
        return known
    found, left_out = known
    mark, clock, case = fingerprint(rows(answer)), Clock(answer.asked.time_zone), answer.asked.case_number
    content = {
        "trackedEntities": [_entity(one, answer, server, clock) for one in found],
        "enrollments": [_enrollment(one, answer, server, clock, mark) for one in found],
        "relationships": [_relationship(one, case, server) for one in found if server.case_entity],
    }
    text = json.dumps(content, ensure_ascii=False, indent=1)
    return File(text_of(text).encode(), len(found), left_out, mark)


def uid(*parts: str) -> str:
    """A UID of DHIS2 (a letter, ten letters or digits) from *parts*: 64 bits of their SHA-256."""
    number = int.from_bytes(hashlib.sha256(text_of("\0".join(parts)).encode()).digest(), "big")
    number, first = divmod(number, len(_FIRST))
    letters = [_FIRST[first]]
    while len(letters) < 11:
        number, place = divmod(number, len(_NEXT))
        letters.append(_NEXT[place])
    return "".join(letters)


def _unusable(server: Dhis2) -> Refused | None:
    needed = {
        "tracked_entity_type": server.tracked_entity_type,
        "program": server.program,
        "org_unit": server.org_unit,
    }
    if server.case_entity:
        needed |= {"relationship_type": server.relationship_type, "case_entity": server.case_entity}
    missing = [name for name, value in needed.items() if not UID.fullmatch(value)]
    attributes = server.attributes.items()
    unknown = [name or "?" for name, value in attributes if name not in ATTRIBUTES or not UID.fullmatch(value)]
    if wrong := ", ".join(missing + unknown):
        return Refused(
            Said(f"DHIS2: cần mã (UID) 11 ký tự cho {wrong}.", f"DHIS2 needs a UID of 11 letters for {wrong}.")
        )
    return None


def _entity(one: Found, answer: ContactList, server: Dhis2, clock: Clock) -> dict[str, Any]:
    values = _values(one, clock)
    return {
        "trackedEntity": uid("entity", answer.asked.case_number, one.who.mark),
        "trackedEntityType": server.tracked_entity_type,
        "orgUnit": server.org_unit,
        "attributes": [
            {"attribute": server.attributes[name], "value": values[name]}
            for name in ATTRIBUTES
            if name in server.attributes and values[name]
        ],
    }


def _values(one: Found, clock: Clock) -> dict[str, str]:
    person = one.who.person
    family, given = family_and_given(person.name)
    return {
        "family_name": family,
        "given_name": given,
        "name": person.name,
        "birth_date": full_birth(person.birth),
        "birth_year": birth_parts(person.birth)[0],
        "sex": _SEXES.get(person.sex, ""),
        "id_number": number_of(one.who),
        "phone": person.phone,
        "address": person.address,
        "mark": one.who.mark,
        "first_together": clock.local(one.first_ms).date().isoformat(),
        "last_together": clock.local(one.last_ms).date().isoformat(),
        "certain_minutes": str(minutes(one.certain_ms)),
        "possible_minutes": str(minutes(one.possible_ms)),
        "places": ", ".join(dict.fromkeys(map(place_text, one.places))),
        "notes": notes(one).en,
    }


def _enrollment(one: Found, answer: ContactList, server: Dhis2, clock: Clock, mark: Fingerprint) -> dict[str, Any]:
    case = answer.asked.case_number
    return {
        "enrollment": uid("enrollment", case, one.who.mark),
        "program": server.program,
        "trackedEntity": uid("entity", case, one.who.mark),
        "orgUnit": server.org_unit,
        "enrolledAt": _moment(clock, answer.asked.asked_ms),
        "occurredAt": _moment(clock, one.last_ms),
        "notes": [
            {
                "note": uid("note", case, one.who.mark, mark.sha256),
                "value": f"Present at the same time, case {case}: of a list of {mark.text}",
            }
        ],
    }


def _relationship(one: Found, case: str, server: Dhis2) -> dict[str, Any]:
    return {
        "relationship": uid("relationship", case, one.who.mark),
        "relationshipType": server.relationship_type,
        "from": {"trackedEntity": {"trackedEntity": server.case_entity}},
        "to": {"trackedEntity": {"trackedEntity": uid("entity", case, one.who.mark)}},
    }


def _moment(clock: Clock, at_ms: int) -> str:
    """As the server reads it: local, without an offset."""
    return f"{clock.local(at_ms):%Y-%m-%dT%H:%M:%S}"
