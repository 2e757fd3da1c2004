"""A hub and a thousand kiosks: how many segments it takes in a second, by HTTPS with each kiosk's own certificate.

``kiosk hub`` runs as it is, with HAProxy. Every request comes on a connection of its own, as from a kiosk that syncs
once a minute; who sends them shares the machine's cores with the hub, and is counted apart.

    python tests/bench/hub.py [--kiosks 1000] [--minutes 3] [--late 100] [--full 5]
"""

from __future__ import annotations

import argparse
import http.client
import os
import random
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from parts import history
from parts.figures import print_table, spread

from kiosk.config import Settings
from kiosk.hub.house import HubHouse
from kiosk.rules.entries import START
from kiosk.rules.segments import Line, Segment, content_of
from kiosk.rules.site_names import Span
from kiosk.store import catalogue
from kiosk.store.catalogue import Enrolled
from kiosk.store.schema import DATABASE
from kiosk.store.segments import segment_after
from kiosk.vault.hub_ca import pass_for
from kiosk.vault.hub_pass import FILE, PassRequest
from kiosk.vault.segments import mark_of, packed
from kiosk.vault.site_ca import CA_FILE

BUILD = Path("build")
A_MINUTE, FULL = 10, 200  # entries in a segment: those of a busy minute, and the most
AT_ONCE, STORM = 8, 64
AGAIN_S = 2.0  # at most, where it is asked to come again; a kiosk waits longer
HEADS = {"": "", "requests": "d", "entries/s": ".0f", "requests/s": ".0f", "p50 ms": ".0f", "p99 ms": ".0f"}
HEADS |= {"again": "d", "hub CPU s": ".1f"}


class Sender(NamedTuple):
    """A kiosk: what it shows, and what it has to give, in order."""

    context: ssl.SSLContext
    waiting: list[bytes]


def template(entries: int) -> list[Line]:
    """The first *entries* of a log that the product has made."""
    lines: list[Line] = []
    with closing(sqlite3.connect(history.made(entries, BUILD) / DATABASE)) as db:
        while len(lines) < entries and (segment := segment_after(db, len(lines))):
            lines += segment.lines
    return lines[:entries]


def packed_for(kiosk: str, key: Ed25519PrivateKey, lines: Sequence[Line], sizes: Sequence[int]) -> Iterator[bytes]:
    """*lines* as the log of *kiosk*, in segments of *sizes*."""
    at, chain = 0, START
    for size in sizes:
        own = (replace(line, header=replace(line.header, kiosk=kiosk, epoch="e")) for line in lines[at : at + size])
        segment = Segment(kiosk, "e", at + 1, chain, tuple(own))
        yield packed(content_of(segment), key.public_key(), key.sign)
        at, chain = at + size, segment.chain[-1]


def senders(house: HubHouse, folder: Path, number: int, lines: Sequence[Line], sizes: Sequence[int]) -> list[Sender]:
    """*number* kiosks that are enrolled, each with a key and certificate of its own."""
    made, now_ms = [], time.time_ns() // 1_000_000
    with house.database.transaction() as db:
        for one in range(number):
            kiosk, key, request = f"kiosk-{one}", Ed25519PrivateKey.generate(), PassRequest(f"kiosk-{one}")
            mark, public = mark_of(key.public_key()), b64encode(key.public_key().public_bytes_raw()).decode()
            catalogue.enrol(db, Enrolled(kiosk, f"site-{one}", public, mark, now_ms), {"what": "enrolled"})
            issued = pass_for(house.ca, request.pem, kiosk, mark.hex(), Span(now_ms, now_ms + 10**9))
            request.keep(folder, issued, house.ca.pem)
            context = ssl.create_default_context(cafile=str(house.folder / CA_FILE))
            context.load_cert_chain(folder / FILE)
            made.append(Sender(context, list(packed_for(kiosk, key, lines, sizes))))
    return made


