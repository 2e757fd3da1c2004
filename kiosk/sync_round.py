"""One round of a kiosk's sync: renew what it shows the hub, give the log, tell how it is, fetch what is for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import kiosk
from kiosk.config import Settings
from kiosk.hub_link import HubLink, HubRefuses
from kiosk.joined import Joined, acknowledged_through, joined, state_of
from kiosk.joining import renew, renewal_is_due, way_to
from kiosk.rules.kiosk_health import LONGEST_TEXT, MOST_FAULTS, KioskHealth
from kiosk.rules.model import Moment
from kiosk.store.head import read_head
from kiosk.store.reading import Reader
from kiosk.sync import Sender, Sync
from kiosk.vault import Vault

HEALTH = "/kiosk/health"

Errand = Callable[[HubLink, Joined], None]


@dataclass(frozen=True, slots=True)
class Round:
    """What a round works with; *errands* are what else is asked of the hub while it is there."""

    settings: Settings
    data: Path
    vault: Vault
    reader: Reader
    now: Callable[[], Moment]
    errands: Sequence[Errand] = ()
    go_on: Callable[[], bool] = lambda: True

    def go(self) -> int:
        """How many entries the hub has acknowledged in this round; none while the kiosk has not joined one.

        Raises JoinError, VaultError, StoreError, OSError and what is in ``sync.HUB_FAULTS``.
        """
        hub = joined(self.data)
        if hub is None:
            return 0
        with closing(HubLink(way_to(hub, self.data, self.settings, self.now()))) as link:
            if renewal_is_due(self.data, self.now()):
                renew(self.data, hub, link)
            given = self._give(hub, link)
            link.ask(HEALTH, self._health().as_said())
            for errand in self.errands:
                errand(link, hub)
        return given

    def _give(self, hub: Joined, link: HubLink) -> int:
        sync = Sync(Sender(self.data, hub, self.reader, link, self.vault.pack_segment, self.now), self.go_on)
        try:
            return sync.give()
        except HubRefuses as refused:
            if refused.status != HTTPStatus.UNAUTHORIZED:
                raise
        renew(self.data, hub, link)  # by our clock it was not due
        return sync.give()

    def _health(self) -> KioskHealth:
        troubles = [f"{state.name}: {state.note}" for state in self.reader.devices() if not state.ok]
        state = state_of(self.data)
        troubles += [f"entry {lost.first}: {lost.why}" for lost in state.lost]
        faults = tuple(trouble[:LONGEST_TEXT] for trouble in troubles[:MOST_FAULTS])
        return KioskHealth(kiosk.__version__, self.now().clock, behind(self.data, self.reader), faults)


def behind(data: Path, reader: Reader) -> int:
    """How many entries the hub has not acknowledged."""
    return reader.ask(lambda db: read_head(db).sequence - acknowledged_through(data, db))
