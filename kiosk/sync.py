"""The story of the hub, as a kiosk lives it: what is recorded goes there, in order, until the hub has acknowledged it.

The log is the queue: what has arrived is known by the chain after it, so nothing is lost by asking twice, nor by a
cut at any moment. What the hub cannot take goes around: without its words, or as a hole, and is told on both pages.
"""

from __future__ import annotations

import logging
import random
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kiosk.hub_link import HubAway, HubLink, HubRefuses
from kiosk.hub_word import with_acknowledged
from kiosk.joined import Acknowledged, Joined, JoinError, Lost, SyncState, acknowledged_through, keep_state, state_of
from kiosk.rules.checkpoints import NoteRefused
from kiosk.rules.entries import EntryKind
from kiosk.rules.model import Moment
from kiosk.rules.segments import MOST_ENTRIES, Fault, Segment, content_of, hole
from kiosk.store.reading import Reader
from kiosk.store.schema import StoreError
from kiosk.store.segments import chain_after, segment_after
from kiosk.vault.errors import VaultError

log = logging.getLogger(__name__)

MOST_AT_ONCE_BYTES = 256 << 10  # on the wire; an entry that is larger goes alone
SEGMENTS, WHERE = "/kiosk/segments", "/kiosk/where"
# A segment with one of these may hold good entries beside the one that is at fault.
_OF_ITS_CONTENT = (Fault.BROKEN, Fault.UNREADABLE, Fault.TOO_LARGE)
_FIRST_PAUSE_S = 2.0
_HEARD_EVERY_MS = 900_000  # what is only younger is not worth a write to the card


class SyncFault(Exception):  # noqa: N818  # it is what staff read
    """The hub answers what cannot be; one sentence."""


HUB_FAULTS = (HubAway, HubRefuses, SyncFault)


@dataclass(frozen=True, slots=True)
class Sender:
    """What gives the log of the data directory *data* to a hub: *pack* signs what travels, *now* tells the time."""

    data: Path
    hub: Joined
    reader: Reader
    link: HubLink
    pack: Callable[[bytes], bytes]
    now: Callable[[], Moment]


