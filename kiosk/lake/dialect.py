"""The texts of the embedded engine in Spark's dialect: SQLGlot's work, and two things that it does not know."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kiosk.lake.tables import LakeError

if TYPE_CHECKING:
    from sqlglot import exp

# The last row of *right* before each of *left*, in one pass over both by time. Spark 4.3 has a join for it behind a
# switch, which looks at all earlier rows for each: 331 s for 5 million rows at 100 places, where this takes 6 s.
_AS_OF = """
SELECT w, r FROM (
    SELECT w, last(r, true) OVER (
        PARTITION BY place ORDER BY at_ms, asks ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS r
    FROM (SELECT {right_place} AS place, {right_at} AS at_ms, 0 AS asks, struct(r.*) AS r, NULL AS w FROM {right}
          UNION ALL
          SELECT {left_place}, {left_at}, 1, NULL, struct(w.*) FROM {left})
) WHERE w IS NOT NULL AND r IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Statement:
    """What Spark is to do: *query*, which *reads* files under names; *makes* is what it is called from then on."""

    query: str
    reads: dict[str, tuple[str, ...]]
    makes: str = ""
    is_table: bool = False


def for_spark(text: str) -> Statement:
    """*text*, in DuckDB's dialect, for Spark: a question, or one that makes a temporary table or view of its answer.

    Raises LakeError where SQLGlot is not here.
    """
    try:
        from sqlglot import exp, parse_one
    except ImportError as error:
        raise LakeError("this needs SQLGlot, which is not here: install kiosk[hub]") from error
    asked = parse_one(text, read="duckdb")
    reads = _files_by_name(asked)
    for join in list(asked.find_all(exp.Join)):
        if join.method == "ASOF":
            _sweep(join)
    if isinstance(asked, exp.Create):
        query = asked.expression.sql("spark")
        return Statement(query, reads, asked.this.name, is_table=asked.kind == "TABLE")
    return Statement(asked.sql("spark"), reads)


def _files_by_name(asked: exp.Expr) -> dict[str, tuple[str, ...]]:
    """Give what is read from files a name instead; which files those are."""
    from sqlglot import exp

    reads = {}
    for read in list(asked.find_all(exp.ReadParquet)):
        paths = tuple(path.name for path in read.expressions[0].expressions)
        name = "files_" + hashlib.sha256("\n".join(paths).encode()).hexdigest()[:16]
        read.replace(exp.to_identifier(name))
        reads[name] = paths
    return reads


def _sweep(join: exp.Join) -> None:
    """Put in the place of ``left AS w ASOF JOIN right AS r ON r.a = w.a AND r.b <= w.b`` rows of both, as w and r."""
    from sqlglot import exp, parse_one

    select, same, earlier = join.parent, join.args["on"].this, join.args["on"].expression
    assert isinstance(select, exp.Select)
    left = select.args["from_"].this
    parts = {
        "left": left.sql("spark"),
        "right": join.this.sql("spark"),
        "right_place": same.this.sql("spark"),
        "left_place": same.expression.sql("spark"),
        "right_at": earlier.this.sql("spark"),
        "left_at": earlier.expression.sql("spark"),
    }
    join.pop()
    swept = parse_one(_AS_OF.format(**parts), read="spark")
    assert isinstance(swept, exp.Query)
    left.replace(swept.subquery())
