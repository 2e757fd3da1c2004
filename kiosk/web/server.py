"""Serving the pages with waitress: on loopback for this machine, and behind HAProxy for tablets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

import waitress
from flask import Flask
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer

from kiosk.web.app import make_app
from kiosk.web.context import WebContext
from kiosk.web.front import Front
from kiosk.web.guard import LARGEST_BODY_BYTES, LARGEST_LIST_BYTES

LOOPBACK = "127.0.0.1"
# Beside the threads that pages following live keep to themselves.
SPARE_THREADS = 8
SILENT_CLIENT_S = 30


class WebServer:
    """The pages, served until ``close``."""

    def __init__(self, app: Flask, context: WebContext, host: str, port: int) -> None:
        self._feed = context.feed
        self.front = context.front
        self._map: dict[int, Any] = {}
        sockets = [socket.create_server((host, port))]
        if context.front:
            sockets.append(socket.create_server((LOOPBACK, 0)))
        self.port, pages_port = (sockets[at].getsockname()[1] for at in (0, -1))
        self._server = waitress.create_server(
            _Behind(app, context.front, pages_port) if context.front else app,
            map=self._map,
            sockets=sockets,
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
            ident="",
        )
        self._thread = threading.Thread(target=self._server.run, name="web", daemon=True)
        self._feed.start()
        self._thread.start()
        if context.front:
            context.front.start(pages_port)

    @property
    def tablets(self) -> tuple[str, ...]:
        """The addresses by which tablets reach the pages now; none where they do not."""
        return self.front.urls() if self.front and self.front.state.ok else ()

    def close(self) -> None:
        """Stop listening, end every stream, and wait for the threads."""
        if self.front:
            self.front.close()
        self._feed.close()
        # Only waitress's own thread may touch its sockets.
        server = next(one for one in self._map.values() if isinstance(one, BaseWSGIServer))
        server.trigger.pull_trigger(self._close_sockets)
        self._thread.join()
        self._server.task_dispatcher.shutdown()

    def _close_sockets(self) -> None:
        for one in list(self._map.values()):
            if isinstance(one, HTTPChannel):
                one.handle_close()
        for one in list(self._map.values()):
            if isinstance(one, BaseWSGIServer):
                one.close()


class _Behind:
    """The pages as HAProxy asks for them: what comes to its own port came by HTTPS, from whom its header says."""

    def __init__(self, app: Flask, front: Front, port: int) -> None:
        self._app, self._front, self._port = app, front, str(port)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["SERVER_PORT"] == self._port:
            environ["wsgi.url_scheme"] = "https"
            environ["SERVER_PORT"] = str(self._front.port)
            environ["REMOTE_ADDR"] = environ.get("HTTP_X_FORWARDED_FOR", LOOPBACK)
        return self._app(environ, start_response)


def serve(context: WebContext, host: str, port: int) -> WebServer:
    """Serve the pages on *host* and *port* (0 takes a free one). Raises OSError where the port is taken."""
    return WebServer(make_app(context), context, host, port)
