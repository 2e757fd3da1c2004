"""A page that tells how the kiosk is, whatever is broken: it reads one file, and needs Python's own library alone.

systemd starts it when somebody asks on port 80 (kiosk-observer.socket); it ends when nobody has for a while.
"""

from __future__ import annotations

import html
import json
import socket
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import BaseServer, ThreadingMixIn
from typing import Any

from kiosk.devices import service_manager

IDLE_S = 60.0
SLOW_S = 5.0  # a client that takes longer for its request is left
CLIENTS = 8
OLD_S = 600.0  # it is looked at every three minutes

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

WELL = "Máy hoạt động tốt. · The kiosk works."
NOT_WELL = "Có bộ phận không hoạt động: · Something does not work:"
UNKNOWN = "Máy đang khởi động, hoặc bị hỏng. · The kiosk is starting, or broken."
PAGES = "Trang của máy · The kiosk's pages"


def page(health: Any, now_s: float) -> str:
    """The page about *health* as ``kiosk health`` wrote it, *now_s* seconds after the machine's start."""
    known = health if isinstance(health, dict) else {}
    age_s = now_s - _number(known.get("running_s"))
    lines = [f"<h1>{_text(known.get('site', 'Kiosk'))} · {_text(known.get('kiosk', ''))}</h1>"]
    if not known:
        lines.append(f"<p>{UNKNOWN}</p>")
    elif not 0 <= age_s < OLD_S:
        lines.append(f"<p>Đã {age_s // 60:.0f} phút chưa được xem · Not looked at for {age_s // 60:.0f} minutes</p>")
    elif known.get("ok") is True:
        lines.append(f"<p>{WELL}</p>")
    else:
        lines.append(f"<p>{NOT_WELL}</p>\n<ul>\n{_broken(known)}</ul>")
    lines += [f'<p>{PAGES}: <a href="{_text(url)}">{_text(url)}</a></p>' for url in _list(known, "addresses")]
    return _FRAME.format("\n".join(lines))


_FRAME = """<!DOCTYPE html>
<html lang="vi">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="30">
<title>Kiosk</title>
{}
</html>
"""


def _broken(health: dict[str, Any]) -> str:
    found = [check for check in _list(health, "checks") if isinstance(check, dict) and not check.get("ok")]
    return "".join(f"<li>{_text(check.get('name'))}: {_text(check.get('note'))}</li>\n" for check in found)


def _list(health: dict[str, Any], name: str) -> list[Any]:
    found = health.get(name)
    return found if isinstance(found, list) else []


def _text(value: object) -> str:
    return html.escape(str(value))


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


class Observer(ThreadingMixIn, BaseServer):
    """Answers on *listener* about what the *file* tells; each client in a thread, CLIENTS at once."""

    daemon_threads = True
    timeout = IDLE_S

    def __init__(self, listener: socket.socket, file: Path) -> None:
        super().__init__(listener.getsockname(), _Answer)
        self.socket = listener
        self.file = file
        self.asked = True
        self._free = threading.BoundedSemaphore(CLIENTS)

    def serve(self) -> None:
        """Until nobody has asked for IDLE_S."""
        while self.asked:
            self.asked = True
            self.handle_request()

    def fileno(self) -> int:
        """What is waited on."""
        return self.socket.fileno()

    def get_request(self) -> tuple[socket.socket, Any]:
        """The next client."""
        return self.socket.accept()

    def handle_timeout(self) -> None:
        """Nobody has asked."""
        self.asked = False

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread, where one is free."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, and be free for another."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def close_request(self, request: Any) -> None:
        """Let the client go."""
        request.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is none of our troubles."""


class _Answer(BaseHTTPRequestHandler):
    server: Observer

    def setup(self) -> None:
        """A time limit of the socket's own would begin anew with each letter that comes."""
        super().setup()
        self._deadline = threading.Timer(SLOW_S, self._leave)
        self._deadline.daemon = True
        self._deadline.start()

    def _leave(self) -> None:
        with suppress(OSError):  # it has gone meanwhile
            self.connection.shutdown(socket.SHUT_RDWR)

    def finish(self) -> None:
        self._deadline.cancel()
        super().finish()

    def do_GET(self) -> None:
        health = None
        with suppress(OSError, ValueError, RecursionError):
            health = json.loads(self.server.file.read_bytes())
        if self.path == "/":
            now_s = time.clock_gettime(time.CLOCK_BOOTTIME)
            self._answer(200, "text/html; charset=utf-8", page(health, now_s))
        elif self.path == "/health.json":
            self._answer(200 if health else 503, "application/json", json.dumps(health))
        else:
            self._answer(404, "text/plain", "There is no such page.\n")

    do_HEAD = do_GET  # noqa: N815  # the library asks for it by this name

    def _answer(self, status: int, kind: str, text: str) -> None:
        content = text.encode()
        self.send_response_only(status)
        for name, value in (HEADERS | {"Content-Type": kind, "Content-Length": str(len(content))}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library calls it so
        """Who asks is nobody's business."""


def main(argv: Sequence[str]) -> None:
    """``python3 -m kiosk.observer FILE [PORT]``: the page about FILE, on the socket that was handed over, or PORT."""
    listener = next(iter(service_manager.inherited().values()), None)
    Observer(listener or socket.create_server(("127.0.0.1", int(argv[2]))), Path(argv[1])).serve()


if __name__ == "__main__":
    main(sys.argv)
