"""Orders: what comes down from a hub to a kiosk, each a signed text and what it carries.

An order is a C2SP signed note (<https://c2sp.org/signed-note>) of two lines, the second deterministic JSON, then an
empty line and the payload whose SHA-256 the text has. A kiosk takes each number once, upwards. What is no ``Part`` a
hub cannot decide, whoever signs it: keys, sealing, retention, roles and files of settings have no order at all, and a
new tracing key only waits (``vault.succession``).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from kiosk.rules.day_settings import GATE, LONGEST_TEXT, NAMES, SENTENCES, never_taken
from kiosk.rules.entries import encode
from kiosk.rules.identity import clean_text

MOST_PAYLOAD_BYTES = 7 << 20  # what the door's socket takes, and some room
MOST_SAID_BYTES = 1 << 20  # of JSON, which takes many times as much memory where it is made to
MOST_BLOCKED = 20_000
MOST_ANSWERED = 20  # of the orders for one day: each has an entry on that day, and no hub may fill the log
LONGEST_NAME = 80
LARGEST_NUMBER = 1 << 53  # what every reader of JSON keeps exact
FILE = re.compile(r"\w[\w.-]{0,63}", re.ASCII)
NONCE = re.compile(r"[0-9a-f]{32}")

_ORDER, _TIME = "kiosk order v1", "kiosk time v1"
_FIELDS = frozenset({"kiosk", "number", "part", "name", "sha256"})
_TIME_FIELDS = frozenset({"kiosk", "nonce", "at_ms"})
_SLIP = re.compile(r"slip:[0-9a-f]{32}")
_FIELD = re.compile(rf"{'|'.join(NAMES)}|{GATE}[\w.-]{{1,64}}")
_MOST_FIELDS = 40
_END = b"\n\n"


class Part(StrEnum):
    """What a hub may say."""

    DAY = "day"  # settings of one day, as staff type them; staff may change them back
    LIST = "list"  # a registration list, which waits for staff to approve it; its name, and the day of rows without one
    TRUST = "trust"  # a file for the trust folder, by its name; an empty one takes it away
    BLOCKED = "blocked"  # all the slips that do not let anybody in, under one name
    OPENING = "opening"  # a tracing team opens days of this site
    KEY = "key"  # a new tracing key, which the old one must have signed, or somebody at the kiosk accepts


class OrderRefused(ValueError):  # noqa: N818  # read as "the order is refused"
    """What came from a hub is not taken; one sentence."""


@dataclass(frozen=True, slots=True)
class Order:
    """Order *number* to *kiosk*: *payload* for the *part* that is called *name*.

    *part* is one of Part where the kiosk knows it.
    """

    kiosk: str
    number: int
    part: str
    name: str
    payload: bytes

    @property
    def text(self) -> str:
        """What the hub signs."""
        said = {"kiosk": self.kiosk, "number": self.number, "part": self.part, "name": self.name}
        return _said(_ORDER, said | {"sha256": hashlib.sha256(self.payload).hexdigest()})


@dataclass(frozen=True, slots=True)
class DayOrder:
    """*fields* of the settings of the *day* (ISO), as staff would type them; which orders said so, by *numbers*."""

    day: str
    fields: Mapping[str, str]
    numbers: tuple[int, ...] = ()

    def after(self, earlier: DayOrder) -> DayOrder:
        """Both, of one day: what *earlier* has said and this does not is still wanted."""
        return DayOrder(self.day, {**earlier.fields, **self.fields}, (*earlier.numbers, *self.numbers)[-MOST_ANSWERED:])


@dataclass(frozen=True, slots=True)
class Opening:
    """A tracing team opens the days *since* to *until* (ISO) of this site: for which *case*, why, and who."""

    id: str
    case: str
    reason: str
    by: tuple[str, ...]
    since: str
    until: str


def joined(note: str, payload: bytes) -> bytes:
    """An order as it travels: its signed *note*, and the payload."""
    return note.encode() + b"\n" + payload


def parted(blob: bytes) -> tuple[str, bytes]:
    """What ``joined`` was given. Raises OrderRefused."""
    text, first, rest = blob.partition(_END)
    signatures, second, payload = rest.partition(_END)
    try:
        note = (text + first + signatures).decode() + "\n"
    except UnicodeDecodeError as error:
        raise OrderRefused("this is no order of a hub") from error
    if not (first and second) or len(payload) > MOST_PAYLOAD_BYTES:
        raise OrderRefused("this is no order of a hub, or it is cut off or too large")
    return note, payload


def order_of(text: str, payload: bytes) -> Order:
    """The order whose signed *text* this is. Raises OrderRefused where it is none, or *payload* is another one's."""
    said = _read(text, _ORDER, _FIELDS)
    kiosk, number, part, name = said["kiosk"], said["number"], said["part"], said["name"]
    texts = all(isinstance(word, str) and len(word) <= LONGEST_NAME for word in (kiosk, part, name))
    if not (texts and type(number) is int and 0 < number < LARGEST_NUMBER):
        raise OrderRefused("it does not say which order it is, and to whom")
    if said["sha256"] != hashlib.sha256(payload).hexdigest():
        raise OrderRefused("what it carries is not what was signed")
    return Order(kiosk, number, clean_text(part), clean_text(name), payload)


