"""Facts -> decision: whether a person passes a gate, which way, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kiosk.rules.model import Credential, Direction, Gate, Listed, Outcome, Reading, Reason, Unlisted


@dataclass(frozen=True, slots=True)
class Policy:
    """The site's rules of admission. Durations in milliseconds; *capacity* 0 means no limit; *closed* for arrivals."""

    min_stay_ms: int
    forgotten_ms: int
    capacity: int = 0
    ask_consent: bool = False
    unlisted: Unlisted = Unlisted.ACCEPT
    require_id: bool = False
    closed: bool = False


@dataclass(frozen=True, slots=True)
class OpenVisit:
    """A visit nobody has seen end: its id and when it began."""

    id: int
    entered_ms: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What the log knows about the person and the site at the moment of deciding.

    *known*: this person passed, and so was told and agreed, under the same day key.
    *left_inferred*: their last visit, where its end was only inferred.
    *likely*: open visits of the same name and birth year that this code is not linked to.
    *ahead*: people in the waiting order before this one. *line_room*: how many more may join the line that gives
    numbers; None: any. *observed_ms*: for how long they should stay under observation yet. *listed*: where the
    registration lists have them. *blocked*: their slip lets nobody in. *approved*: staff, who have the person before
    them, let them in.
    """

    open: OpenVisit | None = None
    last_left_ms: int | None = None
    left_inferred: int | None = None
    known: bool = False
    consented: bool = False
    likely: tuple[int, ...] = ()
    inside: int = 0
    ahead: int = 0
    line_room: int | None = None
    observed_ms: int = 0
    listed: Listed = Listed.NO_LIST
    blocked: bool = False
    approved: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens, and which visits change by it.

    *closes* is the visit that ends here; *closes_inferred* an older one whose exit nobody saw;
    *place* the place in the waiting order, from 1. *anonymous*: nothing of the holder may be kept.
    """

    outcome: Outcome
    reason: Reason
    direction: Direction | None = None
    closes: int | None = None
    closes_inferred: int | None = None
    place: int = 0
    anonymous: bool = False


@dataclass(frozen=True, slots=True)
class LastSeen:
    """The code a gate saw last, and when it was last in front of it."""

    data: bytes
    at_ms: int


def is_repeat(reading: Reading, last: LastSeen | None, quiet_s: float) -> bool:
    """Tell whether *reading* is the same code still held in front of the scanner.

    The same bytes within *quiet_s* seconds of their last sighting count as held; another code never does.
    """
    return last is not None and reading.data == last.data and abs(reading.at.wall_ms - last.at_ms) < quiet_s * 1000


def decide(credential: Credential, gate: Gate, facts: Facts, policy: Policy, at_ms: int) -> Decision:
    """Decide about the holder of *credential* in front of *gate* at *at_ms*.

    Tracing, not ticketing: a second entry without an exit is admitted, and an exit is always let out.
    """
    if credential.refusal is Reason.NEXT_PART:
        return Decision(Outcome.ASK_MORE, Reason.NEXT_PART, anonymous=True)
    if gate.direction is Direction.OUT:
        return _leave(credential, facts, policy, at_ms)
    if credential.refusal is not None:
        return Decision(Outcome.REFUSED, credential.refusal, anonymous=True)
    if facts.open is not None:
        return _second_scan(credential, facts.open, gate, facts, policy, at_ms)
    if gate.direction is Direction.BOTH and not facts.approved:
        if facts.left_inferred is not None:
            return _goodbye(facts.left_inferred)
        if _just_left(facts, policy, at_ms):
            return Decision(Outcome.ALREADY_OUT, Reason.ALREADY_OUT)
        if facts.likely:
            return Decision(Outcome.ASK_STAFF, Reason.LIKELY_INSIDE)
    return _enter(credential, facts, policy, None)


def _second_scan(
    credential: Credential, visit: OpenVisit, gate: Gate, facts: Facts, policy: Policy, at_ms: int
) -> Decision:
    stay_ms = at_ms - visit.entered_ms
    if stay_ms < policy.min_stay_ms:
        return Decision(Outcome.ALREADY_IN, Reason.ALREADY_IN)
    if stay_ms < policy.forgotten_ms and facts.approved:  # let in twice is not let out
        return Decision(Outcome.ALREADY_IN, Reason.ALREADY_IN)
    if gate.direction is Direction.BOTH and stay_ms < policy.forgotten_ms:
        return _goodbye(visit.id, facts.observed_ms)
    return _enter(credential, facts, policy, visit.id)


