"""Setting a kiosk up: what is asked, what of it is there, and the settings that come of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kiosk.rules.model import Direction

LONGEST_TEXT = 80
SHORT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
CODE_DIGITS = 8
# For the hotspot's password: without the letters that people take for others.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
PASSWORD_LENGTH = 12
# Where a USB stick named KIOSKBACKUP is mounted (media-kioskbackup.mount).
STICK = "/media/kioskbackup"


class Step(StrEnum):
    """What is asked, in this order."""

    PLACE = "place"
    GATE = "gate"
    DEVICES = "devices"
    KEYS = "keys"
    BACKUPS = "backups"
    ADMIN = "admin"


class Lack(StrEnum):
    """Why an answer is not taken."""

    EMPTY = "empty"
    LONG = "long"
    SHORT_NAME = "short_name"


@dataclass(frozen=True, slots=True)
class Draft:
    """What was answered up to now. *admin_pin* is what is kept of a PIN, *done* the steps that were answered.

    *backup_to* is the folder for backups, empty for none.
    """

    language: str = "vi"
    site: str = ""
    site_id: str = ""
    keeper: str = ""
    contact: str = ""
    kiosk_id: str = "kiosk-1"
    gate: str = "Cổng chính"
    direction: Direction = Direction.BOTH
    camera: bool = True
    scanner: bool = False
    tablets: bool = True
    backup_to: str = ""
    admin: str = ""
    admin_pin: str = ""
    done: tuple[str, ...] = ()

    def missing(self) -> tuple[Step, ...]:
        """The steps that are still to be answered."""
        return tuple(step for step in Step if step not in self.done)


def draft_from(table: Mapping[str, Any]) -> Draft:
    """A draft of settings that are in force, so that nothing has to be typed again."""
    site, first = table.get("site", {}), (table.get("gates") or [{}])[0]
    kinds = {source.get("kind", "camera") for source in table.get("sources", [])}
    fresh = Draft()
    return Draft(
        site=site.get("name", ""),
        site_id=site.get("id", ""),
        keeper=site.get("keeper", ""),
        contact=site.get("contact", ""),
        kiosk_id=table.get("kiosk", {}).get("id", fresh.kiosk_id),
        gate=first.get("name", fresh.gate),
        direction=Direction(first.get("direction", fresh.direction)),
        camera="camera" in kinds or not table,
        scanner="keyboard" in kinds,
        tablets=bool(table.get("web", {}).get("address", "")) or not table,
        backup_to=table.get("backup", {}).get("to", fresh.backup_to),
    )


def settings_of(draft: Draft, table: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that *draft* makes of those in *table*: what was not asked stays as it is there."""
    made = deepcopy(dict(table))
    site = {"id": draft.site_id, "name": draft.site, "keeper": draft.keeper, "contact": draft.contact}
    made["site"] = made.get("site", {}) | {name: value for name, value in site.items() if value or name == "contact"}
    made["kiosk"] = made.get("kiosk", {}) | {"id": draft.kiosk_id}
    first, *others = made.get("gates") or [{}]
    made["gates"] = [first | {"name": draft.gate, "direction": draft.direction.value}, *others]
    made["sources"] = _sources(draft, made.get("sources", []), first.get("id", "main"))
    made["web"] = made.get("web", {}) | {"address": "0.0.0.0" if draft.tablets else ""}  # noqa: S104  # tablets of the house
    made["backup"] = made.get("backup", {}) | {"to": draft.backup_to}
    return made


def _sources(draft: Draft, before: list[dict[str, Any]], gate: str) -> list[dict[str, Any]]:
    wanted = {"camera": draft.camera, "keyboard": draft.scanner}
    kept = [source for source in before if wanted.get(source.get("kind", "camera"), True)]
    there = {source.get("kind", "camera") for source in kept}
    new: dict[str, dict[str, Any]] = {
        "camera": {"kind": "camera", "gate": gate},
        "keyboard": {"kind": "keyboard", "gate": gate, "path": "/dev/kiosk/scanner"},
    }
    return kept + [source for kind, source in new.items() if wanted[kind] and kind not in there]


def lack_of_text(text: str, *, may_be_empty: bool = False) -> Lack | None:
    """Why *text* is no name of a place, gate or keeper; None where it is one."""
    if not text and not may_be_empty:
        return Lack.EMPTY
    return Lack.LONG if len(text) > LONGEST_TEXT else None


def lack_of_short_name(text: str) -> Lack | None:
    """Why *text* is no short name; None where it is one."""
    return None if SHORT_NAME.fullmatch(text) else Lack.SHORT_NAME


def short_name(name: str) -> str:
    """A short name made of *name*: ``Trạm Y tế Mẫu Sơn`` -> ``tram-y-te-mau-son``; empty where no letter is left."""
    letters = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    plain = "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in _without_marks(letters))
    return "-".join(plain.split())[:32].strip("-")


def _without_marks(text: str) -> str:
    return "".join(letter for letter in text if not unicodedata.combining(letter))


def network_code(name: str, password: str) -> str:
    """What a telephone joins a network by, when it is scanned; neither may hold one of ``\\;,:"``."""
    return f"WIFI:T:WPA;S:{name};P:{password};;"


def claim_address(url: str, code: str) -> str:
    """The address below *url* that carries the *code*; it lets nobody in before somebody presses the button there."""
    return f"{url}/claim?code={code}"
