"""Serving a hub with waitress behind HAProxy, which ends TLS and asks kiosks for their certificates."""

from __future__ import annotations

import socket
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import waitress

from kiosk.config import Settings
from kiosk.devices import clock
from kiosk.heartbeat import Hearts
from kiosk.hub.chores import BOUND_S as CHORES_BOUND_S
from kiosk.hub.chores import Chores, chores_of
from kiosk.hub.house import CA_OF, HubHouse
from kiosk.hub.web.app import make_hub_app
from kiosk.hub.web.context import HubContext
from kiosk.hub.web.guard import LARGEST_BODY_BYTES
from kiosk.web.front import Front
from kiosk.web.guard import HEADERS
from kiosk.web.haproxy import Bounds
from kiosk.web.server import Behind
from kiosk.web.waitress_thread import WaitressThread

BEHIND = "hub.sock"
TOLD = ("kiosks and staff cannot reach the hub", "kiosks and staff can reach the hub again")
SPARE_THREADS = 4  # beside those that work: they ask to come again
SILENT_CLIENT_S = 30
BOUND_S = 120.0  # all threads may wait for a log that is copied
# A thousand kiosks may come at once, many by one address of a province's network; fewer are handed on.
BOUNDS = Bounds(connections=2000, of_one=150, at_the_server=200)


def front_settings(settings: Settings) -> Settings:
    """*settings* as the way in reads them: the hub's own address, port and names."""
    hub = settings.hub
    return replace(
        settings,
        site=replace(settings.site, name=hub.name),
        kiosk=replace(settings.kiosk, id=CA_OF),
        web=replace(settings.web, address=hub.address, https_port=hub.port, names=hub.names),
    )


class HubServer:
    """The hub over *context*, served until ``close``."""

    def __init__(self, context: HubContext) -> None:
        self.context = context
        self.front = context.front
        self.hearts = Hearts([self.front.heart])
        self._heart = self.hearts.heart("hub", BOUND_S)
        self.chores = Chores(chores_of(context.house), self.hearts.heart("chores", CHORES_BOUND_S))
        self._map: dict[int, Any] = {}
        # A folder that only this process's user can enter: what comes through it is HAProxy's.
        self._folder = tempfile.TemporaryDirectory(prefix="kiosk-hub-")
        path = Path(self._folder.name, BEHIND)
        threads = context.house.settings.hub.at_once + SPARE_THREADS
        self._server = waitress.create_server(
            Behind(make_hub_app(context), self.front),
            map=self._map,
            unix_socket=str(path),
            unix_socket_perms="600",
            threads=threads,
            connection_limit=2 * BOUNDS.at_the_server,
            asyncore_use_poll=True,
            channel_timeout=SILENT_CLIENT_S,
            # One number a little above the other: our own sentence should refuse, not the server's.
            max_request_body_size=2 * LARGEST_BODY_BYTES,
            # Above every body: larger ones would go through a temporary file, and what names people is never written.
            inbuf_overflow=4 * LARGEST_BODY_BYTES,
            outbuf_overflow=1 << 24,
            # Only those that HAProxy sets are read, where it alone can ask.
            clear_untrusted_proxy_headers=False,
            ident="",
        )
        self._thread = WaitressThread(self._server, self._map, self._heart)
        self._thread.start()
        self.front.start(path)
        self.chores.start()

    @property
    def urls(self) -> tuple[str, ...]:
        """The addresses by which it is reached now; none where it is not."""
        return self.front.urls() if self.front.state.ok else ()

    def prompt(self) -> None:
        """Ask the threads for a sign of life."""
        self._thread.prompt()

    def close(self) -> None:
        """Let nobody in any more, let what is being worked on end, and wait for the threads."""
        self.front.close()
        self.chores.close()
        self._thread.close()
        self._folder.cleanup()


def make_hub(house: HubHouse, sockets: Mapping[str, socket.socket]) -> HubServer:
    """The hub in *house*, which listens as its settings say; on ``hub`` of *sockets* where that was handed over."""

    def now_ms() -> int:
        return clock.now().wall_ms

    listener, turns = sockets.get("hub"), threading.BoundedSemaphore(house.settings.hub.at_once)
    settings, data = front_settings(house.settings), house.folder
    front = Front(settings, data, HEADERS, now_ms, listener, BOUNDS, clients=True, told=TOLD)
    return HubServer(HubContext(house, now_ms, front, turns))
