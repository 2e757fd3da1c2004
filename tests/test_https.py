"""Tablets reach the pages by HTTPS alone, trusting the site's CA and nobody else; slow clients hold up none."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import socket
import ssl
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from kiosk_runs import haproxy_of
from patience import PATIENCE_S
from running import Kiosk, running_kiosk
from tablets import LOOPBACK, NAME, TABLETS, answer_to_tablet, connect, trusting, until

from kiosk.devices import clock
from kiosk.rules.site_names import fingerprint_lines
from kiosk.vault.site_ca import CA_FILE, SERVER_FILE, SiteCa
from kiosk.web import front, haproxy
from kiosk.web.guard import HEADERS

YEAR_MS = 365 * 86_400_000
PAGE = "/trust"

pytestmark = pytest.mark.skipif(haproxy.program() is None, reason=haproxy.NOT_INSTALLED)


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path_factory.mktemp("kiosk") / "data", web=TABLETS) as running:
        yield running


def ask(kiosk: Kiosk, method: str, path: str, body: str = "", name: str = NAME, **headers: str) -> tuple[int, str]:
    """What a tablet is answered: status and text."""
    own = {key.replace("_", "-"): value for key, value in headers.items()}
    with answer_to_tablet(kiosk, method, path, body.encode(), own, name) as answer:
        return answer.status, answer.read().decode()


@pytest.mark.parametrize("name", [NAME, "localhost", LOOPBACK])
def test_a_tablet_that_trusts_the_site_gets_the_pages(kiosk: Kiosk, name: str) -> None:
    assert ask(kiosk, "GET", PAGE, name=name)[0] == 200


def test_a_tablet_that_does_not_trust_it_gets_none(kiosk: Kiosk) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        connect(kiosk, ssl.create_default_context())


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_of_today_is_spoken(kiosk: Kiosk, version: ssl.TLSVersion) -> None:
    client = trusting(kiosk.house.data)
    client.minimum_version = client.maximum_version = version
    with connect(kiosk, client) as connection:
        assert connection.version() == version.name.replace("_", ".")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_older_tls_is_not(kiosk: Kiosk, version: ssl.TLSVersion) -> None:
    client = trusting(kiosk.house.data)
    client.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        client.minimum_version = client.maximum_version = version
    with pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"):
        connect(kiosk, client)


def test_a_tablet_follows_more_pages_than_http_1_allows(kiosk: Kiosk) -> None:
    client = trusting(kiosk.house.data)
    client.set_alpn_protocols(["h2", "http/1.1"])
    with connect(kiosk, client) as connection:
        assert connection.selected_alpn_protocol() == "h2"


def test_plain_http_gets_nothing_from_the_tablets_port(kiosk: Kiosk) -> None:
    with socket.create_connection((LOOPBACK, kiosk.front.port), timeout=PATIENCE_S) as connection:
        connection.sendall(f"GET / HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode())
        assert not received(connection)


def received(connection: socket.socket) -> bytes:
    """All until the other side ends it, however it does."""
    whole = b""
    try:
        while part := connection.recv(4096):
            whole += part
    except ConnectionResetError:
        pass
    return whole


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", f"{NAME}:1", NAME, f"{NAME}.evil.example:{{port}}"]
)
def test_a_name_that_was_bound_to_us_from_outside_is_refused(kiosk: Kiosk, host: str) -> None:
    assert ask(kiosk, "GET", PAGE, Host=host.format(port=kiosk.front.port))[0] == 400


def test_the_names_of_tablets_are_for_https_alone(kiosk: Kiosk) -> None:
    port = kiosk.url.rpartition(":")[2]
    assert kiosk.get(PAGE, Host=f"{NAME}:{port}").status == 400


@pytest.mark.parametrize(
    ("origin", "status"),
    [("https://{host}", 401), ("http://{host}", 403), ("https://evil.example", 403), ("null", 403)],
)
def test_only_a_page_that_came_by_https_may_change_anything(kiosk: Kiosk, origin: str, status: int) -> None:
    """What is let through is then asked who it is."""
    own = {"Origin": origin.format(host=f"{NAME}:{kiosk.front.port}"), "X_Kiosk": "page"}
    assert ask(kiosk, "POST", "/simulator/person", "{", Content_Type="application/json", **own)[0] == status


@pytest.mark.parametrize("path", [PAGE, "/nowhere", "/static/kiosk.css"])
def test_every_answer_carries_the_headers(kiosk: Kiosk, path: str) -> None:
    with answer_to_tablet(kiosk, "GET", path) as answer:
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert "Strict-Transport-Security" not in answer.headers  # it would keep tablets from /trust


def test_the_page_shows_what_to_compare_and_where_it_is(kiosk: Kiosk) -> None:
    ca = SiteCa.look(kiosk.house.data)
    assert ca is not None
    page = ask(kiosk, "GET", PAGE, Cookie="language=en")[1]
    assert all(line in page for line in fingerprint_lines(ca.fingerprint))
    assert f"https://{NAME}:{kiosk.front.port}/trust" in page
    picture = kiosk.get("/trust/address.svg")
    assert picture.headers["Content-Type"].startswith("image/svg+xml")


def test_the_certificate_comes_as_systems_take_it_in(kiosk: Kiosk) -> None:
    answer = kiosk.get("/trust/kiosk-ca.crt")
    assert answer.headers["Content-Type"] == "application/x-x509-ca-cert"
    assert answer.headers["Content-Disposition"] == "attachment; filename=kiosk-ca.crt"
    client = ssl.create_default_context(cadata=answer.read())
    with connect(kiosk, client) as connection:
        assert connection.version() == "TLSv1.3"


@pytest.mark.parametrize(
    ("agent", "title"), [("Linux; Android 14", "Android"), ("iPad; CPU OS 18", "iPad"), ("Windows NT 10.0", "Windows")]
)
def test_the_steps_of_the_tablet_that_asks_are_open(kiosk: Kiosk, agent: str, title: str) -> None:
    page = ask(kiosk, "GET", PAGE, User_Agent=f"Mozilla/5.0 ({agent})")[1]
    assert re.findall(r"<details[^>]* open>\s*<summary>([A-Za-z]+)", page) == [title]


def test_a_kiosk_that_lets_no_tablets_in_says_so(tmp_path: Path) -> None:
    with running_kiosk(tmp_path / "data") as kiosk:
        assert "cài đặt chưa có địa chỉ" in kiosk.get(PAGE).read().decode()
        assert kiosk.get("/trust/kiosk-ca.crt").status == 404


def test_a_hundred_silent_clients_hold_up_nobody(kiosk: Kiosk) -> None:
    with ExitStack() as closing:
        silent = []
        for number in range(100):
            source = (f"127.0.1.{number // 25}", 0)
            connection = socket.create_connection((LOOPBACK, kiosk.front.port), source_address=source)
            silent.append(closing.enter_context(connection))
        assert ask(kiosk, "GET", PAGE)[0] == 200
        assert kiosk.get(PAGE).status == 200
        assert not select.select(silent, [], [], 0)[0], "nobody had to leave first"


def test_one_client_cannot_take_the_places_of_others(kiosk: Kiosk) -> None:
    with ExitStack() as closing:
        for _ in range(haproxy.CONNECTIONS_OF_ONE):
            closing.enter_context(connect(kiosk, source="127.0.2.1"))
        assert is_refused(kiosk, "127.0.2.1")
        assert ask(kiosk, "GET", PAGE)[0] == 200


def is_refused(kiosk: Kiosk, source: str) -> bool:
    """Whether a connection from *source* is ended at once, before a word of TLS."""
    try:
        with socket.create_connection((LOOPBACK, kiosk.front.port), 5, source_address=(source, 0)) as connection:
            return not received(connection)
    except ConnectionResetError:
        return True


@pytest.mark.slow
def test_a_request_that_never_ends_is_ended(kiosk: Kiosk) -> None:
    """One letter a second keeps a connection alive, but its headers must be whole in ten seconds."""
    with connect(kiosk, source="127.0.3.1") as connection:
        connection.settimeout(0.5)
        connection.sendall(b"GET /trust HTTP/1.1\r\nHost: x\r\nX: ")
        started_s, answer = time.monotonic(), b""
        while not answer and time.monotonic() < started_s + PATIENCE_S:
            connection.sendall(b"x")
            try:
                answer = connection.recv(100)
            except TimeoutError:
                continue
    assert answer.startswith(b"HTTP/1.1 408 ")


def test_it_comes_back_when_it_was_killed_and_the_machines_own_pages_go_on(
    kiosk: Kiosk, caplog: pytest.LogCaptureFixture
) -> None:
    child, _ = haproxy_of(os.getpid())
    os.kill(child, signal.SIGKILL)
    until(lambda: any("SIGKILL" in record.getMessage() for record in caplog.records), "nobody noticed")
    assert kiosk.get(PAGE).status == 200
    until(lambda: kiosk.front.state.ok, "it did not come back")
    assert ask(kiosk, "GET", PAGE)[0] == 200


def test_keys_are_nobody_elses(kiosk: Kiosk) -> None:
    data = kiosk.house.data
    assert {(data / name).stat().st_mode & 0o777 for name in (CA_FILE, SERVER_FILE)} == {0o600}
    private = [path.name for path in data.iterdir() if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]
    assert sorted(private) == [SERVER_FILE, CA_FILE]


def test_a_port_that_is_taken_is_a_sentence_and_is_had_once_it_is_free(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        web = TABLETS | {"https_port": taken.getsockname()[1]}
        with running_kiosk(tmp_path / "data", web=web) as kiosk:
            assert kiosk.get(PAGE).status == 200
            first = kiosk.front.state
            assert (first.ok, "in use" in first.note) == (False, True)
            time.sleep(front.RETRY_S + 0.5)
            assert kiosk.front.state == first  # tried again, and told once
            taken.close()
            until(lambda: kiosk.front.state.ok, "it did not take the free port")
            assert ask(kiosk, "GET", PAGE)[0] == 200


def test_tablets_get_in_although_this_process_holds_many_files_open(tmp_path: Path) -> None:
    """HAProxy takes no descriptor whose number is above that of the connections it may have."""
    with ExitStack() as files:
        for _ in range(700):
            files.enter_context((tmp_path / "held").open("wb"))
        with running_kiosk(tmp_path / "data", web=TABLETS) as kiosk:
            assert kiosk.front.state.ok, kiosk.front.state.note
            assert ask(kiosk, "GET", PAGE)[0] == 200


def test_without_haproxy_this_machines_pages_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(haproxy, "_PLACES", "/nowhere")
    with running_kiosk(tmp_path / "data", web=TABLETS) as kiosk:
        assert kiosk.get(PAGE).status == 200
        assert haproxy.NOT_INSTALLED in json.loads(kiosk.get("/health.json").read())["devices"][0]["note"]


def test_its_certificate_is_renewed_while_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that jumps ahead and comes back costs nobody their trust; one from 1970 changes nothing."""
    monkeypatch.setattr(front, "LOOK_S", 0.1)
    with running_kiosk(tmp_path / "data", web=TABLETS) as kiosk:
        authority, right_ms = (kiosk.house.data / CA_FILE).read_bytes(), clock.now().wall_ms
        kiosk.now_ms = lambda: right_ms + 11 * YEAR_MS
        until(lambda: begins_ms(kiosk) > right_ms, "the clock that ran ahead was not followed")
        kiosk.now_ms = lambda: 0
        time.sleep(0.5)
        assert begins_ms(kiosk) > right_ms
        kiosk.now_ms = lambda: right_ms
        until(lambda: begins_ms(kiosk) < right_ms, "the clock that was set right was not followed")
        until(lambda: believed(kiosk), "the tablet does not believe it")
        assert (kiosk.house.data / CA_FILE).read_bytes() == authority


def begins_ms(kiosk: Kiosk) -> int:
    ca = SiteCa.look(kiosk.house.data)
    issued = ca and ca.issued()
    assert issued
    return issued.span.begins_ms


def believed(kiosk: Kiosk) -> bool:
    try:
        return ask(kiosk, "GET", PAGE)[0] == 200
    except OSError:
        return False
