"""What becomes of a hub's orders: the entry with which a kiosk answers each, and what the hub reads in it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kiosk.rules.down import LARGEST_NUMBER, Part
from kiosk.rules.entries import Body, Entry, EntryKind
from kiosk.rules.identity import clean_text

LONGEST_WHY = 300


class Done(StrEnum):
    """What became of an order."""

    TAKEN = "taken"
    REFUSED = "refused"
    WAITS = "waits"  # for its day, or for somebody at the kiosk
    BUSY = "busy"  # not yet: it is to be sent again
    KNOWN = "known"  # it came before


ANSWERS = (Done.TAKEN, Done.REFUSED, Done.WAITS)


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of order *number* of *part*, one of ANSWERS, and why; entry *sequence* of the kiosk's log says so."""

    sequence: int
    number: int
    part: Part
    done: Done
    why: str


def answered(number: int, part: str, name: str, done: Done, why: str = "") -> Body:
    """The body of the entry that says it."""
    return {"number": number, "part": part, "name": name, "done": done} | ({"why": why} if why else {})


def answer_of(entry: Entry) -> Answer | None:
    """The answer that *entry* is; None for any other, for what no kiosk of ours says, and for what was erased."""
    if entry.header.kind != EntryKind.HUB or entry.body is None:
        return None
    number, part, done, why = (entry.body.get(name, "") for name in ("number", "part", "done", "why"))
    if type(number) is not int or not 0 < number < LARGEST_NUMBER or not isinstance(why, str):
        return None
    if part not in tuple(Part) or done not in ANSWERS:
        return None
    return Answer(entry.sequence, number, Part(part), Done(done), clean_text(why, LONGEST_WHY))
