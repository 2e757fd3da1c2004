"""JSON lines for machines: UTF-8, one object a line, every value as it is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TextIO


def write(rows: Iterable[Mapping[str, str]], out: TextIO) -> int:
    """Write *rows*; returns how many."""
    count = 0
    for row in rows:
        out.write(json.dumps(row, ensure_ascii=False) + "\n")
        count += 1
    return count
