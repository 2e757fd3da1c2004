"""``kiosk check``: the settings in force, and everything tried once.

A running door holds its devices. It is asked to try its lamps and its voice, and what it knows of printer and
scanners is told.
"""

from __future__ import annotations

import argparse
import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from kiosk import config
from kiosk.commands import FAILURES, CommandError, Context, say, sentence
from kiosk.commands.backups import check_backups
from kiosk.commands.sync import check_sync
from kiosk.commands.way_in import check_tablets
from kiosk.config import Settings
from kiosk.config.devices import SourceSettings
from kiosk.devices import clock
from kiosk.devices.base import Output, Printer, Voice
from kiosk.devices.gpio import Button
from kiosk.devices.machine import Machine
from kiosk.devices.simulated_printer import SimulatedPrinter
from kiosk.devices.voice import Loudspeaker
from kiosk.door_socket import DoorClient
from kiosk.first_settings import BOOT, standing_refusal
from kiosk.house import demand_own_disk, look_into_vault
from kiosk.rules import announcing
from kiosk.rules.announcing import Sentence
from kiosk.rules.day_settings import Value, values_after
from kiosk.rules.machine import Measured, Part, Watch
from kiosk.rules.trial import trial
from kiosk.store.day_settings import day_changes
from kiosk.store.reading import Reader
from kiosk.store.schema import DATABASE
from kiosk.trust import open_trust, trust_folders
from kiosk.wiring import SOURCES, gpio_outputs, make_decoder, make_printer, make_voice, outputs_kind

TRY_S = 0.5


def check(context: Context, arguments: argparse.Namespace) -> int:
    """Print the settings in force and try each device once; exit 1 when something does not work."""
    findings = [finding(name, try_it) for name, try_it in _checks(context).items()]
    findings += _clip_findings(context.settings)
    for folder in trust_folders(context.settings, context.data):
        findings += _trust_findings(folder)
    table = config.as_table(context.settings)
    today = _changed_today(context.data)
    ok = all(found["ok"] for found in findings)
    record = {"settings": table, "today": today, "checks": findings, "ok": ok}
    lines = [f"today: {name} = {value!r}" for name, value in today.items()]
    lines += [f"{'ok  ' if found['ok'] else 'FAIL'} {found['name']}: {found['note']}" for found in findings]
    if context.as_json:
        say(context, record, "")
    else:
        for line in [*config.as_lines(table), *lines]:
            say(context, {}, line)
    return 0 if record["ok"] else 1


def _checks(context: Context) -> dict[str, Callable[[], str]]:
    by_door = DoorClient(context.data).answers()
    return looks(context) | (_device_checks_by_door(context) if by_door else _device_checks(context))


def looks(context: Context) -> dict[str, Callable[[], str]]:
    """What can be looked at without a lamp, a sound or a ticket."""
    settings = context.settings
    return {
        "clock": lambda: _check_clock(settings),
        "disk": lambda: _check_disk(context),
        "machine": lambda: _check_machine(context),
        "keys": lambda: _check_keys(context),
        "log": lambda: _check_log(context.data),
        "decoders": lambda: _check_decoders(settings),
        "outputs": lambda: outputs_kind(settings, simulate=False),
        "tablets": lambda: check_tablets(context),
        "first settings": _check_first_settings,
        "backups": lambda: check_backups(context),
        "sync": lambda: check_sync(context),
    }


def _device_checks(context: Context) -> dict[str, Callable[[], str]]:
    settings = context.settings
    checks: dict[str, Callable[[], str]] = {}
    if outputs_kind(settings, simulate=False) == "gpio":
        checks |= {name: partial(_check_output, make) for name, make in gpio_outputs(settings).items()}
        if settings.outputs.button_pin:
            checks["button"] = partial(_check_button, settings.outputs.button_pin)
    printer = make_printer(settings, simulate=False, stand_in=_is_demo(context.data))
    checks["printer"] = lambda: _check_printer(printer)
    checks["voice"] = lambda: _check_voice(make_voice(settings, simulate=False), settings.voice.languages)
    for number, source in enumerate(settings.sources, start=1):
        checks[f"source {number}"] = partial(_check_source, source)
    return checks


def _device_checks_by_door(context: Context) -> dict[str, Callable[[], str]]:
    settings, data = context.settings, context.data
    checks: dict[str, Callable[[], str]] = {}
    if outputs_kind(settings, simulate=False) == "gpio":
        checks |= {name: partial(_tried_by_door, data, name) for name in gpio_outputs(settings)}
        if settings.outputs.button_pin:
            checks["button"] = partial(_known_by_door, data, "button")
    if printer := make_printer(settings, simulate=False, stand_in=_is_demo(data)):
        checks["printer"] = partial(_known_by_door, data, printer.name)
    if voice := make_voice(settings, simulate=False):
        checks["voice"] = partial(_tried_by_door, data, voice.name)
    for number, source in enumerate(settings.sources, start=1):
        checks[f"source {number}"] = partial(_known_by_door, data, SOURCES[source.kind](source).name)
    return checks


def _tried_by_door(data: Path, name: str) -> str:
    tried = DoorClient(data).try_device(name)["tried"]
    return "the running door tried it" if tried else "the running door did not try it in the quiet hours"


def _known_by_door(data: Path, name: str) -> str:
    """What the door said last; a fault stands until the device is used again."""
    state = next((state for state in Reader(data / DATABASE).devices() if state.name == name), None)
    if state and not state.ok:
        raise CommandError(f"the running door says: {state.note}")
    return "it works, says the running door" if state else "the running door has it, and knows of no fault"


