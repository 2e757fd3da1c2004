"""A torn, huge, strange or malicious file of the trust folder gets a sentence, is not trusted, and stops nothing."""

from __future__ import annotations

import base64
import json
import os
import random
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from signing import jwk, make_crl, make_issuer, rsa_key, thumbprint, write, write_certificates, write_json, write_jwks

from kiosk.rules.formats.code import Algorithm
from kiosk.vault.trust import Finding, TrustFolder
from kiosk.vault.trust.contents import read_contents
from kiosk.vault.trust.files import DEEPEST_FOLDER, LARGEST_FILE_BYTES, MOST_FILES, TrustFile

NOW_MS = 1_795_000_000_000  # November 2026

GOOD = make_issuer("good")
AUTHORITY = make_issuer("authority", ca=True)
LEAF = make_issuer("leaf", by=AUTHORITY)
WEAK = make_issuer("weak", curve=ec.SECP384R1)
PRIVATE = GOOD.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
PUBLIC = GOOD.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

SERVE = "codes are checked with EC P-256 and RSA keys"
LEAVE = "a private key, which must not lie here; take it away and have its owner replace it"
NOTHING = "it holds no certificate, key set, DID document or list of revoked certificates"
DAMAGED = "it is no X.509 certificate, or a damaged one"
NO_JSON = "it is no JSON, or torn"

