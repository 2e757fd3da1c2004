"""The pages' process as systemd starts it: ports handed over, no network of its own, and told of once it serves."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from patience import PATIENCE_S
from tablets import LOOPBACK, NAME, trusting, until
from terminal import Terminal

from kiosk.devices import network
from kiosk.web import haproxy

needs_haproxy = pytest.mark.skipif(haproxy.program() is None, reason=haproxy.NOT_INSTALLED)

# Hands the descriptors named in its first argument over as systemd does, and becomes the rest of its arguments.
HANDING_OVER = """
import os, sys
given = [int(number) for number in sys.argv[1].split(",")]
for place, descriptor in enumerate(given, start=3):
    os.dup2(descriptor, place)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(given)), "LISTEN_FDNAMES": "pages:tablets"}
os.execv(sys.argv[2], sys.argv[2:])
"""


@dataclass
class Service:
    """``kiosk web`` with what systemd is to it."""

    process: subprocess.Popen[bytes]
    told: socket.socket
    pages: socket.socket
    tablets: socket.socket
    data: Path

    def hear(self) -> str:
        """The next thing that it tells."""
        return self.told.recv(4096).decode()

    def get(self, path: str, **headers: str) -> http.client.HTTPResponse:
        """A page, as this machine's browser gets it."""
        connection = http.client.HTTPConnection(LOOPBACK, self.pages.getsockname()[1], timeout=PATIENCE_S)
        connection.request("GET", path, headers={"Connection": "close"} | headers)
        return connection.getresponse()

    def get_as_tablet(self, path: str) -> http.client.HTTPResponse:
        """A page, as a tablet gets it that trusts the site."""
        port = self.tablets.getsockname()[1]
        connection = http.client.HTTPConnection(NAME, port)
        plain = socket.create_connection((LOOPBACK, port), timeout=PATIENCE_S)
        connection.sock = trusting(self.data).wrap_socket(plain, server_hostname=NAME)
        connection.request("GET", path, headers={"Connection": "close", "Host": f"{NAME}:{port}"})
        return connection.getresponse()


def may_be_without_network() -> bool:
    return subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode == 0


without_network = pytest.mark.skipif(
    not may_be_without_network(), reason="only root can start a process without a network (unshare)"
)

# Gives the loopback interface of a new network an address, listens there, and leaves that network.
IN_ANOTHER_NETWORK = """
import ctypes, fcntl, json, socket, struct
from kiosk.devices import network
port = socket.socket()
address = struct.pack("16sHH4s8x", b"lo", socket.AF_INET, 0, socket.inet_aton("10.9.8.7"))
fcntl.ioctl(port.fileno(), 0x8916, address)  # netdevice(7): SIOCSIFADDR
port.listen()
said = {"before": network.addresses()}
assert ctypes.CDLL(None).unshare(0x40000000) == 0  # unshare(2): CLONE_NEWNET
print(json.dumps(said | {"own": network.addresses(), "by the port": network.addresses(port)}))
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kiosk that is not for trying out, with a log."""
    folder = tmp_path_factory.mktemp("kiosk")
    terminal = Terminal(folder / "data")
    assert terminal("keys", "new", "--out", str(folder / "private.json")).returncode == 0
    assert terminal("scan", "-", stdin="nobody's code\n").returncode == 0
    return terminal.data


@contextmanager
def service(data: Path, *before: str) -> Iterator[Service]:
    """``kiosk web`` on *data*, started by *before*."""
    settings = data.with_suffix(".toml")
    settings.write_text(f'[web]\naddress = "{LOOPBACK}"\nport = 1\nhttps_port = 1\nnames = ["{NAME}"]\n')
    notify = data.parent / "notify"
    notify.unlink(missing_ok=True)
    with ExitStack() as closing:
        pages, tablets = (closing.enter_context(socket.create_server((LOOPBACK, 0))) for _ in range(2))
        told = closing.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        told.bind(str(notify))
        told.settimeout(PATIENCE_S)
        numbers = ",".join(str(one.fileno()) for one in (pages, tablets))
        web = (sys.executable, "-m", "kiosk", "--config", str(settings), "web")
        process = subprocess.Popen(
            [*before, sys.executable, "-c", HANDING_OVER, numbers, *web],
            env=Terminal(data).environment | {"NOTIFY_SOCKET": str(notify)},
            pass_fds=(pages.fileno(), tablets.fileno()),
            stdout=subprocess.DEVNULL,
        )
        try:
            yield Service(process, told, pages, tablets, data)
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


