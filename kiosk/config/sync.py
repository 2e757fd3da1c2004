"""[sync]: how a kiosk keeps its hub up to date. Whether it has one, is told by ``hub.json`` beside the log."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.config.reading import setting


@dataclass(frozen=True, slots=True)
class SyncSettings:
    """[sync]"""

    every_s: float = setting(60.0, "How often the hub is given what is new.", least=1)
    longest_wait_s: float = setting(900.0, "Longest pause between tries while the hub does not answer.", least=1)
    answer_s: float = setting(30.0, "Longest wait for an answer of the hub.", least=1)
    alarm_s: float = setting(86400.0, "Staff are told when the hub has acknowledged nothing for this long.", least=60)
    longest_days: int = setting(
        60,
        "Days for which records wait for a hub, where they are more than [site] keep_days; people are told so.",
        least=0,
    )