def day_of(order: Order) -> DayOrder:
    """The settings of a day that *order* carries. Raises OrderRefused."""
    said = _json(order.payload, {"day", "fields"})
    fields = said["fields"]
    if not isinstance(fields, dict) or not 0 < len(fields) <= _MOST_FIELDS:
        raise OrderRefused("it names no settings of a day")
    for name, text in fields.items():
        if not _FIELD.fullmatch(name):
            raise OrderRefused(f"{clean_text(name)[:LONGEST_NAME]!r} is not a setting that a hub may change")
        if not isinstance(text, str) or len(text) > LONGEST_TEXT:
            raise OrderRefused(f"{name} is no text of at most {LONGEST_TEXT} characters")
    return DayOrder(_day(said["day"]), fields, (order.number,))


def typed_day_of(order: Order) -> DayOrder:
    """As ``day_of``, of what somebody has typed. Raises OrderRefused, too, for what no kiosk could put in force."""
    wanted = day_of(order)
    for name, text in wanted.fields.items():
        if refused := never_taken(name, text):
            raise OrderRefused(f"{name}={clean_text(text)[:LONGEST_NAME]}: {SENTENCES[refused][1]}")
    return wanted


def blocked_of(order: Order) -> frozenset[str]:
    """The holder ids of the slips that *order* blocks; nothing but slips can be blocked. Raises OrderRefused."""
    slips = _json(order.payload, {"slips"})["slips"]
    if not isinstance(slips, list) or len(slips) > MOST_BLOCKED:
        raise OrderRefused(f"it must list slips, at most {MOST_BLOCKED}")
    if not all(isinstance(slip, str) and _SLIP.fullmatch(slip) for slip in slips):
        raise OrderRefused("it names something else than slips, and a hub blocks nothing else")
    return frozenset(slips)


def opening_of(order: Order) -> Opening:
    """The opening that *order* tells of. Raises OrderRefused."""
    said = _json(order.payload, {"id", "case", "reason", "by", "since", "until"})
    by = said.pop("by")
    if not isinstance(by, list) or not all(isinstance(text, str) for text in (*by, *said.values())):
        raise OrderRefused("it does not say who opens what, and why")
    texts = {name: clean_text(said[name])[:LONGEST_TEXT] for name in ("id", "case", "reason")}
    people = tuple(clean_text(name)[:LONGEST_NAME] for name in by[:4])
    return Opening(**texts, by=people, since=_day(said["since"]), until=_day(said["until"]))


def file_of(order: Order) -> str:
    """The name of the file that *order* carries. Raises OrderRefused for one that leads elsewhere."""
    if not FILE.fullmatch(order.name):
        raise OrderRefused("the name of its file is none")
    return order.name


def list_day_of(order: Order) -> tuple[str, str]:
    """The name of the list that *order* carries, and the day of its rows that name none (may be empty)."""
    name, _, day = order.name.partition("|")
    if not name:
        raise OrderRefused("the list has no name")
    return name, _day(day) if day else ""


def time_text(kiosk: str, nonce: str, at_ms: int) -> str:
    """What a hub signs to say that it is *at_ms* now, to *kiosk*, which has just asked with *nonce*."""
    return _said(_TIME, {"kiosk": kiosk, "nonce": nonce, "at_ms": at_ms})


def time_of(text: str, kiosk: str, nonce: str) -> int:
    """The time that a hub says. Raises OrderRefused for what answers nobody or somebody else."""
    said = _read(text, _TIME, _TIME_FIELDS)
    if (said["kiosk"], said["nonce"]) != (kiosk, nonce) or not nonce:
        raise OrderRefused("this time answers another question")
    if type(said["at_ms"]) is not int or not 0 < said["at_ms"] < LARGEST_NUMBER:
        raise OrderRefused("this is no time")
    at_ms: int = said["at_ms"]
    return at_ms


def _said(what: str, said: Mapping[str, object]) -> str:
    return f"{what}\n{encode(said).decode()}\n"


def _read(text: str, what: str, fields: frozenset[str]) -> dict[str, Any]:
    first, _, rest = text.partition("\n")
    if first != what:
        raise OrderRefused(f"this is no {what.removeprefix('kiosk ').removesuffix(' v1')} of a hub")
    return _json(rest.encode(), fields)


def _json(content: bytes, fields: frozenset[str] | set[str]) -> dict[str, Any]:
    if len(content) > MOST_SAID_BYTES:
        raise OrderRefused(f"it says more than {MOST_SAID_BYTES >> 20} MiB")
    try:
        said = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise OrderRefused("what it says cannot be read") from error
    if not isinstance(said, dict) or said.keys() != fields:
        raise OrderRefused(f"it must say {', '.join(sorted(fields))}, and nothing else")
    return said


def _day(text: object) -> str:
    try:
        return date.fromisoformat(str(text)).isoformat()
    except ValueError as error:
        raise OrderRefused("it names no day") from error
