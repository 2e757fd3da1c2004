"""What the pages of the set-up are made from."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

from flask import current_app

from kiosk.config import Settings
from kiosk.devices.hotspot import ADDRESS
from kiosk.heartbeat import Heart
from kiosk.setting_up import Claim, SetUp
from kiosk.web.front import Front
from kiosk.web.live import Places

# Tries a device with the settings as they would be; what it returns was seen, what it raises is told.
Trial = Callable[[Settings], str]


FOLLOWERS = 4  # nobody follows anything here, but the server counts its threads by it


class NoFeed:
    """Nothing happens at the door meanwhile that a page could follow."""

    def __init__(self) -> None:
        self.heart = Heart("feed", float("inf"))

    def start(self) -> None:
        """There is nothing to begin."""

    def close(self) -> None:
        """There is nothing to end."""


@dataclass(slots=True)
class SetUpContext:
    """*trials* try devices by name, *print_keys* puts a private half on paper, *print_recovery* a recovery code
    with the name of its lock, *farewell* tells where pages will be.

    *network* and *password* are the hotspot's, where it is open; *front* the way of telephones by HTTPS.
    """

    set_up: SetUp
    claim: Claim
    trials: Mapping[str, Trial]
    print_keys: Callable[[Settings, str], None]
    print_recovery: Callable[[Settings, str, str], None]
    farewell: Callable[[SetUp, Settings], tuple[str, ...]]
    front: Front | None
    network: str = ""
    password: str = ""
    finished: threading.Event = field(default_factory=threading.Event)
    one_at_a_time: threading.Lock = field(default_factory=threading.Lock)
    feed: NoFeed = field(default_factory=NoFeed)
    places: Places = field(default_factory=lambda: Places(FOLLOWERS))

    def address(self) -> str:
        """Where telephones find the pages: in the hotspot, where it is open, else in the site's network; or empty."""
        urls = self.front.urls() if self.front else ()
        return next((url for url in urls if ADDRESS in url), urls[0] if urls else "")


def setting_up() -> SetUpContext:
    """The parts behind the page that is being answered."""
    return cast(SetUpContext, current_app.extensions["kiosk"])
