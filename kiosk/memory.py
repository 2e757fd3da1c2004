"""Whom the door has just seen: in memory only, few, and not longer than it serves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from kiosk.rules import admission
from kiosk.rules.admission import LastSeen
from kiosk.rules.model import Gate, Reading, Reason
from kiosk.rules.parts import Parts
from kiosk.scan import Scan

# What staff can overrule, how long afterwards, and for how many people at once.
FOR_STAFF = (
    *(Reason.LIKELY_INSIDE, Reason.NO_ID, Reason.UNLISTED, Reason.OTHER_SITE),
    *(Reason.CLOSED, Reason.SLIP_BLOCKED),
)
ASKED_MS = 900_000
MOST_ASKED = 50


class Memory:
    """The codes held before each gate, the parts of codes that come in several, and who was sent to staff."""

    def __init__(self, quiet_s: float) -> None:
        self._quiet_s = quiet_s
        self._asked: dict[int, Scan] = {}
        self._last_seen: dict[str, dict[bytes, LastSeen]] = {}
        self._parts: defaultdict[str, Parts] = defaultdict(Parts)

    def whole(self, codes: Sequence[bytes], gate: Gate, at_ms: int) -> list[bytes]:
        """*codes*, with a card in several codes put together once its last part was shown."""
        return self._parts[gate.id].whole(codes, at_ms)

    def is_held(self, reading: Reading, gate: Gate) -> bool:
        """Whether the code is still held before the gate. Each by itself: a decoder may see two by turns."""
        at_ms, seen = reading.at.wall_ms, self._last_seen.get(gate.id, {})
        last = LastSeen(reading.data, at_ms)
        self._last_seen[gate.id] = self._still_quiet(seen, at_ms) | {reading.data: last}
        return admission.is_repeat(reading, seen.get(reading.data), self._quiet_s)

    def remember(self, scan: Scan) -> None:
        """Who is sent to staff can be let in by them for a while."""
        if scan.sequence is not None and scan.decision.reason in FOR_STAFF:
            self._asked[scan.sequence] = scan
            while len(self._asked) > MOST_ASKED:
                self._asked.pop(min(self._asked))

    def sent_to_staff(self, sequence: int, at_ms: int) -> Scan | None:
        """Who was sent to staff by entry *sequence*, once; None where that is too long ago."""
        asked = self._asked.pop(sequence, None)
        return asked if asked and abs(at_ms - asked.reading.at.wall_ms) <= ASKED_MS else None

    def forget_over(self, at_ms: int) -> None:
        """Forget what serves no more."""
        asked = self._asked.items()
        self._asked = {number: scan for number, scan in asked if abs(at_ms - scan.reading.at.wall_ms) <= ASKED_MS}
        self._last_seen = {gate: self._still_quiet(seen, at_ms) for gate, seen in self._last_seen.items()}
        for parts in self._parts.values():
            parts.whole((), at_ms)

    def _still_quiet(self, seen: dict[bytes, LastSeen], at_ms: int) -> dict[bytes, LastSeen]:
        quiet_ms = self._quiet_s * 1000
        return {code: last for code, last in seen.items() if abs(at_ms - last.at_ms) < quiet_ms}
