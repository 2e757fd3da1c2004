"""A slip is good at every kiosk that knows the signing kiosk's key, and nowhere else."""

from __future__ import annotations

import base64
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.rules.credentials import Trust, read_credential
from kiosk.rules.model import Check, Kind
from kiosk.vault import VaultError
from kiosk.vault.slips import KioskKey

AT_MS = 1_790_000_000_000


def check(key: KioskKey, code: str, *, at_ms: int = AT_MS) -> Check:
    return read_credential(code.encode(), trust=Trust(key.verify, slip_valid_s=86_400), at_ms=at_ms).check


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> KioskKey:
    return KioskKey(tmp_path_factory.mktemp("own") / "kiosk.key")


def test_the_slip_that_a_kiosk_prints_is_valid_at_its_own_scanner(key: KioskKey) -> None:
    slip = key.issue_slip(AT_MS)
    credential = read_credential(slip.code.encode(), trust=Trust(key.verify, slip_valid_s=86_400), at_ms=AT_MS)
    assert (credential.kind, credential.check, credential.holder_id) == (Kind.SLIP, Check.VALID, slip.holder_id)


def test_no_two_slips_are_the_same(key: KioskKey) -> None:
    assert len({key.issue_slip(AT_MS).holder_id for _ in range(200)}) == 200


def test_another_kiosk_of_the_site_takes_the_slip_once_it_knows_the_key(key: KioskKey, tmp_path: Path) -> None:
    code = key.issue_slip(AT_MS).code
    assert check(KioskKey(tmp_path / "a.key", [key.public_text]), code) is Check.VALID
    assert check(KioskKey(tmp_path / "b.key"), code) is Check.NO_KEY


@given(at=st.integers(0, 93), flip=st.integers(1, 255))
def test_a_slip_with_any_byte_changed_is_not_valid(key: KioskKey, at: int, flip: int) -> None:
    signed = bytearray(base64.b32decode(key.issue_slip(AT_MS).code.removeprefix("KSK1:") + "="))
    signed[at] ^= flip
    assert check(key, "KSK1:" + base64.b32encode(signed).decode().rstrip("=")) is not Check.VALID


@given(message=st.binary(max_size=100), signature=st.binary(max_size=130))
def test_no_bytes_whatever_pass_for_a_signature(key: KioskKey, message: bytes, signature: bytes) -> None:
    key_id = base64.b32decode(key.issue_slip(AT_MS).code.removeprefix("KSK1:") + "=")[1:9]
    assert key.verify(key_id, message, signature) is False
    assert key.verify(signature[:8], message, signature) in (None, False)


def test_a_slip_from_before_a_restart_stays_good(tmp_path: Path) -> None:
    code = KioskKey(tmp_path / "kiosk.key").issue_slip(AT_MS).code
    assert check(KioskKey(tmp_path / "kiosk.key"), code) is Check.VALID


def test_the_head_of_the_log_is_sealed_the_same_after_a_restart_and_differently_elsewhere(tmp_path: Path) -> None:
    first, again, other = (KioskKey(tmp_path / name).head_seal(b"head") for name in ("k", "k", "other"))
    assert first == again != other
    assert len(first) == 32 and first != KioskKey(tmp_path / "k").head_seal(b"head 2")


# --- the kiosk's own key --------------------------------------------------------------------------------------------


def test_two_processes_that_start_at_once_on_a_fresh_card_agree_on_the_key(tmp_path: Path) -> None:
    made: list[str] = []
    starts = [
        threading.Thread(target=lambda: made.append(KioskKey(tmp_path / "kiosk.key").public_text)) for _ in range(8)
    ]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    assert len(made) == 8 and len(set(made)) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["kiosk.key"]


def test_only_the_owner_may_read_the_key(tmp_path: Path) -> None:
    path = tmp_path / "kiosk.key"
    KioskKey(path)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    with pytest.raises(VaultError, match="others may read or write this secret"):
        KioskKey(path)


@pytest.mark.parametrize(("content", "sentence"), [(bytes(31), "has 31 bytes"), (bytes(33), "larger than 32 bytes")])
def test_a_damaged_key_is_refused_and_never_replaced(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "kiosk.key"
    path.touch(mode=0o600)
    path.write_bytes(content)
    with pytest.raises(VaultError, match=sentence):
        KioskKey(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("text", ["", "not base64!", base64.b64encode(bytes(31)).decode(), "Khoá"])
def test_a_slip_key_in_the_settings_that_is_none_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(VaultError, match="is not an Ed25519 public key in base64"):
        KioskKey(tmp_path / "kiosk.key", [text])
