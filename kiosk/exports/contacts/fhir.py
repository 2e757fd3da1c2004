"""The answer as a FHIR R4 Bundle: people as Patient, each encounter as an Observation, the opening as AuditEvent.

An encounter is an exposure as HL7's "US Public Health Exposure Contact Information" has it (category EXPOS: which way,
if any, is not known); it is no Encounter, which would mean care. Everybody is in it, with or without a name.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

from kiosk.exports.contacts.handing_over import File, Receiver, whole
from kiosk.exports.contacts.people import birth_parts, family_and_given, full_birth
from kiosk.exports.contacts.table import Clock, fingerprint, notes, number_of, place_text, rows, text_of
from kiosk.rules.contact_list import ContactList, Found, Place, Somebody, Together
from kiosk.rules.contact_words import NO_VERDICT, TITLE
from kiosk.rules.contacts import MINUTE_MS

ENDING = ".fhir.json"
_TERMS = "http://terminology.hl7.org/CodeSystem"
_NAMES = uuid.UUID("5a0b6f0e-6ac2-5f0e-9a3e-6f6f9b3f1c52")
_GENDERS = {"M": "male", "F": "female"}
Resource = dict[str, Any]


def write(answer: ContactList, receiver: Receiver) -> File:
    """A collection; its tag holds the list's fingerprint. Importing it twice makes the same resources."""
    mark, clock = fingerprint(rows(answer)), Clock(answer.asked.time_zone)
    content = {
        "resourceType": "Bundle",
        "meta": {"tag": [{"system": "urn:kiosk:contact-list", "code": mark.sha256, "display": mark.text}]},
        "type": "collection",
        "timestamp": clock.iso(answer.asked.asked_ms),
        "entry": [
            {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource} for resource in _resources(answer, clock)
        ],
    }
    return whole(text_of(json.dumps(content, ensure_ascii=False, indent=1)).encode(), mark)


def _resources(answer: ContactList, clock: Clock) -> Iterator[Resource]:
    case = answer.asked.case_number
    yield _opening(answer, clock)
    places = dict.fromkeys(Place(one.site, one.zone) for found in answer.found for one in found.places)
    yield from (_location(place, case) for place in places)
    yield from (_patient(who, case) for who in answer.case)
    for found in answer.found:
        yield _patient(found.who, case)
        yield from (_exposure(number, one, found, answer, clock) for number, one in enumerate(found.encounters))


def _id(*parts: str) -> str:
    return str(uuid.uuid5(_NAMES, text_of("\0".join(parts))))


def _to(kind: str, case: str, *parts: str) -> Resource:
    return {"reference": f"urn:uuid:{_id(kind, case, *parts)}"}


def _patient(who: Somebody, case: str) -> Resource:
    person, number = who.person, number_of(who)
    identifiers: list[Resource] = [{"system": "urn:kiosk:mark-in-case", "value": who.mark}]
    if number.strip():
        national = {"coding": [{"system": f"{_TERMS}/v2-0203", "code": "NI"}]}
        identifiers.append({"type": national, "value": number})
    patient: Resource = {
        "resourceType": "Patient",
        "id": _id("patient", case, who.mark),
        "identifier": identifiers,
        "gender": _GENDERS.get(person.sex, "unknown"),
    }
    if person.name.strip():
        family, given = family_and_given(person.name)
        patient["name"] = [{"text": person.name, "family": family, "given": [given]}]
    if birth := full_birth(person.birth) or birth_parts(person.birth)[0]:
        patient["birthDate"] = birth
    if person.phone.strip():
        patient["telecom"] = [{"system": "phone", "value": person.phone}]
    if person.address.strip():
        patient["address"] = [{"text": person.address}]
    return patient


def _location(place: Place, case: str) -> Resource:
    return {
        "resourceType": "Location",
        "id": _id("location", case, place.site, place.zone),
        "name": place_text(place),
    }


def _exposure(number: int, one: Together, found: Found, answer: ContactList, clock: Clock) -> Resource:
    case, said = answer.asked.case_number, notes(found)
    about = [_to("patient", case, who.mark) for who in answer.case] if found.order == 1 else []
    about += [_to("patient", case, mark) for mark in found.through]
    exposure: Resource = {
        "resourceType": "Observation",
        "id": _id("exposure", case, found.who.mark, str(number)),
        "status": "final",
        "category": [{"coding": [{"system": f"{_TERMS}/v3-ActClass", "code": "EXPOS"}]}],
        "code": {"text": TITLE.en},
        "subject": _to("patient", case, found.who.mark),
        "focus": [*about, _to("location", case, one.place.site, one.place.zone)],
        "effectivePeriod": {"start": clock.iso(one.first_ms), "end": clock.iso(one.last_ms)},
        "valueString": NO_VERDICT.en,
        "component": [_minutes("certain", one.certain_ms), _minutes("possible", one.possible_ms)],
    }
    if said.en:
        exposure["note"] = [{"text": said.en}]
    return exposure


def _minutes(which: str, duration_ms: int) -> Resource:
    amount = {"value": duration_ms // MINUTE_MS, "unit": "min", "system": "http://unitsofmeasure.org", "code": "min"}
    return {"code": {"text": f"Minutes together, {which}"}, "valueQuantity": amount}


def _opening(answer: ContactList, clock: Clock) -> Resource:
    """Who opened identities, when, and on whose approval."""
    asked = answer.asked
    people = [(asked.asked_by, True), *([(asked.approved_by, False)] if asked.approved_by else [])]
    return {
        "resourceType": "AuditEvent",
        "id": _id("opening", asked.case_number, asked.opening),
        "type": {"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "110106", "display": "Export"},
        "recorded": clock.iso(asked.asked_ms),
        "purposeOfEvent": [{"coding": [{"system": f"{_TERMS}/v3-ActReason", "code": "PUBHLTH"}]}],
        "agent": [{"who": {"display": name or "?"}, "requestor": asks} for name, asks in people],
        "source": {"observer": {"display": "kiosk trace"}},
        "entity": [
            {"what": {"identifier": {"value": asked.opening or "?"}}, "description": asked.reason or "?"},
        ],
    }
