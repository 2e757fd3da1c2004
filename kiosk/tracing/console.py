"""The story of a case: whose pseudonyms, how many would be named, who was present at the same time, then their names.

The opening is on record before a console is made. Engine and sealed copies may be a hub's, a lake's or this kiosk's
own; what ties people together never leaves here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from kiosk.rules.contact_list import Asked, ContactList, Found, Gap, Somebody, ranked
from kiosk.rules.linked import grouped, spans_of
from kiosk.rules.meeting import Meeting, meetings, presence, together
from kiosk.rules.openings import Request, Search, reach
from kiosk.rules.tracing import By, Count, Engine, Index, KeyedStay, Sealed, TooManyError, nobody
from kiosk.tracing.people import SUBJECT_BYTES, Opener, People, SomeoneSeen, Who, pairs_of

MOST_NAMED = 50_000
MOST_LATER = 5_000
MOST_ASKED = 500_000  # pseudonyms that are looked up for the second order
NEARLY_ALL = 0.9
MANY = 100  # fewer people than this are not "nearly everyone" of anything

_Met = dict[bytes, tuple[SomeoneSeen, list[Meeting]]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom it is asked about: by holder ids, by phone, or nobody but who was at *zone* of the scope's sites."""

    holder_ids: tuple[str, ...] = ()
    phone: str = ""
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What a case comes to before anybody is named: the case's stays, and how many would be, of how many.

    *first* are those who would be, where they are no more than a list is for: the count is one of people then.
    """

    index: Index
    subjects: frozenset[bytes]
    count: Count
    gaps: tuple[Gap, ...]
    first: _Met = field(default_factory=dict)


def is_nearly_everyone(count: Count) -> bool:
    """Whether *count* is of a crowd, and of nearly all of it."""
    return count.met >= MANY and count.share >= NEARLY_ALL


class Console:
    """Asks *engine* and *sealed* what *request* allows, for who holds *opener*; it is *now_ms*."""

    def __init__(self, engine: Engine, sealed: Sealed, opener: Opener, request: Request, now_ms: int) -> None:
        self._engine = engine
        self._sealed = sealed
        self._opener = opener
        self._people = People(engine, sealed, opener, now_ms)
        self._request = request
        self._scope = request.scope
        self._wide = reach(request)

    def look(self, wanted: Wanted) -> Look:
        """Find the case and count whom an answer would name. Raises TooManyError where a phone is looked for among too
        many."""
        shut = self._opener.unlock(self._sealed.keys(self._wide))
        gaps = tuple(Gap(key.site, key.from_ms, key.until_ms, why) for key, why in shut)
        if self._request.search is Search.PLACE:
            index, subjects = self._of_place(wanted.zone), frozenset[bytes]()
        else:
            index, subjects = self._of_person(wanted)
        count = self._engine.count(index, self._scope, self._request.question)
        if count.met > MOST_NAMED:
            return Look(index, subjects, count, gaps)
        first, count = self._first(index, count)
        return Look(index, subjects, count, gaps, first)

    def _of_place(self, zone: str) -> Index:
        scope = self._scope
        here = [nobody(site, zone, scope.from_ms, scope.until_ms) for site in sorted(scope.sites)]
        return Index([stay for one in here for stay in one.stays], {})

    def _of_person(self, wanted: Wanted) -> tuple[Index, frozenset[bytes]]:
        known = {self._opener.subject(holder) for holder in wanted.holder_ids}
        if wanted.phone:
            anybody = replace(self._request.question, least_ms=0)
            there = self._engine.met(self._of_place(""), replace(self._scope, by=By.SITE), anybody)
            known |= self._people.by_phone(wanted.phone, [(met.key_id, met.who) for met in there])
        subjects, asked = self._people.all_documents(known)
        around = self._people.seen(pairs_of(asked), self._wide)
        stays = [stay for one in around.values() for stay in one.stays if self._scope.has(stay)]
        return Index(stays, grouped(who for one in around.values() for who in one.whos)), subjects

    def answer(self, look: Look, asked: Asked) -> ContactList:
        """Everybody who was present with the case, ranked and named. Raises TooManyError where *look* counts more than
        a list is for, and where the second order would be nearly everyone."""
        if look.count.met > MOST_NAMED:
            said = f"{look.count.met} would be named, more than the {MOST_NAMED} that a list is for"
            raise TooManyError(said, look.count.met)
        first = look.first
        later = self._later(look, first) if self._request.second_order else {}
        case = self._people.seen(pairs_of(look.index.selves), self._scope)
        everybody = {subject: seen for subject, (seen, _) in {**first, **later}.items()} | case
        subject_of = {who: subject for subject, seen in everybody.items() if seen.stays for who in seen.whos}
        names = self._people.names(subject_of, self._request.case_number)
        found = [_found(1, names[subject], met) for subject, (_, met) in first.items()]
        for subject, (_, met) in later.items():
            through = sorted({names[one.whom].mark for one in met})
            found.append(replace(_found(2, names[subject], met), through=tuple(through)))
        return ContactList(
            asked,
            look.count,
            tuple(names[subject] for subject in sorted(case) if subject in names),
            tuple(map(presence, look.index.stays)),
            tuple(_numbered(ranked(found))),
            look.gaps,
        )

    def _first(self, index: Index, count: Count) -> tuple[_Met, Count]:
        """Who was present with *index*, and *count* in people."""
        met = [(one.key_id, one.who) for one in self._engine.met(index, self._scope, self._request.question)]
        people = self._people.seen(met, self._wide)
        first = self._met(people, [(b"", stay) for stay in index.stays])
        return first, _in_people(count, met, people, len(first))

    def _met(self, people: Mapping[bytes, SomeoneSeen], index: Sequence[tuple[bytes, KeyedStay]]) -> _Met:
        theirs = [(subject, stay) for subject, seen in people.items() for stay in seen.stays]
        found = meetings(index, theirs, self._scope, self._request.question)
        return {subject: (people[subject], met) for subject, met in found.items()}

    def _later(self, look: Look, first: _Met) -> _Met:
        """Who was present with somebody of the first order from then on."""
        since = {subject: min(one.contact.first_ms for one in met) for subject, (_, met) in first.items()}
        seen = self._people.seen(self._everywhere(since), self._scope)
        contacts = {who: since[subject] for subject, one in seen.items() for who in one.whos}
        later = self._engine.met_later(contacts, look.index.selves, self._scope, self._request.question)
        index = [
            (subject, _from(stay, since[subject]))
            for subject, one in seen.items()
            for stay in one.stays
            if stay.went_ms > since[subject]
        ]
        selves = grouped([*contacts, *pairs_of(look.index.selves)])
        there = Index(spans_of(stay for _, stay in index), selves)
        count = Count(len(later), self._engine.count(there, self._scope, self._request.question).present)
        people = self._people.seen(later, self._wide)
        met = self._met(people, index)
        count = _in_people(count, later, people, len(met))
        if is_nearly_everyone(count) or count.met > MOST_LATER:
            raise _too_many_later(count)
        return met

    def _everywhere(self, since: Mapping[bytes, int]) -> list[Who]:
        """The contacts under every key that was in use after they were first met."""
        subjects = [subject for subject in since if len(subject) == SUBJECT_BYTES]
        first_ms = min(since.values(), default=self._wide.until_ms)
        under = self._opener.pseudonyms(subjects, replace(self._wide, from_ms=first_ms))
        if len(under) * len(subjects) > MOST_ASKED:
            said = f"{len(subjects)} people on {len(under)} site days are too many for the second order"
            raise TooManyError(said, len(subjects))
        return pairs_of(under)


def _in_people(count: Count, met: Sequence[Who], people: Mapping[bytes, SomeoneSeen], found: int) -> Count:
    """*count* in people: who passed two kiosks of a site, or came on two days, has several pseudonyms. How many those
    who were *met* have there, so many has each who was present; *found* of them were.
    """
    keys = {key_id for key_id, _ in met}
    marks = sum(key_id in keys for seen in people.values() for key_id, _ in seen.whos)
    present = -(-count.present * len(people) // marks) if marks else count.present
    return Count(found, max(present, found))


def _too_many_later(count: Count) -> TooManyError:
    return TooManyError(f"the second order would name {count.met} of {count.present} ({count.share:.0%})", count.met)


def _found(order: int, who: Somebody, met: Sequence[Meeting]) -> Found:
    stays = dict.fromkeys(presence(one.stay) for one in met)
    return Found(order, 0, who, tuple(map(together, met)), tuple(stays))


def _numbered(found: Iterable[Found]) -> Iterable[Found]:
    ranks: defaultdict[int, int] = defaultdict(int)
    for one in found:
        ranks[one.order] += 1
        yield replace(one, rank=ranks[one.order])


def _from(stay: KeyedStay, first_ms: int) -> KeyedStay:
    """What of *stay* lies after *first_ms*."""
    return replace(
        stay,
        came_ms=max(stay.came_ms, first_ms),
        surely_came_ms=max(stay.surely_came_ms, first_ms),
        surely_went_ms=max(stay.surely_went_ms, first_ms),
    )
