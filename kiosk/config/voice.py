"""[voice]: how tickets are called aloud."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from kiosk.config.reading import SettingsError, setting
from kiosk.rules.announcing import Manner


@dataclass(frozen=True, slots=True)
class VoiceSettings:
    """[voice]"""

    kind: str = setting(
        "none", "espeak (and clips of your own), simulated, or none.", one_of=("espeak", "simulated", "none")
    )
    device: str = setting("default", "The loudspeaker, as aplay -L names it.")
    languages: tuple[str, ...] = setting(
        ("vi", "en"), "Languages in which a call is said, in their order: vi, en.", one_of=("vi", "en")
    )
    words_per_minute: int = setting(130, "Speed of the synthetic voice.", least=80, most=300)
    clips: str = setting("", "Folder with vi/call.wav and so on, spoken by a person; empty for none.")
    repeat: int = setting(1, "How many times a call is said again.", least=0, most=5)
    stale_s: float = setting(300.0, "A call that waits this long for its turn is left to the board.", least=10)
    quiet_from: str = setting("", "Local time HH:MM from which nothing is said; empty for never.", form="time or never")
    quiet_to: str = setting("", "Local time HH:MM from which calls are said again.", form="time or never")

    def manner(self, zone: tzinfo) -> Manner:
        """How the site wants to be spoken to, its local time being *zone*."""
        return Manner(1 + self.repeat, round(self.stale_s * 1000), self.quiet_from, self.quiet_to, zone)


def check_voice(file: str, voice: VoiceSettings) -> None:
    """Raises SettingsError where settings that are right by themselves do not go together."""
    if not voice.languages:
        raise SettingsError(f"{file}: [voice] languages must name at least one of vi, en, not none")
    if bool(voice.quiet_from) is not bool(voice.quiet_to):
        raise SettingsError(f"{file}: [voice] quiet_from and quiet_to must both be given, or neither")
