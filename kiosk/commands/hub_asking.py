"""Asking a hub as somebody of a tracing team: whose CA is believed, who signs in, how refusals are said."""

from __future__ import annotations

import argparse
import getpass
import hashlib
import ssl
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from kiosk.commands import CommandError, UsageError
from kiosk.hub_link import HubAway, HubLink, HubRefuses, Way
from kiosk.rules.contact_words import Said
from kiosk.tracing.desk import NotAllowed
from kiosk.tracing.remote import Ask

ANSWER_S = 120.0
LARGEST_CA_BYTES = 20_000
LARGEST_PASSWORD_BYTES = 1_000


def signed_in(arguments: argparse.Namespace) -> HubLink:
    """A link to the hub that *arguments* name, for who signs in. Raises CommandError and UsageError."""
    ca = _ca(arguments)
    name = arguments.user or input("name: ")
    password = _password(arguments)
    code = arguments.code or getpass.getpass("6 digits: ")
    way = Way(arguments.hub, ANSWER_S, ca)
    try:
        with closing(HubLink(way)) as link:
            told = link.ask("/console/sign-in", {"name": name, "password": password, "code": code})
    except (HubAway, HubRefuses) as error:
        raise CommandError(f"{arguments.hub}: {error}") from error
    return HubLink(replace(way, token=str(told.get("token"))))


def sign_out(link: HubLink) -> None:
    """The token of *link* opens nothing any more, if the hub is there to hear it."""
    with suppress(HubAway, HubRefuses):  # its answer is empty, which a link takes for a refusal
        link.ask("/console/sign-out", {})


def _password(arguments: argparse.Namespace) -> str:
    if not arguments.password_file:
        return getpass.getpass("password: ")
    file = Path("/dev/stdin" if arguments.password_file == "-" else arguments.password_file)  # noqa: S105  # a path
    with file.open("rb") as content:
        return content.read(LARGEST_PASSWORD_BYTES).decode("utf-8", "replace").strip("\r\n")


def _ca(arguments: argparse.Namespace) -> str:
    """The certificate of the hub's CA (PEM): the file that was named, or what the hub shows, if that has the
    fingerprint that was named. Raises CommandError.
    """
    if arguments.ca and Path(arguments.ca).exists():
        return Path(arguments.ca).read_bytes()[:LARGEST_CA_BYTES].decode("ascii", "replace")
    try:
        with closing(HubLink(Way(arguments.hub, ANSWER_S))) as link:
            shown = link.get("/kiosk/ca")[:LARGEST_CA_BYTES].decode("ascii")
        digits = hashlib.sha256(ssl.PEM_cert_to_DER_cert(shown)).hexdigest().upper()
    except (HubAway, HubRefuses, ValueError) as error:
        raise CommandError(f"{arguments.hub}: {error}") from error
    wanted = "".join((arguments.ca or "").upper().replace(":", " ").split())
    if wanted == digits:
        return shown
    grouped = " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))
    if wanted:
        raise CommandError(f"{arguments.hub}: is not the hub that was named; its CA has the fingerprint {grouped}")
    raise UsageError(f"compare {grouped} with what the hub's admin reads there, then say --ca {digits}")


def asking(link: HubLink) -> Ask:
    """Asks the hub; what it refuses, and that it is away, is NotAllowed."""

    def ask(path: str, said: dict[str, Any]) -> dict[str, Any]:
        try:
            return link.ask(path, said)
        except HubRefuses as error:
            told = error.said.get("error")
            vi = told.get("vi") if isinstance(told, dict) else None
            en = told.get("en") if isinstance(told, dict) else None
            raise NotAllowed(Said(str(vi or error)[:500], str(en or error)[:500])) from error
        except HubAway as error:
            raise NotAllowed(Said(f"Không liên lạc được trung tâm: {error}", f"The hub is away: {error}")) from error
        except ValueError as error:
            raise NotAllowed(Said(f"Không đọc được câu trả lời: {error}", f"What the hub answers: {error}")) from error

    return ask
