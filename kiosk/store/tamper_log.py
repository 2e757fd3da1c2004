"""The log by which a hub can prove what it was given and what it was asked: leaves and nodes (RFC 6962)."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from kiosk.rules import merkle
from kiosk.rules.entries import Body, encode

# What arrives from kiosks, of which there is far more than of the rest; the index in ``hub_tables`` says the same.
NO_HEAD = """instr(said, '"what":"head"') = 0"""


@dataclass(frozen=True, slots=True)
class Leaf:
    """What was *said*, and when."""

    number: int
    at_ms: int
    said: Body


def append(db: sqlite3.Connection, at_ms: int, said: Body) -> int:
    """Put what was *said* into the log, within the transaction of what it is about; its number, from 0."""
    number, leaf = size(db), encode([at_ms, said])
    db.execute("INSERT INTO leaf VALUES (?, ?, ?)", (number, at_ms, leaf))
    grown = merkle.grown(number, merkle.leaf_hash(leaf), nodes(db))
    db.executemany("INSERT INTO node VALUES (?, ?, ?)", grown)
    return number


def leaves(db: sqlite3.Connection, limit: int, before: int | None = None, *, heads: bool = True) -> list[Leaf]:
    """The newest first, at most *limit*, those *before* a number where given; *heads* of kiosks' logs among them."""
    query = f"SELECT number, at_ms, said FROM leaf WHERE number < ? {'' if heads else 'AND ' + NO_HEAD}"
    return _leaves(db, query, size(db) if before is None else before, limit)


def leaves_about(db: sqlite3.Connection, what: str, limit: int) -> list[Leaf]:
    """The newest *limit* of those that are about *what*, which is not the head of a log."""
    # No text within a leaf has this: its quotes would have a backslash before them.
    query = f"SELECT number, at_ms, said FROM leaf WHERE {NO_HEAD} AND instr(said, ?) > 0"
    return _leaves(db, query, encode({"what": what})[1:-1].decode(), limit)


def _leaves(db: sqlite3.Connection, query: str, wanted: int | str, limit: int) -> list[Leaf]:
    rows = db.execute(f"{query} ORDER BY number DESC LIMIT ?", (wanted, limit))
    return [Leaf(number, at_ms, json.loads(said)[1]) for number, at_ms, said in rows]


def size(db: sqlite3.Connection) -> int:
    """How many leaves there are."""
    found: int = db.execute("SELECT ifnull(max(number) + 1, 0) FROM leaf").fetchone()[0]
    return found


def size_and_root(db: sqlite3.Connection) -> tuple[int, bytes]:
    """How many leaves there are, and the hash of them all."""
    leaves = size(db)
    return leaves, merkle.root(leaves, nodes(db))


def consistency(db: sqlite3.Connection, old: int) -> list[bytes]:
    """What proves that the log begins with its first *old* leaves, of which it has more than none."""
    return merkle.consistency(old, size(db), nodes(db))


def nodes(db: sqlite3.Connection) -> merkle.Nodes:
    """The hashes of whole subtrees."""

    def node(level: int, number: int) -> bytes:
        found = db.execute("SELECT hash FROM node WHERE level = ? AND number = ?", (level, number)).fetchone()
        assert found, "the tamper log has every whole subtree"
        return bytes(found[0])

    return node
