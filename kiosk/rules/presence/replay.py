"""Changes -> visits and occupancy in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace

from kiosk.rules.entries import Entry
from kiosk.rules.presence.changes import (
    Change,
    Closed,
    ClosedRange,
    Corrected,
    CountsKept,
    Erased,
    IdSeen,
    Named,
    NewDay,
    Opened,
    Restated,
    StoppedWaiting,
    Ticketed,
    Waiting,
    changes,
)
from kiosk.rules.presence.visits import Counts, Visit


@dataclass(slots=True)
class Presence:
    """Visits and occupancy in memory: the reference for every table and engine."""

    visits: dict[int, Visit] = field(default_factory=dict)
    names: dict[bytes, tuple[int, bool]] = field(default_factory=dict)
    waiting: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    counts: dict[bytes, Counts] = field(default_factory=dict)

    def apply(self, change: Change) -> None:
        """Apply one change. An exit that was seen corrects one that was inferred; otherwise what has ended stays."""
        match change:
            case Opened(visit):
                self._open(visit)
            case Closed():
                self._close(change)
            case ClosedRange(first, last, at_ms, sequence, longest_ms):
                for visit_id in [v.id for v in self.visits.values() if v.left_ms is None and first <= v.id <= last]:
                    self._close(Closed(visit_id, at_ms, sequence, inferred=True, longest_ms=longest_ms))
            case Named(who, visit_id, sealed):
                self.names[who] = (visit_id, sealed or self.names.get(who, (0, False))[1])
            case Ticketed() | IdSeen():
                self._amend(change)
            case Corrected() | Erased() | Restated():
                self._rewrite(change)
            case Waiting() | StoppedWaiting():
                self._wait(change)
            case NewDay() | CountsKept():
                self._turn(change)

    def _open(self, visit: Visit) -> None:
        self._become(None, visit)
        counts = self.counts[visit.key_id]
        counts.number = max(counts.number, visit.number or 0)

    def _become(self, before: Visit | None, after: Visit | None) -> None:
        if before:
            del self.visits[before.id]
            self._count(before, -1)
        if after:
            self.visits[after.id] = after
            self._count(after, 1)

    def _count(self, visit: Visit, times: int) -> None:
        counts, one = self.counts.setdefault(visit.key_id, Counts()), Counts.of(visit)
        for each in fields(Counts):
            setattr(counts, each.name, getattr(counts, each.name) + times * getattr(one, each.name))

    def _rewrite(self, change: Corrected | Erased | Restated) -> None:
        match change:
            case Corrected(before, after) if before is None or before.id in self.visits:
                self._become(before, after)
            case Erased(visits):
                for visit_id in visits:
                    self.visits.pop(visit_id, None)
            case Restated(visit_id, visit):
                self.visits.pop(visit_id, None)
                if visit:
                    self.visits[visit_id] = visit

    def _wait(self, change: Waiting | StoppedWaiting) -> None:
        match change:
            case Waiting(who, sequence, at_ms, kept_ms):
                first, seen_ms = self.waiting.get(who, (sequence, at_ms))
                self.waiting[who] = (first if seen_ms >= kept_ms else sequence, at_ms)
            case StoppedWaiting(who):
                self.waiting.pop(who, None)

    def _turn(self, change: NewDay | CountsKept) -> None:
        match change:
            case NewDay():
                self.names.clear()
                self.waiting.clear()
            case CountsKept(key_id, counts):
                self.counts[key_id] = replace(counts)

    def _amend(self, change: Ticketed | IdSeen) -> None:
        visit = self.visits.get(change.visit)
        match change:
            case Ticketed(visit_id, service, series, number) if visit:
                self.visits[visit_id] = replace(visit, service=service, series=series, number=number)
                counts = self.counts[visit.key_id]
                counts.number = max(counts.number, number)
            case IdSeen(visit_id, sequence) if visit:
                self.visits[visit_id] = replace(visit, id_seen=sequence)

    def _close(self, change: Closed) -> None:
        visit = self.visits.get(change.visit)
        if visit is None or visit.entered_ms is None:
            return
        if visit.left_ms is not None and (change.inferred or not visit.exit_inferred):
            return
        left_ms = min(change.at_ms, visit.entered_ms + change.longest_ms) if change.inferred else change.at_ms
        closed = replace(
            visit,
            left_ms=left_ms,
            gate_out=change.gate,
            exit_sequence=change.sequence,
            exit_inferred=change.inferred,
            link=change.link,
        )
        self._become(visit, closed)


def presence_of(entries: Iterable[Entry]) -> Presence:
    """Everything that *entries*, in order, say about visits."""
    presence = Presence()
    for entry in entries:
        for change in changes(entry):
            presence.apply(change)
    return presence
