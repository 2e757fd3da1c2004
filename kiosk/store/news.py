"""News between processes: a datagram after each commit, and a look at the database as safety net."""

from __future__ import annotations

import contextlib
import os
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

LISTENERS = ("web", "sync")
LOOK_S = 1.5


@contextlib.contextmanager
def short_path(directory: Path, name: str) -> Iterator[str]:
    """A path to *name* in *directory* that fits a unix socket's 107 bytes however long the directory is."""
    fd = os.open(directory, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{fd}/{name}"
    finally:
        os.close(fd)


def _socket_name(listener: str) -> str:
    return f"news-{listener}.sock"


class Nudge:
    """Tells the listeners that something was committed. Never blocks, never fails."""

    def __init__(self, data: Path) -> None:
        self._directory = os.open(data, os.O_PATH | os.O_DIRECTORY)
        self._ways = [_Way(f"/proc/self/fd/{self._directory}/{_socket_name(listener)}") for listener in LISTENERS]

    def send(self) -> None:
        """Nudge every listener that is there; what happened is read from the log, so a lost one loses nothing."""
        for way in self._ways:
            way.send()

    def close(self) -> None:
        """Release sockets and directory."""
        for way in self._ways:
            way.close()
        os.close(self._directory)


class _Way:
    """The way to one listener. One that is not there is sought once in ``LOOK_S``, for seeking delays the lamp."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._found = False
        self._seek_s = 0.0  # monotonic

    def send(self) -> None:
        if not self._found and time.monotonic() < self._seek_s:
            return
        try:
            if not self._found:
                self._socket.connect(self._path)
                self._found = True
            self._socket.send(b"")
        except BlockingIOError:
            pass  # it has nudges enough that it has not read
        except OSError:
            self._found = False
            self._seek_s = time.monotonic() + LOOK_S

    def close(self) -> None:
        self._socket.close()


class NewsListener:
    """Waits for commits of other processes. One listener of a name per data directory."""

    def __init__(self, data: Path, database: Path, listener: str = "web") -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        (data / _socket_name(listener)).unlink(missing_ok=True)
        with short_path(data, _socket_name(listener)) as path:
            self._socket.bind(path)
        self._db = sqlite3.connect(
            f"{database.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
        )
        self._version = self._data_version()

    def wait(self, timeout_s: float) -> bool:
        """Wait at most *timeout_s*; True as soon as something new may have been committed."""
        waited_s = 0.0
        while waited_s < timeout_s:
            step_s = min(LOOK_S, timeout_s - waited_s)
            self._socket.settimeout(step_s)
            with contextlib.suppress(TimeoutError):
                self._socket.recv(1)
                self._drain()
                self._version = self._data_version()
                return True
            if self._data_version() != self._version:
                self._version = self._data_version()
                return True
            waited_s += step_s
        return False

    def _drain(self) -> None:
        self._socket.settimeout(0)
        with contextlib.suppress(BlockingIOError):
            while True:
                self._socket.recv(1)

    def _data_version(self) -> int:
        version = self._db.execute("PRAGMA data_version").fetchone()[0]
        assert isinstance(version, int)
        return version

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()
        self._db.close()
