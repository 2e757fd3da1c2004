"""[lists]: how a registration list comes to count at the door."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.config.reading import setting


@dataclass(frozen=True, slots=True)
class ListsSettings:
    """[lists]"""

    second_person: bool = setting(
        True, "Whether a list that a tablet sent counts only once somebody else has approved it."
    )
