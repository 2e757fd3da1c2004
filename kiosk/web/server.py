"""Serving the pages on this machine with waitress."""

from __future__ import annotations

import threading

import waitress
from flask import Flask

from kiosk.web.app import make_app
from kiosk.web.context import WebContext
from kiosk.web.guard import LARGEST_BODY_BYTES

# Beside the threads that pages following live keep to themselves.
SPARE_THREADS = 8
SILENT_CLIENT_S = 30


class WebServer:
    """The pages, served until ``close``."""

    def __init__(self, app: Flask, context: WebContext, host: str, port: int) -> None:
        self._feed = context.feed
        self._server = waitress.create_server(
            app,
            host=host,
            port=port,
            threads=context.places.number + SPARE_THREADS,
            connection_limit=4 * (context.places.number + SPARE_THREADS),
            channel_timeout=SILENT_CLIENT_S,
            # So that a page that left is noticed while its stream is silent.
            channel_request_lookahead=1,
            # One number a little above the other: our own sentence should refuse, not the server's.
            max_request_body_size=2 * LARGEST_BODY_BYTES,
            # Above every body: larger ones would go through a temporary file, and frames and names are never written.
            inbuf_overflow=4 * LARGEST_BODY_BYTES,
            outbuf_overflow=1 << 24,
            outbuf_high_watermark=1 << 18,
            ident="",
        )
        self.port: int = self._server.effective_port
        self._thread = threading.Thread(target=self._server.run, name="web", daemon=True)
        self._feed.start()
        self._thread.start()

    def close(self) -> None:
        """Stop listening, end every stream, and wait for the threads."""
        self._feed.close()
        # Only waitress's own thread may touch its sockets.
        self._server.trigger.pull_trigger(self._close_sockets)
        self._thread.join()
        self._server.task_dispatcher.shutdown()

    def _close_sockets(self) -> None:
        for channel in list(self._server.active_channels.values()):
            channel.handle_close()
        self._server.close()


def serve(context: WebContext, host: str, port: int) -> WebServer:
    """Serve the pages on *host* and *port* (0 takes a free one). Raises OSError where the port is taken."""
    return WebServer(make_app(context), context, host, port)
