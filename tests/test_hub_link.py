"""Whatever the other end answers, or does not, a kiosk waits a bounded time and goes on; only its hub is believed."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from patience import PATIENCE_S

from kiosk.hub_link import HubAway, HubLink, HubRefuses, Way
from kiosk.rules.site_names import Span
from kiosk.vault.site_ca import SERVER_FILE, SiteCa

ALWAYS = Span(0, 1 << 42)
JSON_OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{"a": 1}'


class Answering:
    """A server that answers each request with the bytes that ``answer`` is, by a certificate of ``ca``."""

    def __init__(self, folder: Path, span: Span = ALWAYS, names: tuple[str, ...] = ("localhost",)) -> None:
        self.ca = SiteCa.open(folder, "hub", ["localhost"])
        self.ca.issue(names, span)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / SERVER_FILE)
        self.answer: Callable[[ssl.SSLSocket], None] | bytes = JSON_OK
        self.requests = 0
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://localhost:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def pem(self) -> str:
        return ssl.DER_cert_to_PEM_cert(self.ca.certificate)

    def way(self, *, knows_time: bool = True, answer_s: float = PATIENCE_S) -> Way:
        return Way(self.url, answer_s, self.pem, knows_time=knows_time)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                raw, _ = self._listener.accept()
            except OSError:
                return
            with suppress(OSError), raw, self._context.wrap_socket(raw, server_side=True) as peer:
                peer.settimeout(PATIENCE_S)
                while _read_request(peer):
                    self.requests += 1
                    if callable(self.answer):
                        self.answer(peer)
                    else:
                        peer.sendall(self.answer)
                    if self.answer is not JSON_OK:
                        break


def _read_request(peer: ssl.SSLSocket) -> bool:
    content = b""
    while b"\r\n\r\n" not in content:
        piece = peer.recv(65536)
        if not piece:
            return False
        content += piece
    head, _, body = content.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += peer.recv(65536)
    return True


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answering]:
    with serving(tmp_path_factory.mktemp("hub")) as answering:
        yield answering


@contextmanager
def serving(folder: Path, span: Span = ALWAYS, names: tuple[str, ...] = ("localhost",)) -> Iterator[Answering]:
    answering = Answering(folder, span, names)
    try:
        yield answering
    finally:
        answering.close()


def asked(way: Way) -> object:
    with closing(HubLink(way)) as link:
        return link.ask("/x", {})


def test_a_connection_is_used_again_and_one_that_was_closed_meanwhile_is_opened_anew(hub: Answering) -> None:
    hub.answer = JSON_OK
    with closing(HubLink(hub.way())) as link:
        assert [link.ask("/x", {}) for _ in range(3)] == [{"a": 1}] * 3
        hub.answer = JSON_OK + b""  # another object: the server hangs up after it
        assert link.ask("/x", {}) == {"a": 1}
        assert link.ask("/x", {}) == {"a": 1}


ODD = {
    "nothing": b"",
    "no HTTP": b"SSH-2.0-OpenSSH_9.9\r\n",
    "cut in the head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "cut in the body": b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"a": 1}',
    "no JSON": b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnope",
    "no object": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
    "deep": b"HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n" + b"[" * 20000,
    "a long line": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    "many headers": b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 1000 + b"\r\n",
    "a length that is none": b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
    "chunks that are none": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "server fault": b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("odd", ODD)
def test_whatever_is_no_answer_means_that_the_hub_is_away(hub: Answering, odd: str) -> None:
    hub.answer = ODD[odd]
    with pytest.raises(HubAway):
        asked(hub.way())


def test_an_answer_without_end_and_one_drop_by_drop_are_given_up(hub: Answering) -> None:
    def endless(peer: ssl.SSLSocket) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            peer.sendall(b"x" * (1 << 20))

    def silent(peer: ssl.SSLSocket) -> None:
        peer.recv(1)

    for answer in (endless, silent):
        hub.answer = answer
        with pytest.raises(HubAway):
            asked(hub.way(answer_s=1.0))


@pytest.mark.parametrize(
    ("retry", "at_least_s"), [("7", 7.0), ("99999999999", 3600.0), ("-1", 0.0), ("Wed, 21 Oct", 0.0), ("٣", 0.0)]
)
def test_a_hub_that_asks_to_come_again_says_when(hub: Answering, retry: str, at_least_s: float) -> None:
    hub.answer = f"HTTP/1.1 503 Busy\r\nRetry-After: {retry}\r\nContent-Length: 0\r\n\r\n".encode()
    with pytest.raises(HubAway) as away:
        asked(hub.way())
    assert away.value.retry_s == at_least_s


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b'{"error": {"en": "No.", "vi": "x", "detail": ""}}', "No."),
        (b'{"error": {"en": "No.", "detail": "the reason"}}', "the reason"),
        (b'{"fault": "broken", "found": "entry 3 is odd"}', "entry 3 is odd"),
        (b'{"error": 5}', "it refuses with status 422"),
        (b"<html>", "it refuses with status 422"),
    ],
)
def test_a_refusal_is_told_in_the_hubs_own_sentence(hub: Answering, body: bytes, sentence: str) -> None:
    hub.answer = b"HTTP/1.1 422 No\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    with pytest.raises(HubRefuses) as refused:
        asked(hub.way())
    assert (refused.value.status, str(refused.value)) == (422, sentence)


def test_nobody_is_led_elsewhere(hub: Answering) -> None:
    hub.answer = b"HTTP/1.1 302 Found\r\nLocation: https://elsewhere.example/\r\nContent-Length: 0\r\n\r\n"
    with pytest.raises(HubRefuses):
        asked(hub.way())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300) | st.builds(lambda cut: JSON_OK[:cut], st.integers(0, len(JSON_OK) - 1)))
def test_any_bytes_are_told_in_one_sentence(hub: Answering, content: bytes) -> None:
    hub.answer = bytes(content)
    with suppress(HubAway, HubRefuses):
        asked(hub.way(answer_s=1.0))


def test_a_certificate_that_is_over_is_believed_only_by_who_cannot_know_the_time(tmp_path: Path) -> None:
    with serving(tmp_path, Span(0, 1_000_000_000_000)) as past:
        with pytest.raises(HubAway, match="not the hub that was joined, or its certificate is over"):
            asked(past.way())
        assert asked(past.way(knows_time=False)) == {"a": 1}


def test_another_name_or_another_ca_is_never_believed(hub: Answering, tmp_path: Path) -> None:
    hub.answer = JSON_OK
    with serving(tmp_path, names=("elsewhere.lan",)) as elsewhere:
        for knows_time in (True, False):
            with pytest.raises(HubAway, match="not the hub that was joined"):
                asked(elsewhere.way(knows_time=knows_time))
            with pytest.raises(HubAway, match="not the hub that was joined"):
                asked(Way(hub.url, PATIENCE_S, elsewhere.pem, knows_time=knows_time))


@pytest.mark.parametrize("url", ["http://localhost:1", "https://", "file:///etc/passwd", "localhost"])
def test_an_address_that_is_none_is_told(url: str) -> None:
    with pytest.raises(HubAway, match="no address of a hub"):
        HubLink(Way(url, 1.0))
