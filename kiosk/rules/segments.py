"""Segments: contiguous pieces of a kiosk's log as they travel, and what may be wrong with one.

A segment is named by (kiosk, epoch, first sequence). Its content is text, one JSON value a line: what it is, then its
entries as they lie in the log. So whoever has it can prove each entry by the chain, body or no body. Packing and
signing are the vault's (``vault.segments``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Any

from kiosk.rules.entries import Entry, EntryKind, Header, commitment, encode, from_text, link, to_text
from kiosk.rules.model import ClockState, Moment
from kiosk.rules.order_answers import Answer, answer_of

MOST_ENTRIES = 200
MOST_CONTENT_BYTES = 256 << 10  # before packing; a fuller segment has one entry only
NAME = re.compile(r"[\w.-]{1,64}")  # of a kiosk or an epoch: also that of a folder

_VERSION = "kiosk segment v1"
_FIELDS = frozenset({"what", "kiosk", "epoch", "first", "previous"})
_CHAIN_BYTES = 32
_LARGEST_NUMBER = 1 << 53


class Fault(StrEnum):
    """Why a segment is not taken."""

    UNREADABLE = "unreadable"  # cut off, damaged, or none of ours
    TOO_LARGE = "too_large"
    STRANGER = "stranger"  # its kiosk is not enrolled
    REVOKED = "revoked"
    FORGED = "forged"  # not signed by the kiosk that it names
    BROKEN = "broken"  # its entries do not follow one another, or say something else than their commitments
    FORKED = "forked"  # another entry is known by the same name: two cards say they are one kiosk
    GAP = "gap"  # entries before it have not arrived
    FULL = "full"  # its kiosk has more than the hub has room for
    LOST = "lost"  # it is taken, but its kiosk has entries in it that it cannot read or prove itself any more


class SegmentRefused(ValueError):  # noqa: N818  # read as "the segment is refused"
    """A segment that is not taken: *fault*, and one sentence of what was found."""

    def __init__(self, fault: Fault, found: str) -> None:
        super().__init__(found)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as it travels: its header as it was chained, and its body unless that was erased.

    Of a hole (``hole``) the header is made up, and the commitment is the chain after it.
    """

    header: Header
    commitment: bytes
    salt: bytes | None
    body: bytes | None

    @property
    def entry(self) -> Entry:
        """The entry itself."""
        return Entry(self.header, None if self.body is None else json.loads(self.body))


@dataclass(frozen=True)
class Segment:
    """The entries of *kiosk* under *epoch* from *first* on; *previous* is the chain before them, 32 bytes."""

    kiosk: str
    epoch: str
    first: int
    previous: bytes
    lines: tuple[Line, ...]

    @property
    def last(self) -> int:
        """The sequence of its last entry."""
        return self.first + len(self.lines) - 1

    @property
    def name(self) -> str:
        """What it is called in files and on pages."""
        return f"{self.kiosk}.{self.epoch}.{self.first:010}"

    @cached_property
    def chain(self) -> tuple[bytes, ...]:
        """The chain after each entry."""
        values, value = [], self.previous
        for line in self.lines:
            is_hole = line.header.kind == EntryKind.HOLE
            value = line.commitment if is_hole else link(value, line.header.encode(), line.commitment)
            values.append(value)
        return tuple(values)

    @property
    def holes(self) -> tuple[int, ...]:
        """The sequences of entries that are lost."""
        return tuple(line.header.sequence for line in self.lines if line.header.kind == EntryKind.HOLE)

    @property
    def answers(self) -> tuple[Answer, ...]:
        """What became of orders that its hub has sent."""
        said = (answer_of(line.entry) for line in self.lines if line.header.kind == EntryKind.HUB)
        return tuple(answer for answer in said if answer)


def hole(like: Header, chain: bytes) -> Line:
    """What stands for an entry that is lost, with name and clocks *like* these; after it the chain is *chain*."""
    return Line(replace(like, kind=EntryKind.HOLE, gate=""), chain, None, None)


def content_of(segment: Segment) -> bytes:
    """*segment* as text, which ``segment_of`` reads."""
    said = {"what": _VERSION, "kiosk": segment.kiosk, "epoch": segment.epoch, "first": segment.first}
    lines = [encode(said | {"previous": segment.previous.hex()}), *map(_text_of, segment.lines)]
    return b"\n".join(lines)


def fitting(lines: Iterable[Line]) -> list[Line]:
    """As many of *lines*, from the first on, as go into one segment; one goes in any case."""
    taken: list[Line] = []
    room = MOST_CONTENT_BYTES
    for line in lines:
        room -= len(_text_of(line))
        if taken and (room < 0 or len(taken) == MOST_ENTRIES):
            break
        taken.append(line)
    return taken


