"""What somebody typed about a case -> what is asked: for whom, where, when, what counts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from kiosk.rules.contact_words import Said
from kiosk.rules.contacts import MINUTE_MS, Question
from kiosk.rules.identity import parse_phone
from kiosk.rules.openings import SENTENCES, OpeningFault, Request, Search, checked
from kiosk.rules.tracing import By, Scope
from kiosk.rules.wanted import WantedFault, holder_ids
from kiosk.tracing.console import Wanted
from kiosk.tracing.desk import NotAllowed, Typed

MOST_DAYS = 60
MOST_MINUTES = 24 * 60
_YEARS = range(1970, 2200)

_NOT_A_DAY = Said("Ngày khởi phát phải ghi như 2026-11-21.", "The onset is a day as 2026-11-21.")
_NOT_A_TIME = Said(
    "Thời điểm phải ghi như 2026-11-21T08:30.",
    "The time is one as 2026-11-21T08:30, in the local time or with offset.",
)
_NOT_A_NUMBER = Said(
    "{what} phải là số nguyên từ {least} đến {most}.", "{what} is a whole number from {least} to {most}."
)
_NO_SITE = Said(
    "Hỏi theo nơi hoặc theo số điện thoại thì phải nêu điểm và khoảng thời gian.",
    "A place or a phone is asked about at a site that is named, and between two times.",
)
_BOTH_ENDS = Said("Hãy ghi cả thời điểm đầu và cuối.", "Say both times, from when and until when.")


Choice = TypeVar("Choice", Search, By)


@dataclass(frozen=True, slots=True)
class Case:
    """What is asked to be opened, and of whom, which only the console knows."""

    request: Request
    wanted: Wanted


def case_of(typed: Typed, zone: ZoneInfo, now_ms: int, longest_ms: int) -> Case:
    """What was *typed*, where it is *zone* and *now_ms*. Raises NotAllowed."""
    search = _one(Search, typed.search, Search.NUMBER)
    scope = _scope(typed, search, zone, now_ms)
    least, tail = _number("minutes", typed.minutes, 1), _number("tail", typed.tail, 0)
    question = Question(least * MINUTE_MS, tail * MINUTE_MS, longest_ms)
    request = Request(typed.case_number, typed.reason, search, scope, question, bool(typed.second_order))
    try:
        wanted = Wanted(_holders(search, typed), _phone(search, typed.what), typed.zone.strip())
        return Case(checked(request), wanted)
    except OpeningFault as refused:
        raise NotAllowed(Said(*SENTENCES[refused.fault])) from refused
    except WantedFault as refused:
        raise NotAllowed(Said(refused.vi, str(refused))) from refused


def _holders(search: Search, typed: Typed) -> tuple[str, ...]:
    """Every holder id of the one person who was typed. Raises WantedFault."""
    documents = [(search, typed.what), *((_one(Search, kind, Search.NUMBER), what) for kind, what in typed.also)]
    found = [holder for kind, what in documents for holder in holder_ids(kind, what)]
    return tuple(dict.fromkeys(found))


def _scope(typed: Typed, search: Search, zone: ZoneInfo, now_ms: int) -> Scope:
    sites = frozenset(part for part in re.split(r"[,;\s]+", typed.sites) if part)
    from_ms, until_ms = _window(typed, zone, now_ms)
    if search in (Search.PLACE, Search.PHONE) and not (sites and typed.since and typed.until):
        raise NotAllowed(_NO_SITE)
    by = _one(By, typed.by, By.ZONE)
    if search is Search.PLACE:
        by = By.ZONE if typed.zone.strip() else By.SITE
    return Scope(from_ms, until_ms, by, sites)


def _window(typed: Typed, zone: ZoneInfo, now_ms: int) -> tuple[int, int]:
    """Between the two times, where they are given; else from so many days before the onset, or today, until now."""
    if typed.since or typed.until:
        if not (typed.since and typed.until):
            raise NotAllowed(_BOTH_ENDS)
        return _time(typed.since, zone), _time(typed.until, zone)
    days = _number("days", typed.days, 0, MOST_DAYS)
    today = datetime.fromtimestamp(now_ms / 1000, zone).date()
    begins = (_day(typed.onset) if typed.onset else today) - timedelta(days=days)
    return round(datetime.combine(begins, time(), zone).timestamp() * 1000), now_ms


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError as error:
        raise NotAllowed(_NOT_A_DAY) from error
    if day.year not in _YEARS:
        raise NotAllowed(_NOT_A_DAY)
    return day


def _time(text: str, zone: ZoneInfo) -> int:
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise NotAllowed(_NOT_A_TIME) from error
    if at.year not in _YEARS:
        raise NotAllowed(_NOT_A_TIME)
    return round((at if at.tzinfo else at.replace(tzinfo=zone)).timestamp() * 1000)


def _number(what: str, text: str, least: int, most: int = MOST_MINUTES) -> int:
    digits = text.strip()
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 6 and least <= int(digits) <= most):
        raise NotAllowed(Said(*(words.format(what=what, least=least, most=most) for words in _NOT_A_NUMBER)))
    return int(digits)


def _phone(search: Search, typed: str) -> str:
    return parse_phone(typed) if search is Search.PHONE else ""


def _one(choices: type[Choice], text: str, otherwise: Choice) -> Choice:
    try:
        return choices(text)
    except ValueError:
        return otherwise
