"""What staff do by hand for people at the door: in, out, beside somebody, and that a document was seen.

Each goes the way of a scan: one decision, one transaction, and only then lamp and paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from kiosk.checkin import Staff
from kiosk.door import Door, NobodyWaits
from kiosk.preparing import Recorder
from kiosk.rules import admission, by_hand
from kiosk.rules.by_hand import SAME_NAME, Doubt, NotNow, Overrule, Typed, Way
from kiosk.rules.model import Check, Credential, Direction, Gate, Kind, Moment, Person, Reading
from kiosk.scan import Scan
from kiosk.store.people import next_companion, open_alike, whose_open_visit

_BUILT_IN = date(2026, 1, 1)  # a kiosk whose clock stands at 1970 must not take everyone for unborn


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of what staff typed: *doubts* to look at, with nothing recorded; or whom it let in or did not.

    *alike* are the visits of people inside who may be the one that was typed.
    """

    scans: tuple[Scan, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    alike: tuple[int, ...] = ()


class _LikeSomebody(Exception):  # noqa: N818  # stops the door before it records
    def __init__(self, visits: tuple[int, ...]) -> None:
        super().__init__("somebody like this is inside")
        self.visits = visits


def check_in(door: Door, typed: Typed, gate: Gate, now: Moment, staff: Staff, *, insist: bool = False) -> Answer:
    """Let in whom staff *typed*, one after another; or say first what is doubtful, unless they *insist*.

    A group goes in as long as there is room. Each of it is a visit with a slip of its own: they leave one by one,
    and the count stays right. Raises NobodyWaits at an exit, and where the site takes no paper forms.
    """
    if typed.way is Way.PAPER and not door.settings.site.paper_form:
        raise NobodyWaits(NotNow.NO_PAPER)
    code = None
    if typed.way is Way.PERSON and typed.number.strip():
        code = door.recognise(Reading(typed.number.encode("utf-8", "replace"), "typed", now, typed=True))
    judged = by_hand.judge(typed, code, _today(door, now))
    if judged.hard or (judged.doubts and not insist):
        return Answer(doubts=judged.doubts)
    named = typed.way is Way.PERSON and not typed.number.strip() and not typed.another
    scans: list[Scan] = []
    for credential in judged.credentials:
        try:
            who = partial(_newcomer, credential=credential, staff=staff, named=named)
            scans.append(door.take_by_hand(gate, Direction.IN, now, who))
        except _LikeSomebody as like:
            return Answer(doubts=(SAME_NAME,), alike=like.visits)
        if not scans[-1].went_in:
            break
    return Answer(tuple(scans))


def _newcomer(recorder: Recorder, credential: Credential, staff: Staff, *, named: bool) -> tuple[Credential, Staff]:
    """A name is no number: where somebody of the same one is inside, staff say whether this is another."""
    if named:
        whos = [recorder.vault.pseudonym(holder) for holder in admission.holders(credential)]
        alike = open_alike(recorder.store.db, whos, recorder.vault.likeness(credential.person))
        if alike:
            raise _LikeSomebody(alike)
    return credential, staff


def _today(door: Door, now: Moment) -> date:
    return max(datetime.fromtimestamp(now.wall_ms / 1000, door.settings.zone).date(), _BUILT_IN)


def let_out(door: Door, visit: int, gate: Gate, now: Moment, by: str = "") -> Scan:
    """Let out by *gate* who is inside under *visit* and stands before staff. Raises NobodyWaits where it is over."""

    def find(recorder: Recorder) -> tuple[Credential, Staff]:
        found = whose_open_visit(recorder.store.db, visit)
        if found is None:
            raise NobodyWaits(NotNow.OVER)
        who, kind = found
        return Credential(kind, Check.UNSIGNED), Staff(by, found=who)

    return door.take_by_hand(gate, Direction.OUT, now, find)


def accompany(door: Door, visit: int, person: Person, gate: Gate, now: Moment, by: str = "") -> Scan:
    """Let in *person*, who has no code, beside the holder of the open *visit*; with a slip of their own.

    Raises NobodyWaits when nobody is inside under that visit, or as many accompany it as may; and at an exit.
    """

    def find(recorder: Recorder) -> tuple[Credential, Staff]:
        beside = next_companion(recorder.store.db, visit, recorder.vault.pseudonym)
        if beside is None:
            raise NobodyWaits(NotNow.NO_COMPANION)
        holder_id, ticket = beside
        with_vi_en = f"Đi cùng số {ticket}. With number {ticket}." if ticket else ""
        staff = Staff(by, Overrule.BESIDE, beside=visit, on_slip=with_vi_en)
        return Credential(Kind.COMPANION, Check.UNSIGNED, holder_id, person=person), staff

    return door.take_by_hand(gate, Direction.IN, now, find)
