"""A kiosk and its hub: joining it, giving it the log."""

from __future__ import annotations

import argparse
import faulthandler
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import closing
from functools import partial
from pathlib import Path

from kiosk.commands import CommandError, Context, UsageError, say
from kiosk.commands.endings import ENDINGS, when_told_to_end
from kiosk.commands.waiting import wait_for_log
from kiosk.config import Settings
from kiosk.devices import clock
from kiosk.heartbeat import Hearts, Keeper
from kiosk.house import look_into_vault
from kiosk.hub_link import HubLink
from kiosk.joined import JoinError, joined, state_of
from kiosk.joining import Joiner, join, kiosk_of, way_to
from kiosk.proving import ProofFault, prove
from kiosk.rules.checkpoints import LONGEST_NOTE
from kiosk.rules.enrolment import LONGEST_CODE
from kiosk.rules.ticket import local_time
from kiosk.services import make_round
from kiosk.sticks import read_file
from kiosk.store.reading import Reader
from kiosk.store.schema import DATABASE
from kiosk.sync import HUB_FAULTS, keep_in_step
from kiosk.sync_round import behind
from kiosk.sync_watch import SyncTrouble, SyncWatch

ALIVE_S = 5.0
ENDING_S = 40.0  # a request that is under way ends before
# Of one request: to connect, to send, and to hear the answer, each in [sync] answer_s.
WAITS_OF_A_REQUEST = 4
ERRANDS_S = 600.0  # lists that come down are waited for while the door reads them


def enrol_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk enrol`` takes."""
    sub.add_argument("code", metavar="CODE", help="the code, as it is on the paper; - for standard input")


def enrol(context: Context, arguments: argparse.Namespace) -> int:
    """Join the hub whose code stands on paper; from then on the log goes there."""
    text = sys.stdin.readline(LONGEST_CODE + 1) if arguments.code == "-" else arguments.code
    vault = look_into_vault(context.settings, context.data)
    there = (context.data / DATABASE).exists()
    kiosk = kiosk_of(Reader(context.data / DATABASE) if there else None, context.settings)
    try:
        hub = join(Joiner(context.data, context.settings, vault, kiosk), text, clock.now())
    except JoinError as error:
        raise CommandError(str(error)) from error
    record = {"hub": hub.name, "url": hub.url, "kiosk": hub.kiosk, "verifier": hub.verifier}
    say(context, record, f"{hub.kiosk} has joined {hub.name} at {hub.url}")
    return 0


def sync_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk sync`` takes."""
    sub.add_argument("--once", action="store_true", help="one round, and tell what came of it")


def sync(context: Context, arguments: argparse.Namespace) -> int:
    """The service that gives the log to the hub; or one round of it."""
    if arguments.once:
        return _once(context)
    faulthandler.enable()
    serve_sync(context.settings, context.data, _say_nothing, demo=False, endings=ENDINGS)
    return 0


def _say_nothing(ready: object) -> None:
    pass


def _once(context: Context) -> int:
    data = context.data
    vault = look_into_vault(context.settings, data)
    if not (data / DATABASE).exists():
        raise CommandError(f"{data}: there is no log here yet that could be given to a hub")
    reader = Reader(data / DATABASE)
    try:
        if joined(data) is None:
            raise UsageError("this kiosk has joined no hub yet: kiosk enrol CODE")
        given = make_round(context.settings, data, vault, reader).go()
    except JoinError as error:
        raise CommandError(str(error)) from error
    except HUB_FAULTS as error:
        raise CommandError(f"the hub does not have all of the log: {error}") from error
    acknowledged = state_of(data).acknowledged
    through = acknowledged.through if acknowledged else 0
    record = {"given": given, "through": through, "behind": behind(data, reader)}
    say(context, record, f"{given} entries given; the hub has all up to {through}")
    return 0


def serve_sync(
    settings: Settings,
    data: Path,
    on_ready: Callable[[str], None],
    *,
    demo: bool,
    endings: Iterable[signal.Signals] = (signal.SIGTERM,),
) -> None:
    """Give the log to the hub until told to end; while the kiosk has joined none, wait for that."""
    vault = look_into_vault(settings, data, demo=demo)
    stopped, hearts = threading.Event(), Hearts()
    when_told_to_end(endings, stopped.set)
    reader = wait_for_log(data, stopped)
    heart = hearts.heart("sync", ALIVE_S + WAITS_OF_A_REQUEST * settings.sync.answer_s + ERRANDS_S)
    a_round = make_round(settings, data, vault, reader, lambda: not heart.is_set())
    pauses = (settings.sync.every_s, settings.sync.longest_wait_s)
    thread = threading.Thread(target=partial(keep_in_step, a_round.go, *pauses, heart, ALIVE_S), name="sync")
    thread.daemon = True  # a hub that answers drop by drop must not hold the end
    thread.start()
    on_ready("syncs")
    Keeper(hearts).keep(stopped, "the log goes to the hub")
    hearts.stop()
    thread.join(ENDING_S)


def check_sync(context: Context) -> str:
    """How far the hub has the log. Raises CommandError where it does not get it."""
    data = context.data
    try:
        hub = joined(data)
        if hub is None:
            return "this kiosk has joined none"
        reader = Reader(data / DATABASE)
        SyncWatch(context.settings, data, reader).look(clock.now())
    except (JoinError, SyncTrouble) as error:
        raise CommandError(str(error)) from error
    state, count = state_of(data), behind(data, reader)
    since = local_time(state.acknowledged.at_ms, context.settings.zone) if state.acknowledged else "never"
    return f"{hub.name}, {hub.url}: acknowledged {since}; {count} entries are only here" + (
        f"; {state.fault}" if state.fault else ""
    )


def against_hub(context: Context, source: str) -> int:
    """Hold the hub to its word: the checkpoint in the file *source*, on standard input (-), or what it says itself."""
    data = context.data
    try:
        hub = joined(data)
        if hub is None:
            raise UsageError("this kiosk has joined no hub, so nobody has signed anything: kiosk enrol CODE")
        note = "" if source.rstrip("/") == hub.url.rstrip("/") else _note(source)
        with closing(HubLink(way_to(hub, data, context.settings, clock.now()))) as link:
            proven = prove(data, hub, Reader(data / DATABASE), note, link.ask)
    except (JoinError, ProofFault) as error:
        say(context, {"ok": False, "fault": str(error)}, f"THE HUB'S WORD DOES NOT HOLD: {error}")
        return 1
    record = {"ok": True, "size": proven.size, "through": proven.through}
    told = f"{hub.name} has this log up to entry {proven.through}, and takes back nothing that it has signed"
    say(context, record, f"{told}: {proven.size} leaves")
    return 0


def _note(source: str) -> str:
    if source.startswith("https://"):
        raise UsageError(f"{source} is not the hub that this kiosk has joined; name that, or a file with a checkpoint")
    if source == "-":
        return sys.stdin.read(LONGEST_NOTE + 1)
    return read_file(Path(source), LONGEST_NOTE).decode("utf-8", "replace")