def _check_output(make: Callable[[], Output]) -> str:
    output = make()
    try:
        output.show(trial())
        time.sleep(TRY_S)  # long enough to be seen and heard
    finally:
        output.close()
    return "its pins answer"


def _check_button(pin: int) -> str:
    Button(pin, lambda: None).close()
    return "its pin answers"


def _is_demo(data: Path) -> bool:
    return (data / "demo-tracing.key").exists()


def finding(name: str, try_it: Callable[[], str]) -> dict[str, Any]:
    """What came of *try_it*: whether *name* is well, and a note."""
    try:
        return {"name": name, "ok": True, "note": try_it()}
    except FAILURES as error:
        return {"name": name, "ok": False, "note": sentence(error)}


def _trust_findings(folder: str) -> list[dict[str, Any]]:
    """A line for each file of the trust folder; what has expired is told, and no fault."""
    found = open_trust(folder).findings(clock.now().wall_ms)
    lines = [{"name": f"trust {each.name}", "ok": each.ok, "note": each.note} for each in found]
    return lines or [{"name": "trust", "ok": True, "note": f"{folder} is empty; nobody's certificates can be checked"}]


def _check_clock(settings: Settings) -> str:
    now = clock.now()
    at = datetime.fromtimestamp(now.wall_ms / 1000, UTC).astimezone(settings.zone)
    return f"{at.isoformat(timespec='seconds')}, {now.clock}"


def _check_decoders(settings: Settings) -> str:
    make_decoder(settings)
    return ", ".join(settings.decoding.decoders)


def _changed_today(data: Path) -> dict[str, Value]:
    """What staff changed for today of the settings; nothing where the log cannot be read, which is told apart."""
    try:
        return values_after(Reader(data / DATABASE).ask(day_changes)) if (data / DATABASE).exists() else {}
    except FAILURES:
        return {}


def _check_disk(context: Context) -> str:
    data = context.data
    if not data.exists():
        raise CommandError(f"{data} is not there yet")
    if not os.access(data, os.W_OK):
        raise CommandError(f"{data} cannot be written")
    demand_own_disk(context.settings, data)
    measured = _measured(context, Part.SPACE)
    return f"{measured.free_mb} MB free"


def _check_machine(context: Context) -> str:
    measured = _measured(context, Part.TEMPERATURE, Part.POWER)
    heat = "no sensor of heat" if measured.temperature_c is None else f"{measured.temperature_c:.0f} °C"
    return f"{heat}, {'voltage not measured' if measured.undervoltage is None else 'voltage right'}"


def _measured(context: Context, *parts: Part) -> Measured:
    """The machine now. Raises CommandError where one of its *parts* is in trouble."""
    measured = Machine(context.data).measure()
    faults = Watch(context.settings.house.limits()).look(measured, 0).faults
    if found := [fault for part in parts if (fault := faults[part])]:
        raise CommandError("; ".join(found))
    return measured


def _check_keys(context: Context) -> str:
    if not (context.data / "tracing.json").exists():
        raise CommandError("no tracing keys yet: kiosk keys new --out FILE")
    vault = look_into_vault(context.settings, context.data)
    return f"{'DEMO ' if vault.demo else ''}tracing key {vault.tracing_fingerprint}"


def _check_log(data: Path) -> str:
    if not (data / DATABASE).exists():
        return "none yet"
    reader = Reader(data / DATABASE)
    return f"{reader.last_sequence()} entries; {reader.tickets_waiting_for_paper()} tickets wait for paper"


def _check_printer(printer: Printer | None) -> str:
    if printer is None:
        return "none"
    status = printer.status()
    if not status.prints:
        raise CommandError(status.sentence)
    return f"{'simulated: ' if isinstance(printer, SimulatedPrinter) else ''}{status.sentence}"


def _check_voice(voice: Voice | None, languages: tuple[str, ...]) -> str:
    if not isinstance(voice, Loudspeaker):
        return "simulated" if voice else "none"
    voice.rehearse(announcing.sound_check(languages))
    return "the loudspeaker takes sound; nothing was said"


def _clip_findings(settings: Settings) -> list[dict[str, Any]]:
    """A line for each recording of the site that calls lack, with its words: a call that lacks one is synthetic."""
    voice, plan = make_voice(settings, simulate=False), settings.plan()
    if not isinstance(voice, Loudspeaker):
        return []
    counters = [(counter.id, counter.name) for counter in plan.counters]
    series = [service.series for service in plan.services]
    faults: list[str] = []
    for language in settings.voice.languages:
        pieces = announcing.recordings(series, counters, language)
        alone = [(piece, voice.clip_faults([Sentence(language, piece.words, (piece.clip,))])) for piece in pieces]
        faults += [f"{fault}; its words: {piece.words.rstrip(',')}" for piece, found in alone for fault in found]
        if not any(found for _, found in alone):
            faults += voice.clip_faults([Sentence(language, "", tuple(piece.clip for piece in pieces))])
    return [{"name": "clip", "ok": False, "note": fault} for fault in faults]


def _check_source(source: SourceSettings) -> str:
    made = SOURCES[source.kind](source)
    stop = threading.Event()
    threading.Timer(TRY_S, stop.set).start()
    made.run(lambda reading: None, stop)
    return f"{source.kind} at gate {source.gate} answers"


def _check_first_settings() -> str:
    refusal = standing_refusal(BOOT)
    if refusal:
        raise CommandError(refusal)
    return f"none refused on {BOOT}"
