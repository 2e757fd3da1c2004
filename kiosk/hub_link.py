"""The way from a kiosk to its hub: HTTPS to the one CA that the kiosk knows, with its own certificate."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.rules.enrolment import host_of

LARGEST_ANSWER_BYTES = 16 << 20
JSON, SEGMENT = "application/json", "application/octet-stream"

_PIECE_BYTES = 1 << 16
_LONGEST_RETRY_S = 3600.0
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME of OpenSSL's x509_vfy.h, for which ssl has no name
_COME_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504, 507})


class HubAway(Exception):  # noqa: N818  # read as "the hub is away"
    """The hub did not answer, or asks to come again, after *retry_s* at least; one sentence."""

    def __init__(self, why: str, retry_s: float = 0.0) -> None:
        super().__init__(why)
        self.retry_s = retry_s


class HubRefuses(Exception):  # noqa: N818  # read as "the hub refuses"
    """The hub has answered that it will not; *status* of HTTP, and what it *said* as JSON."""

    def __init__(self, status: int, said: Mapping[str, Any]) -> None:
        super().__init__(_sentence(status, said))
        self.status = status
        self.said = said


@dataclass(frozen=True, slots=True)
class Way:
    """How a hub is reached: *ca* is the PEM that it must show; without one nothing it says may be believed.

    *own* is the file with the kiosk's key and certificate. *knows_time*: whether the clock may judge certificates.
    *token* is a console's, of somebody who has signed in.
    """

    url: str
    answer_s: float
    ca: str = ""
    own: Path | None = None
    knows_time: bool = True
    token: str = ""


class HubLink:
    """A connection to the hub on *way*, kept open between requests. Not for two threads at once.

    Raises HubAway for a *way* whose address is none.
    """

    def __init__(self, way: Way) -> None:
        self._way = way
        self._host, self._port = _place(way.url)
        self._connection: http.client.HTTPSConnection | None = None

    def close(self) -> None:
        """Hang up."""
        if self._connection:
            self._connection.close()
            self._connection = None

    def ask(self, path: str, said: Mapping[str, Any]) -> dict[str, Any]:
        """Send *said* as JSON, and return what is answered. Raises HubAway and HubRefuses."""
        return _object(self._request("POST", path, json.dumps(said).encode(), JSON))

    def give(self, path: str, blob: bytes) -> dict[str, Any]:
        """Send *blob*, and return what is answered. Raises as ``ask``."""
        return _object(self._request("POST", path, blob, SEGMENT))

    def get(self, path: str) -> bytes:
        """What lies at *path*. Raises as ``ask``."""
        return self._request("GET", path)

    def _request(self, method: str, path: str, body: bytes | None = None, kind: str = JSON) -> bytes:
        headers = {"Content-Type": kind} if body is not None else {}
        headers |= {"Authorization": f"Bearer {self._way.token}"} if self._way.token else {}
        fresh = self._connection is None
        try:
            return self._answer(method, path, body, headers)
        except (http.client.RemoteDisconnected, ConnectionError, ssl.SSLError) as error:
            self.close()
            if fresh:
                raise HubAway(_why(error)) from error
        # The hub has hung up while nothing was asked; whatever is asked may be asked twice.
        return self._request(method, path, body, kind)

    def _answer(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> bytes:
        connection = self._connected()
        until_s = time.monotonic() + self._way.answer_s
        try:
            connection.request(method, path, body, headers)
            with connection.getresponse() as answer:
                content = _read(answer, until_s)
        except (http.client.RemoteDisconnected, ConnectionError, ssl.SSLError):
            raise
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise HubAway(_why(error)) from error
        if answer.will_close:
            self.close()
        return _judged(answer, content)

    def _connected(self) -> http.client.HTTPSConnection:
        if self._connection is None:
            context = _context(self._way)
            self._connection = http.client.HTTPSConnection(
                self._host, self._port, timeout=self._way.answer_s, context=context
            )
        return self._connection


def _place(url: str) -> tuple[str, int]:
    try:
        return host_of(url)
    except ValueError as error:
        raise HubAway(str(error)) from error


def _context(way: Way) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not way.ca:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    context.load_verify_locations(cadata=way.ca)
    if not way.knows_time:
        # A clock in 1970 would take the hub for an impostor, and the log would never leave the kiosk.
        context.verify_flags |= _NO_CHECK_TIME
    if way.own:
        context.load_cert_chain(way.own)
    return context


def _read(answer: http.client.HTTPResponse, until_s: float) -> bytes:
    content = bytearray()
    while piece := answer.read1(_PIECE_BYTES):
        content += piece
        if len(content) > LARGEST_ANSWER_BYTES:
            raise HubAway("its answer has no end")
        if time.monotonic() > until_s:
            raise HubAway("its answer comes too slowly")
    if answer.length:
        raise HubAway("its answer was cut off")
    return bytes(content)


def _judged(answer: http.client.HTTPResponse, content: bytes) -> bytes:
    if answer.status == http.client.OK:
        return content
    if answer.status in _COME_AGAIN:
        raise HubAway(f"it asks to come again (status {answer.status})", _retry_s(answer.headers.get("Retry-After")))
    try:
        said = _object(content)
    except HubAway:
        said = {}
    raise HubRefuses(answer.status, said)


def _retry_s(text: str | None) -> float:
    """What Retry-After says in seconds; a date, as RFC 9110 also allows, is not waited for."""
    return min(float(text), _LONGEST_RETRY_S) if text and text.isascii() and text.isdigit() else 0.0


def _object(content: bytes) -> dict[str, Any]:
    try:
        said = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise HubAway("what it answers cannot be read") from error
    if not isinstance(said, dict):
        raise HubAway("what it answers cannot be read")
    return said


def _sentence(status: int, said: Mapping[str, Any]) -> str:
    error = said.get("error")
    words = error.get("detail") or error.get("en") if isinstance(error, dict) else said.get("found")
    return str(words)[:500] if words else f"it refuses with status {status}"


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"it is not the hub that was joined, or its certificate is over: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return "it does not answer in time"
    return f"it cannot be reached: {error.strerror if isinstance(error, OSError) and error.strerror else error}"
