"""Door and pages are two users of an appliance: they share what lies in the data directory, and nobody else does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kiosk.store.schema import connect
from kiosk.store.staff import StaffBook
from kiosk.vault import VaultError
from kiosk.vault.files import create_whole, read_secret, write_new


def shared(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(0o2770)
    return data


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_secret_is_for_the_group_that_its_directory_hands_on(tmp_path: Path) -> None:
    secret = shared(tmp_path) / "secret"
    create_whole(secret, b"x")
    assert (mode(secret), secret.stat().st_gid) == (0o640, secret.parent.stat().st_gid)
    assert read_secret(secret, at_most=1) == b"x"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file that is somebody else's")
def test_what_the_administrator_makes_there_is_the_doors(tmp_path: Path) -> None:
    data = shared(tmp_path)
    os.chown(data, 12345, -1)
    write_new(data / "secret", b"x")
    assert (data / "secret").stat().st_uid == 12345


def test_elsewhere_it_is_its_owners_alone(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    write_new(secret, b"x")
    assert mode(secret) == 0o600
    secret.chmod(0o640)
    with pytest.raises(VaultError, match="must be mode 600"):
        read_secret(secret, at_most=1)


@pytest.mark.parametrize("exposed", [0o660, 0o644, 0o650, 0o641])
def test_no_more_than_that_is_believed(tmp_path: Path, exposed: int) -> None:
    secret = shared(tmp_path) / "secret"
    create_whole(secret, b"x")
    secret.chmod(exposed)
    with pytest.raises(VaultError, match="must be mode 640"):
        read_secret(secret, at_most=1)


def test_who_reads_a_database_may_write_beside_it(tmp_path: Path) -> None:
    """SQLite's readers do; a file beside it that only one of the two may write would end the other's work."""
    data = shared(tmp_path)
    db, book = connect(data / "kiosk.db"), StaffBook(data / "staff.db")
    db.execute("CREATE TABLE one (id)")
    assert {path.name: mode(path) for path in data.iterdir()} == dict.fromkeys(
        [f"{name}.db{end}" for name in ("kiosk", "staff") for end in ("", "-wal", "-shm")], 0o660
    )
    book.close()
    db.close()
