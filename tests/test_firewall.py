"""What the firewall lets in, tried from another machine in the network: two name spaces and a cable between them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

FIRMWARE = Path(__file__).parent.parent / "firmware_config"
RULES, CARD = FIRMWARE / "nftables/kiosk.nft", FIRMWARE / "cloud-init/user-data"
PORTS = (8443, 80, 22, 8080)
OPEN = {8443, 80}

LISTEN = """
import select, socket, sys
listeners = [socket.create_server(("", int(port))) for port in sys.argv[1:]]
print("listening", flush=True)
while True:
    for one in select.select(listeners, [], [])[0]:
        one.accept()[0].close()
"""
CONNECT = """
import json, socket, sys
def reaches(port):
    try:
        socket.create_connection((sys.argv[1], port), timeout=1).close()
        return True
    except OSError:
        return False
print(json.dumps([port for port in map(int, sys.argv[2:]) if reaches(port)]))
"""


class Machine:
    """A name space of the network, with nothing in it but its end of the cable."""

    def __init__(self, holder: subprocess.Popen[bytes]) -> None:
        self.pid = str(holder.pid)
        self.enter = ("nsenter", f"--target={self.pid}", "--net")

    def run(self, *command: str) -> str:
        """What *command* prints here."""
        done = subprocess.run([*self.enter, *command], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
        return done.stdout

    def reaches(self, address: str) -> set[int]:
        """Which of PORTS somebody here can open at *address*."""
        return set(json.loads(self.run("python3", "-c", CONNECT, address, *map(str, PORTS))))


@contextmanager
def machine() -> Iterator[Machine]:
    with subprocess.Popen(["unshare", "--net", "sh", "-c", "echo; exec sleep 600"], stdout=subprocess.PIPE) as holder:
        try:
            assert holder.stdout is not None
            if not holder.stdout.readline():
                pytest.skip("no name space of the network can be made here")
            yield Machine(holder)
        finally:
            holder.kill()


@pytest.fixture(scope="module")
def kiosk_and_other() -> Iterator[tuple[Machine, Machine]]:
    """A kiosk on which something listens on every one of PORTS, and another machine."""
    if os.geteuid() != 0:
        pytest.skip("only root can make networks to try the firewall in")
    for tool, package in {"nft": "nftables", "ip": "iproute2", "nsenter": "util-linux"}.items():
        if not shutil.which(tool, path=f"{os.environ['PATH']}:/usr/sbin:/sbin"):
            pytest.skip(f"{tool} is not here to try the firewall: apt-get install {package}")
    with ExitStack() as ending:
        kiosk, other = ending.enter_context(machine()), ending.enter_context(machine())
        try:
            kiosk.run("ip", "link", "add", "cable0", "type", "veth", "peer", "name", "cable1")
        except AssertionError as error:
            pytest.skip(f"the kernel here has no cable between name spaces: {error}")
        kiosk.run("ip", "link", "set", "cable1", "netns", other.pid)
        for at, end, addresses in ((kiosk, "cable0", ("192.168.7.1", "203.0.113.1")), (other, "cable1", OTHERS)):
            for address in addresses:
                at.run("ip", "address", "add", f"{address}/24", "dev", end)
            at.run("ip", "link", "set", end, "up")
            at.run("ip", "link", "set", "lo", "up")
        listener = subprocess.Popen(
            [*kiosk.enter, "python3", "-c", LISTEN, *map(str, PORTS)], stdout=subprocess.PIPE
        )  # fmt: skip
        ending.callback(listener.communicate)
        ending.callback(listener.kill)
        assert listener.stdout is not None
        assert listener.stdout.readline()
        yield kiosk, other


OTHERS = ("192.168.7.2", "203.0.113.2")


def load(kiosk: Machine) -> None:
    try:
        kiosk.run("nft", "-f", str(RULES))
    except AssertionError as error:
        if "not supported" in str(error):
            pytest.skip(f"the kernel here has no firewall: {error}")
        raise


def test_without_it_everything_would_be_reached(kiosk_and_other: tuple[Machine, Machine]) -> None:
    kiosk, other = kiosk_and_other
    kiosk.run("nft", "flush", "ruleset")
    assert other.reaches("192.168.7.1") == set(PORTS)


def test_the_site_reaches_the_pages_and_nothing_else(kiosk_and_other: tuple[Machine, Machine]) -> None:
    kiosk, other = kiosk_and_other
    load(kiosk)
    assert other.reaches("192.168.7.1") == OPEN


def test_the_internet_reaches_nothing(kiosk_and_other: tuple[Machine, Machine]) -> None:
    kiosk, other = kiosk_and_other
    load(kiosk)
    assert other.reaches("203.0.113.1") == set()


def test_the_kiosk_reaches_itself_and_is_answered_by_others(kiosk_and_other: tuple[Machine, Machine]) -> None:
    kiosk, other = kiosk_and_other
    load(kiosk)
    assert kiosk.reaches("127.0.0.1") == set(PORTS)
    listener = subprocess.Popen([*other.enter, "python3", "-c", LISTEN, "8080"], stdout=subprocess.PIPE)
    try:
        assert listener.stdout is not None
        assert listener.stdout.readline()
        assert kiosk.reaches("192.168.7.2") == {8080}
    finally:
        listener.kill()
        listener.communicate()


def test_a_site_opens_what_it_wants_by_a_line(kiosk_and_other: tuple[Machine, Machine]) -> None:
    kiosk, other = kiosk_and_other
    load(kiosk)
    kiosk.run("nft", "add rule inet kiosk own tcp dport 22 accept")
    assert other.reaches("192.168.7.1") == OPEN | {22}


def test_the_maintainer_of_a_card_comes_in_by_ssh_from_the_site_only(kiosk_and_other: tuple[Machine, Machine]) -> None:
    kiosk, other = kiosk_and_other
    load(kiosk)
    for line in re.findall(r"^ +(add rule inet kiosk own .*)$", CARD.read_text(), re.MULTILINE):
        kiosk.run("nft", line)
    assert other.reaches("192.168.7.1") == OPEN | {22}
    assert other.reaches("203.0.113.1") == set()


def test_loaded_twice_it_is_the_same(kiosk_and_other: tuple[Machine, Machine]) -> None:
    kiosk, _ = kiosk_and_other
    load(kiosk)
    once = kiosk.run("nft", "list", "table", "inet", "kiosk")
    load(kiosk)
    assert kiosk.run("nft", "list", "table", "inet", "kiosk") == once
