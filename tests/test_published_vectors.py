"""What other projects published as test vectors gives the results that they published with it.

The vectors are no part of the project: they are read from ``../shared/vectors``.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from signing import write, write_json

from kiosk.rules.credentials import Trust, read_credential
from kiosk.rules.model import Check, Credential, Kind
from kiosk.vault.trust import TrustFolder

VECTORS = Path(__file__).parents[2] / "shared" / "vectors"

pytestmark = pytest.mark.skipif(not VECTORS.is_dir(), reason=f"the published vectors are not at {VECTORS}")

Vector = dict[str, Any]


def load(name: str) -> Any:
    """A file of vectors, empty where they are missing."""
    file = VECTORS / name
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []


def of_kind(*kinds: str) -> list[Vector]:
    return [vector for vector in load("international.json") if vector["kind"] in kinds]


def name_of(vector: Vector) -> str:
    return str(vector.get("id") or vector["source"].split()[-1])


def read(vector: Vector, folder: Path, clock: str) -> Credential:
    moment = datetime.fromisoformat(clock)
    at_ms = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    trust = TrustFolder.read(folder)
    return read_credential(
        vector["text"].encode(), trust=Trust(signers=trust.signers, enclosed=trust.enclosed), at_ms=at_ms
    )


# What a DCC's published expectation means here when it is that a step fails.
FAILED = {
    "EXPECTEDUNPREFIX": Check.MALFORMED,
    "EXPECTEDB45DECODE": Check.MALFORMED,
    "EXPECTEDCOMPRESSION": Check.MALFORMED,
    "EXPECTEDDECODE": Check.MALFORMED,
    "EXPECTEDSCHEMAVALIDATION": Check.MALFORMED,
    "EXPECTEDVERIFY": Check.BAD_SIGNATURE,
    "EXPECTEDKEYUSAGE": Check.NO_KEY,
    "EXPECTEDEXPIRATIONCHECK": Check.EXPIRED,
}


@pytest.mark.parametrize("vector", [*load("dcc_five_countries.json"), *of_kind("DCC")], ids=name_of)
def test_an_eu_certificate_is_judged_as_published(vector: Vector, tmp_path: Path) -> None:
    write(tmp_path / "signer.der", base64.b64decode(vector["certificate"]))
    failed = [check for step, check in FAILED.items() if vector["expected"].get(step) is False]
    credential = read(vector, tmp_path, vector["clock"])
    assert (credential.kind, credential.check) == (Kind.DCC, failed[0] if failed else Check.VALID), credential.detail


def test_the_eu_vectors_are_all_there() -> None:
    assert (len(load("dcc_five_countries.json")), len(of_kind("DCC"))) == (28, 14)


# Before the second pass's "not before", 2026-11-02T20:05:31Z, which a real clock has passed since.
NZCP_CLOCK = "2026-11-01T00:00:00Z"
NZCP_CHECKS = {"valid": Check.VALID, "invalid": Check.NOT_YET_VALID}


@pytest.mark.parametrize("vector", of_kind("NZCP"), ids=name_of)
def test_a_new_zealand_pass_is_judged_as_published(vector: Vector, tmp_path: Path) -> None:
    write_json(tmp_path / "did.json", load("nzcp_test_did.json"))
    credential = read(vector, tmp_path, NZCP_CLOCK)
    assert (credential.kind, credential.check) == (Kind.NZCP, NZCP_CHECKS[vector["expected"]]), credential.detail


CARDS_CLOCK = "2026-11-20T08:00:00Z"


@pytest.mark.parametrize("vector", of_kind("SHC"), ids=name_of)
def test_a_health_card_is_judged_as_published(vector: Vector, tmp_path: Path) -> None:
    write_json(tmp_path / "issuer.json", load("shc_test_issuer_jwks.json"))
    credential = read(vector, tmp_path, CARDS_CLOCK)
    # Of the card that was published with spaces behind it, the vector has none any more: it is a good one.
    good = vector["expected"] == "valid signature" or "trailing_chars" in vector["source"]
    expected = Check.VALID if good else Check.MALFORMED
    assert (credential.kind, credential.check) == (Kind.SHC, expected), credential.detail


def test_a_seal_is_judged_as_published(tmp_path: Path) -> None:
    (vector,) = [each for each in of_kind("VDS-NC") if each["expected"] == "valid"]
    forged = {**vector, "text": vector["text"].replace("JANE", "JANEX")}
    signer = base64.urlsafe_b64decode(json.loads(vector["text"])["sig"]["cer"])
    assert read(vector, tmp_path, CARDS_CLOCK).check is Check.NO_KEY
    write(tmp_path / "signer.cer", signer)
    assert read(vector, tmp_path, CARDS_CLOCK).check is Check.VALID
    assert read(forged, tmp_path, CARDS_CLOCK).check is Check.BAD_SIGNATURE


@pytest.mark.parametrize(
    "vector", [each for each in of_kind("VDS-NC") if each["expected"] == "not a VDS-NC"], ids=name_of
)
def test_what_is_no_seal_is_not_taken_for_one(vector: Vector, tmp_path: Path) -> None:
    assert read(vector, tmp_path, CARDS_CLOCK).kind == Kind.UNKNOWN