def segment_of(content: bytes) -> Segment:
    """The segment that *content* is, each entry held against its commitment.

    Raises SegmentRefused: UNREADABLE or BROKEN.
    """
    first, *rest = content.split(b"\n")
    said = _json(first)
    if not isinstance(said, dict) or said.keys() != _FIELDS or said["what"] != _VERSION:
        raise SegmentRefused(Fault.UNREADABLE, "it does not say that it is a segment")
    kiosk, epoch, sequence = said["kiosk"], said["epoch"], said["first"]
    if not (_is_name(kiosk) and _is_name(epoch) and _is_number(sequence) and sequence > 0 and rest):
        raise SegmentRefused(Fault.UNREADABLE, "it does not say of which kiosk and from which entry on it is")
    lines = tuple(map(_line_of, rest))
    for number, line in enumerate(lines, sequence):
        found = (line.header.kiosk, line.header.epoch, line.header.sequence)
        if found != (kiosk, epoch, number):
            raise SegmentRefused(Fault.BROKEN, f"where entry {number} should be is {'/'.join(map(str, found))}")
    return Segment(kiosk, epoch, sequence, _blob(said["previous"], _CHAIN_BYTES), lines)


def _text_of(line: Line) -> bytes:
    salt = None if line.salt is None else to_text(line.salt)
    body = None if line.body is None else line.body.decode()
    return encode([line.header.encode().decode(), line.commitment.hex(), salt, body])


def _line_of(text: bytes) -> Line:
    row = _json(text)
    if not (isinstance(row, list) and len(row) == 4 and isinstance(row[0], str)):
        raise SegmentRefused(Fault.UNREADABLE, "it has a line that is no entry")
    header, bound = _header_of(row[0]), _blob(row[1], _CHAIN_BYTES)
    salt, body = _salt(row[2]), row[3]
    if (salt is None) != (body is None) or not isinstance(body, str | None):
        raise SegmentRefused(Fault.UNREADABLE, f"the body of entry {header.sequence} is there by half")
    blob = None if body is None else body.encode("utf-8", "surrogatepass")
    if salt is not None and blob is not None:
        _prove_body(header, bound, salt, blob)
    if header.kind == EntryKind.HOLE and blob is not None:
        raise SegmentRefused(Fault.UNREADABLE, f"entry {header.sequence} is lost, but says something")
    return Line(header, bound, salt, blob)


def _prove_body(header: Header, bound: bytes, salt: bytes, body: bytes) -> None:
    if commitment(salt, body) != bound:
        raise SegmentRefused(Fault.BROKEN, f"the body of entry {header.sequence} is not the one that was recorded")
    if not isinstance(_json(body), dict):
        raise SegmentRefused(Fault.UNREADABLE, f"the body of entry {header.sequence} cannot be read")


def _header_of(text: str) -> Header:
    """The header that encodes to *text*, byte for byte."""
    row = _json(text)
    try:
        version, kiosk, epoch, sequence, kind, key_id, gate, at_ms, *clocks = row
        wall_ms, monotonic_ms, boot_id, clock = clocks
        moment = Moment(wall_ms, monotonic_ms, boot_id, ClockState(clock))
        header = Header(kiosk, epoch, sequence, kind, bytes.fromhex(key_id), gate, at_ms, moment)
        known = header.encode() == text.encode() and all(map(_is_number, (at_ms, wall_ms, monotonic_ms)))
    except (ValueError, TypeError) as error:
        raise SegmentRefused(Fault.UNREADABLE, "it has an entry whose header cannot be read") from error
    if not known or version != 1 or not all(isinstance(word, str) for word in (kind, gate, boot_id)):
        raise SegmentRefused(Fault.UNREADABLE, f"entry {sequence} has a header that no kiosk writes")
    return header


def _is_name(word: object) -> bool:
    return isinstance(word, str) and NAME.fullmatch(word) is not None and word.strip(".") != ""


def _is_number(value: object) -> bool:
    """Whether it is a whole number that every reader of JSON keeps exact, and every table."""
    return type(value) is int and abs(value) < _LARGEST_NUMBER


def _salt(text: object) -> bytes | None:
    if text is None:
        return None
    try:
        return from_text(str(text))
    except ValueError as error:
        raise SegmentRefused(Fault.UNREADABLE, "it has a salt that cannot be read") from error


def _blob(text: object, length: int) -> bytes:
    try:
        blob = bytes.fromhex(str(text))
    except ValueError:
        blob = b""
    if len(blob) != length:
        raise SegmentRefused(Fault.UNREADABLE, "it has a chain or commitment that cannot be read")
    return blob


def _json(text: str | bytes) -> Any:  # whatever a stranger sends
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SegmentRefused(Fault.UNREADABLE, "it is cut off or damaged") from error
