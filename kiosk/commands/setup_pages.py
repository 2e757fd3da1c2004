"""What ``kiosk setup`` serves: the pages that make an appliance this site's own, until that is done."""

from __future__ import annotations

import json
import logging
import socket
import threading
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.boots import RUN
from kiosk.commands import FAILURES, CommandError, Context, say, sentence
from kiosk.commands.endings import ENDINGS, when_told_to_end
from kiosk.commands.keys import KEEP_APART
from kiosk.commands.serving import LOOPBACK
from kiosk.commands.setup_trials import print_paper, real_printer, trials
from kiosk.config import Settings
from kiosk.devices import clock, service_manager
from kiosk.devices.base import DeviceError
from kiosk.devices.hotspot import ADDRESS, NETWORK, Hotspot
from kiosk.door_socket import DoorClient
from kiosk.files import FOR_ALL, replace_whole
from kiosk.first_settings import BOOT
from kiosk.house import demand_own_disk
from kiosk.pairing import grouped
from kiosk.papers import render_ticket
from kiosk.rules.code_paper import CodePaper, claim_paper, network_paper, pairing_paper, recovery_paper
from kiosk.rules.sessions import Use
from kiosk.rules.set_up import claim_address, network_code
from kiosk.rules.site_names import LOOPBACK_NAMES, fingerprint_lines, scope_of
from kiosk.rules.ticket import local_time, make_ticket
from kiosk.set_up_needed import is_again, is_needed, note_asked
from kiosk.setting_up import Claim, SetUp, new_password
from kiosk.web.front import Front, names_covered

if TYPE_CHECKING:
    from kiosk.web.setup.context import SetUpContext

log = logging.getLogger(__name__)

HEALTH_FILE = "health.json"
LOOK_S = 2.0
FAREWELL_S = 5.0  # for the last page to reach the telephone
MOST_TRIES = 3  # at printing the papers: a printer that breaks off each time would print for ever


def serve_set_up(context: Context, settings_file: Path) -> int:
    """The pages of the set-up until it is finished. Raises CommandError where the door is at work."""
    if DoorClient(context.data).answers():
        raise CommandError("the door is at work here; stop it first: systemctl stop kiosk.target")
    demand_own_disk(context.settings, context.data)
    context.data.mkdir(mode=0o750, parents=True, exist_ok=True)
    return _SettingUp(context, settings_file).serve()


