"""The story of pairing: a code, seen by who stands before the kiosk, becomes a device that may show its pages."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable

from kiosk.rules.lasting import since
from kiosk.rules.model import Moment
from kiosk.rules.sessions import Use, may_pair
from kiosk.store.staff import StaffBook
from kiosk.store.staff_tables import Device, Pairing

CODE_BYTES, TOKEN_BYTES = 16, 32
GROUP = 4
LONGEST_CODE, LONGEST_NAME = 64, 40


class Pairings:
    """Makes and takes pairing codes, which are kept in *book* as hashes; *now* reads the clocks."""

    def __init__(self, book: StaffBook, now: Callable[[], Moment]) -> None:
        self._book = book
        self._now = now

    def make(self, use: Use, name: str, by: str) -> str:
        """A new code for one device, good for ten minutes: 128 random bits in base32 (RFC 4648)."""
        code = base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode().rstrip("=").lower()
        now = self._now()
        with self._book.writing() as tables:
            tables.drop_pairings(lambda made: not may_pair(made, now))
            tables.add_pairing(code, Pairing(name, use, by, since(now)))
        return code

    def pair(self, code: str, instead_of: Device | None = None) -> tuple[Device, str] | None:
        """The device that *code* pairs and the token it will show; None where it is unknown, used or too old.

        What the same browser was before, *instead_of*, ends.
        """
        now, token = self._now(), secrets.token_urlsafe(TOKEN_BYTES)
        with self._book.writing() as tables:
            pairing = tables.take_pairing(plain(code))
            if pairing is None or not may_pair(pairing.made, now):
                return None
            if instead_of:
                tables.end_device(instead_of.id)
            device = tables.device(tables.add_device(pairing, token, now.wall_ms))
        assert device is not None
        return device, token


def plain(code: str) -> str:
    """*code* as it was made, however it was typed."""
    return "".join(filter(str.isalnum, code[:LONGEST_CODE])).lower()


def grouped(code: str) -> str:
    """*code* as people read it and type it."""
    return " ".join(code[at : at + GROUP] for at in range(0, len(code), GROUP))
