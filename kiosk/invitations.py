"""The story of a session's invitations: how many come from each organisation, when, and what is announced."""

from __future__ import annotations

import sqlite3
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

from kiosk.config import Settings
from kiosk.retention import key_day
from kiosk.roster import names_of_site, unpacked
from kiosk.rules.identity import match_key
from kiosk.rules.invitations import Group, Invitations, stagger
from kiosk.rules.loudspeaker import Session
from kiosk.store import roster
from kiosk.vault.list_key import read_list_key

MOST_DAYS_AHEAD = 31


def listed_groups(db: sqlite3.Connection, data: Path, settings: Settings, day: str) -> list[Group]:
    """How many people of each organisation the lists have for this site on *day* (ISO), in the order of the lists.

    Who stands on two lists by the same number counts once. Nobody's name comes out of it.
    Raises StoreError and VaultError.
    """
    here, known = names_of_site(settings), set[str]()
    counts: Counter[tuple[str, str, str]] = Counter()
    for listed in roster.stored_lists(db):
        if not listed.here or not listed.first_day <= day <= listed.last_day:
            continue
        key = read_list_key(data, listed.id)
        for content in filter(None, map(key.reveal, roster.every_row(db, listed.id))):
            one = unpacked(content)
            if one.slot.day not in ("", day) or (one.site and match_key(one.site) not in here):
                continue
            if known.isdisjoint(one.holders):
                counts[one.unit, one.slot.since, one.slot.until] += 1
            known.update(one.holders)
    return [Group(unit, people, since, until) for (unit, since, until), people in counts.items()]


def invite(settings: Settings, groups: list[Group]) -> Invitations:
    """Times for *groups*, by the settings: from [session] start, or when the first service opens, to its end."""
    session, hours = settings.session, _hours(settings)
    opens = min((opens for _, opens, _ in hours), default="")
    ends = [closes for _, _, closes in hours]
    closes = max(ends) if all(ends) and ends else ""
    return stagger(groups, session.start or opens, session.end or closes, session.per_quarter_hour)


def session_of(settings: Settings, day: str) -> Session:
    """What is announced of *day*, but for the invitations."""
    site, session = settings.site, settings.session
    hours = _hours(settings)
    if len(hours) == 1 or not any(opens or closes for _, opens, closes in hours):
        _, opens, closes = hours[0] if hours else ("", "", "")
        hours = [("", session.start or opens, session.end or closes)]
    bring = (session.bring, session.bring_en)
    return Session(day, site.keeper, site.name, session.address, tuple(hours), bring, site.contact)


def _hours(settings: Settings) -> list[tuple[str, str, str]]:
    return [(service.name, service.opens, service.closes) for service in settings.plan().entrances()]


def days_ahead(db: sqlite3.Connection, settings: Settings, now_ms: int) -> list[str]:
    """Today and the days to come (ISO) for which a list has people of this site, at most a month of them."""
    today = date.fromisoformat(key_day(now_ms, settings.zone, settings.vault.turn_at))
    lists = [(listed.first_day, listed.last_day) for listed in roster.stored_lists(db) if listed.here]
    days = [(today + timedelta(days=ahead)).isoformat() for ahead in range(MOST_DAYS_AHEAD)]
    return [day for day in days if day == days[0] or any(first <= day <= last for first, last in lists)]
