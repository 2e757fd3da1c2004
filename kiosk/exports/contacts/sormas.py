"""Contacts for SORMAS's import: CSV with its property names, comments behind ``##``, dates as dd/MM/yyyy.

Columns and values: SORMAS-Project, contact import (``sormas-ui/src/test/resources/sormas_contact_import_test*.csv``,
``DataImporter.java``). Required there: disease, reportDateTime, first and last name, sex, and region and district
unless ``caseIdExternalSystem`` names a case.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from kiosk.exports.contacts.handing_over import File, Receiver, Refused, Sormas, first_order_named
from kiosk.exports.contacts.people import birth_parts, family_and_given, local_phone
from kiosk.exports.contacts.table import Clock, fingerprint, minutes, notes, number_of, place_text, rows, text_of
from kiosk.exports.csv_table import safe_cell
from kiosk.rules.contact_list import ContactList, Found
from kiosk.rules.contact_words import TITLE, Said
from kiosk.rules.tracing import By

ENDING = ".sormas.csv"
_SEXES = {"M": "MALE", "F": "FEMALE"}


def write(answer: ContactList, receiver: Receiver) -> File | Refused:
    """Everybody with a name, as contacts of one case; unconfirmed, for SORMAS's users to judge."""
    server = receiver.sormas
    if not server.case_uuid and not (server.disease and server.region and server.district):
        return Refused(
            Said(
                "SORMAS cần mã ca bệnh (case UUID), hoặc bệnh, tỉnh (region) và huyện (district).",
                "SORMAS needs the case's UUID, or disease, region and district.",
            )
        )
    known = first_order_named(answer, "SORMAS")
    if isinstance(known, Refused):
        return known
    found, left_out = known
    mark, clock = fingerprint(rows(answer)), Clock(answer.asked.time_zone)
    out = io.StringIO(newline="")
    out.write(f"## {TITLE.en}; {len(found)} of {mark.text}\n")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    lines = [_line(one, answer, server, clock) for one in found]
    writer.writerow(lines[0] if lines else _HEADINGS)
    writer.writerows(map(safe_cell, map(text_of, line.values())) for line in lines)
    return File(out.getvalue().encode(), len(found), left_out, mark)


def _line(one: Found, answer: ContactList, server: Sormas, clock: Clock) -> Mapping[str, str]:
    person, asked = one.who.person, answer.asked
    family, given = family_and_given(person.name)
    year, month, day = birth_parts(person.birth)
    values = (
        *(server.case_uuid, f"kiosk {asked.case_number}", server.disease),
        *(_date(clock, asked.asked_ms), server.region, server.district),
        "TRUE" if clock.local(one.first_ms).date() != clock.local(one.last_ms).date() else "FALSE",
        *(_date(clock, one.first_ms), _date(clock, one.last_ms)),
        *("SAME_ROOM" if asked.by is By.ZONE else "", "UNCONFIRMED", _description(one), one.who.mark),
        *(given, family, _SEXES.get(person.sex, "UNKNOWN"), day, month, year),
        *(local_phone(person.phone), number_of(one.who), person.address),
    )
    return dict(zip(_HEADINGS, values, strict=True))


_HEADINGS = (
    *("caseIdExternalSystem", "caseOrEventInformation", "disease", "reportDateTime", "region", "district"),
    *("multiDayContact", "firstContactDate", "lastContactDate", "contactProximity", "contactClassification"),
    *("description", "externalToken", "person.firstName", "person.lastName", "person.sex"),
    *("person.birthdateDD", "person.birthdateMM", "person.birthdateYYYY", "person.phone"),
    *("person.nationalHealthId", "person.address.additionalInformation"),
)


def _date(clock: Clock, at_ms: int) -> str:
    return f"{clock.local(at_ms):%d/%m/%Y}"


def _description(one: Found) -> str:
    where = ", ".join(dict.fromkeys(map(place_text, one.places)))
    sure = f"{minutes(one.certain_ms)} min certain, {minutes(one.possible_ms)} min possible"
    return "; ".join(filter(None, (f"Present at the same time: {where}", sure, notes(one).en)))
