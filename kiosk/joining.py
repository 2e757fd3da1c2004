"""How a kiosk joins a hub, by a code on paper, and renews what it shows there. ``rules.enrolment`` has the steps."""

from __future__ import annotations

import sqlite3
from base64 import b64encode
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.config import Settings
from kiosk.hub_link import HubAway, HubLink, HubRefuses, Way
from kiosk.joined import Joined, JoinError, keep_joined
from kiosk.rules.enrolment import RENEW_AT, Code, Request, code_of, request_content
from kiosk.rules.model import ClockState, Moment
from kiosk.store.reading import Reader
from kiosk.vault import Vault
from kiosk.vault.hub_pass import FILE, PassRequest, ca_with, span_of_pass

CA, ENROL, RENEW = "/kiosk/ca", "/kiosk/enrol", "/kiosk/renew"
_TOLD = ("kiosk", "certificate", "verifier", "recipient", "hub")


@dataclass(frozen=True, slots=True)
class Joiner:
    """A kiosk that is to join: the data directory *data*, its settings and its *vault*, and the log's *kiosk*."""

    data: Path
    settings: Settings
    vault: Vault
    kiosk: str


def join(joiner: Joiner, text: str, now: Moment) -> Joined:
    """Join the hub whose enrolment code is *text*; whatever fails, the kiosk is as it was before.

    Raises JoinError, VaultError where the hub is another one or a file cannot be written, and OSError.
    """
    try:
        code = code_of(text)
        return _joined(joiner, code, now)
    except (ValueError, HubAway, HubRefuses) as error:
        raise JoinError(f"the hub was not joined: {error}") from error


def _joined(joiner: Joiner, code: Code, now: Moment) -> Joined:
    answer_s, knows_time = joiner.settings.sync.answer_s, now.clock is not ClockState.UNKNOWN
    with closing(HubLink(Way(code.url, answer_s))) as unproven:
        ca = ca_with(unproven.get(CA), code.fingerprint)
    new, vault = PassRequest(joiner.kiosk), joiner.vault
    request = Request(joiner.kiosk, joiner.settings.site.id, code.secret, new.pem)
    said = {"public": vault.slip_key, "signed": b64encode(vault.pack_segment(request_content(request))).decode()}
    with closing(HubLink(Way(code.url, answer_s, ca, knows_time=knows_time))) as link:
        answer = link.ask(ENROL, said)
    kiosk, certificate, verifier, recipient, name = _texts(answer, _TOLD)
    if kiosk != joiner.kiosk:
        raise JoinError(f"the hub takes this kiosk for {kiosk}, but its log is that of {joiner.kiosk}")
    new.keep(joiner.data, certificate, ca)
    hub = Joined(name, code.url, kiosk, ca, verifier, recipient, now.wall_ms)
    keep_joined(joiner.data, hub)
    return hub


def way_to(hub: Joined, data: Path, settings: Settings, now: Moment) -> Way:
    """How *hub* is reached from the kiosk in *data*."""
    return Way(hub.url, settings.sync.answer_s, hub.ca, data / FILE, knows_time=now.clock is not ClockState.UNKNOWN)


def renewal_is_due(data: Path, now: Moment) -> bool:
    """Whether two thirds of the certificate's time are over. Raises VaultError."""
    span = span_of_pass(data)
    return now.wall_ms >= span.begins_ms + (span.ends_ms - span.begins_ms) * RENEW_AT


def renew(data: Path, hub: Joined, link: HubLink) -> None:
    """Get another certificate for another key; *link* shows it from then on.

    Raises HubAway, HubRefuses, VaultError.
    """
    new = PassRequest(hub.kiosk)
    (certificate,) = _texts(link.ask(RENEW, {"csr": new.pem}), ("certificate",))
    new.keep(data, certificate, hub.ca)
    link.close()


def kiosk_of(reader: Reader | None, settings: Settings) -> str:
    """By what name the log goes; while there is none, by that of the settings."""
    try:
        return reader.head().kiosk if reader else settings.kiosk.id
    except sqlite3.Error as error:
        raise JoinError(f"the log cannot be read: {error}") from error


def _texts(answer: Mapping[str, Any], names: tuple[str, ...]) -> list[str]:
    texts = [answer.get(name) for name in names]
    if not all(isinstance(text, str) for text in texts):
        raise HubAway("what it answers cannot be read")
    return [str(text) for text in texts]
