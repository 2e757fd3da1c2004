"""Children that the tests kill, or set against each other. Fork them only from a program without threads."""

from __future__ import annotations

import json
import os
import signal
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any

Say = Callable[[object], None]


@dataclass(frozen=True, slots=True)
class Child:
    """A child and the end of the pipe on which it says things, one JSON value a line."""

    pid: int
    _said: IO[bytes]

    def hear(self) -> Iterator[Any]:
        """What it says, until it has ended."""
        return map(json.loads, self._said)

    def kill(self) -> list[Any]:
        """Kill it where it stands; returns what it said meanwhile. Raises ValueError when it had ended by itself."""
        os.kill(self.pid, signal.SIGKILL)
        rest = list(self.hear())
        self._said.close()
        _, status = os.waitpid(self.pid, 0)
        if not os.WIFSIGNALED(status):
            raise ValueError(f"the child was not killed: it ended with status {status}")
        return rest

    def end(self, *, kill: bool) -> tuple[list[Any], bool]:
        """*kill* it unless it has ended; what it said, and whether it was killed. Raises ValueError when it failed."""
        if kill:
            os.kill(self.pid, signal.SIGKILL)
        rest = list(self.hear())
        self._said.close()
        _, status = os.waitpid(self.pid, 0)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status):
            raise ValueError(f"the child failed with status {status}")
        return rest, os.WIFSIGNALED(status)

    def wait(self) -> list[Any]:
        """All that it says until it ends. Raises ValueError when it fails."""
        said = list(self.hear())
        self._said.close()
        _, status = os.waitpid(self.pid, 0)
        if status:
            raise ValueError(f"the child ended with status {status}")
        return said


def fork(body: Callable[[Say], None]) -> Child:
    """Run *body* in a child; what it says is in the pipe, a line at once, before it goes on."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return Child(pid, os.fdopen(reading, "rb"))
    try:
        os.close(reading)
        body(lambda said: _write(writing, said))
        os._exit(0)
    except BaseException:  # noqa: BLE001  # a child must never go on in its parent's code
        traceback.print_exc()
        os._exit(1)


def _write(fd: int, said: object) -> None:
    os.write(fd, json.dumps(said).encode() + b"\n")