def _enter(credential: Credential, facts: Facts, policy: Policy, forgotten: int | None) -> Decision:
    if policy.closed and not facts.approved:
        return Decision(Outcome.REFUSED, Reason.CLOSED, anonymous=True)
    if facts.blocked and not facts.approved:
        return Decision(Outcome.ASK_STAFF, Reason.SLIP_BLOCKED, anonymous=True)
    if not (facts.known or facts.approved):
        if policy.ask_consent and not facts.consented:
            return Decision(Outcome.ASK_CONSENT, Reason.CONSENT, anonymous=True)
        if objection := _objection(credential, facts.listed, policy):
            return objection
    room = _room(facts, policy, facts.inside - (forgotten is not None))
    if room is not None and facts.ahead >= room and not facts.approved:
        if credential.holder_id.startswith(ONLY_NOW):
            return Decision(Outcome.WAITING, Reason.FULL, anonymous=True)
        return Decision(Outcome.WAITING, Reason.FULL, closes_inferred=forgotten, place=facts.ahead + 1)
    reason = Reason.WELCOME if forgotten is None else Reason.WELCOME_AGAIN
    return Decision(Outcome.ADMITTED, reason, Direction.IN, closes_inferred=forgotten)


def _room(facts: Facts, policy: Policy, others_inside: int) -> int | None:
    """How many more may come in; None where nothing limits it."""
    site_room = policy.capacity - others_inside if policy.capacity else None
    return min((room for room in (site_room, facts.line_room) if room is not None), default=None)


def _objection(credential: Credential, listed: Listed, policy: Policy) -> Decision | None:
    """Why the site's policy keeps a newcomer from going in just so; nothing of who is sent away is kept."""
    if policy.require_id and not has_id_number(credential):
        return Decision(Outcome.ASK_STAFF, Reason.NO_ID, anonymous=True)
    reasons = {Listed.UNLISTED: Reason.UNLISTED, Listed.OTHER_SITE: Reason.OTHER_SITE}
    if listed not in reasons or policy.unlisted is Unlisted.ACCEPT:
        return None
    outcome = Outcome.REFUSED if policy.unlisted is Unlisted.REFUSE else Outcome.ASK_STAFF
    return Decision(outcome, reasons[listed], anonymous=True)


def _leave(credential: Credential, facts: Facts, policy: Policy, at_ms: int) -> Decision:
    if credential.refusal is not None:
        return Decision(Outcome.LET_OUT, Reason.EXIT_UNREAD, Direction.OUT, anonymous=True)
    if facts.open is not None:
        return _goodbye(facts.open.id, facts.observed_ms)
    if facts.left_inferred is not None:
        return _goodbye(facts.left_inferred)
    if _just_left(facts, policy, at_ms):
        return Decision(Outcome.ALREADY_OUT, Reason.ALREADY_OUT)
    if len(facts.likely) == 1:
        return Decision(Outcome.LET_OUT, Reason.GOODBYE_LIKELY, Direction.OUT, closes=facts.likely[0])
    unasked = policy.ask_consent and not (facts.known or facts.consented)
    return Decision(Outcome.LET_OUT, Reason.GOODBYE_UNMATCHED, Direction.OUT, anonymous=unasked)


def _goodbye(visit: int, observed_ms: int = 0) -> Decision:
    reason = Reason.GOODBYE_EARLY if observed_ms else Reason.GOODBYE
    return Decision(Outcome.LET_OUT, reason, Direction.OUT, closes=visit)


def _just_left(facts: Facts, policy: Policy, at_ms: int) -> bool:
    return facts.last_left_ms is not None and at_ms - facts.last_left_ms < policy.min_stay_ms


def turn_is_due(*, key_day: str, today: str, date_is_sure: bool, ran_ms: int, longest_ms: int) -> bool:
    """Tell whether the day key of *key_day* must turn (days begin at the turning hour; ISO dates).

    It turns once the date is a later one for sure, or when it has served *longest_ms* of running time,
    so that a wrong clock can neither turn it early nor keep it for ever.
    """
    return ran_ms >= longest_ms or (date_is_sure and today > key_day)


def holders(credential: Credential) -> Iterable[str]:
    """Every identifier of the holder, the main one first."""
    return (credential.holder_id, *credential.also)


def has_id_number(credential: Credential) -> bool:
    """Whether the code carries a whole ID number of its holder."""
    return any(holder.startswith("id:") for holder in holders(credential))


MOST_COMPANIONS = 9  # of one visit


def companion(number: int, who: bytes) -> str:
    """The holder id of the companion *number*, from 1, of the visit whose holder has the pseudonym *who*."""
    return f"companion:{number}:{who.hex()}"


ONLY_NOW = "hand:"  # begins the holder id of somebody whom nothing but their slip will tell again: they keep no place


CLASSES = {
    "id": 1,
    "bhxh": 2,
    "qid": 4,
    "partial": 8,
    "named": 16,
    "site": 32,
    "companion": 64,
    "passport": 128,
    "hand": 256,
}


def classes(credential: Credential) -> int:
    """Which classes of identifiers the code carries, as bits of CLASSES.

    People whose codes share a class, and not the identifier, are two people.
    """
    return sum(CLASSES.get(name, 0) for name in {holder.partition(":")[0] for holder in holders(credential)})
