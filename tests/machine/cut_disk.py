"""A disk that forgets what was not flushed when its power is cut, served to QEMU by the NBD protocol.

Sectors written since the last FLUSH lie in a volatile cache, as in a card's controller. ``cut`` leaves of each
sector, by chance, one of the states that it had since then: so writes are lost, torn and out of order. A machine that
flushes what it promises has something unflushed for moments only: ``stop_after`` lets the power go in one of them.
The protocol: https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md
"""

from __future__ import annotations

import os
import random
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SECTOR_BYTES = 512
LOSSES = (1.0, 0.5, 0.1)  # the chances, one for each cut, that a sector falls back to an older state

_READ, _WRITE, _DISCONNECT, _FLUSH = range(4)
_FORCE_UNIT_ACCESS = 1
_EXPORT_NAME, _ABORT, _INFO, _GO = 1, 2, 6, 7
_ACKNOWLEDGED, _INFORMED, _UNSUPPORTED = 1, 3, 0x80000001
_CAN = 1 | 4 | 8  # flags, FLUSH, FUA
_GREETING = b"NBDMAGICIHAVEOPT" + struct.pack(">H", 3)  # fixed newstyle, no zeroes
_OPTION_REPLY_MAGIC, _REQUEST_MAGIC, _REPLY_MAGIC = 0x3E889045565A9, 0x25609513, 0x67446698
_EINVAL = 22


@dataclass(frozen=True, slots=True)
class Cut:
    """What a power cut found unflushed, and how much of it is lost, in sectors."""

    unflushed: int
    lost: int
    flushes: int


