"""Questions of a tracing team and their answers as JSON, between a console and a hub.

Every reader raises ``NotUnderstood`` for whatever is not exactly of its form.
Pseudonyms travel as one hexadecimal text for each day key, rows as lists in the order of their dataclass.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, replace
from typing import Any, TypeVar

from kiosk.rules.contact_list import Gap, Missing
from kiosk.rules.contacts import Contact, Question
from kiosk.rules.openings import Opening, Request, Search, State
from kiosk.rules.said_json import Json, NotUnderstood, blob, rows, table, text, whole
from kiosk.rules.tracing import Asked, By, Index, KeyedStay, Met, Scope, SealedKey, SealedPerson

KEY_BYTES, WHO_BYTES = 8, 16
MOST_PSEUDONYMS = 2_000_000  # in one question


def scope_out(scope: Scope) -> Json:
    """*scope* for JSON."""
    return {"from_ms": scope.from_ms, "until_ms": scope.until_ms, "by": scope.by, "sites": sorted(scope.sites)}


def scope_in(value: object) -> Scope:
    """What ``scope_out`` was given."""
    said = table(value)
    sites = said.get("sites")
    if not isinstance(sites, list):
        raise NotUnderstood("a list of sites was expected")
    return Scope(
        whole(said.get("from_ms")),
        whole(said.get("until_ms")),
        _one_of(By, said.get("by")),
        frozenset(text(site) for site in sites),
    )


def question_out(question: Question) -> list[int]:
    """*question* for JSON."""
    return [question.least_ms, question.tail_ms, question.longest_ms]


def question_in(value: object) -> Question:
    """What ``question_out`` was given."""
    return rows([value], lambda least, tail, longest: Question(whole(least), whole(tail), whole(longest)))[0]


def request_out(request: Request) -> Json:
    """*request* for JSON."""
    return {
        "case": request.case_number,
        "reason": request.reason,
        "search": request.search,
        "scope": scope_out(request.scope),
        "question": question_out(request.question),
        "second_order": request.second_order,
    }


def request_in(value: object) -> Request:
    """What ``request_out`` was given."""
    said = table(value)
    return Request(
        text(said.get("case")),
        text(said.get("reason"), 1000),
        _one_of(Search, said.get("search")),
        scope_in(said.get("scope")),
        question_in(said.get("question")),
        said.get("second_order") is True,
    )


def opening_out(opening: Opening) -> Json:
    """*opening* for JSON."""
    said = {name: getattr(opening, name) for name in _OPENING}
    return {**said, "request": request_out(opening.request)}


_OPENING = ("id", "asked_by", "asked_ms", "state", "decided_by", "decided_ms", "ended_ms", "found", "named", "present")


def opening_in(value: object) -> Opening:
    """What ``opening_out`` was given."""
    said = table(value)
    decided_ms, ended_ms = (None if said.get(at) is None else whole(said.get(at)) for at in ("decided_ms", "ended_ms"))
    return Opening(
        whole(said.get("id")),
        request_in(said.get("request")),
        text(said.get("asked_by")),
        whole(said.get("asked_ms")),
        _one_of(State, said.get("state")),
        text(said.get("decided_by")),
        decided_ms,
        ended_ms,
        *(whole(said.get(name)) for name in ("found", "named", "present")),
    )


def asked_out(asked: Asked) -> dict[str, str]:
    """*asked* for JSON."""
    return {key_id.hex(): b"".join(sorted(whos)).hex() for key_id, whos in asked.items() if whos}


def asked_in(value: object) -> Asked:
    """What ``asked_out`` was given."""
    found = {blob(key_id, KEY_BYTES): _pseudonyms(whos) for key_id, whos in table(value).items()}
    if sum(map(len, found.values())) > MOST_PSEUDONYMS:
        raise NotUnderstood(f"more than {MOST_PSEUDONYMS} pseudonyms in one question")
    return found


def since_out(contacts: Mapping[tuple[bytes, bytes], int]) -> list[list[str | int]]:
    """Contacts and when each was first met, for JSON."""
    return [[key_id.hex(), who.hex(), first_ms] for (key_id, who), first_ms in contacts.items()]


def since_in(value: object) -> dict[tuple[bytes, bytes], int]:
    """What ``since_out`` was given."""
    found = rows(value, lambda key_id, who, first: (blob(key_id, KEY_BYTES), blob(who, WHO_BYTES), whole(first)))
    if len(found) > MOST_PSEUDONYMS:
        raise NotUnderstood(f"more than {MOST_PSEUDONYMS} pseudonyms in one question")
    return {(key_id, who): first_ms for key_id, who, first_ms in found}


def stays_out(stays: Iterable[KeyedStay]) -> list[list[Any]]:
    """*stays* for JSON."""
    return [_hexed(astuple(stay)) for stay in stays]


def stays_in(value: object) -> list[KeyedStay]:
    """What ``stays_out`` was given."""
    return rows(value, _stay)


def _stay(site: object, zone: object, key_id: object, who: object, *rest: object) -> KeyedStay:
    *times, inferred, sure, gate = rest
    came, surely_came, surely_went, went = map(whole, times)
    names = (text(site), text(zone), blob(key_id, KEY_BYTES), blob(who, WHO_BYTES))
    return KeyedStay(*names, came, surely_came, surely_went, went, inferred is True, sure is True, text(gate))


def index_out(index: Index) -> Json:
    """*index* for JSON."""
    return {"stays": stays_out(index.stays), "selves": asked_out(index.selves)}


def index_in(value: object) -> Index:
    """What ``index_out`` was given."""
    said = table(value)
    return Index(rows(said.get("stays"), _index_stay), asked_in(said.get("selves")))


def _index_stay(site: object, zone: object, key_id: object, who: object, *rest: object) -> KeyedStay:
    """A stay; of nobody, where it is asked about a place."""
    if key_id or who:
        return _stay(site, zone, key_id, who, *rest)
    nobodys = _stay(site, zone, bytes(KEY_BYTES).hex(), bytes(WHO_BYTES).hex(), *rest)
    return replace(nobodys, key_id=b"", who=b"")


def met_out(met: Iterable[Met]) -> list[list[Any]]:
    """Who was *met*, for JSON."""
    return [[one.key_id.hex(), one.who.hex(), *astuple(one.contact)] for one in met]


def met_in(value: object) -> list[Met]:
    """What ``met_out`` was given."""
    return rows(value, _met)


def _met(key_id: object, who: object, *numbers: object) -> Met:
    return Met(blob(key_id, KEY_BYTES), blob(who, WHO_BYTES), Contact(*map(whole, numbers)))


def pairs_out(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """(key id, pseudonym) for JSON."""
    found = defaultdict(set)
    for key_id, who in pairs:
        found[key_id].add(who)
    return asked_out({key_id: frozenset(whos) for key_id, whos in found.items()})


def pairs_in(value: object) -> list[tuple[bytes, bytes]]:
    """What ``pairs_out`` was given."""
    return [(key_id, who) for key_id, whos in asked_in(value).items() for who in sorted(whos)]


def keys_out(keys: Iterable[SealedKey]) -> list[list[Any]]:
    """Sealed day *keys* for JSON."""
    return [_hexed(astuple(key)) for key in keys]


def keys_in(value: object) -> list[SealedKey]:
    """What ``keys_out`` was given."""
    return rows(
        value,
        lambda site, key_id, sealed, since, until: SealedKey(
            text(site), blob(key_id, KEY_BYTES), blob(sealed), whole(since), whole(until)
        ),
    )


def gaps_out(gaps: Iterable[Gap]) -> list[list[Any]]:
    """*gaps* for JSON."""
    return [list(astuple(gap)) for gap in gaps]


def gaps_in(value: object) -> list[Gap]:
    """What ``gaps_out`` was given."""
    return rows(
        value, lambda site, since, until, why: Gap(text(site), whole(since), whole(until), _one_of(Missing, why))
    )


def people_out(people: Iterable[SealedPerson]) -> list[list[Any]]:
    """Sealed identities for JSON."""
    return [_hexed(astuple(person)) for person in people]


def people_in(value: object) -> list[SealedPerson]:
    """What ``people_out`` was given."""
    return rows(
        value,
        lambda site, key_id, who, sealed: SealedPerson(
            text(site), blob(key_id, KEY_BYTES), blob(who, WHO_BYTES), blob(sealed)
        ),
    )


def _pseudonyms(value: object) -> frozenset[bytes]:
    joined = blob(value)
    if len(joined) % WHO_BYTES:
        raise NotUnderstood(f"pseudonyms of {WHO_BYTES} bytes were expected")
    return frozenset(joined[at : at + WHO_BYTES] for at in range(0, len(joined), WHO_BYTES))


def _hexed(values: Sequence[Any]) -> list[Any]:
    return [value.hex() if isinstance(value, bytes) else value for value in values]


Choice = TypeVar("Choice", By, Missing, Search, State)


def _one_of(choices: type[Choice], value: object) -> Choice:
    try:
        return choices(text(value))
    except ValueError as error:
        raise NotUnderstood(f"{choices.__name__} has no such value") from error
