"""A waitress server in a thread of its own, which can be asked for a sign of life, and ended."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from typing import Any

from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer

from kiosk.heartbeat import Heart


class WaitressThread:
    """Runs *server*, whose sockets are all in *sockets*, from ``start`` to ``close``; *heart* beats when prompted."""

    def __init__(self, server: BaseWSGIServer, sockets: dict[int, Any], heart: Heart) -> None:
        # That requests wait for a thread is what the queue is for.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self._server = server
        self._map = sockets
        self._heart = heart
        # Kept, for the map is the accepting thread's, which changes it whenever somebody comes or goes.
        self._trigger = next(one.trigger for one in sockets.values() if isinstance(one, BaseWSGIServer))
        self._thread = threading.Thread(target=server.run, name=heart.name, daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def prompt(self) -> None:
        """Ask for a sign of life: the thread that accepts passes it on to one of those that answer."""
        self._trigger.pull_trigger(lambda: self._server.task_dispatcher.add_task(_Sign(self._heart)))

    def close(self) -> None:
        """End every stream, wait for what is being answered, and stop listening."""
        # Only waitress's own thread may touch its sockets.
        self._trigger.pull_trigger(self._close_channels)
        self._server.task_dispatcher.shutdown()  # before the trigger goes, which who has answered rings
        # It may have been awake, and has closed them when it is rung.
        with suppress(OSError):
            self._trigger.pull_trigger(self._close_listeners)
        self._thread.join()

    def _close_channels(self) -> None:
        for one in list(self._map.values()):
            if isinstance(one, HTTPChannel):
                one.handle_close()

    def _close_listeners(self) -> None:
        self._close_channels()
        for one in list(self._map.values()):
            if isinstance(one, BaseWSGIServer):
                one.close()


class _Sign:
    """Work for one of waitress's threads, which shows that it works."""

    def __init__(self, heart: Heart) -> None:
        self.service = heart.beat

    def cancel(self) -> None:
        """The threads end."""
