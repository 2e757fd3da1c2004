"""What staff do for whoever asks what is kept of them, as the door's socket takes it.

Who was found stays in the door's memory for a few minutes, under a ticket of random letters: no page, form or
address holds their code, and nothing can be erased of somebody who has not shown one.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial

from kiosk.config import Settings
from kiosk.devices import clock
from kiosk.door_socket import Handler, Message, RequestError, by_of, number_of, text_of
from kiosk.erasing import SENTENCES, NotErased, Refusal, erase_today, kept_today
from kiosk.evacuating import NO_PRINTER, PATIENCE_S, PrintNow
from kiosk.requests import RequestRefused, act_on, take
from kiosk.rules import admission
from kiosk.rules.code_paper import CodePaper
from kiosk.rules.model import Credential, Reading
from kiosk.rules.requests import Act, Why, Wish
from kiosk.rules.ticket import local_time
from kiosk.store.log import Store
from kiosk.store.reading import Reader
from kiosk.vault import Vault

FOUND_S = 600.0
MOST_FOUND = 20
LONGEST_CONTACT, LONGEST_LINE, MOST_LINES = 120, 120, 80
UNKNOWN = ("Không nhận ra giấy tờ hay số này.", "This document or number is not recognised.")
GONE = ("Đã quá lâu. Xin đưa giấy tờ lại.", "That was too long ago. Please show the document again.")
HEADING = "DỮ LIỆU · YOUR DATA"


@dataclass(frozen=True, slots=True)
class _Found:
    whos: tuple[bytes, ...]
    until_ms: int


class PrivacyDesk:
    """Finds, prints, erases, takes down; *store* lends a connection that writes, *recognise* reads a code.

    *print_now* is None for a kiosk without a printer.
    """

    def __init__(
        self,
        settings: Settings,
        vault: Vault,
        reader: Reader,
        store: Callable[[], AbstractContextManager[Store]],
        recognise: Callable[[Reading], Credential],
        render: Callable[[CodePaper], bytes],
        print_now: PrintNow | None,
        paper_waits: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._vault = vault
        self._reader = reader
        self._store = store
        self._recognise = recognise
        self._render = render
        self._print_now = print_now
        self._paper_waits = paper_waits
        self._lock = threading.Lock()
        self._found: dict[str, _Found] = {}

    def handlers(self) -> dict[str, Handler]:
        """What the socket can be asked, by name."""
        return {
            "find_kept": self._find,
            "look_kept": self._look,
            "print_kept": self._print,
            "erase_kept": self._erase,
            "make_request": self._take,
            "act_on_request": self._act,
        }

    def _find(self, _: Message, payload: bytes) -> tuple[Message, bytes]:
        """``found``, by which the person is meant for FOUND_S, and what ``look_kept`` answers."""
        credential = self._recognise(Reading(payload, "typed", clock.now(), typed=True))
        if credential.refusal is not None:
            return _refused(UNKNOWN), b""
        whos = tuple(self._vault.pseudonym(holder) for holder in admission.holders(credential))
        told = self._kept(whos)
        if "refused" in told:
            return told, b""
        now_ms = clock.now().monotonic_ms
        with self._lock:
            self._found = {found: one for found, one in self._found.items() if one.until_ms > now_ms}
            while len(self._found) >= MOST_FOUND:
                self._found.pop(next(iter(self._found)))
            found = secrets.token_urlsafe(16)
            self._found[found] = _Found(whos, now_ms + round(FOUND_S * 1000))
        return told | {"found": found}, b""

    def _look(self, message: Message, _: bytes) -> tuple[Message, bytes]:
        """Their visits, those of them who are inside, and the entries that speak of them."""
        whos = self._whos(message)
        return (self._kept(whos) if whos else _refused(GONE)), b""

    def _kept(self, whos: Sequence[bytes]) -> Message:
        kept = self._reader.ask(partial(kept_today, whos=whos))
        if kept is None:
            return _refused(SENTENCES[Refusal.NOTHING])
        entries = [entry.sequence for entry in kept.entries]
        return {"visits": sorted(kept.subject.visits), "open": list(kept.open), "entries": entries}

    def _erase(self, message: Message, _: bytes) -> tuple[Message, bytes]:
        whos = self._whos(message)
        if whos is None:
            return _refused(GONE), b""
        kept = self._reader.ask(partial(kept_today, whos=whos))
        try:
            with self._store() as store:
                entry = erase_today(store, kept, clock.now(), by_of(message))
        except NotErased as error:
            return _refused(SENTENCES[Refusal(error.why)]), b""
        with self._lock:
            self._found = {found: one for found, one in self._found.items() if one.whos != whos}
        return {"seq": entry.sequence, "erased": len((entry.body or {})["sequences"])}, b""

    def _print(self, message: Message, _: bytes) -> tuple[Message, bytes]:
        """Whether the ``lines`` of what is kept are on paper, or the printer's *fault*; they never reach the disk."""
        lines = message.get("lines")
        if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
            raise RequestError("lines must be a list of texts")
        if self._whos(message) is None:
            return _refused(GONE), b""
        if self._print_now is None:
            return {"done": False, "fault": NO_PRINTER}, b""
        printed = local_time(clock.now().wall_ms, self._settings.zone)
        said = tuple(line[:LONGEST_LINE] for line in lines[:MOST_LINES])
        paper = CodePaper(HEADING, self._settings.site.name, printed, "", said, self._vault.demo)
        errand = self._print_now([self._render(paper)])
        return {"done": errand.wait(PATIENCE_S) and not errand.fault, "fault": errand.fault}, b""

    def _whos(self, message: Message) -> tuple[bytes, ...] | None:
        with self._lock:
            found = self._found.get(str(message.get("found")))
        return found.whos if found and found.until_ms > clock.now().monotonic_ms else None

    def _take(self, message: Message, payload: bytes) -> tuple[Message, bytes]:
        wish = message.get("wish")
        if wish not in list(Wish):  # a list: what was sent may have no hash
            raise RequestError(f"wish must be one of {', '.join(Wish)}, not {wish!r}")
        credential = self._recognise(Reading(payload, "typed", clock.now(), typed=True))
        if credential.refusal is not None:
            return _refused(UNKNOWN), b""
        said = {
            "holder_ids": " ".join(admission.holders(credential)),
            "name": credential.person.name,
            "contact": text_of(message, "contact", LONGEST_CONTACT),
        }
        with self._store() as store:
            request = take(store, self._vault, self._settings, Wish(wish), said, clock.now(), by=by_of(message))
        self._paper_waits()
        return {"number": request.number, "request": str(request)}, b""

    def _act(self, message: Message, _: bytes) -> tuple[Message, bytes]:
        act, number = message.get("act"), int(number_of(message, "number", 0))
        why = next((why for why in Why if why == message.get("why")), None)
        if act not in list(Act) or (act == Act.REFUSED) is (why is None):
            raise RequestError(f"act must be one of {', '.join(Act)}, with why one of {', '.join(Why)} to refuse")
        try:
            with self._store() as store:
                act_on(store, number, Act(act), clock.now(), by=by_of(message), why=why)
        except RequestRefused as error:
            raise RequestError(str(error)) from error
        return {"number": number}, b""


def _refused(sentence: tuple[str, str]) -> Message:
    vi, en = sentence
    return {"refused": {"vi": vi, "en": en}}
