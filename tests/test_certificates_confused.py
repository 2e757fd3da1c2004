"""Whom a site trusts for one kind of certificate signs no other kind, and whoever it is signs for nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest
from judging import read
from signing import did_document, make_issuer, thumbprint, write_certificates, write_json, write_jwks
from signing_cose import DID, dcc_cose, hc1, make_nzcp
from signing_json import shc

from kiosk.rules.credentials import Trust
from kiosk.rules.model import Check
from kiosk.vault.trust import TrustFolder

COUNTRY, CLINIC, MINISTRY, LIAR = map(make_issuer, ("country", "clinic", "aotearoa", "liar"))


def trust_in(folder: Path) -> Trust:
    opened = TrustFolder.read(folder)
    return Trust(signers=opened.signers, enclosed=opened.enclosed)


def test_a_country_signs_no_health_card(tmp_path: Path) -> None:
    trust = trust_in(write_certificates(tmp_path / "country.pem", COUNTRY).parent)
    credential = read(shc(COUNTRY, kid=COUNTRY.key_id), trust)
    assert credential.check is Check.NO_KEY
    assert "of no issuer of health cards" in credential.detail


@pytest.mark.parametrize("own", ["did:web:liar.example", DID.rpartition(":")[0], f"{DID}:liar"])
def test_a_did_document_speaks_for_no_other_did(tmp_path: Path, own: str) -> None:
    document = {**did_document(DID, {"key-1": LIAR}), "id": own}
    write_json(tmp_path / "liar.json", document)
    assert read(make_nzcp(LIAR), trust_in(tmp_path)).check is Check.NO_KEY
    write_json(tmp_path / "ministry.json", did_document(DID, {"key-1": MINISTRY}))
    assert read(make_nzcp(MINISTRY), trust_in(tmp_path)).check is Check.VALID
    assert read(make_nzcp(LIAR), trust_in(tmp_path)).check is Check.BAD_SIGNATURE


def test_a_did_document_speaks_for_what_lies_below_it(tmp_path: Path) -> None:
    document = {**did_document(DID, {"key-1": MINISTRY}), "id": "did:web:example.nz"}
    document["verificationMethod"][0]["id"] = "did:web:example.nz:passes#key-1"
    write_json(tmp_path / "list.json", document)
    assert trust_in(tmp_path).signers("key-1", "did:web:example.nz:passes")


@pytest.mark.parametrize("key_id", ["key-1", thumbprint(MINISTRY.jwk)], ids=["a name", "a thumbprint"])
def test_a_key_that_is_named_as_other_codes_name_keys_signs_no_eu_certificate(key_id: str, tmp_path: Path) -> None:
    write_json(tmp_path / "ministry.json", did_document(DID, {"key-1": MINISTRY}))
    signed = hc1(dcc_cose(MINISTRY, protected={1: -7, 4: key_id}))
    assert read(signed, trust_in(tmp_path)).check is Check.NO_KEY


def test_a_key_set_cannot_claim_the_id_of_a_certificate(tmp_path: Path) -> None:
    write_certificates(tmp_path / "country.pem", COUNTRY)
    write_jwks(tmp_path / "clinic.json", {**CLINIC.jwk, "kid": COUNTRY.key_id})
    signed = hc1(dcc_cose(CLINIC, protected={1: -7, 4: COUNTRY.kid}))
    assert read(signed, trust_in(tmp_path)).check is Check.BAD_SIGNATURE
