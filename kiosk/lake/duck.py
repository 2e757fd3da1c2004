"""The embedded engine: DuckDB in this process, over the Parquet files of a lake."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from importlib.util import find_spec
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from kiosk.lake import questions, scanning
from kiosk.lake.scanning import LONG_AGO_MS, Range
from kiosk.lake.sealed import sealed_people
from kiosk.lake.tables import ALIASES, KEYS, PEOPLE, LakeError, tag_of
from kiosk.rules.contacts import Contact, Question
from kiosk.rules.plain_engine import Who, days_of, in_time
from kiosk.rules.tracing import (
    BETWEEN,
    MOST_MET,
    Asked,
    Count,
    Index,
    KeyedStay,
    Met,
    Scope,
    SealedKey,
    SealedPerson,
    asked_of,
    demand_few,
    whos_of,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Answer = TypeVar("Answer")

FEW_STAYS = 64  # for more of them a hash join by buckets of time is cheaper than one over ranges
FEW_PEOPLE = 500
EVER_MS = 1 << 45  # the year 3084
TRIES = 3
SPILL = Path("/var/tmp")  # noqa: S108  # made with a name that nobody guesses, gone when the connection closes
_KEYED = tuple(KeyedStay.__slots__)


class DuckEngine:
    """Answers from the *lake*, as ``rules.tracing.Engine`` and ``Sealed``; threads may share it.

    *threads* and *memory_mb* bound what a question may take; what needs more memory goes to the disk meanwhile. No
    answer is of more than *most*. Raises LakeError.
    """

    def __init__(self, lake: Path, *, threads: int = 2, memory_mb: int = 2048, most: int = MOST_MET) -> None:
        self._lake = lake
        self._most = most
        self._db = connected(threads, memory_mb)

    def close(self) -> None:
        """End; nothing can be asked any more."""
        self._db.close()

    def stays_of(self, asked: Asked, scope: Scope) -> Sequence[KeyedStay]:
        """As ``Engine.stays_of``."""
        return self._answered(lambda db: self._stays_of(db, whos_of(asked), scope))

    def count(self, index: Index, scope: Scope, question: Question) -> Count:
        """As ``Engine.count``."""
        return self._answered(lambda db: self._count(db, index, scope, question))

    def met(self, index: Index, scope: Scope, question: Question) -> Sequence[Met]:
        """As ``Engine.met``."""
        return self._answered(lambda db: self._met(db, index, scope, question))

    def met_later(self, contacts: Mapping[Who, int], selves: Asked, scope: Scope, question: Question) -> Sequence[Who]:
        """As ``Engine.met_later``."""
        return self._answered(lambda db: self._met_later(db, contacts, whos_of(selves), scope, question))

    def keys(self, scope: Scope) -> Sequence[SealedKey]:
        """As ``Sealed.keys``."""
        return self._answered(lambda db: self._keys(db, scope))

    def people(self, asked: Asked) -> Sequence[SealedPerson]:
        """As ``Sealed.people``."""
        return sealed_people(self._lake, asked)

    def same_as(self, asked: Asked) -> Asked:
        """As ``Sealed.same_as``."""
        return self._answered(lambda db: self._same_as(db, asked))

    def _stays_of(self, db: DuckDBPyConnection, whos: set[Who], scope: Scope) -> list[KeyedStay]:
        there = scanning.table_text(self._lake, PEOPLE, scanning.since(scope), scope.until_ms)
        known = self._seen(db, there, whos)
        if len(known) <= FEW_PEOPLE:  # told in the text itself, so that all but their rows are skipped
            text, asked = f"SELECT * FROM ({there}) AS s", f" AND {_literally(known)}"
        else:
            fill(db, "wanted", {"key_id": "BLOB", "who": "BLOB"}, known)
            text, asked = f"SELECT s.* FROM ({there}) AS s SEMI JOIN wanted USING (key_id, who)", ""
        rows = db.execute(f"SELECT {', '.join(_KEYED)} FROM ({text}) WHERE {scanning.touching_text(scope)}{asked}")
        stays = (KeyedStay(*row) for row in rows.fetchall())
        return sorted((stay for stay in stays if (stay.key_id, stay.who) in whos), key=in_time)

    def _seen(self, db: DuckDBPyConnection, there: str, whos: set[Who]) -> set[Who]:
        """Of *whos*, most of whom were nowhere, those who may have stays in *there*; little is read for that."""
        by_tag: defaultdict[int, set[Who]] = defaultdict(set)
        for key_id, who in whos:
            by_tag[tag_of(who)].add((key_id, who))
        fill(db, "wanted", {"tag": "BIGINT"}, [(tag,) for tag in by_tag])
        rows = db.execute(f"SELECT DISTINCT tag FROM ({there}) AS s SEMI JOIN wanted USING (tag)").fetchall()
        return {who for (tag,) in rows for who in by_tag[tag]}

    def _count(self, db: DuckDBPyConnection, index: Index, scope: Scope, question: Question) -> Count:
        self._ask(db, index, scope)
        spans = [(place, *span) for place, some in days_of(index, scope, question).items() for span in some]
        fill(db, "asked_day", {"place": "VARCHAR", "from_ms": "BIGINT", "until_ms": "BIGINT"}, spans)
        ranges = (Range(place.partition(BETWEEN)[0], from_ms - question.longest_ms, to) for place, from_ms, to in spans)
        self._look(db, scanning.merged(ranges), scope)
        met = _met_at_all(db, question)
        (present,) = _row(db, questions.present(question))
        return Count(met, present)

    def _met(self, db: DuckDBPyConnection, index: Index, scope: Scope, question: Question) -> list[Met]:
        stays = self._ask(db, index, scope)
        self._look(db, scanning.near(stays, question), scope)
        demand_few(_met_at_all(db, question), self._most)
        few = len(stays) <= FEW_STAYS
        rows = db.execute(
            questions.first_order(question) if few else questions.first_order_of_many(question)
        ).fetchall()
        return [Met(key_id, who, Contact(*map(int, numbers))) for key_id, who, *numbers in rows]

    def _met_later(
        self, db: DuckDBPyConnection, contacts: Mapping[Who, int], selves: set[Who], scope: Scope, question: Question
    ) -> list[Who]:
        fill(db, "contact", {"who": "BLOB", "first_ms": "BIGINT"}, [(who, ms) for (_, who), ms in contacts.items()])
        fill(db, "self", {"who": "BLOB"}, {(who,) for _, who in selves | contacts.keys()})
        there = scanning.table_text(self._lake, PEOPLE, scanning.since(scope), scope.until_ms)
        db.execute(
            f"CREATE TEMP TABLE their_stay AS SELECT site, who, {scanning.PLACE[scope.by]} AS place, came_ms, went_ms"
            f" FROM ({there}) SEMI JOIN contact USING (who) WHERE {scanning.touching_text(scope)}"
        )
        lasted = db.execute("SELECT site, min(came_ms), max(went_ms) FROM their_stay GROUP BY site ORDER BY site")
        before_ms, tail_ms = question.longest_ms, question.tail_ms
        ranges = [Range(site, first - before_ms, last + tail_ms) for site, first, last in lasted.fetchall()]
        self._look(db, scanning.merged(ranges), scope)
        db.execute(f"CREATE TEMP TABLE later AS {questions.second_order(question)}")
        (found,) = _row(db, "SELECT count(*) FROM later")
        demand_few(found, self._most, later=True)
        return db.execute("SELECT key_id, who FROM later ORDER BY key_id, who").fetchall()

    def _ask(self, db: DuckDBPyConnection, index: Index, scope: Scope) -> list[KeyedStay]:
        """Of the stays of *index* those that are asked about; the texts have them, and whom not to name."""
        stays = [stay for stay in index.stays if scope.has(stay)]
        columns = {"place": "VARCHAR"} | dict.fromkeys(questions.ASKED[1:], "BIGINT")
        times = attrgetter(*questions.ASKED[1:])
        fill(db, "asked", columns, [(scope.place(stay), *times(stay)) for stay in stays])
        fill(db, "self", {"who": "BLOB"}, {(who,) for _, who in index.whos})
        return stays

    def _look(self, db: DuckDBPyConnection, ranges: Iterable[Range], scope: Scope) -> None:
        """The texts look at the stays in *ranges*."""
        db.execute(f"CREATE OR REPLACE TEMP VIEW stay AS {scanning.stays_text(self._lake, ranges, scope)}")

    def _keys(self, db: DuckDBPyConnection, scope: Scope) -> list[SealedKey]:
        sites = f" AND site IN ({', '.join(map(scanning.quoted, sorted(scope.sites)))})" if scope.sites else ""
        there = scanning.table_text(self._lake, KEYS, LONG_AGO_MS, scope.until_ms)
        rows = db.execute(
            f"SELECT DISTINCT site, key_id, sealed, from_ms, until_ms FROM ({there})"
            f" WHERE from_ms <= {scope.until_ms} AND until_ms >= {scope.from_ms}{sites} ORDER BY site, from_ms, key_id"
        )
        return [SealedKey(*row) for row in rows.fetchall()]

    def _same_as(self, db: DuckDBPyConnection, asked: Asked) -> Asked:
        whos = whos_of(asked)
        there = scanning.table_text(self._lake, ALIASES, LONG_AGO_MS, EVER_MS)
        db.execute(f"CREATE TEMP VIEW called AS {there}")
        while True:
            fill(db, "wanted", {"key_id": "BLOB", "who": "BLOB"}, whos)
            found = db.execute(
                "SELECT c.key_id, unnest([c.alias, c.who]) FROM called AS c JOIN wanted AS w"
                " ON w.key_id = c.key_id AND (w.who = c.who OR w.who = c.alias)"
            ).fetchall()
            if whos.issuperset(found):
                return asked_of(whos)
            whos |= set(found)

    def _answered(self, ask: Callable[[DuckDBPyConnection], Answer]) -> Answer:
        """What is asked, once more where a file went, because there is a newer one, before it was read."""
        import duckdb

        for tried in range(1, TRIES + 1):
            try:
                return self._asked(ask)
            except duckdb.Error as error:
                if tried == TRIES or not isinstance(error, duckdb.IOException):
                    raise LakeError(f"{self._lake}: cannot be asked: {str(error).splitlines()[0]}") from error
        raise AssertionError

    def _asked(self, ask: Callable[[DuckDBPyConnection], Answer]) -> Answer:
        with closing(self._db.cursor()) as db:  # its temporary tables are its own
            return ask(db)


def demand_engine() -> None:
    """Raises LakeError where the libraries of the lake are not installed."""
    if not (find_spec("duckdb") and find_spec("pyarrow")):
        raise LakeError("a hub needs DuckDB and pyarrow, which are not here: install kiosk[hub]")


def connected(threads: int, memory_mb: int) -> DuckDBPyConnection:
    """DuckDB without a database of its own, and without the network, which takes a quarter of the machine's memory at
    most. Raises LakeError.
    """
    demand_engine()
    import duckdb

    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": threads,
        "memory_limit": f"{min(memory_mb, _machine_mb() // 4)}MB",
        "temp_directory": str(SPILL / f"kiosk-lake-{uuid4().hex}"),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    db = duckdb.connect(":memory:", config=settings)
    db.execute("SET GLOBAL parquet_metadata_cache = true")  # a file is never changed
    return db


def _machine_mb() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20


def fill(db: DuckDBPyConnection, table: str, columns: Mapping[str, str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Make the temporary *table* with *rows*."""
    import pyarrow

    types = {
        "BLOB": pyarrow.binary(),
        "VARCHAR": pyarrow.string(),
        "BIGINT": pyarrow.int64(),
        "BOOLEAN": pyarrow.bool_(),
    }
    schema = pyarrow.schema([(name, types[kind]) for name, kind in columns.items()])
    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    arrays = [pyarrow.array(some, one.type) for some, one in zip(values, schema, strict=True)]
    db.register("given", pyarrow.Table.from_arrays(arrays, schema=schema))
    db.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM given")
    db.unregister("given")


def _literally(whos: Iterable[Who]) -> str:
    """The condition for rows of *whos*."""
    by_key = asked_of(whos)
    if not by_key:
        return "false"
    keys = ", ".join(f"unhex('{key_id.hex()}')" for key_id in by_key)
    people = ", ".join(f"unhex('{who.hex()}')" for some in by_key.values() for who in some)
    return f"key_id IN ({keys}) AND who IN ({people})"


def _met_at_all(db: DuckDBPyConnection, question: Question) -> int:
    (met,) = _row(db, f"SELECT count(*) FROM ({questions.met_at_all(question)})")
    return int(met)


def _row(db: DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    row = db.execute(query).fetchone()
    assert row is not None
    return row
