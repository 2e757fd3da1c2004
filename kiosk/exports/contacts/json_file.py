"""The whole answer as JSON for machines: every text as it is, times in ISO 8601 with the site's offset."""

from __future__ import annotations

import json
from typing import Any

from kiosk.exports.contacts.about import about
from kiosk.exports.contacts.handing_over import File, Receiver, whole
from kiosk.exports.contacts.table import COLUMNS, Clock, fingerprint, minutes, rows, text_of
from kiosk.rules.contact_list import ContactList, Found, Place, Presence, Somebody, Together
from kiosk.rules.contact_words import NO_VERDICT, TITLE

ENDING = ".json"
FORMAT = "kiosk contact list 1"


def write(answer: ContactList, receiver: Receiver) -> File:
    """One object: what was asked, the case, everybody found with each encounter, and the table of the other files."""
    clock, table = Clock(answer.asked.time_zone), rows(answer)
    mark = fingerprint(table)
    content = {
        "format": FORMAT,
        "title": TITLE._asdict(),
        "note": NO_VERDICT._asdict(),
        "demo": answer.asked.demo,
        "rows": mark.rows,
        "sha256": mark.sha256,
        "asked": _asked(answer, clock),
        "about": [{"vi": name.vi, "en": name.en, "value": value} for name, value in about(answer, mark)],
        "case": [_somebody(one) for one in answer.case],
        "case_stays": [_presence(stay, clock) for stay in answer.case_stays],
        "found": [_found(one, answer.asked.least_ms, clock) for one in answer.found],
        "gaps": [
            {"site": gap.site, "from": clock.iso(gap.from_ms), "until": clock.iso(gap.until_ms), "why": gap.why}
            for gap in answer.gaps
        ],
        "table": {"columns": list(COLUMNS), "rows": table},
    }
    return whole(text_of(json.dumps(content, ensure_ascii=False, indent=1)).encode(), mark)


def _asked(answer: ContactList, clock: Clock) -> dict[str, Any]:
    asked = answer.asked
    return {
        "case_number": asked.case_number,
        "reason": asked.reason,
        "opening": asked.opening,
        "at": clock.iso(asked.asked_ms),
        "by_whom": asked.asked_by,
        "approved_by": asked.approved_by,
        "who": asked.who,
        "from": clock.iso(asked.from_ms),
        "until": clock.iso(asked.until_ms),
        "onset": asked.onset,
        "sites": list(asked.sites),
        "by": asked.by,
        "least_minutes": asked.least_min,
        "tail_minutes": minutes(asked.tail_ms),
        "second_order": asked.second_order,
        "time_zone": asked.time_zone,
        "tracing_key": asked.key,
        "counted": {"met": answer.count.met, "present": answer.count.present},
    }


def _found(one: Found, least_ms: int, clock: Clock) -> dict[str, Any]:
    return {
        "order": one.order,
        "rank": one.rank,
        **_somebody(one.who),
        "certain_ms": one.certain_ms,
        "possible_ms": one.possible_ms,
        "sure_encounters": one.sure_encounters(least_ms),
        "first": clock.iso(one.first_ms),
        "last": clock.iso(one.last_ms),
        "encounters": [_together(each, clock) for each in one.encounters],
        "stays": [_presence(stay, clock) for stay in one.stays],
        "through": list(one.through),
        "doubts": list(one.doubts),
    }


def _somebody(who: Somebody) -> dict[str, Any]:
    person = who.person
    return {
        "mark": who.mark,
        "unnamed": who.unnamed,
        "holder_id": who.holder_id,
        "name": person.name,
        "birth": person.birth,
        "sex": person.sex,
        "id_number": person.number,
        "phone": person.phone,
        "address": person.address,
    }


def _place(place: Place) -> dict[str, str]:
    return {"site": place.site, "zone": place.zone, "gate": place.gate}


def _together(one: Together, clock: Clock) -> dict[str, Any]:
    return {
        **_place(one.place),
        "first": clock.iso(one.first_ms),
        "last": clock.iso(one.last_ms),
        "certain_ms": one.certain_ms,
        "possible_ms": one.possible_ms,
        "doubts": list(one.doubts),
    }


def _presence(stay: Presence, clock: Clock) -> dict[str, Any]:
    return {
        **_place(stay.place),
        "came": clock.iso(stay.came_ms),
        "surely_came": clock.iso(stay.surely_came_ms),
        "surely_went": clock.iso(stay.surely_went_ms),
        "went": clock.iso(stay.went_ms),
        "doubts": list(stay.doubts),
    }