class CutDisk:
    """The disk whose durable bytes are the file *path*; *chance* decides what a cut leaves.

    One that *lies* acknowledges FLUSH and FUA, and keeps all in its cache.
    """

    def __init__(self, path: Path, chance: random.Random, *, lies: bool = False) -> None:
        self._fd = os.open(path, os.O_RDWR)
        self.size_bytes = os.fstat(self._fd).st_size
        self._chance = chance
        self._lies = lies
        self._states: dict[int, list[bytes]] = {}  # of each unflushed sector, the oldest first
        self._flushes = 0

    @property
    def unflushed(self) -> int:
        """How many sectors a cut could take."""
        return len(self._states)

    def read(self, at: int, count: int) -> bytes:
        """*count* bytes from byte *at*, both multiples of a sector."""
        data = bytearray(os.pread(self._fd, count, at))
        for offset in range(0, count if self._states else 0, SECTOR_BYTES):
            if states := self._states.get((at + offset) // SECTOR_BYTES):
                data[offset : offset + SECTOR_BYTES] = states[-1]
        return bytes(data)

    def write(self, at: int, data: bytes, *, through: bool = False) -> None:
        """Put whole sectors at byte *at* into the cache, or (FUA) *through* it."""
        if through and not self._lies:
            for offset in range(0, len(data), SECTOR_BYTES):
                self._states.pop((at + offset) // SECTOR_BYTES, None)
            os.pwrite(self._fd, data, at)
            return
        for offset in range(0, len(data), SECTOR_BYTES):
            self._states.setdefault((at + offset) // SECTOR_BYTES, []).append(data[offset : offset + SECTOR_BYTES])

    def flush(self) -> None:
        """Make all that was written durable."""
        self._flushes += 1
        if not self._lies:
            self._settle(lambda states: states[-1])

    def cut(self) -> Cut:
        """Take the power away: by chance some of what is not durable is, and the rest is lost. The file is closed."""
        unflushed, loss, lost = len(self._states), self._chance.choice(LOSSES), 0

        def left(states: list[bytes]) -> bytes | None:
            nonlocal lost
            if self._chance.random() >= loss:
                return states[-1]
            lost += 1
            return self._chance.choice([None, *states[:-1]])

        self._settle(left)
        os.close(self._fd)
        return Cut(unflushed, lost, self._flushes)

    def _settle(self, left: Callable[[list[bytes]], bytes | None]) -> None:
        for sector, states in sorted(self._states.items()):
            if (data := left(states)) is not None:
                os.pwrite(self._fd, data, sector * SECTOR_BYTES)
        self._states.clear()


class CutDiskServer:
    """Serves *disk* at the unix socket *path* to one client at a time, until ``cut``."""

    def __init__(self, disk: CutDisk, path: Path) -> None:
        self.path = path
        self._disk = disk
        self._lock = threading.Lock()
        self._dead = False
        self._writes_left = 0
        self._stopped = threading.Event()
        self._over = threading.Event()
        self._client: socket.socket | None = None
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(1)
        self._thread = threading.Thread(target=self._accept, name="cut-disk")
        self._thread.start()

    def stop_after(self, writes: int) -> None:
        """Answer nothing any more once *writes* more have left something unflushed: the last of them never ends."""
        with self._lock:
            self._writes_left = writes

    def await_stop(self, limit_s: float) -> bool:
        """Whether that was so within *limit_s*."""
        return self._stopped.wait(limit_s)

    def cut(self) -> Cut:
        """Serve nothing more, and lose what is lost."""
        self._over.set()
        with self._lock:
            self._dead = True
            done = self._disk.cut()
        for one in filter(None, (self._listener, self._client)):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        return done

    def _accept(self) -> None:
        while not self._dead:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._client = client
            with client, suppress(EOFError, OSError):
                if self._agree(client):
                    while self._answer(client):
                        pass

    def _agree(self, client: socket.socket) -> bool:
        """Go through the client's options; whether it wants the disk after them."""
        client.sendall(_GREETING)
        _take(client, 4)
        while True:
            _, option, length = struct.unpack(">QII", _take(client, 16))
            _take(client, length)
            if option == _EXPORT_NAME:
                client.sendall(struct.pack(">QH", self._disk.size_bytes, _CAN))
                return True
            if option in (_INFO, _GO):
                _reply(client, option, _INFORMED, struct.pack(">HQH", 0, self._disk.size_bytes, _CAN))
                _reply(client, option, _ACKNOWLEDGED)
            elif option == _ABORT:
                _reply(client, option, _ACKNOWLEDGED)
                return False
            else:
                _reply(client, option, _UNSUPPORTED)
            if option == _GO:
                return True

    def _answer(self, client: socket.socket) -> bool:
        """Do one request; whether there will be more."""
        magic, flags, kind, cookie, at, length = struct.unpack(">IHHQQI", _take(client, 28))
        data = _take(client, length) if kind == _WRITE else b""
        if magic != _REQUEST_MAGIC or kind == _DISCONNECT:
            return False
        error, answer = 0, b""
        with self._lock:
            if self._dead:
                return False
            if kind == _READ:
                answer = self._disk.read(at, length)
            elif kind == _WRITE:
                self._disk.write(at, data, through=bool(flags & _FORCE_UNIT_ACCESS))
                self._count_write()
            elif kind == _FLUSH:
                self._disk.flush()
            else:
                error = _EINVAL
        if self._stopped.is_set():
            self._over.wait()
            return False
        client.sendall(struct.pack(">IIQ", _REPLY_MAGIC, error, cookie) + answer)
        return True

    def _count_write(self) -> None:
        if self._writes_left and self._disk.unflushed:
            self._writes_left -= 1
            if not self._writes_left:
                self._stopped.set()


def _reply(client: socket.socket, option: int, kind: int, data: bytes = b"") -> None:
    client.sendall(struct.pack(">QIII", _OPTION_REPLY_MAGIC, option, kind, len(data)) + data)


def _take(client: socket.socket, count: int) -> bytes:
    taken = bytearray()
    while len(taken) < count:
        piece = client.recv(count - len(taken))
        if not piece:
            raise EOFError
        taken += piece
    return bytes(taken)
