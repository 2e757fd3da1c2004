"""An entry of the log: header, salted commitment to an erasable body, chain.

The header and the commitment are chained; the body is not, so it can be erased while the chain still
proves order and completeness. All encodings are deterministic JSON (UTF-8, sorted keys, no spaces).
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kiosk.rules.model import Moment

Body = dict[str, Any]

_JSON = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))

BODY_VERSION = 1
SALT_BYTES = 16
START = bytes(32)


class EntryKind(StrEnum):
    """What an entry records. Readers let unknown kinds through untouched."""

    START = "start"
    DAY_KEY = "day_key"
    SCAN = "scan"
    CLOSING = "closing"
    DAY_CLOSE = "day_close"
    GAP = "gap"
    HELP = "help"
    DESK = "desk"
    PURGE = "purge"
    CALL = "call"  # an act of the queue; never a name
    REGISTRATION = "registration"  # a list came, was handed over, approved or withdrawn; never a name of it
    SESSION = "session"  # how many staff entered on the platform
    FEEDBACK = "feedback"  # a slip of feedback: its number and topic; never a person's words
    DAY_SETTINGS = "day_settings"  # staff changed for today what the settings say
    CORRECTION = "correction"  # staff put right what was recorded; who, why, each visit and ticket before and after
    CLOCK = "clock"  # an anchor: something set the clock, or it jumped; what it showed before and after
    TROUBLE = "trouble"  # the machine is too hot, low on voltage or full; or is so no more
    STAFF = "staff"  # what staff did that changes no visit; who, and why
    ERASURE = "erasure"  # bodies of a person's entries went at their wish; what counts and lines need of them stays
    REQUEST = "request"  # what somebody asks about what is kept of them: kind and time; the rest is sealed
    HUB = "hub"  # what a hub sent down, and whether it was taken; never a name
    TRACING_KEY = "tracing_key"  # a new one, signed by the old one or accepted here; the next day key is sealed to it
    BROKEN_SEAL = "broken_seal"  # the end of the log was not the one that this kiosk had sealed
    HOLE = "hole"  # in a hub's copy only: here is an entry that its own kiosk cannot read or prove any more


@dataclass(frozen=True, slots=True)
class Header:
    """What is chained of an entry. ``at_ms`` is the time shown, ``moment`` the clocks as read."""

    kiosk: str
    epoch: str
    sequence: int
    kind: str
    key_id: bytes
    gate: str
    at_ms: int
    moment: Moment

    def encode(self) -> bytes:
        """The header as deterministic bytes."""
        moment = self.moment
        clocks = [moment.wall_ms, moment.monotonic_ms, moment.boot_id, moment.clock.value]
        return encode(
            [1, self.kiosk, self.epoch, self.sequence, self.kind, self.key_id.hex(), self.gate, self.at_ms, *clocks]
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """A recorded fact; ``body`` is None once erased."""

    header: Header
    body: Body | None

    @property
    def sequence(self) -> int:
        """Its number in this epoch, from 1 without gaps."""
        return self.header.sequence


def to_text(blob: bytes) -> str:
    """*blob* as a body holds it (base64). Pseudonyms, which people compare, stand there in hexadecimal."""
    return b64encode(blob).decode()


def from_text(text: str) -> bytes:
    """What ``to_text`` was given."""
    return b64decode(text)


def encode(value: object) -> bytes:
    """Deterministic JSON of *value*."""
    return _JSON.encode(value).encode()


def commitment(salt: bytes, body: bytes) -> bytes:
    """32 bytes that bind *body* without telling it; *salt* must be random and kept with the body."""
    return hashlib.sha256(b"kiosk body v1\0" + salt + body).digest()


def link(previous: bytes, header: bytes, body_commitment: bytes) -> bytes:
    """The chain value after an entry: 32 bytes over the previous value, the header and the commitment."""
    return hashlib.sha256(b"kiosk entry v1\0" + previous + body_commitment + header).digest()


def head_message(head: tuple[str | int | bytes, ...]) -> bytes:
    """What the kiosk seals of the log's *head*, so that nobody without its key can put another end to the log."""
    return encode(["kiosk head v1", *(value.hex() if isinstance(value, bytes) else value for value in head)])