@needs_haproxy
def test_pages_answer_on_the_ports_that_were_handed_over_once_they_said_so(data: Path) -> None:
    """The settings' own ports are none that could be had: they are not asked for."""
    with service(data) as web:
        assert web.hear().startswith("READY=1\n")
        assert web.get("/trust").status == 200
        until(lambda: tablet_gets_in(web), "the tablets' port does not answer")
        assert web.hear() == "WATCHDOG=1\nSTATUS=the pages are served"
        web.process.terminate()
        assert web.process.wait(PATIENCE_S) == 0
        while (said := web.hear()) != "STOPPING=1":
            assert said == "WATCHDOG=1\nSTATUS=the pages are served"


def tablet_gets_in(web: Service) -> bool:
    try:
        return web.get_as_tablet("/trust").status == 200
    except (OSError, ssl.SSLError, http.client.HTTPException):
        return False


@needs_haproxy
@without_network
def test_without_a_network_of_its_own_it_answers_this_machine_and_tablets(data: Path) -> None:
    with service(data, "unshare", "--net") as web:
        assert web.hear().startswith("READY=1\n")
        assert web.get("/trust").status == 200
        until(lambda: tablet_gets_in(web), "the tablets' port does not answer")


@without_network
def test_it_knows_the_addresses_of_the_networks_that_its_port_is_in() -> None:
    done = subprocess.run(
        ["unshare", "--net", sys.executable, "-c", IN_ANOTHER_NETWORK], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == {"before": ["10.9.8.7"], "own": [], "by the port": ["10.9.8.7"]}


@needs_haproxy
def test_nobody_on_this_machine_can_say_that_they_came_by_https(data: Path) -> None:
    with service(data) as web:
        web.hear()
        port = web.tablets.getsockname()[1]
        forged = {"Host": f"{NAME}:{port}", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
        assert web.get("/trust", **forged).status == 400
        ways = [line.split()[-1] for line in Path("/proc/net/unix").read_text().splitlines() if "/kiosk-" in line]
        behind = [Path(way) for way in ways if way.endswith("/pages.sock")]
        assert {way.parent.stat().st_mode & 0o777 for way in behind if way.exists()} == {0o700}


def test_addresses_are_those_of_the_networks_a_socket_is_in() -> None:
    with socket.create_server((LOOPBACK, 0)) as here, socket.create_server(("::", 0), family=socket.AF_INET6) as dual:
        assert network.addresses() == network.addresses(here) == network.addresses(dual)


def test_what_was_handed_over_is_known_by_its_name_and_given_to_no_child() -> None:
    """In a process of its own: descriptors 3 and 4 are others' in this one."""
    asked = (
        "import json; from kiosk.devices.service_manager import inherited; found = inherited();"
        "print(json.dumps({name: [one.getsockname()[1], one.get_inheritable()] for name, one in found.items()}))"
    )
    with socket.create_server((LOOPBACK, 0)) as pages, socket.create_server((LOOPBACK, 0)) as tablets:
        numbers = f"{pages.fileno()},{tablets.fileno()}"
        done = subprocess.run(
            [sys.executable, "-c", HANDING_OVER, numbers, sys.executable, "-c", asked],
            pass_fds=(pages.fileno(), tablets.fileno()), capture_output=True, check=True, timeout=PATIENCE_S,
        )  # fmt: skip
        ports = [one.getsockname()[1] for one in (pages, tablets)]
    assert json.loads(done.stdout) == {"pages": [ports[0], False], "tablets": [ports[1], False]}
