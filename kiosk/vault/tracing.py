"""The tracing team's keys: the public half lives on the kiosk, the private half must not.

Whoever holds the private half can open what was sealed; the kiosk never can, except on demo data.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from kiosk.rules.model import Person
from kiosk.vault.errors import NoTracingKeysError, VaultError
from kiosk.vault.files import create_whole, flush_directory, read_secret, write_new
from kiosk.vault.keyfile import KEY_BYTES
from kiosk.vault.pseudonyms import Pseudonyms
from kiosk.vault.sealing import Purpose, fingerprint_bytes, open_sealed

PUBLIC_FILE = "tracing.json"
DEMO_FILE = "demo-tracing.key"
_AT_MOST_BYTES = 4096


@dataclass(frozen=True, slots=True)
class TracingPublic:
    """What the kiosk knows of the tracing team: to whom it seals."""

    key: X25519PublicKey
    name: str
    created: str
    demo: bool

    @property
    def fingerprint(self) -> str:
        """Groups of four hexadecimal digits, to be compared by eye with the paper or file of the private half."""
        return _readable(self.key)


@dataclass(frozen=True, slots=True)
class TracingPrivate:
    """The half that opens."""

    key: X25519PrivateKey
    name: str
    created: str

    @property
    def fingerprint(self) -> str:
        """The same as the public half's."""
        return _readable(self.key.public_key())


@dataclass(frozen=True, slots=True)
class SealedIdentity:
    """What a sealed identity says once it is open."""

    person: Person
    holder_id: str


def new_tracing_keys(data: Path, out: Path, *, name: str = "") -> str:
    """Make tracing keys: the private half in the new file *out*, the public half in *data*; returns the fingerprint.

    *out* is on disk before the public half appears. Raises VaultError, with nothing installed, when
    *out* is there already or lies inside *data* (links resolved), or *data* has tracing keys already.
    """
    _refuse_second_keys(data)
    data.mkdir(parents=True, exist_ok=True)
    target = _outside(data, out)
    private = _new_private(name)
    try:
        write_new(target, _private_text(private).encode())
    except FileExistsError as error:
        raise VaultError(f"{out}: is there already; name a file that is not") from error
    except OSError as error:
        raise VaultError(f"{out}: cannot be written: {error.strerror}") from error
    return _install(data, private, demo=False)


def new_tracing_keys_for_paper(data: Path, *, name: str = "") -> tuple[str, Callable[[], str]]:
    """The text of a new private half, to be printed as a QR code, and what installs its public half.

    Call the second once the paper is in hand; it returns the fingerprint. Raises VaultError, at
    either moment, when *data* has tracing keys already.
    """
    _refuse_second_keys(data)
    private = _new_private(name)
    return _private_text(private), lambda: _install(data, private, demo=False)


def make_demo_keys(data: Path) -> str:
    """Keys for trying out: the private half stays in *data*, which is marked as demo for ever; the fingerprint.

    Demo keys that are there already are kept. Raises VaultError where there are real ones.
    """
    data.mkdir(parents=True, exist_ok=True)
    create_whole(data / DEMO_FILE, _private_text(_new_private("demo")).encode())
    private = read_private_key(data / DEMO_FILE)
    if not (data / PUBLIC_FILE).exists():
        return _install(data, private, demo=True)
    public = read_public_key(data)
    if not public.demo:
        raise VaultError(f"{data}: has real tracing keys; demo keys need a data directory of their own")
    return public.fingerprint


def read_public_key(data: Path) -> TracingPublic:
    """To whom the kiosk with this data directory seals.

    Raises NoTracingKeysError when there are no keys yet, VaultError when the file is damaged.
    """
    path = data / PUBLIC_FILE
    try:
        table = json.loads(path.read_bytes())
        key = X25519PublicKey.from_public_bytes(base64.b64decode(table["public"], validate=True))
        public = TracingPublic(key, str(table["name"]), str(table["created"]), table["demo"] is not False)
        stated = table["fingerprint"]
    except FileNotFoundError as error:
        raise NoTracingKeysError(f"{data}: has no tracing keys; make them with 'kiosk keys new'") from error
    except OSError as error:
        raise VaultError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise VaultError(f"{path}: is not a tracing key's public half") from error
    if public.fingerprint != stated:
        raise VaultError(f"{path}: the fingerprint does not belong to the key; it was damaged or changed")
    return public


