"""The hub that a kiosk has joined, and what of the log it has acknowledged: two small files beside the log."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, get_origin, get_type_hints

from kiosk.config import Settings
from kiosk.files import FOR_ALL, replace_whole
from kiosk.retention import Waiting
from kiosk.store.segments import chain_after

JOINED_FILE, STATE_FILE = "hub.json", "hub-state.json"
MOST_LOST = 50  # told of, the latest; the hub has them all
_FOR_THE_HOUSE = 0o640

Kind = TypeVar("Kind")


class JoinError(Exception):
    """The hub cannot be used as it stands in ``hub.json``, or has refused to be joined; one sentence."""


@dataclass(frozen=True, slots=True)
class Joined:
    """The hub *name* at *url* that knows us as *kiosk*: its CA (PEM), its key for notes, its recipient of age."""

    name: str
    url: str
    kiosk: str
    ca: str
    verifier: str
    recipient: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The hub has all entries up to *through*, after which the chain is *chain*; *checkpoint* is its signed word."""

    epoch: str
    through: int
    chain: str
    at_ms: int
    checkpoint: str


@dataclass(frozen=True, slots=True)
class Lost:
    """Entries *first* to *last*, which the hub has without what they say, and why."""

    first: int
    last: int
    why: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class SyncState:
    """What came of giving the hub the log. *fault* is why it does not work, since *since_ms*; empty where it does.

    *refused*: the hub was there and would not. *forked_ms*: when it said last that another card says it is this kiosk.
    *taken_back*: a checkpoint that it has signed, and after which it signed one of another log.
    """

    acknowledged: Acknowledged | None = None
    fault: str = ""
    since_ms: int | None = None
    heard_ms: int | None = None
    refused: bool = False
    forked_ms: int | None = None
    taken_back: str = ""
    lost: tuple[Lost, ...] = ()

    def with_lost(self, lost: Lost) -> SyncState:
        """This, and of *lost* that it is."""
        return replace(self, lost=(*self.lost, lost)[-MOST_LOST:])


def joined(data: Path, read: Callable[[Path], bytes] = Path.read_bytes) -> Joined | None:
    """The hub that the kiosk in *data* has joined, as *read* reads it; None where it has not. Raises JoinError."""
    try:
        return _made(Joined, json.loads(read(data / JOINED_FILE)))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise JoinError(f"{data / JOINED_FILE}: cannot be read; join the hub again: kiosk enrol CODE") from error


def keep_joined(data: Path, hub: Joined) -> None:
    """From now on the kiosk in *data* has joined *hub*. Raises OSError."""
    if (before := _joined_before(data)) is None or before.verifier != hub.verifier:
        (data / STATE_FILE).unlink(missing_ok=True)  # what another hub has acknowledged, this one has not
    _write(data / JOINED_FILE, asdict(hub), FOR_ALL)


def state_of(data: Path) -> SyncState:
    """What is known of the sync; nothing where the file is missing or damaged, for then the hub is asked."""
    try:
        said: dict[str, Any] = json.loads((data / STATE_FILE).read_bytes())
        known = said.pop("acknowledged")
        lost = tuple(_made(Lost, one) for one in said.pop("lost"))
        return _made(SyncState, said | {"acknowledged": _made(Acknowledged, known) if known else None, "lost": lost})
    except (OSError, ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return SyncState()


def keep_state(data: Path, state: SyncState) -> None:
    """Put *state* in place of the one before. Raises OSError."""
    _write(data / STATE_FILE, asdict(state))


def acknowledged_through(data: Path, db: sqlite3.Connection) -> int:
    """The last entry of the log *db* that the hub has; 0 where it has none, or not as it stands here."""
    known = state_of(data).acknowledged
    if known is None or known.through < 0:
        return 0
    chain = chain_after(db, known.through)
    return known.through if chain is not None and chain.hex() == known.chain else 0


def _made(kind: type[Kind], said: dict[str, Any]) -> Kind:
    """One of *kind* with the fields that were *said*. Raises TypeError where they are others, or of other types."""
    made = kind(**said)
    for name, hint in get_type_hints(kind).items():
        if not isinstance(getattr(made, name), hint if isinstance(hint, UnionType) else get_origin(hint) or hint):
            raise TypeError(f"{name} is of another type")
    return made


def _joined_before(data: Path) -> Joined | None:
    try:
        return joined(data)
    except JoinError:
        return None


def told_days(settings: Settings, data: Path) -> int:
    """For how many days at most anything is kept of a person on the kiosk in *data*, as people are told."""
    keep_days = settings.site.keep_days
    return max(keep_days, settings.sync.longest_days) if (data / JOINED_FILE).exists() else keep_days


def waiting_hub(data: Path, settings: Settings, db: sqlite3.Connection) -> Waiting | None:
    """What of the log *db* waits for the hub; None where the kiosk has joined none."""
    if not (data / JOINED_FILE).exists():
        return None
    return Waiting(acknowledged_through(data, db), settings.sync.longest_days)


def _write(path: Path, said: dict[str, Any], mode: int = _FOR_THE_HOUSE) -> None:
    replace_whole(path, json.dumps(said, ensure_ascii=False).encode(), mode)
