"""A certificate inside a code is vouched for by the folder, or by whom the folder lets issue certificates."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from signing import Issuer, make_crl, make_issuer, write, write_certificates, write_json, write_jwks

from kiosk.rules.formats.code import Algorithm, Signer
from kiosk.vault.trust import TrustFolder

NOW_MS = 1_795_000_000_000  # November 2026
VDS_NC = "2.23.136.1.1.14.2"  # ICAO Doc 9303 part 13: barcode signers

COUNTRY = make_issuer("country", ca=True, curve=ec.SECP521R1, begins="2020-01-01", ends="2030-01-01")
AGENCY = make_issuer("agency", ca=True, by=COUNTRY, begins="2021-01-01", ends="2028-01-01")
BARCODES = make_issuer("barcodes", by=AGENCY, begins="2022-01-01", ends="2029-01-01", uses=[VDS_NC])
STRANGER = make_issuer("stranger", ca=True)
DECEIVER = make_issuer("country", ca=True, country="XA", begins="2019-01-01")


def ms(date: str) -> int:
    return round(datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp() * 1000)


def enclosed(folder: Path, issuer: Issuer) -> Signer:
    signer = TrustFolder.read(folder).enclosed(issuer.der)
    assert signer
    return signer


def with_issuers(folder: Path, *issuers: Issuer) -> Path:
    write_certificates(folder / "issuers.pem", *issuers)
    return folder


def test_a_certificate_of_the_folder_itself_is_vouched_for(tmp_path: Path) -> None:
    signer = enclosed(with_issuers(tmp_path, STRANGER, BARCODES), BARCODES)
    assert signer.vouched and signer.uses == {VDS_NC}
    assert (signer.begins_ms, signer.ends_ms) == (ms("2022-01-01"), ms("2029-01-01"))


def test_so_is_one_that_an_issuer_of_the_folder_signed(tmp_path: Path) -> None:
    signer = enclosed(with_issuers(tmp_path, AGENCY), BARCODES)
    assert signer.vouched and signer.name == "CN=barcodes,C=XA"
    assert signer.verify(Algorithm.ES256, b"a seal", BARCODES.sign(b"a seal"))


def test_it_serves_while_all_of_its_chain_does(tmp_path: Path) -> None:
    signer = enclosed(with_issuers(tmp_path, COUNTRY, AGENCY), BARCODES)
    assert signer.vouched and (signer.begins_ms, signer.ends_ms) == (ms("2022-01-01"), ms("2028-01-01"))


def test_of_two_certificates_of_one_issuer_the_later_counts(tmp_path: Path) -> None:
    renewed = make_issuer("agency", ca=True, by=COUNTRY, begins="2021-06-01", ends="2029-06-01")
    assert enclosed(with_issuers(tmp_path, AGENCY, renewed, AGENCY), BARCODES).ends_ms == ms("2029-01-01")


def test_an_issuer_that_is_not_in_the_folder_is_no_link_between_two_that_are(tmp_path: Path) -> None:
    assert not enclosed(with_issuers(tmp_path, COUNTRY), BARCODES).vouched


def test_a_site_without_a_folder_can_still_read_what_is_enclosed() -> None:
    signer = TrustFolder().enclosed(BARCODES.der)
    assert signer and not signer.vouched and signer.verify(Algorithm.ES256, b"a seal", BARCODES.sign(b"a seal"))


def test_what_is_no_certificate_encloses_nobody() -> None:
    assert TrustFolder().enclosed(b"") is TrustFolder().enclosed(BARCODES.der[:-1]) is None


def test_an_issuers_name_is_not_enough(tmp_path: Path) -> None:
    forged = make_issuer("forged", by=Issuer(STRANGER.key, AGENCY.certificate))
    assert not enclosed(with_issuers(tmp_path, AGENCY, STRANGER), forged).vouched


def test_nor_is_its_key_id_beside_a_wrong_signature(tmp_path: Path) -> None:
    changed = BARCODES.der[:-1] + bytes([BARCODES.der[-1] ^ 1])
    signer = TrustFolder.read(with_issuers(tmp_path, AGENCY)).enclosed(changed)
    assert signer and not signer.vouched


@pytest.mark.parametrize("ca", [False, None])
def test_who_may_not_issue_certificates_vouches_for_nobody(tmp_path: Path, ca: bool | None) -> None:
    signer = make_issuer("a signer of codes", ca=ca)
    assert not enclosed(with_issuers(tmp_path, signer), make_issuer("its friend", by=signer)).vouched


def test_a_certificate_beside_a_key_issues_none(tmp_path: Path) -> None:
    hospital = make_issuer("hospital", ca=True)
    write_jwks(tmp_path / "keys", {**hospital.jwk, "x5c": [base64.b64encode(hospital.der).decode()]})
    assert not enclosed(tmp_path, make_issuer("friend", by=hospital)).vouched
    assert enclosed(tmp_path, hospital).vouched


def test_a_chain_of_issuers_that_signed_each_other_ends(tmp_path: Path) -> None:
    one, other = make_issuer("one", ca=True), make_issuer("other", ca=True)
    crossed = [make_issuer("one", ca=True, by=other, ends="2027-01-01"), make_issuer("other", ca=True, by=one)]
    signer = enclosed(with_issuers(tmp_path, *crossed), make_issuer("leaf", by=one))
    assert signer.vouched and signer.ends_ms == ms("2027-01-01")


def test_a_revoked_certificate_is_not_vouched_for_and_says_so(tmp_path: Path) -> None:
    write(tmp_path / "revoked.crl", make_crl(AGENCY, [BARCODES]))
    signer = enclosed(with_issuers(tmp_path, AGENCY, BARCODES), BARCODES)
    assert (signer.vouched, signer.name) == (False, "CN=barcodes,C=XA (revoked)")


def test_a_revoked_issuer_vouches_for_nobody(tmp_path: Path) -> None:
    write(tmp_path / "revoked.crl", make_crl(COUNTRY, [AGENCY]))
    assert not enclosed(with_issuers(tmp_path, COUNTRY, AGENCY), BARCODES).vouched


def test_a_revoked_signer_is_not_given_and_told(tmp_path: Path) -> None:
    write(tmp_path / "revoked.crl", make_crl(AGENCY, [BARCODES]))
    write_certificates(tmp_path / "signer.pem", BARCODES)
    folder = TrustFolder.read(with_issuers(tmp_path, AGENCY))
    assert not folder.signers(BARCODES.key_id, "")
    told = {found.name: (found.ok, found.note) for found in folder.findings(NOW_MS)}
    assert told["signer.pem"] == (False, "the certificate of CN=barcodes,C=XA was revoked")
    assert told["revoked.crl"] == (True, "list of 1 certificates revoked by CN=agency,C=XA")


def test_a_key_whose_certificate_was_revoked_is_not_given(tmp_path: Path) -> None:
    write(tmp_path / "revoked.crl", make_crl(AGENCY, [BARCODES]))
    write_json(tmp_path / "key", {**BARCODES.jwk, "kid": "k", "x5c": [base64.b64encode(BARCODES.der).decode()]})
    assert not TrustFolder.read(with_issuers(tmp_path, AGENCY)).signers("k", "")


@pytest.mark.parametrize("liar", [STRANGER, DECEIVER])
def test_a_list_that_its_issuer_did_not_sign_revokes_nobody(tmp_path: Path, liar: Issuer) -> None:
    liar = Issuer(liar.key, AGENCY.certificate)
    write(tmp_path / "revoked.crl", make_crl(liar, [BARCODES]))
    folder = TrustFolder.read(with_issuers(tmp_path, AGENCY, STRANGER, DECEIVER))
    signer = folder.enclosed(BARCODES.der)
    assert signer and signer.vouched
    (finding,) = (found for found in folder.findings(NOW_MS) if found.name == "revoked.crl")
    assert not finding.ok and finding.note.endswith("is signed by no certificate of this folder")


def test_an_old_list_still_revokes_and_is_told(tmp_path: Path) -> None:
    write(tmp_path / "revoked.crl", make_crl(AGENCY, [BARCODES], until="2024-01-01"))
    folder = TrustFolder.read(with_issuers(tmp_path, AGENCY))
    assert folder.findings(NOW_MS)[-1].note.endswith(", a newer one is due")
    signer = folder.enclosed(BARCODES.der)
    assert signer and not signer.vouched
