"""The door's end of the work on lists: it only passes on what is asked to the process that opens their rows."""

from __future__ import annotations

import multiprocessing
import threading
from multiprocessing.connection import Connection
from pathlib import Path

from kiosk.config import Settings
from kiosk.door_socket import Handler, Message, RequestError, by_of
from kiosk.list_office import work

ANSWER_S = 60.0  # who is expected today of 100,000 rows is found in less


class ListDesk:
    """Takes requests one after another; nobody at the door waits for them."""

    def __init__(self, settings: Settings, data: Path) -> None:
        self._settings = settings
        self._data = data
        self._lock = threading.Lock()
        self._office: Connection | None = None
        self._process: multiprocessing.context.SpawnProcess | None = None

    def handlers(self) -> dict[str, Handler]:
        """What the socket can be asked, by name."""
        return {"lists": self._pass_on}

    def _pass_on(self, message: Message, payload: bytes) -> tuple[Message, bytes]:
        message = {**message, "by": by_of(message)}
        with self._lock:
            try:
                answer = self._ask(message, payload)
            except (EOFError, OSError):  # it has just ended, having had nothing to do
                self._end()
                answer = self._ask_or_say(message, payload)
        if "error" in answer[0]:
            raise RequestError(str(answer[0]["error"]))
        return answer

    def _ask_or_say(self, message: Message, payload: bytes) -> tuple[Message, bytes]:
        try:
            return self._ask(message, payload)
        except (EOFError, OSError) as error:
            self._end()
            raise RequestError(f"the work on lists has ended: {error or 'it broke'}") from error

    def _ask(self, message: Message, payload: bytes) -> tuple[Message, bytes]:
        office = self._office or self._begin()
        office.send((message, payload))
        if not office.poll(ANSWER_S):
            self._end()
            raise RequestError("the work on lists takes too long; it was ended")
        answer: tuple[Message, bytes] = office.recv()
        return answer

    def _begin(self) -> Connection:
        # A copy of a process with threads may hold a lock that nobody lets go of.
        context: multiprocessing.context.SpawnContext = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self._process = context.Process(target=work, args=(self._settings, self._data, theirs), name="lists")
        self._process.start()
        theirs.close()
        self._office = ours
        return ours

    def _end(self) -> None:
        if self._office:
            self._office.close()
        if self._process:
            self._process.terminate()
            self._process.join()
        self._office = self._process = None

    def close(self) -> None:
        """End the work on lists: a list that is being read is lost, drafts are not."""
        with self._lock:
            self._end()
