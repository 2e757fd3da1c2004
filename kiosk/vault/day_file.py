"""The file in which a day's people leave the kiosk, sealed: a line that says what it is, and the sealed bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from kiosk.vault.errors import VaultError

WHAT = "kiosk: what staff saw in one day, sealed to the tracing team"
LARGEST_BYTES = 64 << 20
_LONGEST_LINE_BYTES = 1000


@dataclass(frozen=True, slots=True)
class Day:
    """A site, and the id of the day key under which its people came."""

    site: str
    key_id: bytes


def pack(day: Day, content: bytes, seal: Callable[[bytes], bytes]) -> bytes:
    """The file of *day*. Raises VaultError where *content* is too large."""
    if len(content) > LARGEST_BYTES // 2:
        raise VaultError(f"a day of {len(content)} bytes is too large to be sealed in one file")
    line = json.dumps({"what": WHAT, "site": day.site, "key": day.key_id.hex()}, ensure_ascii=False)
    return line.encode() + b"\n" + seal(content)


def unpack(file: bytes) -> tuple[Day, bytes]:
    """Of which day *file* is, and what is sealed in it. Raises VaultError for anything else.

    What the line says is believed by nobody: site and key are bound into the seal.
    """
    line, _, sealed = file[:LARGEST_BYTES].partition(b"\n")
    try:
        table = json.loads(line[:_LONGEST_LINE_BYTES])
        if table["what"] == WHAT:
            return Day(str(table["site"]), bytes.fromhex(table["key"])), sealed
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise VaultError("this is not a day that a kiosk sealed")
