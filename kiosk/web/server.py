"""Serving the pages with waitress: on loopback for this machine, and behind HAProxy for tablets."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

import waitress
from flask import Flask
from waitress.server import UnixWSGIServer

from kiosk.heartbeat import Heart, Hearts
from kiosk.web.app import make_app
from kiosk.web.context import WebContext
from kiosk.web.front import Front
from kiosk.web.guard import LARGEST_BODY_BYTES, LARGEST_LIST_BYTES
from kiosk.web.live import Places
from kiosk.web.waitress_thread import WaitressThread

BEHIND = "pages.sock"
# Beside the threads that pages following live keep to themselves.
SPARE_THREADS = 8
SILENT_CLIENT_S = 30
BOUND_S = 60.0  # a slow card keeps many of the threads waiting


class _Feeding(Protocol):
    heart: Heart

    def start(self) -> None: ...

    def close(self) -> None: ...


class Served(Protocol):
    """What serving asks of the parts behind the pages."""

    @property
    def feed(self) -> _Feeding:
        """What pages that follow live are fed by."""

    @property
    def places(self) -> Places:
        """How many may follow."""

    @property
    def front(self) -> Front | None:
        """The way of tablets, where they are let in."""


class WebServer:
    """The pages, served on the *listener* for this machine itself until ``close``."""

    def __init__(self, app: Flask, context: Served, listener: socket.socket) -> None:
        self._feed = context.feed
        self.front = context.front
        self.hearts = Hearts([context.feed.heart, *([context.front.heart] if context.front else [])])
        self._heart = self.hearts.heart("pages", BOUND_S)
        self._map: dict[int, Any] = {}
        self.port = listener.getsockname()[1]
        self._server = waitress.create_server(
            app,
            map=self._map,
            sockets=[listener],
            threads=context.places.number + SPARE_THREADS,
            connection_limit=4 * (context.places.number + SPARE_THREADS),
            channel_timeout=SILENT_CLIENT_S,
            # So that a page that left is noticed while its stream is silent.
            channel_request_lookahead=1,
            # One number a little above the other: our own sentence should refuse, not the server's.
            max_request_body_size=LARGEST_LIST_BYTES + LARGEST_BODY_BYTES,
            # Above every body: larger ones would go through a temporary file, and frames and names are never written.
            inbuf_overflow=2 * LARGEST_LIST_BYTES,
            outbuf_overflow=1 << 24,
            outbuf_high_watermark=1 << 18,
            # Only those that HAProxy sets are read, where it alone can ask.
            clear_untrusted_proxy_headers=False,
            ident="",
        )
        self._thread = WaitressThread(self._server, self._map, self._heart)
        # A folder that only this process's user can enter: what comes through it is HAProxy's.
        self._folder = tempfile.TemporaryDirectory(prefix="kiosk-")
        behind = self._listen_behind(app, context.front) if context.front else None
        self._feed.start()
        self._thread.start()
        if context.front and behind:
            context.front.start(behind)

    @property
    def tablets(self) -> tuple[str, ...]:
        """The addresses by which tablets reach the pages now; none where they do not."""
        return self.front.urls() if self.front and self.front.state.ok else ()

    def close(self) -> None:
        """Stop listening, end every stream, and wait for the threads."""
        if self.front:
            self.front.close()
        self._feed.close()
        self._thread.close()
        self._folder.cleanup()

    def _listen_behind(self, app: Flask, front: Front) -> Path:
        """The socket at which tablets' requests come in, by the threads that answer this machine's own."""
        path, listener = Path(self._folder.name, BEHIND), socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        UnixWSGIServer(
            Behind(app, front),
            self._map,
            _sock=listener,
            dispatcher=self._server.task_dispatcher,
            adj=self._server.adj,
            bind_socket=False,
        )
        return path

    def prompt(self) -> None:
        """Ask the threads for a sign of life."""
        self._thread.prompt()


class Behind:
    """The pages as HAProxy asks for them: what comes here came by HTTPS, from whom its header says."""

    def __init__(self, app: Flask, front: Front) -> None:
        self._app, self._front = app, front

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["wsgi.url_scheme"] = "https"
        environ["SERVER_PORT"] = str(self._front.port)
        environ["REMOTE_ADDR"] = environ["HTTP_X_FORWARDED_FOR"]
        return self._app(environ, start_response)


def serve(context: WebContext, host: str, port: int, listener: socket.socket | None = None) -> WebServer:
    """Serve the pages on *listener*, else on *host* and *port* (0: a free one). Raises OSError where it is taken."""
    return WebServer(make_app(context), context, listener or socket.create_server((host, port)))
