"""The evacuation list: who is inside, by zone, from memory to the printer. No name of it reaches the disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from kiosk.config import Settings
from kiosk.devices import clock
from kiosk.door_socket import Handler, Message
from kiosk.printing import Errand
from kiosk.rules.evacuation import Present, Strip, Zone, by_zone, strips, zone_of
from kiosk.rules.model import Direction, Gate
from kiosk.rules.ticket import local_time
from kiosk.store.reading import Reader, VisitRow
from kiosk.vault import Shown, Vault

MOST_LINES = 28  # on a strip: 20 cm, which a printer takes within its time for one paper
EVERYBODY = 1_000_000
PATIENCE_S = 12.0
NO_PRINTER = "Điểm này không có máy in · This kiosk has no printer"

PrintNow = Callable[[Iterable[bytes]], Errand]


def zones_inside(reader: Reader, vault: Vault, settings: Settings) -> tuple[Zone, ...]:
    """Who is inside now, by zone, under the day key that *vault* has in use."""
    plan = settings.plan()
    gates = {gate.id: Gate(gate.id, gate.name, gate.direction, gate.zone) for gate in settings.gates}
    visits = reader.inside(EVERYBODY)
    with reader.queue() as (queue, _):
        zones = [
            zone_of(queue.ticket(visit.id), gates.get(visit.gate_in) or Gate("", visit.gate_in, Direction.IN), plan)
            for visit in visits
        ]
    order = [*(stage.name for stage in plan.stages), *(gate.zone or gate.name for gate in settings.gates)]
    return by_zone(zip(zones, (_present(visit, vault) for visit in visits), strict=True), order)


def _present(visit: VisitRow, vault: Vault) -> Present:
    shown = (vault.reveal(visit.shown) if visit.shown else None) or Shown()
    return Present(visit.id, shown.name, shown.birth[:4], shown.sex, visit.ticket)


class Evacuation:
    """Prints who is inside; *print_now* is None for a kiosk without a printer."""

    def __init__(
        self,
        reader: Reader,
        vault: Vault,
        settings: Settings,
        render: Callable[[Strip], bytes],
        print_now: PrintNow | None,
    ) -> None:
        self._reader = reader
        self._vault = vault
        self._settings = settings
        self._render = render
        self._print_now = print_now

    def handlers(self) -> dict[str, Handler]:
        """What the socket can be asked, by name."""
        return {"evacuate": self._evacuate}

    def _evacuate(self, _: Message, __: bytes) -> tuple[Message, bytes]:
        """How many strips there are, whether all are *done*, or the printer's *fault*; nobody waits for it for long."""
        pieces = strips(zones_inside(self._reader, self._vault, self._settings), MOST_LINES)
        if self._print_now is None:
            return {"strips": 0, "done": False, "fault": NO_PRINTER}, b""
        errand = self._print_now(self._papers(pieces))
        done = errand.wait(PATIENCE_S)
        return {"strips": len(pieces), "done": done, "fault": errand.fault}, b""

    def _papers(self, pieces: tuple[tuple[Zone, ...], ...]) -> Iterator[bytes]:
        people = sum(len(zone.people) for piece in pieces for zone in piece)
        printed = local_time(clock.now().wall_ms, self._settings.zone)
        strip = Strip(self._settings.site.name, printed, "", people, (), self._vault.demo)
        for number, zones in enumerate(pieces, 1):
            yield self._render(replace(strip, part=f"{number}/{len(pieces)}", zones=zones))
