"""What is sealed opens for the tracing team alone, and only as what it was sealed as."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from hypothesis import given
from hypothesis import strategies as st

from kiosk.rules.invented import person
from kiosk.rules.model import Person
from kiosk.vault import Shown, VaultError, open_sealed_day_key, open_sealed_identity
from kiosk.vault.sealing import Purpose, open_sealed, seal
from kiosk.vault.staff_view import StaffView, padded_json
from kiosk.vault.tracing import TracingPrivate

PRIVATE = X25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = PRIVATE.public_key()
TRACING = TracingPrivate(PRIVATE, "Invented team", "2026-01-01T00:00:00+00:00")
SITE, KEY_ID = "tram-1", b"key id 1"


def sealed(content: bytes, purpose: Purpose = Purpose.IDENTITY) -> bytes:
    return seal(content, PUBLIC, site=SITE, key_id=KEY_ID, purpose=purpose)


@given(content=st.binary(max_size=5000))
def test_the_tracing_team_gets_back_what_was_sealed(content: bytes) -> None:
    opened = open_sealed(sealed(content), PRIVATE, site=SITE, key_id=KEY_ID, purpose=Purpose.IDENTITY)
    assert opened == content


def test_the_same_identity_sealed_twice_cannot_be_recognised() -> None:
    assert sealed(b"Nguyen Van A") != sealed(b"Nguyen Van A")


@pytest.mark.parametrize(
    ("site", "key_id", "purpose"),
    [
        ("tram-2", KEY_ID, Purpose.IDENTITY),
        (SITE, b"key id 2", Purpose.IDENTITY),
        (SITE, KEY_ID, Purpose.DAY_KEY),
    ],
)
def test_what_was_sealed_elsewhere_on_another_day_or_as_something_else_does_not_open(
    site: str, key_id: bytes, purpose: Purpose
) -> None:
    with pytest.raises(VaultError, match="another site, day or purpose"):
        open_sealed(sealed(b"x"), PRIVATE, site=site, key_id=key_id, purpose=purpose)


def test_another_tracing_key_is_told_which_one_it_would_take() -> None:
    fingerprint = hashlib.sha256(PUBLIC.public_bytes_raw()).hexdigest()
    with pytest.raises(VaultError, match=f"begins with {fingerprint[:16]}"):
        open_sealed(sealed(b"x"), X25519PrivateKey.generate(), site=SITE, key_id=KEY_ID, purpose=Purpose.IDENTITY)


@given(at=st.integers(0, 200), flip=st.integers(1, 255))
def test_a_changed_byte_anywhere_is_noticed(at: int, flip: int) -> None:
    blob = bytearray(sealed(b"Nguyen Van A"))
    blob[at % len(blob)] ^= flip
    with pytest.raises(VaultError):
        open_sealed(bytes(blob), PRIVATE, site=SITE, key_id=KEY_ID, purpose=Purpose.IDENTITY)


@given(blob=st.binary(max_size=200) | st.binary(max_size=200).map(lambda tail: sealed(b"")[:9] + tail))
def test_no_bytes_whatever_do_more_than_not_open(blob: bytes) -> None:
    with pytest.raises(VaultError):
        open_sealed_identity(TRACING, blob, site=SITE, key_id=KEY_ID)


@given(content=st.binary(max_size=80) | st.sampled_from([b"[]", b"{}", b'{"holder_id":1}', b'{"holder_id":"","x":""}']))
def test_a_hostile_kiosk_cannot_break_the_tracing_side_by_what_it_seals(content: bytes) -> None:
    with pytest.raises(VaultError, match="not an identity that this version knows"):
        open_sealed_identity(TRACING, sealed(content), site=SITE, key_id=KEY_ID)


def test_a_day_key_of_another_length_is_refused() -> None:
    with pytest.raises(VaultError, match="16 bytes, not 32"):
        open_sealed_day_key(TRACING, sealed(bytes(16), Purpose.DAY_KEY), site=SITE, key_id=KEY_ID)


def test_any_program_that_knows_rfc_9180_can_open_what_we_seal() -> None:
    """An archive must outlive this program: here HPKE is spelled out from the RFC's own words."""
    info = b"kiosk v1|identity|" + SITE.encode() + b"|" + KEY_ID
    assert hpke_open(sealed(b"Nguyen Van A")[9:], info) == b"Nguyen Van A"


def hpke_open(sealed_text: bytes, info: bytes) -> bytes:
    """RFC 9180, base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305, first message, no aad."""
    enc, ciphertext = sealed_text[:32], sealed_text[32:]
    kem, suite = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01\x00\x03"
    shared_point = PRIVATE.exchange(X25519PublicKey.from_public_bytes(enc))
    prk = extract(kem, b"", b"eae_prk", shared_point)
    shared = expand(kem, prk, b"shared_secret", enc + PUBLIC.public_bytes_raw(), 32)
    context = b"\x00" + extract(suite, b"", b"psk_id_hash", b"") + extract(suite, b"", b"info_hash", info)
    secret = extract(suite, shared, b"secret", b"")
    key, nonce = expand(suite, secret, b"key", context, 32), expand(suite, secret, b"base_nonce", context, 12)
    return ChaCha20Poly1305(key).decrypt(nonce, ciphertext, None)


def extract(suite: bytes, salt: bytes, label: bytes, content: bytes) -> bytes:
    return hmac.digest(salt, b"HPKE-v1" + suite + label + content, "sha256")


def expand(suite: bytes, key: bytes, label: bytes, info: bytes, length: int) -> bytes:
    return hmac.digest(key, length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info + b"\x01", "sha256")[:length]


# --- what the length tells ------------------------------------------------------------------------------------------


def test_the_length_of_what_is_sealed_tells_next_to_nothing() -> None:
    people = (person(i).person for i in range(500))
    lengths = {len(padded_json({"name": p.name, "birth": p.birth, "number": p.number})) for p in people}
    assert lengths <= {64, 128}


@given(fields=st.dictionaries(st.text(max_size=10), st.text(max_size=80), max_size=6))
def test_padding_fills_up_to_64_and_costs_nothing_when_read(fields: dict[str, str]) -> None:
    content = padded_json(fields)
    assert len(content) % 64 == 0
    assert json.loads(content) == fields


# --- what staff see -------------------------------------------------------------------------------------------------

shown = st.builds(Shown, name=st.text(), number=st.text(), birth=st.text(), sex=st.text())


@given(line=shown)
def test_staff_see_today_what_was_concealed_today(line: Shown) -> None:
    view = StaffView(bytes(32))
    assert view.reveal(view.conceal(line)) == line


@given(line=shown)
def test_under_another_day_key_it_reveals_nothing(line: Shown) -> None:
    assert StaffView(bytes(range(32))).reveal(StaffView(bytes(32)).conceal(line)) is None


@given(blob=st.binary(max_size=200))
def test_bytes_that_were_never_concealed_reveal_nothing(blob: bytes) -> None:
    assert StaffView(bytes(32)).reveal(blob) is None


def test_a_person_with_every_field_is_opened_whole() -> None:
    anh = Person("Nguyễn Văn A", "1985-03-02", "M", "001085000001", "0912345678", "12 Lê Lợi, Huế")
    fields = {name: getattr(anh, name) for name in Person.__dataclass_fields__}
    blob = sealed(padded_json({**fields, "holder_id": "id:001085000001"}))
    opened = open_sealed_identity(TRACING, blob, site=SITE, key_id=KEY_ID)
    assert (opened.person, opened.holder_id) == (anh, "id:001085000001")
