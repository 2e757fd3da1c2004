"""The tracing team's keys: the public half lives on the kiosk, the private half must not.

Whoever holds the private half can open what was sealed; the kiosk never can, except on demo data.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from kiosk.files import FOR_ALL
from kiosk.vault.errors import NoTracingKeysError, VaultError
from kiosk.vault.files import OWNER_ONLY, create_whole, write_new
from kiosk.vault.pseudonyms import subkey
from kiosk.vault.sealing import fingerprint_bytes

PUBLIC_FILE = "tracing.json"
DEMO_FILE = "demo-tracing.key"
_AT_MOST_BYTES = 4096
_LONGEST_NAME = 80
_NOT_OUR_JSON = (ValueError, KeyError, TypeError, RecursionError)


@dataclass(frozen=True, slots=True)
class TracingPublic:
    """What the kiosk knows of the tracing team: to whom it seals."""

    key: X25519PublicKey
    name: str
    created: str
    demo: bool
    signer: str = ""  # public key (base64) by which the team names the key that follows; empty for keys made before

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

    @property
    def signs(self) -> Ed25519PrivateKey:
        """The key by which it names the one that follows it; it follows from the private half."""
        return Ed25519PrivateKey.from_private_bytes(subkey(self.key.private_bytes_raw(), "tracing signer", 32))

    @property
    def public(self) -> TracingPublic:
        """The half that a kiosk has."""
        signer = base64.b64encode(self.signs.public_key().public_bytes_raw()).decode()
        return TracingPublic(self.key.public_key(), self.name, self.created, demo=False, signer=signer)


def new_tracing_keys(data: Path, out: Path, *, name: str = "") -> str:
    """Make tracing keys: the private half in the new file *out*, the public half in *data*; returns the fingerprint.

    *out* is on disk before the public half appears. Raises VaultError, with nothing installed, when
    *out* is there already or lies inside *data* (links resolved), or *data* has tracing keys already.
    """
    _refuse_second_keys(data)
    _make_directory(data)
    target = _outside(data, out)
    private = _new_private(name)
    _write_private(target, private)
    try:
        return _install(data, private)
    except VaultError:
        target.unlink()  # of a public half that is nowhere, this one would only mislead
        raise


def new_private_key(out: Path, *, name: str = "") -> TracingPrivate:
    """A private half in the new file *out*, whose public half no kiosk has yet. Raises VaultError."""
    private = _new_private(name)
    _write_private(out, private)
    return private


def new_tracing_keys_for_paper(data: Path, *, name: str = "") -> tuple[str, Callable[[], str]]:
    """The text of a new private half, to be printed as a QR code, and what installs its public half.

    Call the second once the paper is in hand; it returns the fingerprint. Raises VaultError, at
    either moment, when *data* has tracing keys already.
    """
    _refuse_second_keys(data)
    private = _new_private(name)
    return _private_text(private), lambda: _install(data, private)


def make_demo_keys(data: Path) -> str:
    """Keys for trying out: the private half stays in *data*, which is marked as demo for ever; the fingerprint.

    Demo keys that are there already are kept. Raises VaultError where there are real ones.
    """
    _make_directory(data)
    if not os.path.lexists(data / PUBLIC_FILE):
        create_whole(data / DEMO_FILE, _private_text(_new_private("demo")).encode())
        _write_public(data, read_private_key(data / DEMO_FILE), demo=True)
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
        told = str(table["name"]), str(table["created"])
        public = TracingPublic(key, *told, table["demo"] is not False, str(table.get("signer", "")))
        stated = table["fingerprint"]
    except FileNotFoundError as error:
        raise NoTracingKeysError(f"{data}: has no tracing keys; make them with 'kiosk keys new'") from error
    except OSError as error:
        raise VaultError(f"{path}: cannot be read: {error.strerror}") from error
    except _NOT_OUR_JSON as error:
        raise VaultError(f"{path}: is not a tracing key's public half") from error
    if public.fingerprint != stated:
        raise VaultError(f"{path}: the fingerprint does not belong to the key; it was damaged or changed")
    return public


def read_private_key(path: Path) -> TracingPrivate:
    """The private half in the file *path*. Raises VaultError when it is missing or damaged.

    Its mode is not asked for: the sticks on which such files travel know no owners.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_AT_MOST_BYTES)
    except OSError as error:
        raise VaultError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        return parse_private_key(content.decode("utf-8", "replace"))
    except VaultError as error:
        raise VaultError(f"{path}: {error}") from error


def parse_private_key(text: str) -> TracingPrivate:
    """The private half from the text of its file or QR code. Raises VaultError."""
    try:
        table = json.loads(text)
        key = X25519PrivateKey.from_private_bytes(base64.b64decode(table["private"], validate=True))
        private = TracingPrivate(key, str(table["name"]), str(table["created"]))
        stated = table["fingerprint"]
    except _NOT_OUR_JSON as error:
        raise VaultError("this is not a tracing key's private half") from error
    if private.fingerprint != stated:
        raise VaultError("the fingerprint does not belong to this tracing key; it is damaged")
    return private


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


def _install(data: Path, private: TracingPrivate) -> str:
    _make_directory(data)
    if not _write_public(data, private, demo=False):
        raise VaultError(f"{data}: has tracing keys already")
    return private.fingerprint


def _write_private(out: Path, private: TracingPrivate) -> None:
    try:
        write_new(out, _private_text(private).encode(), mode=OWNER_ONLY)
    except FileExistsError as error:
        raise VaultError(f"{out}: is there already; name a file that is not") from error
    except OSError as error:
        raise VaultError(f"{out}: cannot be written: {error.strerror}") from error


def _write_public(data: Path, private: TracingPrivate, *, demo: bool) -> bool:
    return create_whole(data / PUBLIC_FILE, public_text(replace(private.public, demo=demo)), mode=FOR_ALL)


def public_text(public: TracingPublic) -> bytes:
    """The content of a data directory's PUBLIC_FILE."""
    table = {
        "name": public.name,
        "created": public.created,
        "public": base64.b64encode(public.key.public_bytes_raw()).decode(),
        "signer": public.signer,
        "fingerprint": public.fingerprint,
        "demo": public.demo,
    }
    return json.dumps(table, ensure_ascii=False, indent=1).encode()


def _make_directory(data: Path) -> None:
    try:
        data.mkdir(mode=0o750, parents=True, exist_ok=True)
    except OSError as error:
        raise VaultError(f"{data}: cannot be made: {error.strerror}") from error


def _new_private(name: str) -> TracingPrivate:
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise VaultError(f"the name of a tracing key has at most {_LONGEST_NAME} letters, all printable")
    return TracingPrivate(X25519PrivateKey.generate(), name, datetime.now(UTC).isoformat(timespec="seconds"))


def _private_text(private: TracingPrivate) -> str:
    table = {
        "what": "kiosk tracing key, private half: keep it away from every kiosk",
        "name": private.name,
        "created": private.created,
        "private": base64.b64encode(private.key.private_bytes_raw()).decode(),
        "fingerprint": private.fingerprint,
    }
    return json.dumps(table, ensure_ascii=False)


def _readable(public: X25519PublicKey) -> str:
    return fingerprint_bytes(public).hex(" ", 2)
