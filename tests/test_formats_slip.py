"""Our own slip: only what a kiosk of this site has signed, and only while it is fresh."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from kiosk.rules.credentials import Trust, read_credential
from kiosk.rules.formats import slip
from kiosk.rules.model import Check, Credential, Kind, Reason

KEY, KEY_ID, SLIP_ID = Ed25519PrivateKey.from_private_bytes(bytes(32)), b"kiosk--1", bytes(range(16))
ISSUED_S = 1_790_000_000
DAY_S = 86_400


def verify(key_id: bytes, message: bytes, signature: bytes) -> bool | None:
    if key_id != KEY_ID:
        return None
    try:
        KEY.public_key().verify(signature, message)
    except InvalidSignature:
        return False
    return True


def make(*, issued_s: int = ISSUED_S, key_id: bytes = KEY_ID, message_prefix: bytes = b"kiosk slip v1") -> str:
    payload = slip.encode_payload(key_id, SLIP_ID, issued_s)
    return slip.encode(payload, KEY.sign(message_prefix + payload))


def read(text: str, *, after_s: float = 60) -> Credential:
    at_ms = int((ISSUED_S + after_s) * 1000)
    return read_credential(text.encode(), trust=Trust(verify, slip_valid_s=DAY_S), at_ms=at_ms)


def test_a_fresh_slip_of_this_site_is_valid_and_names_its_visit() -> None:
    credential = read(make())
    assert (credential.kind, credential.check, credential.refusal) == (Kind.SLIP, Check.VALID, None)
    assert credential.holder_id == f"slip:{SLIP_ID.hex()}"


def test_the_text_fits_the_coarse_alphanumeric_set_of_qr_codes() -> None:
    text = make()
    assert len(text) == 156
    assert set(text) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")


def test_a_scanner_with_the_caps_lock_on_does_not_matter() -> None:
    assert read(make().swapcase()).check is Check.VALID


@pytest.mark.parametrize(
    ("after_s", "check"),
    [
        (-301, Check.NOT_YET_VALID),
        (-300, Check.VALID),
        (0, Check.VALID),
        (DAY_S, Check.VALID),
        (DAY_S + 1, Check.EXPIRED),
    ],
)
def test_a_slip_is_good_from_its_issue_for_as_long_as_the_site_says(after_s: float, check: Check) -> None:
    credential = read(make(), after_s=after_s)
    assert credential.check is check
    assert credential.refusal is (None if check is Check.VALID else Reason.SLIP_EXPIRED)


def test_a_slip_of_an_unknown_key_is_refused() -> None:
    credential = read(make(key_id=b"stranger"))
    assert (credential.check, credential.refusal, credential.holder_id) == (Check.NO_KEY, Reason.SLIP_FORGED, "")


def test_a_signature_made_for_something_else_is_refused() -> None:
    assert read(make(message_prefix=b"")).check is Check.BAD_SIGNATURE


def test_a_forged_slip_is_called_forged_though_it_is_old_too() -> None:
    assert read(make(message_prefix=b""), after_s=10 * DAY_S).refusal is Reason.SLIP_FORGED


@given(st.integers(5, 155), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
def test_no_slip_with_a_changed_letter_is_valid(place: int, letter: str) -> None:
    text = make()
    changed = text[:place] + letter + text[place + 1 :]
    assert changed == text or read(changed).check in (Check.BAD_SIGNATURE, Check.NO_KEY, Check.MALFORMED)


@pytest.mark.parametrize(
    "text", ["KSK1:", make()[:-1], make() + "A", make().replace("KSK1:", "KSK1:1"), make()[:-1] + "="]
)
def test_a_damaged_slip_is_malformed(text: str) -> None:
    credential = read(text)
    assert (credential.kind, credential.check, credential.refusal) == (Kind.SLIP, Check.MALFORMED, Reason.MALFORMED)


def test_a_slip_of_another_version_is_malformed() -> None:
    payload = b"\x02" + slip.encode_payload(KEY_ID, SLIP_ID, ISSUED_S)[1:]
    assert read(slip.encode(payload, KEY.sign(slip.signed_message(payload)))).check is Check.MALFORMED


@given(st.binary(min_size=8, max_size=8), st.binary(min_size=16, max_size=16), st.integers(0, 2**40 - 1))
def test_what_is_encoded_is_parsed(key_id: bytes, slip_id: bytes, issued_s: int) -> None:
    payload = slip.encode_payload(key_id, slip_id, issued_s)
    parsed = slip.parse(slip.encode(payload, bytes(64)))
    assert parsed == slip.Slip(key_id, slip_id, issued_s, payload, bytes(64))
