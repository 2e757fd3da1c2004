"""A table of people present at the same time as a Parquet file for analysts: texts as they are, counts as numbers."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence


def parquet(
    columns: Sequence[str], counts: frozenset[str], rows: Sequence[Sequence[str]], told: Mapping[str, str]
) -> bytes:
    """*rows* of texts under the names *columns*, of which *counts* are whole numbers; *told* goes into the file's own
    metadata. Raises ImportError without pyarrow.
    """
    import pyarrow
    from pyarrow import parquet as writer

    arrays = [
        pyarrow.array([int(row[place]) for row in rows], pyarrow.int64())
        if name in counts
        else pyarrow.array([row[place] for row in rows], pyarrow.string())
        for place, name in enumerate(columns)
    ]
    table = pyarrow.table(dict(zip(columns, arrays, strict=True))).replace_schema_metadata(dict(told))
    out = io.BytesIO()
    writer.write_table(table, out, compression="zstd")
    return out.getvalue()
