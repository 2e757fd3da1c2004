"""The story of a code on paper that pairs a tablet, leads it to trust or opens backups, and of a check on paper."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import kiosk
from kiosk.config import Settings
from kiosk.devices import clock
from kiosk.door_socket import Handler, Message, RequestError, text_of
from kiosk.evacuating import NO_PRINTER, PATIENCE_S, PrintNow
from kiosk.rules.check_paper import Looked, State, check_paper
from kiosk.rules.code_paper import CodePaper, pairing_paper, recovery_paper, replacement_paper, trust_paper
from kiosk.rules.identity import clean_text
from kiosk.rules.sessions import Use
from kiosk.rules.site_names import fingerprint_lines
from kiosk.rules.ticket import local_time

LONGEST_URL, LONGEST_TEXT, LONGEST_NOTE = 400, 80, 200
MOST_ADDRESSES, MOST_LOOKED = 4, 60


class CodePrinting:
    """Prints pairing codes; *print_now* is None for a kiosk without a printer."""

    def __init__(
        self, settings: Settings, render: Callable[[CodePaper], bytes], print_now: PrintNow | None, *, demo: bool
    ) -> None:
        self._settings = settings
        self._render = render
        self._print_now = print_now
        self._demo = demo

    def handlers(self) -> dict[str, Handler]:
        """What the socket can be asked, by name."""
        return {
            "print_pairing": self._print_pairing,
            "print_trust": self._print_trust,
            "print_recovery": self._print_recovery,
            "print_replacement": self._print_replacement,
            "print_check": self._print_check,
        }

    def _print_pairing(self, message: Message, _: bytes) -> tuple[Message, bytes]:
        use = message.get("use")
        if use not in list(Use):
            raise RequestError(f"use must be one of {', '.join(Use)}, not {use!r}")
        url, code, name = (
            text_of(message, field, longest)
            for field, longest in (("url", LONGEST_URL), ("code", LONGEST_TEXT), ("name", LONGEST_TEXT))
        )
        return self._print(paper_for(self._settings, url, code, Use(use), name, demo=self._demo))

    def _print_trust(self, message: Message, _: bytes) -> tuple[Message, bytes]:
        url, fingerprint = text_of(message, "url", LONGEST_URL), text_of(message, "fingerprint", LONGEST_TEXT)
        return self._print(trust_paper_for(self._settings, url, fingerprint, demo=self._demo))

    def _print_recovery(self, message: Message, _: bytes) -> tuple[Message, bytes]:
        code, name = (text_of(message, field, LONGEST_TEXT) for field in ("code", "name"))
        return self._print(recovery_paper(self._settings.site.name, _now(self._settings), code, name))

    def _print_replacement(self, message: Message, _: bytes) -> tuple[Message, bytes]:
        code = text_of(message, "code", LONGEST_TEXT)
        return self._print(replacement_paper(self._settings.site.name, _now(self._settings), code))

    def _print_check(self, message: Message, _: bytes) -> tuple[Message, bytes]:
        return self._print(check_paper_for(self._settings, state_from(message), demo=self._demo))

    def _print(self, paper: CodePaper) -> tuple[Message, bytes]:
        """Whether it is on paper, or the printer's *fault*."""
        if self._print_now is None:
            return {"done": False, "fault": NO_PRINTER}, b""
        errand = self._print_now([self._render(paper)])
        return {"done": errand.wait(PATIENCE_S) and not errand.fault, "fault": errand.fault}, b""


def paper_for(settings: Settings, url: str, code: str, use: Use, name: str, *, demo: bool) -> CodePaper:
    """The pairing paper of this site, printed now."""
    return pairing_paper(settings.site.name, _now(settings), url, code, use, name, demo=demo)


def trust_paper_for(settings: Settings, url: str, fingerprint: str, *, demo: bool) -> CodePaper:
    """The paper of this site on trusting its CA, printed now."""
    return trust_paper(settings.site.name, _now(settings), url, fingerprint_lines(fingerprint), demo=demo)


def state_told(addresses: Sequence[str], looked: Sequence[Looked]) -> Message:
    """What the socket is asked with to print a check."""
    return {"addresses": list(addresses), "looked": [[each.name, each.ok, each.note] for each in looked]}


def state_from(message: Message) -> State:
    """The same, as it came by the socket. Raises RequestError."""
    try:
        addresses = [clean_text(str(url))[:LONGEST_URL] for url in message["addresses"]][:MOST_ADDRESSES]
        looked = [
            Looked(clean_text(str(name))[:LONGEST_TEXT], bool(ok), clean_text(str(note))[:LONGEST_NOTE])
            for name, ok, note in message["looked"]
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise RequestError("addresses and looked must be lists of what was found") from error
    return State("", kiosk.__version__, addresses, looked[:MOST_LOOKED])


def check_paper_for(settings: Settings, state: State, *, demo: bool) -> CodePaper:
    """The paper of this kiosk on how it is, printed now."""
    own = replace(state, kiosk=settings.kiosk.id)
    return check_paper(settings.site.name, _now(settings), own, demo=demo)


def _now(settings: Settings) -> str:
    return local_time(clock.now().wall_ms, settings.zone)
