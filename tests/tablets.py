"""Tablets for the tests: clients that come by HTTPS and trust the site's CA alone."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from patience import PATIENCE_S
from running import Kiosk

from kiosk.vault.site_ca import SiteCa

LOOPBACK = "127.0.0.1"
NAME = "kiosk.clinic.example"
TABLETS = {"port": 0, "address": LOOPBACK, "https_port": 0, "names": (NAME,)}


def trusting(data: Path) -> ssl.SSLContext:
    """A client that trusts the CA in *data* alone."""
    ca = SiteCa.look(data)
    assert ca is not None
    return ssl.create_default_context(cadata=ca.certificate)


def connect(
    kiosk: Kiosk, client: ssl.SSLContext | None = None, name: str = NAME, source: str = LOOPBACK
) -> ssl.SSLSocket:
    """A tablet's connection from *source* to the kiosk, which it knows as *name*."""
    plain = socket.create_connection((LOOPBACK, kiosk.front.port), timeout=PATIENCE_S, source_address=(source, 0))
    try:
        return (client or trusting(kiosk.house.data)).wrap_socket(plain, server_hostname=name)
    except OSError:
        plain.close()
        raise


def answer_to_tablet(
    kiosk: Kiosk,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    name: str = NAME,
) -> http.client.HTTPResponse:
    """The answer to one request of a tablet, its body unread."""
    connection = http.client.HTTPConnection(name, kiosk.front.port)
    connection.sock = connect(kiosk, name=name)
    connection.request(
        method, path, body, {"Connection": "close", "Host": f"{name}:{kiosk.front.port}", **(headers or {})}
    )
    return connection.getresponse()


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait until *holds* does."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline_s, what
        time.sleep(0.05)
