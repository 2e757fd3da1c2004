"""Backups by their names: whose they are, how far their log goes, which may go; and when staff are told of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

SUFFIX = "kiosk-backup"
_NAME = re.compile(rf"([\w-]+)\.([\w-]+)\.(\d{{8}}T\d{{6}}Z)\.([0-9a-f]+)\.(\d{{10,}})\.{SUFFIX}", re.ASCII)


@dataclass(frozen=True, slots=True)
class BackupName:
    """Whose backup it is, and to which entry of which epoch its log goes; *at* is when, as the log shows it (UTC)."""

    site: str
    kiosk: str
    at: str
    epoch: str
    sequence: int

    def __str__(self) -> str:
        return f"{self.site}.{self.kiosk}.{self.at}.{self.epoch}.{self.sequence:010}.{SUFFIX}"


def name_at(site: str, kiosk: str, epoch: str, sequence: int, at_ms: int) -> BackupName:
    """The name of a backup made at *at_ms*."""
    return BackupName(site, kiosk, f"{datetime.fromtimestamp(at_ms // 1000, UTC):%Y%m%dT%H%M%SZ}", epoch, sequence)


def parse_name(text: str) -> BackupName | None:
    """What the file name *text* says; None for what is no backup."""
    found = _NAME.fullmatch(text)
    return BackupName(found[1], found[2], found[3], found[4], int(found[5])) if found else None


def to_thin_out(names: Iterable[BackupName], newest: BackupName, keep: int) -> list[BackupName]:
    """Those of *names* that go once *newest* is made, so that *keep* of its kiosk are left.

    Order is the log's, for a clock may have run ahead. What another epoch of the kiosk left (the card was
    restored since) stays until this one has *keep* of its own.
    """
    ours = [name for name in names if (name.site, name.kiosk) == (newest.site, newest.kiosk)]
    own = sorted(
        (name for name in ours if name.epoch == newest.epoch), key=lambda name: (name == newest, name.sequence, name.at)
    )
    if len(own) < keep:
        return []
    return [name for name in ours if name.epoch != newest.epoch] + own[:-keep]


def fault_of(last_ms: int | None, why_not: str, now_ms: int, alarm_s: float) -> str:
    """What is wrong with the backups in one English sentence, or empty.

    *last_ms* is when the last good one was made, *why_not* why a later one was not; older than *alarm_s* is wrong.
    """
    if last_ms is not None and now_ms - last_ms <= alarm_s * 1000:
        return ""
    late = "no backup was made yet" if last_ms is None else f"the last good backup is {_age(now_ms - last_ms)} old"
    return f"{late}: {why_not}" if why_not else late


def _age(lasted_ms: int) -> str:
    hours = lasted_ms // 3_600_000
    return f"{hours} hours" if hours < 48 else f"{hours // 24} days"
