"""What every page works with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from flask import current_app

from kiosk.accounts import Accounts
from kiosk.config import Settings
from kiosk.day_settings import settings_today
from kiosk.door_socket import DoorClient
from kiosk.numbers import DayBook
from kiosk.pairing import Pairings
from kiosk.signing_in import SignIns
from kiosk.store.day_settings import day_settings_in_force
from kiosk.store.news import NewsListener
from kiosk.store.reading import Reader
from kiosk.vault import Vault
from kiosk.web.correction_lines import CorrectionLines
from kiosk.web.counter_lines import CounterLines
from kiosk.web.display_lines import DisplayLines
from kiosk.web.front import Front
from kiosk.web.lines import Lines
from kiosk.web.live import Feed, Places
from kiosk.web.masks import Masks
from kiosk.web.now import SiteNow
from kiosk.web.panel import Panels
from kiosk.web.queue_lines import QueueLines


@dataclass(slots=True)
class WebContext:
    """The parts that pages are made from: settings, the log, today's keys, the door, news of commits, who may sign in;
    where tablets are let in, their way to the pages.

    From them comes what all requests share: the lines staff read, the feed of the log, and the places
    for pages that follow live.
    """

    settings: Settings
    reader: Reader
    vault: Vault
    door: DoorClient
    news: NewsListener
    sign_ins: SignIns
    front: Front | None = None
    accounts: Accounts = field(init=False)
    pairings: Pairings = field(init=False)
    lines: Lines = field(init=False)
    masks: Masks = field(init=False)
    now: SiteNow = field(init=False)
    queue: QueueLines = field(init=False)
    counters: CounterLines = field(init=False)
    feed: Feed = field(init=False)
    places: Places = field(init=False)
    panels: Panels = field(init=False)
    displays: DisplayLines = field(init=False)
    numbers: DayBook = field(init=False)
    corrections: CorrectionLines = field(init=False)

    def __post_init__(self) -> None:
        self.accounts = Accounts(self.sign_ins.book)
        self.pairings = Pairings(self.sign_ins.book, self.sign_ins.now)
        self.masks = Masks()
        self.lines = Lines(self.reader, self.vault, self.settings)
        self.now = SiteNow(self.reader, self.settings, self.lines.times, self.front)
        self.queue = QueueLines(self.reader, self.settings)
        self.counters = CounterLines(self.reader, self.lines, self.queue)
        self.feed = Feed(self.lines, self.now, self.queue, self.news)
        self.places = Places(self.settings.web.clients)
        self.displays = DisplayLines(self.reader, self.queue, self.settings)
        self.panels = Panels(self.door, self.feed.closed)
        self.corrections = CorrectionLines(self.reader, self.vault, self.settings)
        self.numbers = DayBook(self.reader, self.settings)

    def settings_today(self) -> Settings:
        """The settings with what staff changed for today."""
        return settings_today(self.settings, self.reader.ask(day_settings_in_force))


def house() -> WebContext:
    """The parts behind the page that is being answered."""
    return cast(WebContext, current_app.extensions["kiosk"])
