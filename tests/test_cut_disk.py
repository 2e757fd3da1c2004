"""The disk of the power cuts: what was flushed is there for ever, and of the rest any sector may be lost."""

from __future__ import annotations

import random
import socket
import struct
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from machine.cut_disk import SECTOR_BYTES, CutDisk, CutDiskServer

SECTORS = 8


def sector(mark: int, count: int = 1) -> bytes:
    return bytes([mark]) * SECTOR_BYTES * count


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "disk"
    path.write_bytes(bytes(SECTORS * SECTOR_BYTES))
    return path


def marks(file: Path) -> bytes:
    """The first byte of each sector."""
    return file.read_bytes()[::SECTOR_BYTES]


def test_what_was_written_is_read_before_it_is_durable(file: Path) -> None:
    disk = CutDisk(file, random.Random(1))
    disk.write(SECTOR_BYTES, sector(1, 2))
    assert disk.read(0, 4 * SECTOR_BYTES) == sector(0) + sector(1, 2) + sector(0)
    assert marks(file) == bytes(SECTORS)
    disk.cut()


def test_what_was_flushed_outlives_every_cut(file: Path) -> None:
    for seed in range(30):
        disk = CutDisk(file, random.Random(seed))
        disk.write(0, sector(seed + 1, SECTORS))
        disk.flush()
        assert disk.cut().unflushed == 0
        assert marks(file) == bytes([seed + 1]) * SECTORS


def test_a_write_past_the_cache_is_durable_and_flushes_nothing_else(file: Path) -> None:
    left = set()
    for seed in range(30):
        file.write_bytes(bytes(SECTORS * SECTOR_BYTES))
        disk = CutDisk(file, random.Random(seed))
        disk.write(0, sector(1, 2))
        disk.write(0, sector(2), through=True)
        disk.cut()
        left.add(marks(file)[:2])
    assert left == {b"\2\0", b"\2\1"}


def test_unflushed_writes_are_lost_kept_and_torn(file: Path) -> None:
    left = []
    for seed in range(100):
        file.write_bytes(bytes(SECTORS * SECTOR_BYTES))
        disk = CutDisk(file, random.Random(seed))
        disk.write(0, sector(1, SECTORS))
        disk.write(0, sector(2, SECTORS))
        disk.cut()
        left.append(marks(file))
    assert bytes(SECTORS) in left or any(0 in one for one in left)
    assert any(set(one) == {0, 1, 2} for one in left)


def test_a_disk_that_lies_loses_what_it_said_was_flushed(file: Path) -> None:
    disk = CutDisk(file, random.Random(1), lies=True)
    disk.write(0, sector(1, SECTORS))
    disk.write(0, sector(2, SECTORS), through=True)
    disk.flush()
    assert disk.read(0, SECTOR_BYTES) == sector(2)
    assert disk.cut().lost > 0
    assert marks(file) != bytes([2]) * SECTORS


@given(
    steps=st.lists(st.one_of(st.none(), st.tuples(st.integers(0, SECTORS - 1), st.integers(1, 255))), max_size=40),
    seed=st.integers(0, 2**32),
)
def test_each_sector_is_left_in_a_state_that_it_had_since_the_last_flush(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int] | None], seed: int
) -> None:
    path = tmp_path_factory.mktemp("disk") / "disk"
    path.write_bytes(bytes(SECTORS * SECTOR_BYTES))
    disk, possible = CutDisk(path, random.Random(seed)), [{0} for _ in range(SECTORS)]
    now = [0] * SECTORS
    for step in steps:
        if step is None:
            disk.flush()
            possible = [{mark} for mark in now]
        else:
            at, now[at] = step[0], step[1]
            disk.write(at * SECTOR_BYTES, sector(step[1]))
            possible[at].add(step[1])
    disk.cut()
    assert all(mark in states for mark, states in zip(marks(path), possible, strict=True))


class Client:
    """As QEMU talks: asks for something that is not there, then for the disk."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(20)
        self._socket.connect(str(path))
        assert self._take(18)[:16] == b"NBDMAGICIHAVEOPT"
        self._socket.sendall(struct.pack(">I", 3))
        self._option(8, b"")
        assert struct.unpack(">QIII", self._take(20))[2] == 0x80000001
        self._option(7, bytes(6))
        (length,) = struct.unpack_from(">I", self._take(20), 16)
        self.size_bytes: int = struct.unpack(">HQH", self._take(length))[1]
        assert struct.unpack(">QIII", self._take(20))[2] == 1

    def send(self, kind: int, at: int = 0, length: int = 0, data: bytes = b"", flags: int = 0) -> None:
        """A request without waiting for its answer."""
        self._socket.sendall(struct.pack(">IHHQQI", 0x25609513, flags, kind, 7, at, length or len(data)) + data)

    def ask(self, kind: int, at: int = 0, length: int = 0, data: bytes = b"", flags: int = 0) -> int:
        """The error number that comes back."""
        self.send(kind, at, length, data, flags)
        magic, error, cookie = struct.unpack(">IIQ", self._take(16))
        assert (magic, cookie) == (0x67446698, 7)
        return int(error)

    def read(self, at: int, length: int) -> bytes:
        assert self.ask(0, at, length) == 0
        return self._take(length)

    def close(self) -> None:
        self._socket.close()

    def _option(self, option: int, data: bytes) -> None:
        self._socket.sendall(struct.pack(">QII", 0x49484156454F5054, option, len(data)) + data)

    def _take(self, count: int) -> bytes:
        taken = b""
        while len(taken) < count:
            piece = self._socket.recv(count - len(taken))
            assert piece, "the server went away"
            taken += piece
        return taken


def test_a_machine_reads_writes_and_flushes_it_until_the_power_is_cut(file: Path, tmp_path: Path) -> None:
    server = CutDiskServer(CutDisk(file, random.Random(1)), tmp_path / "nbd")
    with closing(Client(tmp_path / "nbd")) as client:
        assert client.size_bytes == SECTORS * SECTOR_BYTES
        assert client.ask(1, 0, data=sector(1)) == 0
        assert client.read(0, 2 * SECTOR_BYTES) == sector(1) + sector(0)
        assert client.ask(3) == 0
        assert client.ask(1, SECTOR_BYTES, data=sector(2), flags=1) == 0
        assert client.ask(4) == 22
        cut = server.cut()
        assert (cut.unflushed, cut.flushes) == (0, 1)
        with pytest.raises((AssertionError, OSError)):
            client.ask(3)
    assert marks(file)[:2] == b"\1\2"


def test_the_power_can_go_amid_writing(file: Path, tmp_path: Path) -> None:
    server = CutDiskServer(CutDisk(file, random.Random(1)), tmp_path / "nbd")
    with closing(Client(tmp_path / "nbd")) as client:
        server.stop_after(2)
        assert client.ask(1, 0, data=sector(1), flags=1) == 0
        assert client.ask(1, 0, data=sector(2)) == 0
        assert client.ask(3) == 0
        assert not server.await_stop(0)
        client.send(1, 0, data=sector(3, 2))
        client.send(3)
        assert server.await_stop(20)
        cut = server.cut()
        with pytest.raises((AssertionError, OSError)):
            client.ask(3)
    assert (cut.unflushed, cut.flushes) == (2, 1)
    assert marks(file)[0] in {2, 3}
