"""A sealed file opens whole for who has the code, and not at all for anybody else or once a bit of it is changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.vault import VaultError
from kiosk.vault.recovery import Unlocked, new_code, unlock
from kiosk.vault.sealed_file import SEGMENT_BYTES, SealedWriter, read_sealed


@given(st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_sealed_file_is_read_whole_or_refused(code: Unlocked, tmp_path: Path, data: st.DataObject) -> None:
    sizes = st.sampled_from((0, 1, 1000, SEGMENT_BYTES, SEGMENT_BYTES + 1, 3 * SEGMENT_BYTES))
    content = bytes(data.draw(sizes))
    path = tmp_path / "sealed"
    with path.open("wb") as file:
        writer = SealedWriter(file, {"what": "test"}, code.lock)
        writer.write(content)
        writer.finish()
    sealed = path.read_bytes()
    assert opened(path, code) == content
    cut = data.draw(st.integers(0, len(sealed) - 1))
    path.write_bytes(sealed[:cut])
    with pytest.raises(VaultError):
        opened(path, code)
    path.write_bytes(sealed[:cut] + bytes([sealed[cut] ^ 1 << data.draw(st.integers(0, 7))]) + sealed[cut + 1 :])
    with pytest.raises(VaultError):
        opened(path, code)


def test_who_has_only_the_public_half_makes_nothing_that_opens(code: Unlocked, tmp_path: Path) -> None:
    forged = code.lock.__class__(code.lock.public, bytes(32))
    path = tmp_path / "forged"
    with path.open("wb") as file:
        SealedWriter(file, {"what": "test"}, forged).finish()
    with pytest.raises(VaultError, match="damaged"):
        opened(path, code)


@given(st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=1, max_size=1), st.integers(0, 19))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_mistyped_code_is_told_or_opens_nothing(text: str, letter: str, place: int) -> None:
    letters = text.replace("-", "")
    typed = letters[:place] + letter + letters[place + 1 :]
    try:
        assert (unlock(typed).lock.name == unlock(text).lock.name) is (typed == letters)
    except VaultError as error:
        assert "mistyped" in str(error)


@pytest.fixture(scope="module")
def text() -> str:
    return new_code()


@pytest.fixture(scope="module")
def code(text: str) -> Unlocked:
    return unlock(f" {text.lower().replace('0', 'o').replace('1', 'l')} ")


def opened(path: Path, code: Unlocked) -> bytes:
    with path.open("rb") as file:
        return b"".join(read_sealed(file, code))