class _SettingUp:
    """The pages, the hotspot and the papers of one set-up."""

    def __init__(self, context: Context, settings_file: Path) -> None:
        self._context = context
        self._settings_file = settings_file
        self._again = is_again(RUN, settings_file, context.data)
        self._sockets = service_manager.inherited()
        # Whatever the site's own settings say: who sets up comes by the network.
        self._settings = replace(context.settings, web=replace(context.settings.web, address="0.0.0.0"))  # noqa: S104
        self._hotspot = Hotspot()
        self._tries = 0
        self._stopped = threading.Event()

    def serve(self) -> int:
        """Until it is finished, somebody has set the kiosk up at the terminal, or this is told to end."""
        from kiosk.web.guard import HEADERS  # flask and waitress are for the process that serves pages
        from kiosk.web.setup.app import serve_setup
        from kiosk.web.setup.context import SetUpContext

        password = self._open_hotspot()
        front = Front(
            self._settings, self._context.data, HEADERS, lambda: clock.now().wall_ms, self._sockets.get("tablets")
        )
        claim = Claim(clock.now)
        parts = SetUpContext(
            SetUp(self._settings_file, self._context.data, clock.now),
            claim,
            trials(self._context.data),
            partial(_print_private_half, self._context.data),
            partial(_print_recovery, self._context.data),
            self._farewell,
            front,
            NETWORK,
            password,
        )
        when_told_to_end(ENDINGS, self._stopped.set)
        server = serve_setup(parts, LOOPBACK, self._settings.web.port, self._sockets.get("pages"))
        try:
            printed = self._print_papers(parts)
            self._tell(parts, server.port)
            self._wait(parts, printed=printed)
        finally:
            server.close()
            self._hotspot.close()
            (RUN / HEALTH_FILE).unlink(missing_ok=True)
        return 0 if parts.finished.is_set() or not self._stopped.is_set() else 1

    def _open_hotspot(self) -> str:
        """Its password; empty where there is none, and the pages are reached by the site's network or here."""
        password = new_password()
        try:
            self._hotspot.open(password)
        except DeviceError as error:
            log.warning("%s; the pages are there by cable", error)
            return ""
        return password

    def _tell(self, parts: SetUpContext, port: int) -> None:
        urls = parts.front.urls() if parts.front else ()
        code = parts.claim.code
        record = {"here": f"http://{LOOPBACK}:{port}/", "addresses": list(urls), "code": code}
        lines = [f"http://{LOOPBACK}:{port}/claim", *(f"{url}/claim" for url in urls), f"code {grouped(code)}"]
        if parts.password:
            lines.append(f"Wi-Fi {parts.network}, password {parts.password}")
        say(self._context, record | {"network": parts.network, "password": parts.password}, "\n".join(lines))
        service_manager.tell(READY=1, STATUS="waits to be set up")

    def _wait(self, parts: SetUpContext, *, printed: bool) -> None:
        while not parts.finished.wait(LOOK_S):
            _tell_observer(parts.address())
            printed = printed or self._print_papers(parts)
            done_elsewhere = not is_needed(self._settings_file, self._context.data) and not parts.claim.taken
            if self._stopped.is_set() or (done_elsewhere and not self._again):
                return
        note_asked(BOOT, self._context.data)
        self._stopped.wait(FAREWELL_S)

    def _print_papers(self, parts: SetUpContext) -> bool:
        """Whether the way in is on paper, or cannot be put there."""
        try:
            real_printer(self._settings)
        except DeviceError:
            return False  # it may be plugged in later
        try:
            for paper in self._papers(parts):
                print_paper(self._context.data, self._settings, paper)
        except DeviceError as error:
            self._tries += 1
            log.warning("the way in could not be printed: %s", error)
            return self._tries >= MOST_TRIES
        return True

    def _papers(self, parts: SetUpContext) -> list[CodePaper]:
        now, papers = _now(self._settings), []
        if parts.password:
            code = network_code(parts.network, parts.password)
            papers.append(network_paper(now, code, parts.network, parts.password))
        if parts.front and parts.front.ca and (url := parts.address()):
            lines = fingerprint_lines(parts.front.ca.fingerprint)
            papers.append(claim_paper(now, claim_address(url, parts.claim.code), grouped(parts.claim.code), url, lines))
        return papers

    def _farewell(self, own: SetUp, settings: Settings) -> tuple[str, ...]:
        """Where the pages will be; the paper that pairs the first tablet there is printed where that is possible."""
        urls = _later_addresses(settings, self._sockets.get("tablets"))
        try:
            real_printer(settings)
            code = own.pairing_code(settings)
            url = f"{urls[0]}/pair#{code}"
            paper = pairing_paper(settings.site.name, _now(settings), url, grouped(code), Use.TABLET, "", demo=False)
            print_paper(self._context.data, settings, paper)
        except (*FAILURES, IndexError) as error:
            log.warning("no tablet was paired: %s", sentence(error))
        return urls


def _tell_observer(address: str) -> None:
    """Its page on port 80 is what a telephone opens by itself in a network that leads nowhere: it shows the way."""
    note = "Máy đang chờ được cài đặt. · The kiosk waits to be set up."
    health = {
        "running_s": clock.now().monotonic_ms // 1000,
        "addresses": [f"{address}/claim"] if address else [],
        "checks": [{"name": "set-up", "ok": False, "note": note}],
    }
    if RUN.is_dir():
        with suppress(OSError):
            replace_whole(RUN / HEALTH_FILE, json.dumps(health, ensure_ascii=False).encode(), FOR_ALL)


def _later_addresses(settings: Settings, by: socket.socket | None) -> tuple[str, ...]:
    if not settings.web.address:
        return ()
    names = names_covered(settings, scope_of(settings.web.names), by)
    return tuple(
        f"https://{name}:{settings.web.https_port}" for name in names if name not in (*LOOPBACK_NAMES, ADDRESS)
    )


def _print_private_half(data: Path, settings: Settings, private: str) -> None:
    """The tracing team's half on paper, by the bytes alone: it is nowhere on the disk. Raises DeviceError."""
    paper = make_ticket(
        site=settings.site.name,
        gate="",
        issued_ms=clock.now().wall_ms,
        zone=settings.zone,
        slip_code=private,
        guidance=KEEP_APART,
    )
    real_printer(settings).send(render_ticket(settings, data / "escpos", paper))


def _print_recovery(data: Path, settings: Settings, code: str, name: str) -> None:
    """The recovery code on paper, as ``kiosk backup --new-code`` prints it. Raises DeviceError."""
    print_paper(data, settings, recovery_paper(settings.site.name, _now(settings), code, name))


def _now(settings: Settings) -> str:
    return local_time(clock.now().wall_ms, settings.zone)
