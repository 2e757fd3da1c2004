"""A hub as it runs: its data directory, HAProxy, HTTPS."""

from __future__ import annotations

import http.client
import json
import ssl
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from patience import eventually

from kiosk.config import Settings
from kiosk.devices import clock
from kiosk.hub.house import HubHouse
from kiosk.hub.web.server import HubServer, make_hub
from kiosk.rules.enrolment import Code, Request, request_content
from kiosk.vault import Vault
from kiosk.vault.hub_pass import FILE as PASS_FILE
from kiosk.vault.hub_pass import PassRequest
from kiosk.vault.site_ca import CA_FILE


class Answer(NamedTuple):
    """What a hub answered, in JSON."""

    status: int
    said: dict[str, Any]
    headers: http.client.HTTPMessage

    @property
    def sentence(self) -> str:
        return str(self.said["error"]["detail"])


class Caller:
    """Who calls a hub on loopback at *port*, trusting only the CA in the file *ca*."""

    def __init__(self, port: int, ca: Path) -> None:
        self.port = port
        self.url = f"https://localhost:{port}"
        self._ca = ca

    def trusting(self) -> ssl.SSLContext:
        """What trusts this hub's CA alone."""
        return ssl.create_default_context(cafile=str(self._ca))

    def ask(self, path: str, said: object, context: ssl.SSLContext | None = None, **headers: str) -> Answer:
        """Post *said*, JSON or bytes."""
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        with self.calling(context) as connection:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        try:
            return Answer(answer.status, json.loads(content), answer.headers)
        except ValueError:
            return Answer(answer.status, {}, answer.headers)

    @contextmanager
    def calling(self, context: ssl.SSLContext | None = None) -> Iterator[http.client.HTTPSConnection]:
        connection = http.client.HTTPSConnection("localhost", self.port, timeout=30, context=context or self.trusting())
        try:
            yield connection
        finally:
            connection.close()


class RunningHub(Caller):
    """A hub on loopback."""

    def __init__(self, house: HubHouse, server: HubServer) -> None:
        super().__init__(server.front.port, house.folder / CA_FILE)
        self.house = house
        self.server = server

    def code(self, kiosk: str = "kiosk-1", site: str = "site") -> Code:
        """A fresh one-time code."""
        return self.house.enrolling.make_code(kiosk, site, self.url, by="test", now_ms=clock.now().wall_ms)


def hub_settings(settings: Settings | None = None) -> Settings:
    """On loopback, at a free port."""
    settings = settings or Settings()
    return replace(settings, hub=replace(settings.hub, address="127.0.0.1", port=0, origin="hub.example"))


@contextmanager
def running_hub(data: Path, settings: Settings | None = None) -> Iterator[RunningHub]:
    """A hub in *data*, until the block ends."""
    house = HubHouse.open(data, settings or hub_settings())
    try:
        server = make_hub(house, {})
        try:
            assert eventually(lambda: server.front.state.ok), server.front.state.note
            yield RunningHub(house, server)
        finally:
            server.close()
    finally:
        house.close()


@dataclass
class Kiosk:
    """A kiosk's side of the hub's words: its vault, and the certificate that it was given."""

    vault: Vault
    data: Path
    kiosk: str = "kiosk-1"
    site: str = "site"

    def enrol(self, hub: RunningHub, code: Code | None = None) -> Answer:
        """Use *code*, or one that is made for this kiosk now; keep the certificate."""
        return self.come(hub, code or hub.code(self.kiosk, self.site))

    def come(self, hub: Caller, code: Code) -> Answer:
        """Use *code*; keep the certificate."""
        asked = PassRequest(self.kiosk)
        content = request_content(Request(self.kiosk, self.site, code.secret, asked.pem))
        signed = b64encode(self.vault.pack_segment(content)).decode()
        answer = hub.ask("/kiosk/enrol", {"public": self.vault.slip_key, "signed": signed})
        if answer.status == http.client.OK:
            asked.keep(self.data, answer.said["certificate"], answer.said["ca"])
        return answer

    def context(self, hub: Caller) -> ssl.SSLContext:
        """What trusts the hub's CA alone, and shows the certificate."""
        context = hub.trusting()
        context.load_cert_chain(self.data / PASS_FILE)
        return context

    def ask(self, hub: Caller, path: str, said: object) -> Answer:
        return hub.ask(path, said, self.context(hub))
