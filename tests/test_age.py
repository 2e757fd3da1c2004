"""Files for one recipient: only who was meant reads them, the age tool too, and damage is told in a sentence."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.vault import VaultError
from kiosk.vault.age import AgeKey, encrypted


@pytest.fixture
def key(tmp_path: Path) -> AgeKey:
    return AgeKey(tmp_path / "age.key")


def test_who_was_meant_reads_it_also_after_a_restart(key: AgeKey, tmp_path: Path) -> None:
    blob = encrypted(b"tr\xc3\xa0 xanh", [key.recipient])
    assert AgeKey(tmp_path / "age.key").decrypted(blob) == b"tr\xc3\xa0 xanh"
    assert (tmp_path / "age.key").stat().st_mode & 0o077 == 0


def test_nobody_else_reads_it(key: AgeKey, tmp_path: Path) -> None:
    with pytest.raises(VaultError, match="somebody else"):
        AgeKey(tmp_path / "other.key").decrypted(encrypted(b"secret", [key.recipient]))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0, 1, exclude_max=True))
def test_no_damaged_byte_is_read(key: AgeKey, share: float) -> None:
    blob = encrypted(b"secret", [key.recipient])
    at = int(share * len(blob))  # age's own padding varies the length
    with pytest.raises(VaultError):
        key.decrypted(blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :])
    with pytest.raises(VaultError):
        key.decrypted(blob[:at])


@pytest.mark.parametrize("text", ["", "age1", "age1qqqq", "ssh-ed25519 AAAA", "AGE-SECRET-KEY-1QQQ", "\0", "é"])
def test_who_is_no_recipient_is_named(text: str) -> None:
    with pytest.raises(VaultError, match="is no recipient"):
        encrypted(b"", [text])


def test_a_damaged_key_is_told(tmp_path: Path) -> None:
    (tmp_path / "age.key").write_bytes(b"\xff")
    (tmp_path / "age.key").chmod(0o600)
    with pytest.raises(VaultError, match="no age key"):
        AgeKey(tmp_path / "age.key")


@pytest.mark.skipif(not shutil.which("age"), reason="the age tool is not installed (Debian's package age)")
def test_the_age_tool_reads_it(key: AgeKey, tmp_path: Path) -> None:
    (tmp_path / "out.age").write_bytes(encrypted(b"for the tool", [key.recipient]))
    command = ["age", "--decrypt", "-i", str(tmp_path / "age.key"), str(tmp_path / "out.age")]
    assert subprocess.run(command, capture_output=True, timeout=60, check=True).stdout == b"for the tool"