def read_private_key(path: Path) -> TracingPrivate:
    """The private half in the file *path*. Raises VaultError when it is missing, exposed or damaged."""
    try:
        return parse_private_key(read_secret(path, at_most=_AT_MOST_BYTES).decode())
    except FileNotFoundError as error:
        raise VaultError(f"{path}: there is no such file") from error
    except (VaultError, UnicodeDecodeError) as error:
        raise VaultError(f"{path}: {error}") from error


def parse_private_key(text: str) -> TracingPrivate:
    """The private half from the text of its file or QR code. Raises VaultError."""
    try:
        table = json.loads(text)
        key = X25519PrivateKey.from_private_bytes(base64.b64decode(table["private"], validate=True))
        private = TracingPrivate(key, str(table["name"]), str(table["created"]))
        stated = table["fingerprint"]
    except (ValueError, KeyError, TypeError) as error:
        raise VaultError("this is not a tracing key's private half") from error
    if private.fingerprint != stated:
        raise VaultError("the fingerprint does not belong to this tracing key; it is damaged")
    return private


def open_sealed_identity(private: TracingPrivate, blob: bytes, *, site: str, key_id: bytes) -> SealedIdentity:
    """Who was sealed at *site* under the day key *key_id*. Raises VaultError."""
    fields = json.loads(open_sealed(blob, private.key, site=site, key_id=key_id, purpose=Purpose.IDENTITY))
    holder_id = fields.pop("holder_id")
    return SealedIdentity(Person(**fields), holder_id)


def open_sealed_day_key(private: TracingPrivate, blob: bytes, *, site: str, key_id: bytes) -> bytes:
    """The day key itself, 32 bytes, from its sealed copy in the log. Raises VaultError."""
    key = open_sealed(blob, private.key, site=site, key_id=key_id, purpose=Purpose.DAY_KEY)
    if len(key) != KEY_BYTES:
        raise VaultError(f"the sealed day key has {len(key)} bytes, not {KEY_BYTES}")
    return key


def recover(day_key: bytes, pseudonym: bytes) -> bytes:
    """The subject (``pseudonyms.subject``) behind a pseudonym made under *day_key*."""
    return Pseudonyms(day_key).subject_of(pseudonym)


def _refuse_second_keys(data: Path) -> None:
    if (data / DEMO_FILE).exists():
        raise VaultError(f"{data}: has demo keys; real keys need a data directory of their own")
    if (data / PUBLIC_FILE).exists():
        raise VaultError(f"{data}: has tracing keys already")


def _outside(data: Path, out: Path) -> Path:
    try:
        parent = out.parent.resolve(strict=True)
        # By device and inode, so that neither a link nor a second mount of the directory hides it.
        inside = any(folder.samefile(data) for folder in (parent, *parent.parents))
    except OSError as error:
        raise VaultError(f"{out.parent}: cannot be used: {error.strerror}") from error
    if inside:
        raise VaultError(f"{out}: lies inside the data directory; the private half must not stay on the kiosk")
    return parent / out.name


def _install(data: Path, private: TracingPrivate, *, demo: bool) -> str:
    public = private.key.public_key()
    table = {
        "name": private.name,
        "created": private.created,
        "public": base64.b64encode(public.public_bytes_raw()).decode(),
        "fingerprint": private.fingerprint,
        "demo": demo,
    }
    data.mkdir(parents=True, exist_ok=True)
    if not create_whole(data / PUBLIC_FILE, json.dumps(table, ensure_ascii=False, indent=1).encode(), mode=0o644):
        raise VaultError(f"{data}: has tracing keys already")
    flush_directory(data.parent)
    return private.fingerprint


def _new_private(name: str) -> TracingPrivate:
    return TracingPrivate(X25519PrivateKey.generate(), name, datetime.now(UTC).isoformat(timespec="seconds"))


def _private_text(private: TracingPrivate) -> str:
    table = {
        "name": private.name,
        "created": private.created,
        "private": base64.b64encode(private.key.private_bytes_raw()).decode(),
        "fingerprint": private.fingerprint,
    }
    return json.dumps(table, ensure_ascii=False)


def _readable(public: X25519PublicKey) -> str:
    return fingerprint_bytes(public).hex(" ", 2)
