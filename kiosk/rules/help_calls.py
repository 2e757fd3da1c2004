"""Who asked for help and where: called at the door, somebody comes, it is done. Never a name of who asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from kiosk.rules.entries import Body


class Act(StrEnum):
    """What happens to a call."""

    CALLED = "called"
    COMING = "coming"
    DONE = "done"
    REGISTERED = "registered"  # done, and what was helped with is registering (letter S2: volunteers help)
    REOPENED = "reopened"  # it was not done after all


# What is said to who comes second.
TAKEN_VI = "Lời gọi này đã xong hoặc đã có người đến; xin xem lại danh sách."
TAKEN_EN = "This call is not open any more, or somebody is on the way; please look at the list again."

OVER = (Act.DONE, Act.REGISTERED)


@dataclass(frozen=True, slots=True)
class HelpCall:
    """A call; ``id`` is the sequence of its entry. *by* is who did last what *act* says, at *acted_ms*."""

    id: int
    gate: str
    since_ms: int
    act: Act = Act.CALLED
    by: str = ""
    acted_ms: int = 0

    @property
    def open(self) -> bool:
        """Whether somebody still waits for help."""
        return self.act not in OVER


@dataclass(frozen=True, slots=True)
class Said:
    """What one entry says of a call: its sequence, gate, time and body."""

    sequence: int
    gate: str
    at_ms: int
    body: Body


def act_body(call: int, act: Act, by: str) -> Body:
    """The body of the entry by which *act* happens to *call*."""
    return {"act": act, "call": call, "by": by}


def calls_of(said: Iterable[Said]) -> dict[int, HelpCall]:
    """The calls by id, from the HELP entries in order. An entry that says nothing more is a button pressed."""
    calls: dict[int, HelpCall] = {}
    for one in said:
        name, by = one.body.get("act", Act.CALLED), one.body.get("by", "")
        if name == Act.CALLED:
            calls[one.sequence] = HelpCall(one.sequence, one.gate, one.at_ms, by=by, acted_ms=one.at_ms)
        elif (call := calls.get(one.body.get("call", 0))) and name in tuple(Act):
            act = Act.CALLED if name == Act.REOPENED else Act(name)
            calls[call.id] = replace(call, act=act, by=by, acted_ms=one.at_ms)
    return calls


def may(act: Act, call: HelpCall | None) -> bool:
    """Tell whether *act* can happen to *call* now: a button pressed twice, or on two tablets, acts once."""
    if call is None or act is Act.CALLED:
        return False
    if act is Act.REOPENED:
        return not call.open
    return call.open and not (act is Act.COMING and call.act is Act.COMING)


def assisted(calls: Iterable[HelpCall]) -> tuple[int, int]:
    """How many were helped, and how many of them to register."""
    acts = [call.act for call in calls]
    return sum(act in OVER for act in acts), acts.count(Act.REGISTERED)
