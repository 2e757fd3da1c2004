"""What a hub has to say to its kiosks: orders in their numbers, each for all kiosks, those of a site, or one."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kiosk.rules.order_answers import Answer, Done

_COLUMNS = "number, scope, part, name, made_ms, until_ms, by, length(payload)"


@dataclass(frozen=True, slots=True)
class Standing:
    """An order that stands, without what it carries; over at *until_ms*, None for never."""

    number: int
    scope: str
    part: str
    name: str
    made_ms: int
    until_ms: int | None
    by: str
    size_bytes: int

    def is_for(self, kiosk: str, site: str) -> bool:
        """Whether *kiosk* of *site* is told of it."""
        return self.scope in scopes_of(kiosk, site)


@dataclass(frozen=True, slots=True)
class Became:
    """What has become of an order at a *kiosk*."""

    kiosk: str
    done: Done
    why: str


def everybody() -> str:
    """The scope of an order to all kiosks."""
    return ""


def of_site(site: str) -> str:
    """The scope of an order to the kiosks of *site*."""
    return f"site:{site}"


def of_kiosk(kiosk: str) -> str:
    """The scope of an order to one kiosk."""
    return f"kiosk:{kiosk}"


def scopes_of(kiosk: str, site: str) -> tuple[str, str, str]:
    """The scopes of all orders to *kiosk* of *site*."""
    return everybody(), of_site(site), of_kiosk(kiosk)


def put(db: sqlite3.Connection, standing: Standing, payload: bytes) -> int:
    """Let an order stand, in place of one of the same scope, part and name; its number.

    Numbers only grow, and go by the clock: a hub that was restored from a backup does not give one twice.
    """
    (last,) = db.execute("SELECT ifnull(max(number), 0) FROM down_last").fetchone()
    number: int = max(last + 1, standing.made_ms)
    key = (standing.scope, standing.part, standing.name)
    db.execute("DELETE FROM down_last")
    db.execute("INSERT INTO down_last VALUES (?)", (number,))
    _delete(db, "scope = ? AND part = ? AND name = ?", key)
    rest = (standing.made_ms, standing.until_ms, standing.by, payload)
    db.execute("INSERT INTO down VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (number, *key, *rest))
    return number


def next_after(
    db: sqlite3.Connection, scopes: tuple[str, str, str], have: int, now_ms: int
) -> tuple[int, str, str, bytes] | None:
    """Number, part, name and payload of the next order after number *have* for a kiosk of *scopes*."""
    row: tuple[int, str, str, bytes] | None = db.execute(
        "SELECT number, part, name, payload FROM down WHERE number > ? AND scope IN (?, ?, ?)"
        " AND (until_ms IS NULL OR until_ms > ?) ORDER BY number LIMIT 1",
        (have, *scopes, now_ms),
    ).fetchone()
    return row


def standing(db: sqlite3.Connection) -> list[Standing]:
    """Every order that stands, by number."""
    return [Standing(*row) for row in db.execute(f"SELECT {_COLUMNS} FROM down ORDER BY number")]


def drop(db: sqlite3.Connection, number: int) -> bool:
    """Say it to nobody more; False where there is no such order."""
    return _delete(db, "number = ?", (number,))


def forget_over(db: sqlite3.Connection, now_ms: int) -> None:
    """Delete what is over at *now_ms*: lists have people's names in them."""
    _delete(db, "until_ms <= ?", (now_ms,))


def note_answers(db: sqlite3.Connection, kiosk: str, answers: Iterable[Answer]) -> None:
    """Keep what became of orders at *kiosk*, as the latest entry of its log has it, as long as they stand."""
    db.executemany(
        "INSERT INTO down_answer SELECT number, ?, ?, ?, ? FROM down WHERE number = ? AND part = ?"
        " ON CONFLICT DO UPDATE SET sequence = excluded.sequence, done = excluded.done, why = excluded.why"
        " WHERE excluded.sequence >= sequence",
        ((kiosk, one.sequence, one.done, one.why, one.number, one.part) for one in answers),
    )


def became(db: sqlite3.Connection) -> Mapping[int, list[Became]]:
    """What has become of each order that stands, by its number: at each kiosk whose log has said so, by name."""
    found: defaultdict[int, list[Became]] = defaultdict(list)
    for number, kiosk, done, why in db.execute("SELECT number, kiosk, done, why FROM down_answer ORDER BY kiosk"):
        found[number].append(Became(kiosk, Done(done), why))
    return found


def _delete(db: sqlite3.Connection, where: str, values: tuple[object, ...]) -> bool:
    """Delete orders and what became of them; whether there were any."""
    gone = db.execute(f"DELETE FROM down WHERE {where} RETURNING number", values).fetchall()
    db.executemany("DELETE FROM down_answer WHERE number = ?", gone)
    return bool(gone)
