"""Every way into the pages and who may take it, said a second time, beside what the pages themselves say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from flask import Flask

# all: whoever reaches the kiosk. devices: this machine and paired screens, without a person. trial: this machine
# while its keys are for the trial, else who helps. signed-in: whatever the role. secret: who knows a PIN or a code.
# Anything else is a right.
ROUTES = """
GET  /                                 see
POST /                                 see
POST /people                           see
GET  /events                           see
POST /evacuation                       see
GET  /numbers                          see
GET  /numbers/<day>                    see
GET  /numbers/<day>.csv                see
GET  /numbers/<day>/sheet              see
GET  /numbers/weeks                    see
GET  /orders                           house
GET  /numbers/weeks.csv                see
POST /companion                        help
POST /let-in                           overrule
POST /reprint                          help
GET  /help                             help
GET  /help/now                         help
POST /help/call                        help
POST /help/find                        help
POST /help/in                          help
POST /help/person                      help
POST /help/let-in                      overrule
GET  /counter                          queue
GET  /counter/<counter_id>             queue
GET  /counter/<counter_id>/now         queue
POST /counter/<counter_id>/act         queue
POST /counter/<counter_id>/find        queue
GET  /feedback                         queue
POST /feedback/act                     queue
POST /feedback/new                     queue
GET  /session                          queue
GET  /session/announcement             queue
POST /session/entered                  queue
POST /person/<int:visit>/unmask        unmask
GET  /person/<int:visit>               see
GET  /corrections                      see
GET  /person/<int:visit>/correct/<act> correct
POST /person/<int:visit>/correct/<act> correct
POST /person/<int:visit>/undo/<int:sequence> correct
GET  /today/sealed                     unmask
POST /today/sealed                     unmask
GET  /requests                         privacy
POST /requests/act                     privacy
POST /requests/find                    privacy
POST /requests/kept                    privacy
POST /requests/new                     privacy
GET  /day                              day
POST /day                              day
POST /day/undo                         day
GET  /lists                            lists
POST /lists/bring                      lists
GET  /lists/<name>                     lists
POST /lists/<name>/cancel              lists
POST /lists/<name>/row/<int:row>       lists
POST /lists/<name>/keep-all            lists
POST /lists/<name>/hand-over           lists
POST /lists/<name>/take-back           lists
POST /lists/<name>/approve             approve
POST /lists/<name>/withdraw            lists
POST /lists/<name>/export              lists
GET  /expected                         lists
GET  /expected/now                     lists
POST /expected/unmask                  unmask
GET  /house                            house
GET  /house/clock                      house
POST /house/clock                      house
POST /house/seen                       house
POST /house/test                       house
GET  /accounts                         admin
POST /accounts/add                     admin
POST /accounts/enabled                 admin
POST /accounts/pin                     admin
POST /accounts/role                    admin
POST /accounts/sign-out                admin
POST /accounts/unlock                  admin
GET  /devices                          admin
POST /devices/end                      admin
POST /devices/pair                     admin
POST /devices/unlock                   admin
GET  /board                            devices
GET  /board/events                     devices
GET  /queue/events                     devices
GET  /display                          devices
GET  /display/events                   devices
GET  /display/frame                    devices
GET  /health.json                      devices
GET  /simulator                        trial
GET  /simulator/events                 trial
GET  /simulator/ticket.png             trial
POST /simulator/help                   trial
POST /simulator/number                 trial
POST /simulator/person                 trial
POST /simulator/picture                trial
POST /simulator/printer                trial
POST /simulator/slip                   trial
POST /simulator/stray                  trial
GET  /guide                            all
GET  /guide/staff                      all
POST /sign-out                         all
GET  /sign-in                          devices
POST /sign-in                          secret
GET  /pair                             all
POST /pair                             secret
GET  /own                              signed-in
GET  /own/here                         signed-in
POST /own/here                         signed-in
POST /own/pin                          secret
POST /own/language                     all
GET  /static/<path:filename>           all
GET  /trust                            all
GET  /trust/address.svg                all
GET  /trust/kiosk-ca.crt               all
"""

RIGHTS = {
    "volunteer": "see help",
    "staff": "see help overrule queue unmask lists house privacy",
    "supervisor": "see help overrule queue unmask lists house privacy correct day approve",
    "tracer": "see unmask trace export privacy",
    "admin": "see help overrule queue unmask lists house privacy correct day approve admin",
}
# A tablet that nobody paired, a paired screen that nobody touches, a paired tablet on which nobody is signed in, and
# a browser of the kiosk itself.
STRANGER, SCREEN, TABLET, MACHINE = "stranger", "screen", "tablet", "machine"
ASKERS = (STRANGER, SCREEN, TABLET, MACHINE, *RIGHTS)

# What stands for each part of an address that is not fixed.
PARTS = {
    "<counter_id>": "1",
    "<int:visit>": "1",
    "<int:sequence>": "1",
    "<act>": "exit",
    "<day>": "2026-11-20",
    "<name>": "0a1b2c3d",
    "<int:row>": "2",
    "<path:filename>": "kiosk.css",
}


@dataclass(frozen=True, slots=True)
class Route:
    """One way in, by method and rule, and for whom it is."""

    method: str
    rule: str
    opens_for: str
    parts: ClassVar[Mapping[str, str]] = PARTS

    def __str__(self) -> str:
        return f"{self.method} {self.rule}"

    @property
    def path(self) -> str:
        """An address of this rule."""
        path = self.rule
        for part, example in self.parts.items():
            path = path.replace(part, example)
        assert "<" not in path, f"say in PARTS what stands for the rest of {path}"
        return path

    def lets_in(self, asker: str) -> bool:
        """Whether *asker* may take it, on a kiosk whose keys are for the trial."""
        if asker == STRANGER:
            return self.opens_for == "all"
        if asker in (SCREEN, TABLET):
            # Signing in is for tablets; a screen is led to what it is for.
            return self.opens_for in ("all", "devices") and (asker == TABLET or self.rule != "/sign-in")
        if asker == MACHINE:
            return self.opens_for in ("all", "devices", "trial")
        return self.opens_for in ("all", "devices", "trial", "signed-in", *RIGHTS[asker].split())


TABLE = tuple(Route(*line.split()) for line in ROUTES.strip().splitlines())


def routes_of(app: Flask) -> set[str]:
    """Every way into *app*."""
    return {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
