"""In the machine: plays the people at the door, and tells what they perceive by a line that outlives the power.

The line is a virtio-serial port, whose other end is no part of the machine: what was told before a power cut was
perceived before it. JSON objects go both ways, one a line. Told are ``ready``; ``shown`` (the number of a person who
holds a code to the scanner); ``lamp`` (its colour, empty when dark); ``answer`` (the door's, to a code that a tablet
sent); ``paper`` (what came out of the printer, base64); ``page`` (an answer on the display's event stream); ``state``
(how systemd finds the machine); ``done`` (an order's exit status). Orders are ``start``, ``state`` and ``run``.
"""

from __future__ import annotations

import http.client
import itertools
import json
import os
import random
import subprocess
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from kiosk.door_socket import DoorAway, DoorClient
from kiosk.rules.invented import person
from machine.services import state
from machine.virtual_pins import VirtualPins
from machine.virtual_printer import VirtualPrinter, make_printer
from machine.virtual_scanner import VirtualScanner

PORT = Path("/dev/virtio-ports/witness")
BOOT_ENVIRONMENT = Path("/run/kiosk-boot.env")
LAMPS = {"green": 17, "amber": 27, "red": 22}
BUTTON = 23
DATA = Path("/var/lib/kiosk")
MOST_INSIDE, LEAVE = 2, 1 / 3
LOOK_S, AGAIN_S, ANSWER_S, READ_BYTES = 0.01, 3.0, 30.0, 4096


class Line:
    """The port. Threads may share it."""

    def __init__(self) -> None:
        self._fd = os.open(PORT, os.O_RDWR)
        self._lock = threading.Lock()

    def tell(self, **what: Any) -> None:
        """Said and gone: the other end has it when this returns."""
        data = json.dumps(what).encode() + b"\n"
        with self._lock:
            while data:
                data = data[os.write(self._fd, data) :]

    def orders(self) -> Iterator[dict[str, Any]]:
        """Each order as it comes."""
        waiting = b""
        while True:
            piece = os.read(self._fd, READ_BYTES)
            if not piece:  # nobody has the other end
                time.sleep(LOOK_S)
            *lines, waiting = (waiting + piece).split(b"\n")
            yield from (json.loads(line) for line in lines)


class Witness:
    """Looks at lamps, printer and page, each in a thread."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._pins = VirtualPins()
        self._pins.let_go(BUTTON)
        self._printer = VirtualPrinter()
        self.scanner = VirtualScanner()
        self.lamp = ""
        self.changed = threading.Condition()

    def start(self) -> None:
        """Look from now on."""
        for look in (self._watch_lamps, self._watch_printer, self._watch_page):
            threading.Thread(target=look, daemon=True).start()

    def _watch_lamps(self) -> None:
        values = {lamp: os.open(self._pins.line(pin) / "value", os.O_RDONLY) for lamp, pin in LAMPS.items()}
        while True:
            lit = "+".join(lamp for lamp, fd in values.items() if os.pread(fd, 1, 0) == b"1")
            if lit != self.lamp:
                self._line.tell(lamp=lit)
                with self.changed:
                    self.lamp = lit
                    self.changed.notify_all()
            time.sleep(LOOK_S)

    def _watch_printer(self) -> None:
        told = 0
        while True:
            if len(received := self._printer.received) > told:
                self._line.tell(paper=b64encode(received[told:]).decode())
                told = len(received)
            time.sleep(LOOK_S)

    def _watch_page(self) -> None:
        while True:
            with suppress(OSError, http.client.HTTPException):
                self._follow_page()
            time.sleep(0.5)

    def _follow_page(self) -> None:
        pages = http.client.HTTPConnection("127.0.0.1", 8080, timeout=ANSWER_S)
        pages.request("GET", "/display/events")
        name = b""
        for text in pages.getresponse():
            if text.startswith(b"event: "):
                name = text[7:].strip()
            elif text.startswith(b"data: ") and name == b"answer":
                self._line.tell(page=json.loads(text[6:]))


class People:
    """Come one after another, each with another card, or leave again."""

    def __init__(self, line: Line, witness: Witness, chance: random.Random) -> None:
        self._line = line
        self._witness = witness
        self._chance = chance

    def come(self, first: int, pause_s: float, *, typed: bool) -> None:
        """For ever, from person *first* on: to the scanner, or to a tablet."""
        inside, numbers = list[int](), itertools.count(first)
        while True:
            leaves = len(inside) > MOST_INSIDE and self._chance.random() < LEAVE
            somebody = inside.pop(0) if leaves else next(numbers)
            if not leaves:
                inside.append(somebody)
            self._shows(somebody) if typed else self._asks(somebody)
            time.sleep(self._chance.uniform(0, pause_s))

    def _shows(self, somebody: int) -> None:
        """Type the card's number, again and again until a lamp answers: the door may be starting yet.

        On a busy host the machine stands still at times, and a code with a pause in it is none: so it is a short one.
        """
        number = person(somebody).id_card_text.partition("|")[0]
        self._await(ANSWER_S, lit=False)
        answered = False
        while not answered:
            self._line.tell(shown=somebody)
            self._witness.scanner.types(number, key_s=0)
            answered = self._await(AGAIN_S, lit=True)

    def _asks(self, somebody: int) -> None:
        with suppress(DoorAway):
            card = person(somebody).id_card_text.encode()
            self._line.tell(answer={"person": somebody, **DoorClient(DATA).present_text(card)})

    def _await(self, limit_s: float, *, lit: bool) -> bool:
        with self._witness.changed:
            return self._witness.changed.wait_for(lambda: bool(self._witness.lamp) is lit, limit_s)


def start(line: Line, witness: Witness, order: dict[str, Any]) -> None:
    """People come. Before, restored memory becomes a start of its own: the data is mounted, all of the kiosk starts."""
    if order.get("boot"):
        BOOT_ENVIRONMENT.write_text(f"KIOSK_BOOT_ID={order['boot']}\n")
        subprocess.run(["systemctl", "--no-block", "start", "kiosk.target"], check=True)
    people = People(line, witness, random.Random(order["seed"]))
    come = partial(people.come, order["first"], order["pause_s"], typed=order.get("typed", True))
    threading.Thread(target=come, daemon=True).start()


def run(command: str) -> tuple[int, str]:
    """Exit status of *command*, and the end of what it said."""
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    return done.returncode, (done.stdout + done.stderr)[-2000:]


def main() -> None:
    """Until the power goes."""
    make_printer()
    line = Line()
    witness = Witness(line)
    witness.start()
    line.tell(ready=Path("/proc/sys/kernel/random/boot_id").read_text().strip())
    for order in line.orders():
        if order["do"] == "start":
            start(line, witness, order)
        elif order["do"] == "state":
            threading.Thread(target=lambda: line.tell(state=state()), daemon=True).start()
        elif order["do"] == "run":
            threading.Thread(target=lambda command=order["command"]: line.tell(done=run(command)), daemon=True).start()


if __name__ == "__main__":
    main()
