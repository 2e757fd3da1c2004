"""Whatever the site puts into its trust folder is known by its content, and a bad file never stops the others."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st
from signing import (
    Issuer,
    did_document,
    ec_key,
    make_issuer,
    rsa_key,
    sign,
    thumbprint,
    write,
    write_certificates,
    write_json,
    write_jwks,
)

from kiosk.rules.formats.code import Algorithm, Signer
from kiosk.vault.trust import Finding, TrustFolder
from kiosk.vault.trust.contents import read_contents
from kiosk.vault.trust.files import TrustFile

NOW_MS = 1_795_000_000_000  # November 2026
DID = "did:web:health.example"
MESSAGE = b"somebody's certificate"
SHARED = Path(__file__).parent.parent.parent / "shared"

HA = make_issuer("Hà")
NAM = make_issuer("Nam", rsa=True)


def believes(folder: TrustFolder, issuer: Issuer, key_id: str, of: str = "") -> bool:
    """Whether a signature of *issuer* is found right under *key_id*."""
    return any(verifies(signer, issuer) for signer in folder.signers(key_id, of))


def verifies(signer: Signer, issuer: Issuer) -> bool:
    return signer.verify(Algorithm(issuer.algorithm), MESSAGE, issuer.sign(MESSAGE))


def found(folder: Path) -> list[Finding]:
    return TrustFolder.read(folder).findings(NOW_MS)


def only(folder: Path) -> Finding:
    (finding,) = found(folder)
    return finding


def unarmoured(*issuers: Issuer, letters: int = 76) -> bytes:
    texts = (base64.b64encode(issuer.der) for issuer in issuers)
    return b"\n".join(text[at : at + letters] for text in texts for at in range(0, len(text), letters))


CERTIFICATE_FILES = {
    "PEM": NAM.pem + HA.pem,
    "PEM with text round it": b"Bag Attributes\n  name\n" + NAM.pem + b"subject=/CN=somebody\r\n" + HA.pem + b"\n",
    "PEM with carriage returns": (NAM.pem + HA.pem).replace(b"\n", b"\r\n"),
    "base64, one a line": unarmoured(NAM, HA, letters=10_000),
}


@pytest.mark.parametrize("content", CERTIFICATE_FILES.values(), ids=CERTIFICATE_FILES)
@pytest.mark.parametrize("name", ["signers.pem", "no suffix", "signers.json"])
def test_a_file_of_several_certificates_is_known_by_its_content(tmp_path: Path, content: bytes, name: str) -> None:
    write(tmp_path / name, content)
    folder = TrustFolder.read(tmp_path)
    assert believes(folder, HA, HA.key_id) and believes(folder, NAM, NAM.key_id)
    assert only(tmp_path).note.startswith("2 in it, the first: certificate of CN=Nam,C=XA, SHA-256 ")


@pytest.mark.parametrize("content", [HA.der, unarmoured(HA), b"\xef\xbb\xbf" + unarmoured(HA)])
def test_a_single_certificate_may_be_der_or_base64_of_it(tmp_path: Path, content: bytes) -> None:
    write(tmp_path / "ha", content)
    assert believes(TrustFolder.read(tmp_path), HA, HA.key_id)


def test_a_certificates_line_tells_subject_fingerprint_key_id_and_dates(tmp_path: Path) -> None:
    issuer = make_issuer("Sở Y tế", begins="2024-05-06", ends="2027-08-09", country="VN")
    write_certificates(tmp_path / "a.pem", issuer)
    fingerprint = f"SHA-256 {hashlib.sha256(issuer.der).hexdigest()}, key id {issuer.key_id}"
    note = f"certificate of CN=Sở Y tế,C=VN, {fingerprint}, 2024-05-06 .. 2027-08-09"
    assert only(tmp_path) == Finding("a.pem", ok=True, note=note)


def test_an_expired_signer_is_told_and_still_serves(tmp_path: Path) -> None:
    issuer = make_issuer("old", ends="2023-01-01")
    write_certificates(tmp_path / "old.pem", issuer)
    assert only(tmp_path).ok and only(tmp_path).note.endswith(".. 2023-01-01, expired")
    (signer,) = TrustFolder.read(tmp_path).signers(issuer.key_id, "")
    assert signer.ends_ms == 1_672_531_200_000


def test_a_certificate_hands_on_its_dates_and_uses(tmp_path: Path) -> None:
    issuer = make_issuer("tests only", begins="2024-01-01", uses=["1.3.6.1.4.1.1847.2021.1.1"])
    write_certificates(tmp_path / "a.pem", issuer)
    (signer,) = TrustFolder.read(tmp_path).signers(issuer.key_id, "VN")
    assert signer.uses == {"1.3.6.1.4.1.1847.2021.1.1"} and signer.begins_ms == 1_704_067_200_000
    assert signer.name == "CN=tests only,C=XA" and signer.issuer == "" and signer.vouched


def test_a_key_set_serves_under_its_key_ids_and_thumbprints(tmp_path: Path) -> None:
    write_jwks(tmp_path / "keys", {**HA.jwk, "kid": "first"}, {**NAM.jwk, "kid": "second", "use": "sig"})
    folder = TrustFolder.read(tmp_path)
    assert believes(folder, HA, "first") and believes(folder, HA, thumbprint(HA.jwk))
    assert believes(folder, NAM, "second") and not believes(folder, NAM, "first")
    assert only(tmp_path).note == f"2 in it, the first: key of keys, SHA-256 {thumbprint(HA.jwk)}"


def test_a_single_key_needs_no_set(tmp_path: Path) -> None:
    write_json(tmp_path / "key.json", HA.jwk)
    (signer,) = TrustFolder.read(tmp_path).signers(thumbprint(HA.jwk), "https://anybody.example")
    assert verifies(signer, HA) and signer.begins_ms is None and signer.ends_ms is None


@pytest.mark.parametrize("write_id", [str, quote, lambda key_id: quote(key_id, safe=""), lambda key_id: key_id[:-1]])
def test_a_key_id_of_8_bytes_is_found_however_it_is_written(tmp_path: Path, write_id: Callable[[str], str]) -> None:
    key_id = base64.b64encode(b"\xfb\xff\xfe\x01\x02\x03\x04\x05").decode()
    write_jwks(tmp_path / "keys", {**HA.jwk, "kid": write_id(key_id)})
    assert believes(TrustFolder.read(tmp_path), HA, key_id)


def test_the_certificate_beside_a_key_serves_under_its_own_id_with_its_dates(tmp_path: Path) -> None:
    old = make_issuer("old", ends="2023-01-01")
    write_jwks(tmp_path / "keys", {**old.jwk, "kid": "by name", "x5c": [base64.b64encode(old.der).decode()]})
    folder = TrustFolder.read(tmp_path)
    (by_name,), (by_certificate,) = folder.signers("by name", ""), folder.signers(old.key_id, "")
    assert by_name.ends_ms is None and by_certificate.ends_ms == 1_672_531_200_000


def test_a_key_with_the_certificate_of_another_does_not_serve(tmp_path: Path) -> None:
    write_jwks(tmp_path / "keys", {**HA.jwk, "kid": "mine", "x5c": [base64.b64encode(NAM.der).decode()]})
    assert only(tmp_path) == Finding("keys", ok=False, note="key 'mine': its x5c is the certificate of another key")
    assert not TrustFolder.read(tmp_path).signers(NAM.key_id, "")


def test_a_did_documents_keys_belong_to_their_did(tmp_path: Path) -> None:
    write_json(tmp_path / "did.json", did_document(DID, {"key-1": HA, "key-2": NAM}, asserts=["key-1"]))
    folder = TrustFolder.read(tmp_path)
    (first,), (second,) = folder.signers("key-1", DID), folder.signers("key-2", DID)
    assert (first.issuer, first.asserts, second.asserts) == (DID, True, False)
    assert not folder.signers("key-1", "did:web:somebody.else") and folder.signers("key-1", "")


def test_a_did_document_may_embed_what_it_asserts_and_shorten_its_ids(tmp_path: Path) -> None:
    embedded = {"id": "#key-1", "type": "JsonWebKey2020", "publicKeyJwk": HA.jwk}
    other = {"id": "#key-2", "type": "JsonWebKey2020", "publicKeyJwk": NAM.jwk}
    document = {"id": DID, "assertionMethod": [embedded, "#key-2"], "verificationMethod": [other]}
    write_json(tmp_path / "did.json", document)
    folder = TrustFolder.read(tmp_path)
    assert [signer.asserts for key_id in ("key-1", "key-2") for signer in folder.signers(key_id, DID)] == [True, True]


def test_a_trust_lists_did_names_keys_by_escaped_certificate_ids(tmp_path: Path) -> None:
    document = did_document(DID, {quote(HA.key_id, safe=""): HA})
    document["verificationMethod"][0]["publicKeyJwk"]["x5c"] = [base64.b64encode(HA.der).decode()]
    document["verificationMethod"].append("did:web:health.example:elsewhere")
    write_json(tmp_path / "did.json", document)
    (signer,) = TrustFolder.read(tmp_path).signers(HA.key_id, "")
    assert verifies(signer, HA) and signer.asserts and signer.ends_ms is not None


def test_a_directory_of_issuers_gives_each_key_to_its_issuer(tmp_path: Path) -> None:
    entry = {"issuer": {"iss": "https://hospital.example/shc", "name": "A hospital"}, "keys": [{**HA.jwk, "kid": "k"}]}
    write_json(tmp_path / "snapshot.json", {"time": "2023", "issuerInfo": [entry, {"issuer": {}, "keys": [NAM.jwk]}]})
    folder = TrustFolder.read(tmp_path)
    (signer,) = folder.signers("k", "https://hospital.example/shc")
    assert signer.name == "A hospital" and not folder.signers("k", "https://other.example")
    assert only(tmp_path).ok and only(tmp_path).note.endswith("; cannot serve: an issuer without its address (iss)")


def test_the_same_key_in_several_files_counts_once(tmp_path: Path) -> None:
    write_certificates(tmp_path / "a.pem", HA, HA)
    write(tmp_path / "sub" / "b.der", HA.der)
    assert len(TrustFolder.read(tmp_path).signers(HA.key_id, "")) == 1
    assert [finding.name for finding in found(tmp_path)] == ["a.pem", "sub/b.der"]


PUBLISHED = {
    "VN_DSC_prod.pem": ("data", "ZtJVElOdWm0=", "2021-07-15 .. 2026-07-14, expired"),
    "VN_DSC_demo.pem": ("data", "8w2kZxb3iC0=", "2022-04-13 .. 2024-04-12, expired"),
    "nzcp_test_did.json": ("vectors", "key-1", "key of did:web:nzcp.covid19.health.nz, SHA-256 "),
    "shc_test_issuer_jwks.json": (
        "vectors",
        "3Kfdg-XwP-7gXyywtUfUADwBumDOPKMQx-iELL11W9s",
        "2 in it, the first: key of ",
    ),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_signers_are_found_by_their_ids(tmp_path: Path, name: str) -> None:
    kind, key_id, said = PUBLISHED[name]
    published = SHARED / kind / name
    if not published.exists():
        pytest.skip(f"{published} is not here: it is published material, which the project does not ship")
    write(tmp_path / name, published.read_bytes())
    assert len(TrustFolder.read(tmp_path).signers(key_id, "")) == 1
    assert only(tmp_path).ok and said in only(tmp_path).note


def test_signatures_of_another_kind_another_key_or_another_text_are_wrong(tmp_path: Path) -> None:
    write_certificates(tmp_path / "both.pem", HA, NAM)
    folder = TrustFolder.read(tmp_path)
    (ha,), (nam,) = folder.signers(HA.key_id, ""), folder.signers(NAM.key_id, "")
    assert not ha.verify(Algorithm.PS256, MESSAGE, NAM.sign(MESSAGE))
    assert not nam.verify(Algorithm.ES256, MESSAGE, HA.sign(MESSAGE))
    assert not ha.verify(Algorithm.ES256, MESSAGE + b".", HA.sign(MESSAGE))
    assert not nam.verify(Algorithm.PS256, MESSAGE, sign(rsa_key("another"), MESSAGE))
    assert not ha.verify(Algorithm.ES256, MESSAGE, ec_key("Hà").sign(MESSAGE, ec.ECDSA(SHA256())))  # DER, not raw


@given(message=st.binary(max_size=64), signature=st.binary(max_size=300), algorithm=st.sampled_from(Algorithm))
def test_no_invented_signature_is_right(message: bytes, signature: bytes, algorithm: Algorithm) -> None:
    folder = TrustFolder([TrustFile("both", read_contents("both", HA.pem + NAM.pem))])
    signers = [*folder.signers(HA.key_id, ""), *folder.signers(NAM.key_id, "")]
    assert [signer.verify(algorithm, message, signature) for signer in signers] == [False, False]
