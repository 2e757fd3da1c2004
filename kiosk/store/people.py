"""What the log knows of people: by pseudonym, by likeness, and who came with whom."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kiosk.rules.admission import MOST_COMPANIONS, Facts, OpenVisit, companion
from kiosk.store.log import Writing
from kiosk.store.queue import QueueTables


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """Facts for the rules, with pseudonym, staff view and ``classes`` of the person's visit (None, 0 when new)."""

    facts: Facts
    who: bytes | None = None
    shown: bytes | None = None
    classes: int = 0


# By way of the person: the slip of an earlier visit names that visit, its holder the latest.
_VISIT_OF = (
    "SELECT v.id, v.entered_ms, v.left_ms, v.exit_inferred, v.who, v.shown, v.classes"
    " FROM name shown JOIN visit earlier ON earlier.id = shown.visit"
    " JOIN name holder ON holder.who = earlier.who JOIN visit v ON v.id = holder.visit WHERE shown.who = ?"
)


def person_facts(
    writing: Writing,
    whos: Sequence[bytes],
    like: tuple[bytes, int] | None,
    at_ms: int,
    *,
    counted: bool,
    wait_ms: int,
) -> PersonFacts:
    """What the log knows of the person with the pseudonyms *whos*, of look-alikes, and of the site.

    *like* is the likeness with the classes of identifiers (``admission.classes``) of the code shown. Where the
    site is *counted*, facts say how many are inside, and wait outside.
    """
    known = _visits_of(writing.db, whos)
    inside = [row for row in known if row[2] is None]
    likely = _likely(writing.db, *like) if like and not inside else ()
    facts = Facts(likely=likely)
    who, shown, classes = None, None, 0
    if known:
        latest = (inside or sorted(known, key=lambda row: row[2]))[-1]
        visit, entered_ms, left_ms, inferred, who, shown, classes = latest
        facts = Facts(
            open=OpenVisit(visit, entered_ms) if left_ms is None else None,
            last_left_ms=left_ms,
            left_inferred=visit if inferred else None,
            known=True,
            likely=likely,
            observed_ms=_observed_ms(writing.db, visit, at_ms) if left_ms is None else 0,
        )
    if counted:
        facts = replace(facts, inside=writing.counts().inside, ahead=_ahead(writing.db, whos, at_ms - wait_ms))
    return PersonFacts(facts, who, shown, classes)


def _visits_of(db: sqlite3.Connection, whos: Sequence[bytes]) -> list[Any]:
    found = (_visit_of(db, who) for who in whos)
    return [row for row in found if row]


def _visit_of(db: sqlite3.Connection, who: bytes) -> Any:
    """The open or latest visit of the person; where visits of several codes became one, step by step."""
    row, asked = None, set[bytes]()
    while who not in asked and (found := db.execute(_VISIT_OF, (who,)).fetchone()):
        asked.add(who)
        row, left_ms, who = found, found[2], found[4]
        if left_ms is None:
            break
    return row


def _observed_ms(db: sqlite3.Connection, visit: int, at_ms: int) -> int:
    ticket = QueueTables(db).ticket(visit)
    return ticket.remaining_ms(at_ms) or 0 if ticket else 0


def _likely(db: sqlite3.Connection, like: bytes, classes: int) -> tuple[int, ...]:
    # Two people with different numbers of the same class are two people, however alike.
    rows = db.execute(
        "SELECT id FROM visit WHERE like = ? AND left_ms IS NULL AND classes & ? = 0 LIMIT 2", (like, classes)
    )
    return tuple(row[0] for row in rows)


def _ahead(db: sqlite3.Connection, whos: Sequence[bytes], since_ms: int) -> int:
    marks = ", ".join("?" * len(whos))
    count = db.execute(
        "SELECT count(*) FROM waiting WHERE at_ms >= ? AND sequence <"
        f" ifnull((SELECT min(sequence) FROM waiting WHERE who IN ({marks}) AND at_ms >= ?), 1 << 62)",
        (since_ms, *whos, since_ms),
    ).fetchone()[0]
    assert isinstance(count, int)
    return count


