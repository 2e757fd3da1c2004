"""The way of tablets to the pages: HAProxy as a child of this process, and the certificate that it shows them.

What is wrong is told once and tried again: no fault here ends the pages of this machine itself.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from kiosk.config import Settings
from kiosk.devices import network
from kiosk.heartbeat import Heart
from kiosk.rules.site_names import LOOPBACK_NAMES, Scope, is_due, site_names, span_from
from kiosk.store.reading import DeviceState
from kiosk.vault import VaultError
from kiosk.vault.site_ca import SERVER_FILE, SiteCa
from kiosk.web import haproxy

log = logging.getLogger(__name__)

NAME = "https"
TABLETS = ("tablets cannot reach the pages", "tablets can reach the pages again")
CONFIGURATION_FILE = "haproxy.cfg"
CLIENTS_FILE = "clients.pem"
SETTLING_S = 0.5  # HAProxy refuses its settings sooner
RETRY_S = 2.0
LOOK_S = 60.0  # for new addresses, and for the end of the certificate
STARTING_S = 10.0
ENDING_S = 5.0
BOUND_S = 3 * LOOK_S


def names_covered(settings: Settings, scope: Scope, by: socket.socket | None = None) -> tuple[str, ...]:
    """The names and addresses by which the pages answer to tablets now, those within *scope*; as *by* knows them."""
    names = site_names(settings.web.names, network.hostname(), network.addresses(by))
    return tuple(filter(scope.covers, names))


def addresses_told(settings: Settings, scope: Scope) -> tuple[str, ...]:
    """The addresses that tablets may type, the best first, loopback where there is no other."""
    return _urls(names_covered(settings, scope), settings.web.https_port)


def _urls(names: Sequence[str], port: int) -> tuple[str, ...]:
    told = [name for name in names if name not in LOOPBACK_NAMES] or names
    return tuple(f"https://{name}:{port}" for name in told)


class FrontError(Exception):
    """Tablets cannot reach the pages; one sentence says why."""


class Front:
    """Lets tablets in by HTTPS from ``start`` to ``close``, as far as this machine can.

    They come to *listener*, where this process was handed one, else to the address and port of the settings.
    Within *bounds*; where *clients* have certificates, too, these must be of the CA by which they know this machine.
    *told* are the log's words for that nobody can come in, and that they can again.
    """

    def __init__(
        self,
        settings: Settings,
        data: Path,
        headers: Mapping[str, str],
        now_ms: Callable[[], int],
        listener: socket.socket | None = None,
        bounds: haproxy.Bounds = haproxy.USUAL,
        *,
        clients: bool = False,
        told: tuple[str, str] = TABLETS,
    ) -> None:
        self._settings = settings
        self._data = data
        self._headers = headers
        self._now_ms = now_ms
        self._listener = listener
        self._bounds = bounds
        self._clients = clients
        self._lost, self._back = told
        self.heart = Heart(NAME, BOUND_S)
        self._ends = os.eventfd(0)
        self._tried = threading.Event()
        self._thread: threading.Thread | None = None
        self.ca: SiteCa | None = None
        self.names: tuple[str, ...] = ()
        self.port = settings.web.https_port
        self.state = DeviceState(NAME, ok=False, since_ms=self._now_ms(), note="not started yet")

    def start(self, pages: Path) -> None:
        """Begin to hand requests to the socket of the *pages*; returns once it is known whether that works."""
        # A thread that stays: where the one that began a child ends, the kernel takes it for the parent's death.
        self._thread = threading.Thread(target=self._run, args=(pages,), name="https", daemon=True)
        self._thread.start()
        self._tried.wait(STARTING_S)

    def close(self) -> None:
        """Let nobody in any more."""
        os.eventfd_write(self._ends, 1)
        if self._thread:
            self._thread.join()
        if self._listener:
            self._listener.close()
        os.close(self._ends)

    def urls(self) -> tuple[str, ...]:
        """The addresses that tablets may type, the best first."""
        return _urls(self.names, self.port)

    def _run(self, pages: Path) -> None:
        wait_s = 0.0
        while not self._ended(wait_s):
            try:
                self._serve(pages)
            except (FrontError, VaultError, OSError) as error:
                self._tell(_sentence(error, f"port {self.port}"))
            wait_s = RETRY_S

    def _serve(self, pages: Path) -> None:
        """Let tablets in until HAProxy ends, a new certificate is made, or this is closed."""
        proxy = haproxy.program()
        if proxy is None:
            raise FrontError(haproxy.NOT_INSTALLED)
        listener = self._listen()
        self._certify()
        with tempfile.TemporaryFile() as said:
            process = self._begin(proxy, listener, pages, said)
            try:
                self._watch(process)
                if process.poll() is not None:
                    raise FrontError(_last_words(process.returncode, said))
            finally:
                _end(process)

    def _listen(self) -> int:
        if self._listener is None:
            self._listener = network.listening(self._settings.web.address, self._settings.web.https_port)
        self.port = self._listener.getsockname()[1]
        return self._listener.fileno()

    def _certify(self) -> bool:
        """See to it that there is a good certificate with all names; True where another one was made."""
        ca = self._authority()
        self.names = names_covered(self._settings, ca.scope, self._listener)
        issued, wall_ms = ca.issued(), self._now_ms()
        due = issued is None or is_due(issued.span, wall_ms)
        if not due and issued and issued.names.issuperset(self.names):
            return False
        ca.issue(self.names, span_from(wall_ms) if due or not issued else issued.span)
        return True

    def _authority(self) -> SiteCa:
        if self.ca is None:
            site, own = self._settings.site, self._settings.web.names
            self.ca = SiteCa.open(self._data, f"{site.name} · {self._settings.kiosk.id}", own)
            if strange := [name for name in own if not self.ca.scope.covers(name)]:
                log.warning("%s: made after the site CA, which cannot vouch for it", ", ".join(strange))
        return self.ca

    def _begin(self, proxy: str, listener: int, pages: Path, said: IO[bytes]) -> subprocess.Popen[bytes]:
        # Beside their socket, not among the data: a full disk keeps no tablet out.
        written, certificate = pages.with_name(CONFIGURATION_FILE), self._data.resolve() / SERVER_FILE
        clients = self._write_authority(pages) if self._clients else None
        text = haproxy.configuration(certificate, pages, self._headers, self._bounds, clients)
        written.write_text(text, encoding="utf-8")
        return subprocess.Popen(  # noqa: S603  # fixed programs
            # HAProxy ends when this process does, however that comes.
            ("/usr/bin/setpriv", "--pdeathsig", "TERM", proxy, "-db", "-f", str(written)),
            stdin=listener,  # HAProxy takes no descriptor whose number is above that of its own connections
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,  # a terminal's interrupt is for us
        )

    def _write_authority(self, pages: Path) -> Path:
        path = pages.with_name(CLIENTS_FILE)
        path.write_text(self._authority().pem, encoding="utf-8")
        return path

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        """Until the process has ended, which is a fault, or is to be ended."""
        life = os.pidfd_open(process.pid)
        try:
            if self._ended(SETTLING_S, life):
                return
            self._tell("")
            while not self._certify():
                if self._ended(LOOK_S, life):
                    return
        finally:
            os.close(life)

    def _ended(self, wait_s: float, life: int | None = None) -> bool:
        """Whether this is to end, or the process of which *life* tells has, waiting for it at most *wait_s*."""
        self.heart.beat()
        waiting = select.poll()
        for descriptor in (self._ends, *([] if life is None else [life])):
            waiting.register(descriptor, select.POLLIN)
        return bool(waiting.poll(wait_s * 1000))

    def _tell(self, fault: str) -> None:
        before = self.state
        since_ms = before.since_ms if before.ok is not bool(fault) else self._now_ms()
        self.state = DeviceState(NAME, not fault, since_ms, fault)
        if fault and (before.ok or before.note != fault):
            log.error("%s: %s", self._lost, fault)
        elif not fault and self._tried.is_set() and not before.ok:
            log.warning(self._back)
        self._tried.set()


def _sentence(error: Exception, address: str) -> str:
    if isinstance(error, OSError) and not error.filename:
        return f"{address}: {error.strerror}"
    return str(error)


def _last_words(code: int, said: IO[bytes]) -> str:
    said.seek(0)
    lines = said.read(10_000).decode("utf-8", "replace").split("\n")
    spoken = [line for line in lines if line.strip()]
    last = next((line for line in reversed(spoken) if "ALERT" in line), spoken[-1] if spoken else "")
    how = signal.Signals(-code).name if code < 0 else f"status {code}"
    return f"HAProxy ended ({how}){last and ': '}{last}"


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(ENDING_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
