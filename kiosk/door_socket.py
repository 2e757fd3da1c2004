"""The door's one unix socket: what must reach its devices from pages and commands.

A request is one line of JSON with ``do`` and its arguments, then ``bytes`` raw bytes; the answer has the
same form. Requests are bounded in size and time, and only users of the data directory can connect.
"""

from __future__ import annotations

import io
import json
import os
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, Any, Protocol

from kiosk.failures import Failure
from kiosk.rules.identity import clean_text
from kiosk.rules.staff_acts import StaffAct
from kiosk.store.news import short_path

SOCKET = "door.sock"
LINE_BYTES = 64 * 1024
PAYLOAD_BYTES = 8 * 1024 * 1024
_PIECE_BYTES = 1 << 16
LONGEST_NAME = 40
LARGEST_NUMBER = 1e15  # whole numbers up to here are exact, infinity and NaN are not among them

Message = dict[str, Any]
Handler = Callable[[Message, bytes], tuple[Message, bytes]]


class Stream(Protocol):
    """Both directions of a connection."""

    def readline(self, size: int = -1, /) -> bytes:
        """The next line, at most *size* bytes of it."""

    def read(self, size: int = -1, /) -> bytes:
        """*size* bytes, fewer only at the end."""

    def write(self, data: bytes, /) -> object:
        """Write *data* to the buffer."""

    def flush(self) -> None:
        """Send the buffer."""


class DoorAway(Failure):  # a state of the house, not a fault of the caller
    """The door does not answer; one sentence says so."""


class DoorRefused(DoorAway):
    """The door answered that it cannot do this; the sentence is the door's, *vi* the same where the door has both."""

    def __init__(self, en: str, vi: str = "") -> None:
        super().__init__(en)
        self.vi = vi


class RequestError(Exception):
    """What was asked of the door makes no sense; one sentence for who asked."""


def read_message(stream: Stream) -> tuple[Message, bytes] | None:
    """The next message, or None at the end. Raises ValueError for one that is malformed or too large."""
    line = stream.readline(LINE_BYTES + 1)
    if not line:
        return None
    if len(line) > LINE_BYTES:
        raise ValueError("the message is too long")
    try:
        message = json.loads(line)
    except RecursionError as error:
        raise ValueError("the message is nested too deep") from error
    if not isinstance(message, dict):
        raise ValueError("the message is not an object")
    size = message.pop("bytes", 0)
    if not isinstance(size, int) or not 0 <= size <= PAYLOAD_BYTES:
        raise ValueError("the payload is too large")
    payload = stream.read(size)
    if len(payload) < size:
        raise ValueError("the payload is cut off")
    return message, payload


def write_message(stream: Stream, message: Message, payload: bytes | IO[bytes] = b"") -> None:
    """Write one message and flush it; a file is sent piece by piece, from its beginning."""
    file = io.BytesIO(payload) if isinstance(payload, bytes) else payload
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    line = json.dumps({**message, "bytes": size}, ensure_ascii=False)
    stream.write(line.encode(errors="surrogatepass") + b"\n")
    for piece in iter(partial(file.read, _PIECE_BYTES), b""):
        stream.write(piece)
    stream.flush()


def number_of(message: Message, name: str, default: float) -> float:
    """The finite number *name* of *message*. Raises RequestError for anything else."""
    value = message.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < LARGEST_NUMBER:
        raise RequestError(f"{name} must be a number, not {value!r}")
    return value


def text_of(message: Message, name: str, longest: int) -> str:
    """The text *name* of *message* in one clean line of at most *longest* characters; empty where there is none."""
    return clean_text(str(message.get(name, "")))[:longest]


def by_of(message: Message) -> str:
    """Who of the staff asks; empty where nobody is signed in."""
    return text_of(message, "by", LONGEST_NAME)