BAD_FILES = {
    "empty": (b"", "it is empty"),
    "blank": (b" \n", "it is empty"),
    "text": (b"the keys of the health department", NOTHING),
    "noise": (random.Random(1).randbytes(1000), NOTHING),
    "torn DER": (GOOD.der[:-1], DAMAGED),
    "DER and more": (GOOD.der + b"\0", DAMAGED),
    "torn base64": (base64.b64encode(GOOD.der)[:-40], NOTHING),
    "torn PEM": (GOOD.pem[:300], "the text between its BEGIN and END lines is damaged"),
    "hurt PEM": (GOOD.pem.replace(b"MII", b"?II"), "the text between its BEGIN and END lines is damaged"),
    "empty PEM": (b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", DAMAGED),
    "private PEM": (PRIVATE, LEAVE),
    "public PEM": (PUBLIC, "'PUBLIC KEY' is neither a certificate nor a list of revoked ones"),
    "torn JSON": (b'{"keys": [', NO_JSON),
    "deep JSON": (b"[" * 100_000, NO_JSON),
    "long JSON number": (b'{"keys": ' + b"9" * 10_000 + b"}", NO_JSON),
    "JSON list": (b"[1, 2]", "it is JSON, but no key set, DID document or directory of issuers"),
    "empty key set": (b'{"keys": []}', "it holds no keys"),
    "a key set of too many": (
        b'{"keys": [' + b"7," * 10_001 + b"7]}",
        f"10001 in it, the first: a key of kind ?: {SERVE}",
    ),
    "DID document without its keys": (
        b'{"id": "did:web:a", "verificationMethod": ["did:web:a#b"], "assertionMethod": ["did:web:a#b"]}',
        "it holds no keys"
    ),
    "DID document of other keys": (
        b'{"id": "did:web:a", "verificationMethod": [{"id": "#b", "publicKeyMultibase": "z1"}]}',
        f"key 'b': a key of kind ?: {SERVE}",
    ),
    "other JSON": (b'{"kid": "a"}', "it is JSON, but no key set, DID document or directory of issuers"),
    "P-384 certificate": (
        WEAK.pem, f"the certificate of CN=weak,C=XA has an EC key on secp384r1: {SERVE} of 2048 bits or more",
    ),
}  # fmt: skip

BAD_KEYS: dict[str, tuple[dict[str, Any], str]] = {
    "P-384": (jwk(WEAK.key), f"a key of kind EC P-384: {SERVE}"),
    "Ed25519": ({"kty": "OKP", "crv": "Ed25519", "x": "AA"}, f"a key of kind OKP Ed25519: {SERVE}"),
    "small RSA": (
        jwk(rsa_key("small", 1024)), f"an RSA key of 1024 bits: {SERVE} of 2048 bits or more"
    ),
    "private": ({**GOOD.jwk, "d": "AA"}, LEAVE),
    "for encryption": ({**GOOD.jwk, "use": "enc"}, "a key that is not for signatures"),
    "off the curve": ({**GOOD.jwk, "y": GOOD.jwk["x"]}, "numbers that make no EC key"),
    "no number": ({**GOOD.jwk, "y": 7}, "numbers that make no EC key"),
    "huge": ({**GOOD.jwk, "y": "A" * 100_000}, "numbers that make no EC key"),
    "even RSA": ({"kty": "RSA", "n": "AAAA", "e": "AA"}, "numbers that make no RSA key"),
    "x5c of nobody": ({**GOOD.jwk, "x5c": ["AAAA"]}, DAMAGED),
    "x5c of no text": ({**GOOD.jwk, "x5c": [7]}, DAMAGED),
}  # fmt: skip


def only(folder: Path) -> Finding:
    (finding,) = TrustFolder.read(folder).findings(NOW_MS)
    return finding


@pytest.mark.parametrize(("content", "said"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_is_told_and_its_neighbour_serves(tmp_path: Path, content: bytes, said: str) -> None:
    write(tmp_path / "bad", content)
    write_certificates(tmp_path / "good", GOOD)
    folder = TrustFolder.read(tmp_path)
    assert folder.findings(NOW_MS)[0] == Finding("bad", ok=False, note=said)
    assert len(folder.signers(GOOD.key_id, "")) == 1


@pytest.mark.parametrize(("key", "said"), BAD_KEYS.values(), ids=BAD_KEYS)
def test_a_bad_key_is_told_and_the_others_of_its_set_serve(tmp_path: Path, key: dict[str, Any], said: str) -> None:
    good = make_issuer("another")
    write_jwks(tmp_path / "keys", {**key, "kid": "bad"}, good.jwk)
    folder = TrustFolder.read(tmp_path)
    assert only(tmp_path).note.endswith(f"; cannot serve: key 'bad': {said}")
    assert not folder.signers("bad", "") and folder.signers(thumbprint(good.jwk), "")


@pytest.mark.parametrize(
    "content",
    [
        {"keys": 7}, {"keys": [7, None, [], "a", {}]}, {"kty": []}, {"kty": "EC", "crv": {}},
        {"issuerInfo": [7, {"issuer": 7, "keys": 7}, {"issuer": {"iss": "a"}, "keys": [None]}]},
        {"verificationMethod": 7}, {"id": 7, "verificationMethod": []},
        {"id": "did:a", "verificationMethod": [7, {"id": 7, "publicKeyJwk": 7}], "assertionMethod": {"a": 1}},
        {"id": "did:a", "assertionMethod": [[], {}, None, "\ud800"]},
    ],
    ids=str,
)  # fmt: skip
def test_json_of_the_wrong_shape_is_a_sentence(tmp_path: Path, content: object) -> None:
    write_json(tmp_path / "odd", content)
    assert not only(tmp_path).ok


def make_link(path: Path) -> None:
    path.symlink_to(write_certificates(path.parent.parent / "elsewhere.pem", GOOD))


def make_unreadable(path: Path) -> None:
    write(path, GOOD.pem).chmod(0)


def make_huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(LARGEST_FILE_BYTES + 1)


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


ODD_FILES: list[tuple[Callable[[Path], object], str]] = [
    (make_link, "it is a link, not a file"),
    (os.mkfifo, "it is no plain file"),
    (make_socket, "it is no plain file"),
    (make_huge, "it is too large: a file may have 8 MiB, and all files together 64 MiB"),
]


@pytest.mark.parametrize(("make", "said"), ODD_FILES)
def test_what_is_no_plain_file_of_some_size_is_not_read(
    tmp_path: Path, make: Callable[[Path], object], said: str
) -> None:
    folder = tmp_path / "trust"
    folder.mkdir()
    make(folder / "odd")
    assert only(folder) == Finding("odd", ok=False, note=said)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    make_unreadable(tmp_path / "odd")
    assert only(tmp_path) == Finding("odd", ok=False, note="it cannot be read: Permission denied")


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert only(tmp_path / "away") == Finding(
        ".", ok=False, note="the folder cannot be read: No such file or directory"
    )


def test_folders_are_read_so_deep_and_no_deeper(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*"abcdefgh"[:DEEPEST_FOLDER])
    write_certificates(deep / "good.pem", GOOD)
    write_certificates(deep / "x" / "deeper.pem", LEAF)
    folder = TrustFolder.read(tmp_path)
    assert [(found.name, found.ok) for found in folder.findings(NOW_MS)] == [
        ("a/b/c/d/good.pem", True), ("a/b/c/d/x", False)
    ]  # fmt: skip
    assert folder.signers(GOOD.key_id, "") and not folder.signers(LEAF.key_id, "")


def test_files_beyond_the_most_are_told_in_one_line(tmp_path: Path) -> None:
    for number in range(MOST_FILES + 5):
        (tmp_path / f"{number:05}").touch()
    found = TrustFolder.read(tmp_path).findings(NOW_MS)
    assert len(found) == MOST_FILES + 1 and found[-1].note.startswith(f"the folder has more than {MOST_FILES} files")


def test_a_name_that_would_command_a_terminal_is_told_without_it(tmp_path: Path) -> None:
    write(tmp_path / "a\x1b[2Jb\n", b"")
    (tmp_path / os.fsdecode(b"\xff")).touch()
    assert all(found.name.isprintable() for found in TrustFolder.read(tmp_path).findings(NOW_MS))


DERS = [GOOD.der, LEAF.der, AUTHORITY.der, make_crl(AUTHORITY, [GOOD])]
BEGINNINGS = [b"", b"{", b'{"keys":[', b"-----BEGIN CERTIFICATE-----\n", b"\x30\x82", b"MII"]


@st.composite
def hurt(draw: st.DrawFn) -> bytes:
    """A certificate or list with a few bytes changed, gone or added."""
    content = bytearray(draw(st.sampled_from(DERS)))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(content) - 1))
        content[at : at + draw(st.integers(0, 4))] = draw(st.binary(max_size=4))
    return bytes(content)


@given(
    content=st.one_of(
        st.binary(max_size=400), st.tuples(st.sampled_from(BEGINNINGS), st.binary(max_size=200)).map(b"".join)
    )
)
def test_no_bytes_raise_and_none_are_trusted(content: bytes) -> None:
    folder = TrustFolder([TrustFile("any", read_contents("any", content))])
    assert [found.ok for found in folder.findings(NOW_MS)] == [False]


KEY_MEMBERS = ["keys", "kty", "crv", "x", "y", "n", "e", "kid", "x5c"]
DID_MEMBERS = ["id", "verificationMethod", "assertionMethod", "publicKeyJwk"]
MEMBERS = [*KEY_MEMBERS, *DID_MEMBERS, "issuerInfo", "issuer", "iss"]
WORDS = st.sampled_from(["EC", "RSA", "P-256", "sig", "did:a", "did:a#b", "#b", "AQAB", GOOD.jwk["x"]])
JSON = st.recursive(
    st.one_of(st.none(), st.integers(), st.text(max_size=5), WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=5),
)


@given(value=JSON)
def test_no_json_raises_and_none_is_trusted(value: object) -> None:
    folder = TrustFolder([TrustFile("any", read_contents("any", json.dumps([value])[1:-1].encode()))])
    assert [found.ok for found in folder.findings(NOW_MS)] == [False]


@given(der=hurt())
def test_a_hurt_certificate_raises_nothing_and_is_not_vouched_for(der: bytes) -> None:
    contents = [read_contents(name, content) for name, content in (("ca", AUTHORITY.der), ("hurt", der))]
    TrustFolder([TrustFile("both", each) for each in contents]).findings(NOW_MS)
    signer = TrustFolder([TrustFile("ca", contents[0])]).enclosed(der)
    assert signer is None or not signer.vouched or der in DERS
    assert signer is None or not signer.verify(Algorithm.ES256, b"", bytes(64))
