"""What the units in ``systemd/`` run beside door and pages: the alarm, the count of starts, how the kiosk is."""

from __future__ import annotations

import argparse
import http.client
import json
import os
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import kiosk
from kiosk import boots as starts
from kiosk.commands import FAILURES, CommandError, Context, say
from kiosk.commands.checks import finding, looks
from kiosk.commands.endings import ENDINGS, told_to_end
from kiosk.devices import clock
from kiosk.devices.base import DeviceError, Output
from kiosk.door_socket import DoorClient
from kiosk.files import replace_whole
from kiosk.house import DATABASE
from kiosk.rules.alarm import AGAIN_S, alarm, pause_s
from kiosk.store.reading import Reader
from kiosk.vault.site_ca import SiteCa
from kiosk.web.front import addresses_told
from kiosk.wiring import gpio_outputs, outputs_kind

RUN = starts.RUN
FOR_ALL = 0o644  # the observer is nobody
ANSWER_S = 5.0
LOOPBACK = "127.0.0.1"


def sound_alarm(context: Context, arguments: argparse.Namespace) -> int:
    """Red lamp and buzzer until told to end; with ``--pause`` after the door has ended with a fault, and not for long.

    The service manager says by SERVICE_RESULT how it ended (systemd.exec(5)).
    """
    if not arguments.pause:
        _show_alarm(context, None)
    elif os.environ.get("SERVICE_RESULT", "success") != "success":
        _show_alarm(context, pause_s(starts.count_fault(arguments.run, clock.now().monotonic_ms)))
    return 0


def _show_alarm(context: Context, for_s: float | None) -> None:
    told, until_s = told_to_end(ENDINGS), time.monotonic() + (float("inf") if for_s is None else for_s)
    with _outputs(context) as outputs:
        while (left_s := until_s - time.monotonic()) > 0:
            for output in outputs:
                with suppress(DeviceError):  # the other one is still to be seen, or heard
                    output.show(alarm())
            if select.select([told], [], [], min(left_s, AGAIN_S))[0]:
                return


@contextmanager
def _outputs(context: Context) -> Iterator[list[Output]]:
    # Without its settings nobody knows what hangs on a pin.
    known = not context.fault and outputs_kind(context.settings, simulate=False) == "gpio"
    wired = gpio_outputs(context.settings) if known else {}
    outputs = [make() for name, make in wired.items() if name in ("lamps", "buzzer")]
    try:
        yield outputs
    finally:
        for output in outputs:
            output.close()


def boots(context: Context, arguments: argparse.Namespace) -> int:
    """Count this start of the machine; or note, where the door is well, that it has lasted. Else exit 1."""
    if arguments.action == "begin":
        count = starts.begin(context.data, arguments.run, clock.boot_id())
        safe = count >= starts.SAFE_FROM
        told = f"{count} starts in a row that have not lasted{': this one leaves out what is optional' * safe}"
        say(context, {"starts": count, "safe": safe}, told)
        return 0
    _ask_door(context)
    starts.lasted(context.data, clock.boot_id())
    say(context, {"lasted": True}, "this start has lasted")
    return 0


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
    tried = {"settings": lambda: _check_settings(context), "door": lambda: _ask_door(context)}
    tried |= {"pages": lambda: _ask_pages(context)} | looks(context)
    checks = [finding(name, look) for name, look in tried.items()] + _devices(context.data)
    return {
        "ok": all(check["ok"] for check in checks),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "running_s": clock.now().monotonic_ms // 1000,
        "site": settings.site.name,
        "kiosk": settings.kiosk.id,
        "version": kiosk.__version__,
        "safe": (RUN / starts.SAFE_FILE).exists(),
        "addresses": _addresses(context),
        "checks": checks,
    }


def _check_settings(context: Context) -> str:
    if context.fault:
        raise CommandError(context.fault)
    return str(context.settings_file or "the defaults")


def _ask_door(context: Context) -> str:
    DoorClient(context.data, timeout_s=ANSWER_S).panel()
    return "it answers"


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