class DoorClient:
    """Asks the door on the data directory *data*. Every call raises DoorAway when the door is not there."""

    def __init__(self, data: Path, timeout_s: float = 20.0, by: str = "") -> None:
        self._data = data
        self._timeout_s = timeout_s
        self._by = by

    def signed(self, by: str) -> DoorClient:
        """The same, asking in the name of *by*, which the log keeps beside what is done."""
        return DoorClient(self._data, self._timeout_s, by)

    def answers(self) -> bool:
        """Whether the door is there."""
        try:
            self.panel()
        except DoorRefused:
            return True
        except DoorAway:
            return False
        return True

    def note(self, act: StaffAct, *, visit: int = 0, reason: str = "", about: str = "") -> int:
        """Put into the log what staff are about to do (``kiosk.noting``); the entry's sequence."""
        said = {"act": act, "visit": visit, "reason": reason, "about": about}
        return int(self._ask({"do": "note"} | said, b"")[0]["seq"])

    def present_text(self, data: bytes, gate: str = "", *, typed: bool = False) -> Message:
        """Present the bytes of one code, or a typed number; the line of ``kiosk scan --json``."""
        return self._ask({"do": "present_text", "gate": gate, "typed": typed}, data)[0]

    def present_picture(self, picture: bytes, gate: str = "", *, live: bool = False) -> Message:
        """Present a JPEG or PNG, *live* when it is one of a camera's; without a code in it ``kind`` is ``none``.

        Where several people are in it, the answer has those after the first in a list ``others``.
        """
        return self._ask({"do": "present_picture", "gate": gate, "live": live}, picture)[0]

    def panel(self, since: int = 0, wait_s: float = 0.0, gate: str = "") -> Message:
        """What lamp, display and printer show, once it differs from change *since* or *wait_s* are over.

        At one *gate*, or the latest of all. Raises ValueError where *wait_s* is no finite number of seconds from 0.
        """
        if not 0 <= wait_s < LARGEST_NUMBER:
            raise ValueError(f"wait_s must be a number of seconds from 0, not {wait_s}")
        return self._ask({"do": "panel", "since": since, "wait_s": wait_s, "gate": gate}, b"")[0]

    def viewfinder(self, gate: str, since: int = 0, wait_s: float = 0.0) -> tuple[Message, bytes]:
        """What a gate's camera sees, as JPEG, once it is newer than ``number`` *since*; number 0: nothing fresh.

        ``aiming``: something is held before the camera. *wait_s* as for ``panel``.
        """
        return self._ask({"do": "viewfinder", "gate": gate, "since": since, "wait_s": wait_s}, b"")

    def ticket_png(self) -> bytes:
        """The paper printed last by a simulated printer, as PNG; empty when there is none."""
        return self._ask({"do": "ticket_png"}, b"")[1]

    def set_printer_fault(self, status: str) -> Message:
        """Give the simulated printer a fault (``paper_out``, ``cover_open``, ``offline``), or ``ok``."""
        return self._ask({"do": "set_printer_fault", "status": status}, b"")[0]

    def press_button(self, gate: str = "") -> Message:
        """Press the assistance button."""
        return self._ask({"do": "press_button", "gate": gate}, b"")[0]

    def let_in(self, sequence: int) -> Message:
        """Staff let in the person whom entry *sequence* sent to them; the line of ``kiosk scan --json``."""
        return self.by_hand("let_in", sequence=sequence)

    def accompany(self, visit: int, gate: str = "", *, name: str = "", birth: str = "") -> Message:
        """Staff let in somebody without a code beside the holder of *visit*; the line of ``kiosk scan --json``."""
        return self.by_hand("accompany", visit=visit, gate=gate, name=name, birth=birth)

    def by_hand(self, do: str, text: bytes = b"", **said: Any) -> Message:
        """What staff do by hand for people; ``kiosk.helping`` has what can be done, and what each takes and answers."""
        answer = self._ask({"do": do} | said, text)[0]
        if refused := answer.get("refused"):
            raise DoorRefused(refused["en"], refused["vi"])
        return answer

    def session_entered(self, day: str, count: int) -> Message:
        """Staff have entered *count* for *day* (ISO) on the platform."""
        return self._ask({"do": "session_entered", "day": day, "count": count}, b"")[0]

    def queue(
        self,
        act: str,
        *,
        counter: str = "",
        ticket: int = 0,
        service: str = "",
        number: str = "",
        by: str = "",
        seen: int | None = None,
    ) -> Message:
        """What staff at a counter do (``queueing.Act``): ``seq``, ``act`` and ``ticket``; or why it is ``refused``."""
        asked = {"act": act, "counter": counter, "ticket": ticket, "service": service, "number": number, "by": by}
        return self._ask({"do": "queue", "seen": seen} | asked, b"")[0]

    def find_ticket(self, code: bytes, *, typed: bool = False) -> Message:
        """The id of the ``ticket`` whose holder shows *code*, their slip or card; or why it is ``refused``."""
        return self._ask({"do": "find_ticket", "typed": typed}, code)[0]

    def reprint(self, visit: int) -> Message:
        """Print the ticket of the open *visit* once more, marked as a copy; its number as ``ticket``."""
        return self.by_hand("reprint", visit=visit)

    def give_feedback(self, topic: str) -> Message:
        """A new feedback slip about *topic*, printed; its ``number``."""
        return self._ask({"do": "give_feedback", "topic": topic}, b"")[0]

    def act_on_feedback(self, number: int, act: str) -> Message:
        """Slip *number* was ``passed`` on, or is ``reopened`` or ``withdrawn``."""
        return self._ask({"do": "act_on_feedback", "number": number, "act": act}, b"")[0]

    def listed_groups(self, day: str) -> list[Message]:
        """How many people of which organisation the lists have for *day* (ISO): unit, people, since, until."""
        groups: list[Message] = json.loads(self._ask({"do": "listed_groups", "day": day}, b"")[1])
        return groups

    def evacuate(self) -> Message:
        """Print who is inside, by zone, at once: how many ``strips``, whether all are ``done``, or a ``fault``."""
        return self._ask({"do": "evacuate"}, b"")[0]

    def lists(self, act: str, payload: bytes | IO[bytes] = b"", **said: Any) -> tuple[Message, bytes]:
        """What is done with lists (``kiosk.list_answers``), or why it is ``refused``; *payload* is a list's file."""
        return self._ask({"do": "lists", "act": act} | said, payload)

    def from_hub(self, do: str, said: bytes = b"") -> Message:
        """What a hub *said* (``kiosk.taking_down``), and what became of it."""
        return self._ask({"do": do}, said)[0]

    def look_after(self, do: str, **said: Any) -> Message:
        """What staff do with the house; ``kiosk.house_desk`` has what can be done, and what each takes and answers."""
        return self._ask({"do": do} | said, b"")[0]

    def try_device(self, name: str, **how: str) -> Message:
        """Try one output (*how*: its ``lamp``, its ``sound``) or the voice; not ``tried`` in the quiet hours."""
        return self._ask({"do": "try_device", "name": name} | how, b"")[0]

    def _ask(self, message: Message, payload: bytes | IO[bytes]) -> tuple[Message, bytes]:
        message = message | ({"by": self._by} if self._by else {})
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(self._timeout_s + float(message.get("wait_s", 0)))
                with short_path(self._data, SOCKET) as path:
                    connection.connect(path)
                with connection.makefile("rwb") as stream:
                    write_message(stream, message, payload)
                    answer = read_message(stream)
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise DoorAway("the door does not answer: it is not running") from error
        except (OSError, ValueError) as error:
            raise DoorAway(f"the door does not answer: {error}") from error
        if answer is None:
            raise DoorAway("the door does not answer: it closed the connection")
        if "error" in answer[0]:
            raise DoorRefused(f"the door could not do that: {answer[0]['error']}")
        return answer
