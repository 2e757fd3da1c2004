"""The errand of a kiosk's sync to its hub: what time it is, and what comes down. The door alone judges and takes it."""

from __future__ import annotations

import logging
import time
from http import HTTPStatus
from pathlib import Path

from kiosk.door_socket import DoorAway, DoorClient
from kiosk.hub_link import HubLink, HubRefuses
from kiosk.joined import Joined
from kiosk.taken_down import taken_down

log = logging.getLogger(__name__)

DOWN, TIME = "/kiosk/down", "/kiosk/time"
MOST_AT_ONCE = 50
_LOOKS, _LOOK_S = 20, 0.5  # at a list that is being read; then it is asked for in the next round


class FetchDown:
    """Fetches for the door of the data directory *data*."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._door = DoorClient(data)

    def __call__(self, link: HubLink, hub: Joined) -> None:
        """Fetch what is new; nothing while the door is not there. Raises HubAway and HubRefuses."""
        try:
            self._fetch_time(link)
            self._fetch_orders(link, hub)
        except DoorAway as away:
            log.info("what the hub has for this kiosk is left there: %s", away)
        except HubRefuses as refused:
            if refused.status != HTTPStatus.NOT_FOUND:  # a hub of an older version
                raise

    def _fetch_time(self, link: HubLink) -> None:
        nonce = self._door.from_hub("ask_hub_time")["nonce"]
        if nonce:
            self._door.from_hub("take_hub_time", link.get(f"{TIME}?nonce={nonce}"))

    def _fetch_orders(self, link: HubLink, hub: Joined) -> None:
        have = taken_down(self._data, hub.verifier).have
        for _ in range(MOST_AT_ONCE):
            order = link.get(f"{DOWN}?have={have}")
            if not order:
                return
            now_have = self._taken(order)
            if now_have <= have:
                return
            have = now_have

    def _taken(self, order: bytes) -> int:
        """The number up to which the door has dealt with all orders, once it has seen this one."""
        answer = self._door.from_hub("take_order", order)
        for _ in range(_LOOKS):
            if answer["done"] != "busy":
                break
            time.sleep(_LOOK_S)
            answer = self._door.from_hub("take_order", order)
        return int(answer["have"])
