"""A hub as engine: it is asked under an opening, and sees pseudonyms alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

from kiosk.rules import said_json
from kiosk.rules import tracing_wire as wire
from kiosk.rules.contact_list import Gap
from kiosk.rules.contacts import Question
from kiosk.rules.linked import grouped
from kiosk.rules.openings import Opening, Request
from kiosk.rules.said_json import Json
from kiosk.rules.tracing import (
    MOST_MET,
    Asked,
    Count,
    Engine,
    Index,
    KeyedStay,
    Met,
    Scope,
    Sealed,
    SealedKey,
    SealedPerson,
    demand_few,
)
from kiosk.tracing.people import Who, pairs_of

AT_ONCE = 20_000  # pseudonyms in one request, which a hub takes up to 4 MB of, whoever sends it

Ask = Callable[[str, Json], Json]  # a path and what is said, to what is answered
OPENINGS = "/console/openings"


def opened(ask: Ask, request: Request) -> Opening:
    """Have *request* recorded by the hub; it may have to be approved yet."""
    return wire.opening_in(ask(OPENINGS, {"request": wire.request_out(request)}).get("opening"))


def opening_of(ask: Ask, number: int) -> Opening:
    """The opening *number* as it stands."""
    return wire.opening_in(ask(f"{OPENINGS}/{number}", {}).get("opening"))


def ended(ask: Ask, number: int, *, found: int, named: int, present: int) -> Opening:
    """Tell the hub what the opening *number* came to; nothing more can be asked under it."""
    said = {"found": found, "named": named, "present": present}
    return wire.opening_in(ask(f"{OPENINGS}/{number}/end", said).get("opening"))


def late(ask: Ask, opening: Opening) -> list[Gap]:
    """Sites of which the hub has not all of that time."""
    said = {"scope": wire.scope_out(opening.request.scope)}
    return wire.gaps_in(ask(f"{OPENINGS}/{opening.id}/late", said).get("late"))


def exported(ask: Ask, number: int, *, kind: str, rows: int, sha256: str) -> None:
    """Tell the hub that a file was made of what the opening *number* found."""
    ask(f"{OPENINGS}/{number}/export", {"format": kind, "rows": rows, "sha256": sha256})


class RemoteEngine(Engine, Sealed):
    """Asks a hub through *ask* under the opening *number*. Raises what *ask* raises, and NotUnderstood.

    The hub counts, and refuses, before it answers; the pieces in which it is asked are bounded together here.
    """

    def __init__(self, ask: Ask, number: int) -> None:
        self._ask_hub = ask
        self._number = number

    def _ask(self, what: str, said: Json) -> object:
        return self._ask_hub(f"{OPENINGS}/{self._number}/{what}", said).get(what)

    def keys(self, scope: Scope) -> Sequence[SealedKey]:
        """As ``Sealed.keys``."""
        return wire.keys_in(self._ask("keys", {"scope": wire.scope_out(scope)}))

    def people(self, asked: Asked) -> Sequence[SealedPerson]:
        """As ``Sealed.people``."""
        pieces = _pieces(asked, AT_ONCE)
        answers = (self._ask("people", {"asked": wire.asked_out(some)}) for some in pieces)
        return [person for answer in answers for person in wire.people_in(answer)]

    def same_as(self, asked: Asked) -> Asked:
        """As ``Sealed.same_as``."""
        answers = (self._ask("same", {"asked": wire.asked_out(some)}) for some in _pieces(asked, AT_ONCE))
        return grouped(who for answer in answers for who in pairs_of(wire.asked_in(answer)))

    def stays_of(self, asked: Asked, scope: Scope) -> Sequence[KeyedStay]:
        """As ``Engine.stays_of``."""
        said = {"scope": wire.scope_out(scope)}
        answers = (self._ask("stays", {**said, "asked": wire.asked_out(some)}) for some in _pieces(asked, AT_ONCE))
        return [stay for answer in answers for stay in wire.stays_in(answer)]

    def count(self, index: Index, scope: Scope, question: Question) -> Count:
        """As ``Engine.count``."""
        met, present = map(
            said_json.whole, said_json.rows([self._ask("count", _said(index, scope, question))], _two)[0]
        )
        return Count(met, present)

    def met(self, index: Index, scope: Scope, question: Question) -> Sequence[Met]:
        """As ``Engine.met``."""
        return wire.met_in(self._ask("met", _said(index, scope, question)))

    def met_later(self, contacts: Mapping[Who, int], selves: Asked, scope: Scope, question: Question) -> Sequence[Who]:
        """As ``Engine.met_later``."""
        said = {
            "selves": wire.asked_out(selves),
            "scope": wire.scope_out(scope),
            "question": wire.question_out(question),
        }
        ahead, found = iter(contacts.items()), set[Who]()
        while some := dict(islice(ahead, AT_ONCE)):
            found.update(wire.pairs_in(self._ask("later", {**said, "contacts": wire.since_out(some)})))
            demand_few(len(found), MOST_MET, later=True)
        return sorted(found - contacts.keys())


def _said(index: Index, scope: Scope, question: Question) -> Json:
    return {
        "index": wire.index_out(index),
        "scope": wire.scope_out(scope),
        "question": wire.question_out(question),
    }


def _two(first: object, second: object) -> tuple[object, object]:
    return first, second


def _pieces(asked: Asked, size: int) -> Iterator[Asked]:
    """*asked* in pieces of at most *size* pseudonyms."""
    whos = iter(pairs_of(asked))
    while some := list(islice(whos, size)):
        yield grouped(some)