def open_visit_of(db: sqlite3.Connection, whos: Sequence[bytes]) -> int | None:
    """The open visit to which one of these pseudonyms leads; None where there is none."""
    return next((visit for visit, _, left_ms, *_ in _visits_of(db, whos) if left_ms is None), None)


def gate_of_open_visit(db: sqlite3.Connection, visit: int) -> str | None:
    """The gate through which the holder of *visit* came in; None where it is over, or there is none."""
    row = db.execute("SELECT gate_in FROM visit WHERE id = ? AND left_ms IS NULL", (visit,)).fetchone()
    return row[0] if row else None


def open_companions(db: sqlite3.Connection, visit: int, pseudonym: Callable[[str], bytes]) -> list[int]:
    """The open visits of who accompanies *visit*."""
    return [beside for beside, left_ms in _companions(db, visit, pseudonym) if left_ms is None]


def next_companion(db: sqlite3.Connection, visit: int, pseudonym: Callable[[str], bytes]) -> tuple[str, str] | None:
    """The holder id of one more who accompanies the open *visit*, and its number, empty where it has none.

    None when it is over, or as many accompany it as may.
    """
    row = db.execute("SELECT who, series, number FROM visit WHERE id = ? AND left_ms IS NULL", (visit,)).fetchone()
    count = len(_companions(db, visit, pseudonym)) + 1
    if not (row and row[0] and count <= MOST_COMPANIONS):
        return None
    who, series, number = row
    return companion(count, who), "" if number is None else f"{series}{number:03d}"


def whose_open_visit(db: sqlite3.Connection, visit: int) -> tuple[bytes, str] | None:
    """The pseudonym and the kind of code of who is inside under *visit*; None where it is over."""
    row: tuple[bytes, str] | None = db.execute(
        "SELECT who, kind FROM visit WHERE id = ? AND left_ms IS NULL AND who IS NOT NULL", (visit,)
    ).fetchone()
    return row


def open_numbered(db: sqlite3.Connection, series: str, number: int) -> list[int]:
    """The open visits with that number; of every series where *series* is empty."""
    rows = db.execute(
        "SELECT id FROM visit WHERE left_ms IS NULL AND number = ? AND (? = '' OR upper(series) = ?) ORDER BY id",
        (number, series, series),
    )
    return [row[0] for row in rows]


def open_alike(db: sqlite3.Connection, whos: Sequence[bytes], like: bytes | None) -> tuple[int, ...]:
    """The open visits to which *whos* lead, and those of the same likeness."""
    known = open_visit_of(db, whos)
    rows = db.execute("SELECT id FROM visit WHERE like = ? AND left_ms IS NULL", (like,)).fetchall() if like else []
    return tuple(sorted({row[0] for row in rows} | ({known} if known is not None else set())))


def _companions(db: sqlite3.Connection, visit: int, pseudonym: Callable[[str], bytes]) -> list[tuple[int, int | None]]:
    """The visits of who accompanies *visit*, each with the time at which it ended (None while open)."""
    (who,) = db.execute("SELECT who FROM visit WHERE id = ?", (visit,)).fetchone() or (None,)
    found: list[tuple[int, int | None]] = []
    while who and len(found) < MOST_COMPANIONS:
        name = pseudonym(companion(len(found) + 1, who))
        # A name that leads nowhere is that of somebody whom staff struck out: its number stays taken.
        row = db.execute(
            "SELECT ifnull(v.id, 0), iif(v.id IS NULL, 0, v.left_ms) FROM name n LEFT JOIN visit v ON v.id = n.visit"
            " WHERE n.who = ?",
            (name,),
        )
        if not (beside := row.fetchone()):
            break
        found.append(beside)
    return found


def is_sealed(db: sqlite3.Connection, who: bytes) -> bool:
    """Tell whether the identity behind *who* was sealed already under the current day key."""
    row = db.execute("SELECT sealed FROM name WHERE who = ?", (who,)).fetchone()
    return bool(row and row[0])
