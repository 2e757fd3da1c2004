"""The door's end of its unix socket: answers one request after another, each connection in a thread of its own."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import socket
import threading
from pathlib import Path

from kiosk.config import SettingsError
from kiosk.devices.base import DeviceError
from kiosk.door_socket import SOCKET, Handler, Message, RequestError, read_message, write_message
from kiosk.failures import Failure
from kiosk.heartbeat import Hearts
from kiosk.store.news import short_path

log = logging.getLogger(__name__)

CONNECTIONS = 80
IDLE_S = 60.0
ACCEPT_S = 5.0  # so often the thread that accepts shows that it lives
BOUND_S = 60.0


class DoorBusy(Failure):
    """Another door runs on this data directory."""


class DoorServer:
    """Answers requests by *handlers*, each connection in a thread of its own."""

    def __init__(self, data: Path, handlers: dict[str, Handler], hearts: Hearts) -> None:
        self._handlers = handlers
        self._heart = hearts.heart("door socket", BOUND_S)
        self._lock_fd = _lock(data)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        (data / SOCKET).unlink(missing_ok=True)
        with short_path(data, SOCKET) as path:
            self._socket.bind(path)
        (data / SOCKET).chmod(0o660)
        self._socket.listen(16)
        self._socket.settimeout(ACCEPT_S)
        self._free = threading.BoundedSemaphore(CONNECTIONS)
        threading.Thread(target=self._accept, name="door-socket", daemon=True).start()

    def _accept(self) -> None:
        while not self._heart.is_set():
            try:
                connection, _ = self._socket.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            if not self._free.acquire(blocking=False):
                connection.close()
                continue
            threading.Thread(target=self._serve, args=(connection,), name="door-client", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(IDLE_S)
        try:
            with connection, connection.makefile("rwb") as stream:
                while request := read_message(stream):
                    write_message(stream, *self._answer(*request))
        except (OSError, ValueError) as error:
            log.debug("a client of the door went away: %s", error)
        finally:
            self._free.release()

    def _answer(self, message: Message, payload: bytes) -> tuple[Message, bytes]:
        handler = self._handlers.get(str(message.get("do")))
        if handler is None:
            return {"error": f"the door cannot do {message.get('do')!r}; it can: {', '.join(self._handlers)}"}, b""
        try:
            return handler(message, payload)
        except (RequestError, SettingsError, DeviceError) as error:
            return {"error": str(error)}, b""
        except Exception as error:
            log.exception("a request to the door failed")
            return {"error": str(error)}, b""

    def close(self) -> None:
        """Stop answering and let another door take this data directory."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        os.close(self._lock_fd)


def _lock(data: Path) -> int:
    fd = os.open(data / "door.lock", os.O_RDWR | os.O_CREAT, 0o640)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(fd)
        raise DoorBusy(f"another door runs on {data}") from error
    return fd