@contextmanager
def running(data: Path, settings: Path) -> Iterator[subprocess.Popen[bytes]]:
    """``kiosk hub``, once it can be reached."""
    command = [sys.executable, "-m", "kiosk", "--config", str(settings), "--data", str(data), "hub"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert process.stdout
        assert process.stdout.readline().startswith(b"https://")
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()


class Rush:
    """Kiosks give what they have to the hub at *port*."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._lock = threading.Lock()
        self.times_ms: list[float] = []
        self.again = 0

    def give(self, sender: Sender) -> None:
        """Its next segment, until it is taken."""
        blob, answer = sender.waiting.pop(0), 0
        while answer != http.client.OK:
            began_s = time.perf_counter()
            connection = http.client.HTTPSConnection("localhost", self._port, context=sender.context, timeout=60)
            with closing(connection):
                connection.request("POST", "/kiosk/segments", blob)
                response = connection.getresponse()
                said, answer = response.read(), response.status
            with self._lock:
                if answer == http.client.OK:
                    self.times_ms.append((time.perf_counter() - began_s) * 1000)
                else:
                    self.again += 1
            if answer == http.client.SERVICE_UNAVAILABLE:
                time.sleep(random.uniform(0, AGAIN_S))
            elif answer != http.client.OK:
                raise AssertionError(said)


def cpu_s(pid: int) -> float:
    """The processor time of a process and its children, in seconds."""
    children = (Path(f"/proc/{pid}/task/{pid}/children").read_text() or "").split()
    stats = [Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split() for one in (pid, *children)]
    return sum(int(stat[11]) + int(stat[12]) for stat in stats) / os.sysconf("SC_CLK_TCK")


def rush(
    name: str, kiosks: Sequence[Sender], size: int, port: int, pid: int, rounds: int = 1, at_once: int = AT_ONCE
) -> tuple[object, ...]:
    """A row of the table: each of *kiosks* gives *rounds* segments of *size* entries, *at_once* of them at once."""
    one, before_s, began_s = Rush(port), cpu_s(pid), time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        for _ in range(rounds):
            list(pool.map(one.give, kiosks))
    took_s, requests = time.perf_counter() - began_s, len(one.times_ms)
    times = spread(one.times_ms)
    rates = (requests * size / took_s, requests / took_s, times.p50, times.p99)
    return (name, requests, *rates, one.again, cpu_s(pid) - before_s)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--kiosks", type=int, default=1000)
    parser.add_argument("--minutes", type=int, default=3, help="segments of a minute that each kiosk gives")
    parser.add_argument("--late", type=int, default=100, help="kiosks that give full segments after that")
    parser.add_argument("--full", type=int, default=5, help="how many each of these gives")
    wish = parser.parse_args()
    sizes = [A_MINUTE] * (wish.minutes + 2) + [FULL] * wish.full
    lines = template(sum(sizes))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(dir=BUILD) as place:
        folder = Path(place)
        (folder / "kiosk.toml").write_text(f'[hub]\naddress = "127.0.0.1"\nport = {port}\n')
        house = HubHouse.open(folder / "hub", Settings())
        try:
            kiosks = senders(house, folder, wish.kiosks, lines, sizes)
        finally:
            house.close()
        with running(folder / "hub", folder / "kiosk.toml") as hub:
            rows = [rush("the first", kiosks, A_MINUTE, port, hub.pid)]
            rows.append(rush("a minute", kiosks, A_MINUTE, port, hub.pid, wish.minutes))
            rows.append(rush("all at once", kiosks, A_MINUTE, port, hub.pid, at_once=STORM))
            rows.append(rush("weeks late", kiosks[: wish.late], FULL, port, hub.pid, wish.full))
            high = [line for line in Path(f"/proc/{hub.pid}/status").read_text().splitlines() if "VmHWM" in line]
        size = sum(path.stat().st_size for path in (folder / "hub").rglob("*") if path.is_file())
    print_table(f"{wish.kiosks} kiosks, {AT_ONCE} at once (then {STORM}), {os.cpu_count()} cores", HEADS, rows)
    print(f"  the hub's memory {int(high[0].split()[1]) / 1000:.0f} MB, its disk {size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
