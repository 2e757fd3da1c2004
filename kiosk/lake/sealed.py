"""Sealed identities in a lake: a file for each day key, because people are opened by the keys that they were met under.

    lake/sealed/KEY.parquet

Each is replaced as a whole, so that a live day costs its own kiosk's people only. Who reads one has it open.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from kiosk.lake.parts import write_rows
from kiosk.lake.tables import SEALED, LakeError
from kiosk.rules.tracing import Asked, SealedPerson

COLUMNS = {"site": "VARCHAR", "key_id": "BLOB", "who": "BLOB", "sealed": "BLOB"}


def put_sealed(lake: Path, key_id: bytes, people: Iterable[SealedPerson]) -> None:
    """Make the file of that key of *people*, durably; of none, none. Raises LakeError."""
    rows = sorted((one.site, one.key_id, one.who, one.sealed) for one in people)
    path = _path(lake, key_id)
    try:
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        write_rows(path, COLUMNS, rows)
    except OSError as error:
        raise LakeError(f"{path}: cannot be written: {error.strerror}") from error


def sealed_people(lake: Path, asked: Asked) -> list[SealedPerson]:
    """What is sealed of those asked of, by key and pseudonym. Raises LakeError."""
    from pyarrow import ArrowException, parquet

    found: set[tuple[str, bytes, bytes, bytes]] = set()
    for key_id, whos in asked.items():
        path = _path(lake, key_id)
        try:
            with path.open("rb") as file:
                table = parquet.read_table(file, columns=list(COLUMNS), filters=[("who", "in", list(whos))])
        except FileNotFoundError:
            continue
        except (ArrowException, OSError) as error:
            raise LakeError(f"{path}: cannot be read: {error}") from error
        found.update(zip(*(column.to_pylist() for column in table.itercolumns()), strict=True))
    return [SealedPerson(*row) for row in sorted(found, key=lambda row: row[1:])]


def _path(lake: Path, key_id: bytes) -> Path:
    return lake / SEALED / f"{key_id.hex()}.parquet"
