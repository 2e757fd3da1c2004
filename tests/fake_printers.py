"""Printers for tests: one that talks ESC/POS on a wire, one that does what a script says."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from kiosk.devices.base import PrinterFault, PrinterStatus

ASK_CAUSE, ASK_PAPER = b"\x10\x04\x02", b"\x10\x04\x04"
FINE = {ASK_CAUSE: b"\x12", ASK_PAPER: b"\x12"}
SILENT: dict[bytes, bytes] = {}


@dataclass
class FakePrinter:
    """Reads like a printer: answers status questions, keeps the rest as ticket. Change it while it runs."""

    answers: dict[bytes, bytes] = field(default_factory=lambda: dict(FINE))
    stops_after_bytes: int = 1 << 30
    dies_after_bytes: int = 1 << 30
    answers_after_ticket: dict[bytes, bytes] | None = None
    ticket: bytes = b""
    connections: int = 0

    def serve(self, read: Callable[[int], bytes], write: Callable[[bytes], object], stop: threading.Event) -> None:
        """Until the other side closes, or the printer dies."""
        unread = b""
        while not stop.is_set():
            if len(self.ticket) >= self.stops_after_bytes:
                stop.wait(0.01)
                continue
            received = read(512)
            if not received or len(self.ticket) >= self.dies_after_bytes:
                return
            unread = self._take(unread + received, write)

    def _take(self, data: bytes, write: Callable[[bytes], object]) -> bytes:
        before, question, after = data.partition(b"\x10\x04")
        begun = b"\x10" if before.endswith(b"\x10") and not question else b""
        self.ticket += before.removesuffix(begun)
        if not question or not after:
            return question or begun
        if self.ticket and self.answers_after_ticket is not None:
            self.answers = self.answers_after_ticket
        write(self.answers.get(question + after[:1], b""))
        return self._take(after[1:], write)


class Scripted:
    """A printer that does what the script says, ticket by ticket, and then prints; remembers (number, copy)."""

    name = "printer"

    def __init__(self, *script: str) -> None:
        self.script = list(script)
        self.papers: list[tuple[str, bool]] = []
        self.torn: list[tuple[str, bool]] = []
        self.sends = 0

    def status(self) -> PrinterStatus:
        return PrinterStatus.UNKNOWN

    def send(self, data: bytes) -> None:
        self.sends += 1
        fields = json.loads(data)
        paper = (fields["number"], fields["copy"])
        event = self.script.pop(0) if self.script else "prints"
        if event == "away":
            raise PrinterFault(PrinterStatus.OFFLINE, sent=False)
        if event == "tears":
            self.torn.append(paper)
            raise PrinterFault(PrinterStatus.PAPER_OUT)
        self.papers.append(paper)
        if event == "power cut":
            raise SystemExit  # the thread ends here; nothing after the last byte is done

    def close(self) -> None:
        """Nothing to let go."""
