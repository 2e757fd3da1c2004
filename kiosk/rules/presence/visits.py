"""A visit, and what visits come to in numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any

from kiosk.rules.entries import Body, from_text, to_text


@dataclass(frozen=True, slots=True)
class Visit:
    """An entry paired with its exit. ``id`` is the sequence of the entry that opened it.

    ``entered_ms`` is None where somebody left whom nobody had seen come; ``left_ms`` is None while inside.
    *corrected* is the entry by which staff put it right last, *id_seen* the one by which they say that they have seen
    the holder's document; 0 where none did.
    """

    id: int
    key_id: bytes
    who: bytes | None
    like: bytes | None
    classes: int
    kind: str
    shown: bytes | None
    gate_in: str = ""
    entered_ms: int | None = None
    gate_out: str = ""
    left_ms: int | None = None
    exit_sequence: int | None = None
    exit_inferred: bool = False
    link: str = ""
    service: str | None = None
    series: str | None = None
    number: int | None = None
    corrected: int = 0
    id_seen: int = 0


@dataclass(slots=True)
class Counts:
    """Passages of one day key, and its last ticket number. They carry no identity and outlive the visits."""

    inside: int = 0
    entered: int = 0
    left: int = 0
    inferred: int = 0
    unmatched: int = 0
    number: int = 0

    @classmethod
    def of(cls, visit: Visit) -> Counts:
        """What one visit counts for."""
        entered, left = visit.entered_ms is not None, visit.left_ms is not None
        seen = entered and left and not visit.exit_inferred
        return cls(int(not left), int(entered), int(seen), int(visit.exit_inferred), int(not entered))

    def as_table(self) -> dict[str, int]:
        """The counts by name, as the day's closing entry keeps them."""
        return asdict(self)


def visit_as_body(visit: Visit | None) -> Body | None:
    """*visit* as the body of an entry under its key holds it; what says nothing is left out."""
    if visit is None:
        return None
    said = {name: getattr(visit, name) for name, unsaid in _UNSAID.items() if getattr(visit, name) != unsaid}
    return {name: _FORMS[name][0](value) if name in _FORMS else value for name, value in said.items()}


def visit_from_body(body: Body | None, key_id: bytes) -> Visit | None:
    """What ``visit_as_body`` was given."""
    if body is None:
        return None
    said = {name: _FORMS[name][1](value) if name in _FORMS else value for name, value in body.items()}
    return Visit(**_UNSAID | {name: value for name, value in said.items() if name in _UNSAID}, key_id=key_id)


_FORMS: dict[str, tuple[Callable[[bytes], str], Callable[[str], bytes]]] = {
    "who": (bytes.hex, bytes.fromhex),
    "like": (bytes.hex, bytes.fromhex),
    "shown": (to_text, from_text),
}
_UNSAID: dict[str, Any] = {
    each.name: None if each.default is MISSING else each.default for each in fields(Visit) if each.name != "key_id"
} | {"classes": 0, "kind": ""}
