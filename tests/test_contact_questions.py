"""What the engine answers is what the reference says, whatever people did."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from test_contacts import questions, some_stays

from kiosk.lake import questions as texts
from kiosk.rules.contacts import Contact, Question, Stay, Stays, contacts, of_contacts

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

duckdb = pytest.importorskip("duckdb", reason="DuckDB is not here: it comes with kiosk[hub]")

TYPES = dict.fromkeys((*texts.STAY, *texts.CONTACT), "BIGINT") | dict.fromkeys(("key_id", "who", "place"), "VARCHAR")


def table(db: DuckDBPyConnection, name: str, columns: Sequence[str], rows: Iterable[tuple[object, ...]]) -> None:
    db.execute(f"CREATE TABLE {name} ({', '.join(f'{column} {TYPES[column]}' for column in columns)})")
    if known := list(rows):
        db.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})", known)


def lake(stays: Iterable[Stay], asked: Iterable[Stay], selves: Iterable[object]) -> DuckDBPyConnection:
    db: DuckDBPyConnection = duckdb.connect()
    of_asked = attrgetter(*texts.ASKED)
    table(db, "stay", texts.STAY, (("key", stay.who, *of_asked(stay)) for stay in stays))
    table(db, "asked", texts.ASKED, map(of_asked, asked))
    table(db, "self", texts.SELF, ((who,) for who in selves))
    return db


@settings(max_examples=60, deadline=None)
@given(some_stays(), questions)
def test_every_text_of_the_first_order_is_the_reference(stays: list[Stay], question: Question) -> None:
    asked = [stay for stay in stays if stay.who == "a"]
    expected = contacts(asked, Stays(stays), question)
    with lake(stays, asked, "a") as db:
        for text in (texts.first_order(question), texts.first_order_of_many(question)):
            rows = db.execute(text).fetchall()
            assert {who: Contact(*map(int, row)) for _, who, *row in rows} == expected
        assert {who for _, who in db.execute(texts.met_at_all(question)).fetchall()} == set(expected)


@settings(max_examples=60, deadline=None)
@given(some_stays(), questions)
def test_the_second_order_is_the_reference(stays: list[Stay], question: Question) -> None:
    asked = [stay for stay in stays if stay.who == "a"]
    first_ms = {who: met.first_ms for who, met in contacts(asked, Stays(stays), question).items()}
    theirs = [stay for stay in stays if stay.who in first_ms]
    with lake(stays, asked, {"a", *first_ms}) as db:
        db.execute("CREATE VIEW their_stay AS SELECT * FROM stay")
        table(db, "contact", texts.CONTACT, first_ms.items())
        rows = db.execute(texts.second_order(question)).fetchall()
    assert {who for _, who in rows} == of_contacts(first_ms, theirs, Stays(stays), question, {"a"})
