"""The hub, and the kiosks that may send to it."""

from __future__ import annotations

import argparse
import faulthandler
import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.commands import CommandError, Context, UsageError, complain, say
from kiosk.commands.endings import ENDINGS, when_told_to_end
from kiosk.devices import clock, service_manager
from kiosk.devices.qr_picture import qr_text
from kiosk.heartbeat import Keeper
from kiosk.lake.duck import demand_engine
from kiosk.lake.tables import LakeError
from kiosk.rules.enrolment import host_of
from kiosk.store.hub_overview import overview
from kiosk.store.schema import DATABASE

if TYPE_CHECKING:
    from kiosk.hub.house import HubHouse

BY = "terminal"
LOCK_FILE = "hub.lock"


def hub(context: Context, arguments: argparse.Namespace) -> int:
    """The hub's service, until it is told to end."""
    from kiosk.hub.web.server import make_hub  # flask and waitress are for the process that serves

    faulthandler.enable()
    stopped = threading.Event()
    try:
        demand_engine()
    except LakeError as error:
        raise CommandError(str(error)) from error
    with opened_hub(context) as house, _alone(context.data):
        when_told_to_end(ENDINGS, stopped.set)
        server = make_hub(house, service_manager.inherited())
        try:
            if not server.urls:
                complain(f"nobody can reach the hub yet: {server.front.state.note}")
            for url in server.urls:
                say(context, {"url": url}, f"{url}/")
            Keeper(server.hearts, server.prompt).keep(stopped, "the hub answers")
        finally:
            server.close()
    return 0


@contextmanager
def opened_hub(context: Context) -> Iterator[HubHouse]:
    """The hub's house in the data directory. Raises CommandError where that is a kiosk's."""
    if (context.data / DATABASE).exists():
        raise CommandError(f"{context.data}: is a kiosk's; a hub needs a data directory of its own")
    from kiosk.hub.house import HubHouse  # no kiosk needs it

    house = HubHouse.open(context.data, context.settings)
    try:
        yield house
    finally:
        house.close()
        _give_to_its_owner(context.data)


def _give_to_its_owner(data: Path) -> None:
    """What the administrator has made there is the service's, who could not go on with it otherwise."""
    owner = data.stat()
    if os.geteuid() != 0 or owner.st_uid == 0:
        return
    for folder, folders, files in os.walk(data):
        for name in (*folders, *files):
            with suppress(FileNotFoundError):  # the service works there meanwhile
                found = Path(folder, name).lstat()
                # Another name of a file elsewhere, which whoever has taken over the service may have put here, is not.
                if found.st_uid == 0 and (name in folders or found.st_nlink == 1):
                    os.chown(Path(folder, name), owner.st_uid, owner.st_gid, follow_symlinks=False)


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    handle = os.open(data / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandError(f"{data}: another hub works here") from error
        yield
    finally:
        os.close(handle)


def hub_kiosk_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk hub-kiosk`` takes."""
    sub.add_argument("action", choices=ACTIONS, help="make a one-time code; list them; take nothing more of one")
    sub.add_argument("kiosk", nargs="?", metavar="KIOSK", help="code, revoke: its [kiosk] id")
    sub.add_argument("--site", metavar="SITE", help="code: its [site] id")
    sub.add_argument("--url", metavar="URL", help="code: how it reaches the hub, if not by the first of [hub] names")


def hub_kiosk(context: Context, arguments: argparse.Namespace) -> int:
    """Make a code by which a kiosk comes to the hub, list those that have come, or take nothing more from one."""
    from kiosk.hub.enrolling import EnrolmentRefused

    try:
        with opened_hub(context) as house:
            return _ACTS[arguments.action](context, arguments, house)
    except EnrolmentRefused as error:
        raise CommandError(str(error)) from error


def _code(context: Context, arguments: argparse.Namespace, house: HubHouse) -> int:
    from kiosk.hub.web.server import front_settings  # flask and waitress come with it
    from kiosk.web.front import addresses_told, names_covered

    if not arguments.site:
        raise UsageError("say at which site the kiosk is: hub-kiosk code KIOSK --site SITE")
    kiosk, hub_settings = _named(arguments), context.settings.hub
    if not hub_settings.port:
        raise UsageError("[hub] port is 0, so no code can say where the hub will be")
    settings, scope = front_settings(context.settings), house.ca.scope
    named = [f"https://{name}:{hub_settings.port}" for name in hub_settings.names]
    url = arguments.url or (named or addresses_told(settings, scope))[0]
    try:
        host, _ = host_of(url)
    except ValueError as error:
        raise UsageError(str(error)) from error
    if host not in names_covered(settings, scope):
        raise UsageError(
            f"the hub's certificate does not say {host}: [hub] names must have it before the hub's CA is made"
        )
    code = house.enrolling.make_code(kiosk, arguments.site, url, by=BY, now_ms=clock.now().wall_ms)
    lines = (qr_text(code.text), code.text, f"good once, for {kiosk} of {arguments.site}: kiosk enrol CODE")
    record = {"code": code.text, "kiosk": kiosk, "site": arguments.site, "valid_s": hub_settings.code_valid_s}
    say(context, record, "\n".join(lines))
    return 0


def _list(context: Context, arguments: argparse.Namespace, house: HubHouse) -> int:
    with house.database.transaction() as db:
        seen = overview(db)
    now_ms = clock.now().wall_ms
    for one in seen:
        kiosk = one.kiosk
        silent = kiosk.heard_ms is None or now_ms - kiosk.heard_ms > context.settings.hub.silent_s * 1000
        state = "revoked" if kiosk.revoked_ms is not None else "silent" if silent else "heard"
        record = {"kiosk": kiosk.id, "site": kiosk.site, "state": state, "heard": _time(context, kiosk.heard_ms)}
        if one.told:
            health = one.told.health
            record |= {"version": health.version, "behind": str(health.behind), "faults": "; ".join(health.faults)}
        forked, refused = "two cards say that they are it", f"{one.refused} segments refused"
        in_words = record | {"behind": _still_to_come(one.told.health.behind) if one.told else ""}
        words = (*in_words.values(), forked * one.forked, refused * bool(one.refused))
        say(context, record | {"forked": one.forked, "refused": one.refused}, "  ".join(filter(None, words)))
    return 0


def _still_to_come(behind: int) -> str:
    return f"{behind} entries still to come" if behind else "nothing still to come"


def _revoke(context: Context, arguments: argparse.Namespace, house: HubHouse) -> int:
    kiosk = _named(arguments)
    house.enrolling.revoke(kiosk, by=BY, now_ms=clock.now().wall_ms)
    say(context, {"revoked": kiosk}, f"nothing more is taken from {kiosk}")
    return 0


def _named(arguments: argparse.Namespace) -> str:
    if not arguments.kiosk:
        raise UsageError(f"say which kiosk: hub-kiosk {arguments.action} KIOSK")
    return str(arguments.kiosk)


def _time(context: Context, at_ms: int | None) -> str:
    if at_ms is None:
        return ""
    return datetime.fromtimestamp(at_ms / 1000, context.settings.zone).isoformat(timespec="seconds")


_ACTS = {"code": _code, "list": _list, "revoke": _revoke}
ACTIONS = tuple(_ACTS)