class Sync:
    """Gives the hub what it has not. Not for two threads at once."""

    def __init__(self, sender: Sender, go_on: Callable[[], bool] = lambda: True) -> None:
        self._sender = sender
        self._go_on = go_on
        self._kept = self._state = state_of(sender.data)
        self._began_anew = False

    def give(self) -> int:
        """Give the hub all that it has not yet acknowledged; how many entries that were. What came of it is kept.

        Raises HubAway, HubRefuses and SyncFault; StoreError and OSError where this side fails.
        """
        self._kept = self._state = state_of(self._sender.data)
        self._began_anew = False
        try:
            begun, after = self._begin()
            while self._go_on() and (segment := self._next(after)):
                after = self._sent(segment)
            self._heard()
        except HUB_FAULTS as error:
            self._failed(str(error), refused=not isinstance(error, HubAway))
            raise
        finally:
            self._keep()
        return after - begun

    def _next(self, after: int, most: int = MOST_ENTRIES) -> Segment | None:
        segment = self._sender.reader.ask(lambda db: segment_after(db, after, most))
        if segment is None or len(segment.lines) == 1 or self._goes_at_once(content_of(segment)):
            return segment
        return self._next(after, len(segment.lines) // 2)

    def _goes_at_once(self, content: bytes) -> bool:
        return len(content) <= MOST_AT_ONCE_BYTES or len(self._sender.pack(content)) <= MOST_AT_ONCE_BYTES

    def _begin(self) -> tuple[int, int]:
        """The last entry that the hub has, and the one after which to go on."""
        data, reader = self._sender.data, self._sender.reader
        if known := reader.ask(lambda db: acknowledged_through(data, db)):
            return known, known
        asked = self._asked()
        return asked, max(0, asked - 1)  # the last one again, so that it is acknowledged

    def _asked(self) -> int:
        """The last entry that the hub has, found by halves: what it has of this log, it has without a gap."""
        known, unknown = self._common(0) or 0, self._sender.reader.last_sequence() + 1
        while known + 1 < unknown:
            middle = (known + unknown) // 2
            common = self._common(middle)
            known, unknown = (known, middle) if common is None else (common, unknown)
        return known

    def _common(self, sequence: int) -> int | None:
        """The last entry that both have, of those after *sequence*; None where the hub has not even that one."""
        answer = self._sender.link.ask(WHERE, {"sequence": sequence, "chain": self._chain(sequence)})
        if answer.get("known") is not True:
            return None
        ends = [(end.get("sequence"), end.get("chain")) for end in answer.get("ends") or () if isinstance(end, dict)]
        ours = [through for through, chain in ends if type(through) is int and self._chain(through) == chain]
        return max(sequence, *ours) if ours else sequence

    def _chain(self, sequence: int) -> str:
        chain = self._sender.reader.ask(lambda db: chain_after(db, sequence))
        return chain.hex() if chain is not None else ""

    def _sent(self, segment: Segment) -> int:
        """The last entry that the hub has, once it has taken *segment*, or as much as can be taken of it."""
        try:
            return self._taken(segment, self._give(segment))
        except HubRefuses as refused:
            fault = refused.said.get("fault")
            if fault == Fault.GAP:
                return self._back(segment)
            if fault not in _OF_ITS_CONTENT:
                raise
            return self._around(segment, str(refused))

    def _give(self, segment: Segment) -> dict[str, Any]:
        return self._sender.link.give(SEGMENTS, self._sender.pack(content_of(segment)))

    def _taken(self, segment: Segment, receipt: dict[str, Any]) -> int:
        """Keep what the hub acknowledges of *segment*; the last entry of it that is this log's, too."""
        through, chain = _end_in(receipt)
        if through < segment.last:
            raise SyncFault(f"the hub has taken entries up to {segment.last}, but acknowledges only {through}")
        if self._chain(through) != chain:  # it may know more of us, from a card that went on otherwise
            through, chain = segment.last, segment.chain[-1].hex()
        now_ms = self._sender.now().wall_ms
        checkpoint = str(receipt.get("checkpoint"))
        self._state = self._acknowledged(Acknowledged(segment.epoch, through, chain, now_ms, checkpoint))
        for lost in segment.holes:
            self._lose(lost, "the card has damaged it")
        if receipt.get("forked") is True:
            self._state = replace(self._state, forked_ms=now_ms)
        return through

    def _acknowledged(self, got: Acknowledged) -> SyncState:
        try:
            return with_acknowledged(self._state, got, self._sender.hub.verifier)
        except NoteRefused as error:
            raise SyncFault(f"the hub has not signed what it acknowledges: {error}") from error

    def _back(self, segment: Segment) -> int:
        """Where to go on when the hub says that entries before *segment* have not arrived."""
        known = self._asked()
        if known < segment.first - 1:
            return known
        if self._began_anew or segment.first == 1:
            raise SyncFault(f"the hub says that entries before {segment.first} have not arrived, but they have")
        self._began_anew = True  # it has them, but not on the branch with which these go on
        return 0

    def _around(self, segment: Segment, why: str) -> int:
        """Send the entries of a refused *segment* one by one; of what is refused alone, as much as can be told."""
        after = segment.first - 1
        while after < segment.last and self._go_on():
            one = self._next(after, 1)
            assert one, "the entries were there a moment ago"
            after = self._taken_somehow(one, why)
        return after

    def _taken_somehow(self, one: Segment, why: str) -> int:
        (line,) = one.lines
        bare = replace(line, salt=None, body=None)
        lost = hole(line.header, one.chain[-1])
        for told in dict.fromkeys((line, bare, lost) if line.header.kind != EntryKind.HOLE else (line,)):
            try:
                through = self._taken(one, self._give(replace(one, lines=(told,))))
            except HubRefuses as refused:
                if refused.said.get("fault") not in _OF_ITS_CONTENT:
                    raise
                why = str(refused)
                continue
            if told is not line:
                self._lose(one.last, why)
            return through
        raise SyncFault(f"the hub does not take that entry {one.first} is lost: {why}")

    def _lose(self, sequence: int, why: str) -> None:
        if any(lost.first <= sequence <= lost.last for lost in self._state.lost):
            return
        log.error("entry %d is at the hub without what it says: %s", sequence, why)
        self._state = self._state.with_lost(Lost(sequence, sequence, why, self._sender.now().wall_ms))

    def _heard(self) -> None:
        self._state = replace(self._state, fault="", refused=False, since_ms=None, heard_ms=self._sender.now().wall_ms)

    def _failed(self, why: str, *, refused: bool) -> None:
        now_ms, before = self._sender.now().wall_ms, self._state
        since_ms = before.since_ms if before.fault and before.since_ms is not None else now_ms
        heard_ms = now_ms if refused else before.heard_ms
        self._state = replace(before, fault=why, refused=refused, since_ms=since_ms, heard_ms=heard_ms)

    def _keep(self) -> None:
        """Remember what came of it; where that fails, the hub is asked the next time."""
        before, heard_ms = self._kept, self._state.heard_ms
        young = heard_ms and before.heard_ms and 0 <= heard_ms - before.heard_ms < _HEARD_EVERY_MS
        if young and replace(self._state, heard_ms=before.heard_ms) == before:
            return
        try:
            keep_state(self._sender.data, self._state)
        except OSError as error:
            log.error("how far the hub has the log cannot be kept: %s", error)


def keep_in_step(
    give: Callable[[], object], every_s: float, longest_wait_s: float, stopped: threading.Event, alive_s: float = 5.0
) -> None:
    """Call *give* every *every_s* until *stopped*, which is asked every *alive_s*; while it fails, ever more rarely.

    The pauses are drawn from the whole range up to the doubled last one (full jitter), so that the kiosks of a hub
    that was away do not come back all at once; what the hub asks for is waited for at least.
    """
    failures, told = 0, ""
    while not stopped.is_set():
        try:
            give()
            if failures:
                log.warning("the hub answers again")
            failures, pause_s, told = 0, every_s, ""
        except HUB_FAULTS as error:
            if str(error) != told:
                log.error("nothing comes of this round to the hub: %s", error)
            told = str(error)
            pause_s = pause_after(failures, getattr(error, "retry_s", 0.0), longest_wait_s)
            failures += 1
        except (JoinError, StoreError, VaultError, sqlite3.Error, OSError) as error:
            log.error("the log cannot be given to the hub: %s", error)
            pause_s = longest_wait_s
        _wait(stopped, pause_s, alive_s)


def pause_after(failures: int, retry_s: float, longest_s: float) -> float:
    """How long to wait after one more failure than *failures*, when the hub asks for *retry_s* at least."""
    most_s = min(longest_s, _FIRST_PAUSE_S * 2.0 ** min(failures, 30))
    return retry_s + random.uniform(0, most_s)  # noqa: S311  # nobody is to guess it, only not to share it


def _wait(stopped: threading.Event, pause_s: float, alive_s: float) -> None:
    while pause_s > 0 and not stopped.wait(min(pause_s, alive_s)):
        pause_s -= alive_s


def _end_in(said: dict[str, Any]) -> tuple[int, str]:
    through, chain = said.get("through"), said.get("chain")
    if type(through) is not int or not isinstance(chain, str):
        return -1, ""
    return through, chain
