"""Where lists are worked on: a process of its own beside the door, at low priority, which alone opens their rows.

The door starts it when somebody asks, and it ends when nobody has for a while: what it holds in memory is no more
than the list being read and who is expected today. Drafts lie on the disk, concealed under their list's key.
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from kiosk import list_answers
from kiosk.config import Settings
from kiosk.devices import clock
from kiosk.door_socket import Message, RequestError
from kiosk.expecting import Expecting
from kiosk.house import look_into_vault
from kiosk.list_answers import Answer, Office
from kiosk.list_drafts import ListRefused
from kiosk.list_taking import Cancelled, Told, take_list, why_not
from kiosk.lists import ListError
from kiosk.retention import key_day
from kiosk.roster import alone, clear_away_alone
from kiosk.rules.list_drafts import Refusal
from kiosk.store.log import Store
from kiosk.store.reading import Reader
from kiosk.store.schema import DATABASE, StoreError
from kiosk.vault import VaultError

log = logging.getLogger(__name__)

NICE = 10
# proc(5): where memory ends, this process is killed and not the door, which shares its bound.
OOM_SCORE = Path("/proc/self/oom_score_adj")
IDLE_S = 300.0


@dataclass(slots=True)
class Job:
    """A list that is being read, or was: *part* of it (0 to 1), and why it could not be used."""

    list_id: int
    name: str
    part: float = 0.0
    fault: str = ""
    done: bool = False
    cancelled: bool = False

    def go_on(self, part: float) -> None:
        """Note how much is read. Raises Cancelled where somebody said so."""
        self.part = part
        if self.cancelled:
            raise Cancelled


class ListOffice:
    """Answers what pages ask about lists; one list at a time is read beside that."""

    def __init__(self, settings: Settings, data: Path) -> None:
        self._settings = settings
        self._data = data
        self._vault = look_into_vault(settings, data)
        self._open_store = partial(Store, data / DATABASE, self._vault.head_seal)
        self._reader = Reader(data / DATABASE)
        self._store = self._open_store()
        self._expecting = Expecting(settings, data, self._reader, self._vault)
        self._job: Job | None = None
        self._answers: dict[str, Callable[[Office, Message], Answer]] = list_answers.ANSWERS

    @property
    def at_work(self) -> bool:
        """Whether a list is being read."""
        return self._job is not None and not self._job.done

    def answer(self, message: Message, payload: bytes) -> Answer:
        """What was asked, or why it is not done. Raises RequestError for what makes no sense."""
        act = str(message.get("act", ""))
        try:
            if act == "take":
                return self._take(message, payload)
            if act == "job":
                return self._tell(message), b""
            if act == "cancel":
                return self._cancel(message), b""
            answer = self._answers.get(act)
            if answer is None:
                raise RequestError(f"lists cannot be asked to {act!r}")
            return answer(Office(self._store, self._settings, self._data, self._expecting), message)
        except ListRefused as refused:
            return {"refused": {"vi": refused.why.vi, "en": refused.why.en, "why": refused.why.name}}, b""

    def _take(self, message: Message, payload: bytes) -> Answer:
        if self.at_work:
            raise ListRefused(Refusal.BUSY)
        told = Told(*(str(message.get(name, "")) for name in ("by", "name", "day")))
        self._job = job = Job(secrets.randbits(31), told.name)
        threading.Thread(target=self._read, args=(job, told, payload), name="list", daemon=True).start()
        return {"list": f"{job.list_id:08x}"}, b""

    def _read(self, job: Job, told: Told, content: bytes) -> None:
        descriptor = os.memfd_create("list")  # in memory, for what reads a list reads a file
        path = Path(f"/proc/self/fd/{descriptor}")
        now = clock.now()
        today = key_day(now.wall_ms, self._settings.zone, "00:00")
        try:
            with open(descriptor, "wb", closefd=False) as file:
                file.write(content)
            with closing(self._open_store()) as store, alone(self._data) as undisturbed:
                if not undisturbed:
                    raise ListRefused(Refusal.BUSY)
                clear_away_alone(store, self._data)
                take_list(job.list_id, path, told, store, self._data, self._settings, now, today, job.go_on)
        except Cancelled:
            job.fault = "cancelled"
        except ListError as error:
            job.fault = why_not(error, path)
        except (ListRefused, StoreError, VaultError, OSError) as error:
            job.fault = str(error)
        except Exception as error:
            log.exception("reading a list broke")
            job.fault = f"reading it broke: {error}"
        finally:
            os.close(descriptor)
            job.done = True

    def _of(self, message: Message) -> Job | None:
        job = self._job
        return job if job and message.get("list") in ("", None, f"{job.list_id:08x}") else None

    def _tell(self, message: Message) -> Message:
        job = self._of(message)
        if job is None:
            return {}
        said: dict[str, Any] = {"list": f"{job.list_id:08x}", "name": job.name, "part": job.part}
        return said | {"done": job.done, "fault": job.fault, "cancelled": job.cancelled}

    def _cancel(self, message: Message) -> Message:
        job = self._of(message)
        if job:
            job.cancelled = True
        return {}


def work(settings: Settings, data: Path, door: Connection) -> None:
    """Answer what comes by *door* until nothing does for IDLE_S, or the door is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal tells us, too; but the door ends us
    os.nice(NICE)
    with suppress(OSError):  # where there is no such file, nobody is killed by it
        OOM_SCORE.write_text("1000", encoding="ascii")
    office = ListOffice(settings, data)
    while door.poll(IDLE_S) or office.at_work:
        if not door.poll():
            continue
        try:
            message, payload = door.recv()
        except EOFError:
            return
        door.send(_answered(office, message, payload))


def _answered(office: ListOffice, message: Message, payload: bytes) -> Answer:
    try:
        return office.answer(message, payload)
    except (RequestError, StoreError, VaultError, OSError, ValueError) as error:
        return {"error": str(error)}, b""
