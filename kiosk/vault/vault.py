"""The vault: all that the door may do with keys, and nothing by which it could name yesterday's people."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from kiosk.rules.model import Person
from kiosk.vault import day_file, sealing
from kiosk.vault.day_file import Day
from kiosk.vault.errors import VaultError
from kiosk.vault.keyfile import KEY_BYTES, KEY_ID_BYTES, KeyFile
from kiosk.vault.pseudonyms import Pseudonyms
from kiosk.vault.sealing import Purpose
from kiosk.vault.slips import KioskKey, Slip
from kiosk.vault.staff_view import Shown, StaffView, padded_json
from kiosk.vault.succession import install_next
from kiosk.vault.tracing import TracingPublic, read_public_key

KEY_FILE = "day.key"
KIOSK_FILE = "kiosk.key"


@dataclass(frozen=True, slots=True)
class DayKey:
    """What the log records of a new day key before its first use: its id, and a copy for the tracing team."""

    key_id: bytes
    sealed: bytes


class _Today:
    """The subkeys of the day key in use; the day key itself is not kept."""

    def __init__(self, key_id: bytes, key: bytes) -> None:
        self.key_id = key_id
        self.pseudonyms = Pseudonyms(key)
        self.staff_view = StaffView(key)


class Vault:
    """The keys of one kiosk; threads may share it. Made by ``Vault.open``."""

    def __init__(
        self, site: str, tracing: TracingPublic, keys: KeyFile, own: KioskKey, *, read_only: bool = False
    ) -> None:
        self._site = site
        self._read_only = read_only
        self._tracing = tracing
        self._keys = keys
        self._own = own
        self._in_use: _Today | None = None
        self.demo = tracing.demo
        self.slip_key = own.public_text

    @classmethod
    def open(cls, data: Path, *, site: str, slip_keys: Sequence[str] = (), read_only: bool = False) -> Vault:
        """The vault in the directory *data*; the key file and the kiosk's own key are made when missing.

        With *read_only*, nothing is ever made, written or destroyed. *slip_keys* are the public keys (base64)
        of the site's other kiosks. No day key is in use yet.
        Raises NoTracingKeysError when the directory has no tracing keys, VaultError when a file cannot be used.
        """
        tracing = read_public_key(data)
        keys = KeyFile(data / KEY_FILE)
        if not read_only:
            keys.prepare()
        own = KioskKey(data / KIOSK_FILE, slip_keys, make=not read_only)
        return cls(site, tracing, keys, own, read_only=read_only)

    @property
    def key_id(self) -> bytes:
        """The id of the day key in use, 8 bytes; empty while none is."""
        return self._in_use.key_id if self._in_use else b""

    @property
    def tracing_fingerprint(self) -> str:
        """The fingerprint of the tracing key to which is sealed now."""
        return self._tracing.fingerprint

    def use(self, key_id: bytes) -> bool:
        """Put the key that the log calls current into use and destroy every older one in the key file.

        A vault that was opened read-only destroys none. False, with no key in use, when the key file has no
        such key or was lost. A newer key stays in the file: another process may be recording it right now.
        Raises VaultError when the file cannot be used.
        """
        if self._read_only:
            slot = self._keys.look(key_id)
        else:
            self._keys.prepare()
            slot = self._keys.take(key_id)
        self._in_use = _Today(slot.key_id, slot.key) if slot else None
        self._follow_tracing()
        return slot is not None

    def new_day_key(self) -> DayKey:
        """Flush a random key into the key file beside the one in use; it is not in use yet.

        Call it inside the log's writing transaction, record the result there, commit, then ``use`` it. It is sealed to
        the tracing key that is in force from now on: the next one, where one was accepted.
        Raises VaultError when another process has turned the key meanwhile, or the disk fails, and in a
        vault that was opened read-only.
        """
        if self._read_only:
            raise VaultError("the keys were opened for reading only")
        with suppress(VaultError):  # a damaged successor must not keep the day from ending
            install_next(self._keys.path.parent)
        self._follow_tracing()
        key_id, key = os.urandom(KEY_ID_BYTES), os.urandom(KEY_BYTES)
        self._keys.add(key_id, key, keep=self.key_id)
        return DayKey(key_id, self._sealed(key, key_id, Purpose.DAY_KEY))

    def pseudonym(self, holder_id: str) -> bytes:
        """16 bytes that link this holder's passages under the day key in use. Raises VaultError without one."""
        return self._today().pseudonyms.of(holder_id)

    def likeness(self, person: Person) -> bytes | None:
        """16 bytes equal for the same name and birth year today; None when either is unknown."""
        return self._today().pseudonyms.likeness(person)

    def seal(self, person: Person, holder_id: str) -> bytes:
        """The identity, for the tracing team alone. Raises VaultError when no day key is in use."""
        filled = {name: value for name, value in asdict(person).items() if value}
        content = padded_json({**filled, "holder_id": holder_id})
        return self._sealed(content, self._today().key_id, Purpose.IDENTITY)

    def conceal(self, shown: Shown) -> bytes:
        """What staff see today, unreadable once the day key is gone. Raises VaultError when none is in use."""
        return self._today().staff_view.conceal(shown)

    def reveal(self, blob: bytes) -> Shown | None:
        """What ``conceal`` was given; None once its key is gone."""
        return self._in_use.staff_view.reveal(blob) if self._in_use else None

    def seal_today(self, content: bytes) -> bytes:
        """A file with *content*, what staff see today, for the tracing team alone.

        Raises VaultError when no day key is in use, or *content* is too large.
        """
        day = Day(self._site, self._today().key_id)
        return day_file.pack(day, content, lambda it: self._sealed(it, day.key_id, Purpose.TODAY))

    def seal_request(self, said: dict[str, str]) -> bytes:
        """What somebody asks about what is kept of them, for the tracing team alone.

        Raises VaultError when no day key is in use.
        """
        return self._sealed(padded_json(said), self._today().key_id, Purpose.REQUEST)

    def issue_slip(self, at_ms: int) -> Slip:
        """A new signed slip, issued at *at_ms*."""
        return self._own.issue_slip(at_ms)

    def verify_slip(self, kid: bytes, message: bytes, signature: bytes) -> bool | None:
        """Whether the site's key named *kid* signed *message*; None when the site has no such key."""
        return self._own.verify(kid, message, signature)

    def pack_segment(self, content: bytes) -> bytes:
        """A piece of the log packed and signed by this kiosk, as it travels to the hub."""
        return self._own.pack_segment(content)

    def head_seal(self, message: bytes) -> bytes:
        """32 bytes that only this kiosk can make for *message*: seals the head of its log."""
        return self._own.head_seal(message)

    def _follow_tracing(self) -> None:
        with suppress(VaultError):  # a file that was damaged since must not stop the door: the key known here is good
            self._tracing = read_public_key(self._keys.path.parent)

    def _today(self) -> _Today:
        if self._in_use is None:
            raise VaultError("no day key is in use")
        return self._in_use

    def _sealed(self, content: bytes, key_id: bytes, purpose: Purpose) -> bytes:
        return sealing.seal(content, self._tracing.key, site=self._site, key_id=key_id, purpose=purpose)
