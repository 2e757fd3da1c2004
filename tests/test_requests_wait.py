"""Requests that wait for a free thread of a server are answered in the end, and nobody is told that they waited."""

from __future__ import annotations

import http.client
import logging
import socket
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
import waitress
from patience import eventually
from running import LOOPBACK

from kiosk.heartbeat import Heart
from kiosk.web.waitress_thread import WaitressThread

ASKING = 5


def test_more_ask_at_once_than_there_are_threads(caplog: pytest.LogCaptureFixture) -> None:
    queue_log = logging.getLogger("waitress.queue")
    before, freed = queue_log.level, threading.Event()
    queue_log.setLevel(logging.NOTSET)

    def application(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        freed.wait()
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    def ask(port: int) -> bytes:
        with closing(http.client.HTTPConnection(LOOPBACK, port, timeout=60)) as connection:
            connection.request("GET", "/")
            return connection.getresponse().read()

    sockets: dict[int, Any] = {}
    listener = socket.create_server((LOOPBACK, 0))
    server = waitress.create_server(application, map=sockets, sockets=[listener], threads=1, ident="")
    thread = WaitressThread(server, sockets, Heart("pages", 60))
    thread.start()
    try:
        with ThreadPoolExecutor(ASKING) as people:
            answers = [people.submit(ask, listener.getsockname()[1]) for _ in range(ASKING)]
            waited = eventually(lambda: len(server.task_dispatcher.queue) == ASKING - 1)
            freed.set()
            assert [answer.result() for answer in answers] == [b"ok"] * ASKING
    finally:
        thread.close()
        queue_log.setLevel(before)
    assert waited
    assert [record.message for record in caplog.records if record.name == "waitress.queue"] == []
