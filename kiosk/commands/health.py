"""``kiosk health``: how the kiosk is; a timer of ``systemd/`` writes it for the observer."""

from __future__ import annotations

import argparse
import http.client
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import kiosk
from kiosk import boots as starts
from kiosk.commands import FAILURES, CommandError, Context, say
from kiosk.commands.boots import ANSWER_S, ask_door
from kiosk.commands.checks import finding, looks
from kiosk.devices import clock
from kiosk.files import FOR_ALL, replace_whole
from kiosk.store.reading import Reader
from kiosk.store.schema import DATABASE
from kiosk.vault.site_ca import SiteCa
from kiosk.web.front import addresses_told

LOOPBACK = "127.0.0.1"


def health_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk health`` takes."""
    sub.set_defaults(anyway=True)
    sub.add_argument("--out", metavar="FILE", help="write it there instead, as JSON")


def health(context: Context, arguments: argparse.Namespace) -> int:
    """How the kiosk is: everything looked at, nothing tried; into a file, or told, with exit 1 where it is not well."""
    found = how_it_is(context)
    if arguments.out:
        replace_whole(Path(arguments.out), json.dumps(found, ensure_ascii=False).encode(), FOR_ALL)
        return 0
    for check in () if context.as_json else found["checks"]:
        say(context, {}, f"{'ok  ' if check['ok'] else 'FAIL'} {check['name']}: {check['note']}")
    if context.as_json:
        say(context, found, "")
    return 0 if found["ok"] else 1


def how_it_is(context: Context) -> dict[str, Any]:
    """What the observer's page shows, too; names nobody."""
    settings = context.settings
    tried = {"settings": lambda: _check_settings(context), "door": lambda: ask_door(context)}
    tried |= {"pages": lambda: _ask_pages(context)} | looks(context)
    checks = [finding(name, look) for name, look in tried.items()] + _devices(context.data)
    return {
        "ok": all(check["ok"] for check in checks),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "running_s": clock.now().monotonic_ms // 1000,
        "site": settings.site.name,
        "kiosk": settings.kiosk.id,
        "version": kiosk.__version__,
        "safe": (starts.RUN / starts.SAFE_FILE).exists(),
        "addresses": _addresses(context),
        "checks": checks,
    }


def _check_settings(context: Context) -> str:
    if context.fault:
        raise CommandError(context.fault)
    return str(context.settings_file or "the defaults")


def _ask_pages(context: Context) -> str:
    connection = http.client.HTTPConnection(LOOPBACK, context.settings.web.port, timeout=ANSWER_S)
    try:
        connection.request("GET", "/trust")
        with connection.getresponse() as answer:
            status = answer.status
            answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise CommandError(f"they do not answer on port {context.settings.web.port}: {error}") from error
    finally:
        connection.close()
    if status != http.client.OK:
        raise CommandError(f"they answer with status {status}")
    return "they answer"


def _devices(data: Path) -> list[dict[str, Any]]:
    """What the door said of them last; where the log cannot be read, another line tells so."""
    try:
        states = Reader(data / DATABASE).devices()
    except FAILURES:
        return []
    return [{"name": f"device {state.name}", "ok": state.ok, "note": state.note or "it works"} for state in states]


def _addresses(context: Context) -> list[str]:
    try:
        ca = SiteCa.look(context.data) if context.settings.web.address else None
    except FAILURES:
        return []
    return list(addresses_told(context.settings, ca.scope)) if ca else []
