"""[privacy]: by when requests of people about what is kept of them are answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kiosk.config.reading import SettingsError, setting


@dataclass(frozen=True, slots=True)
class PrivacySettings:
    """[privacy]"""

    holidays: tuple[str, ...] = setting(
        (), "Public holidays as YYYY-MM-DD: no working days, by which requests of people are to be answered."
    )

    def days_off(self) -> frozenset[date]:
        """The holidays."""
        return frozenset(map(date.fromisoformat, self.holidays))


def check_privacy(file: str, privacy: PrivacySettings) -> None:
    """Raises SettingsError where a holiday is no date."""
    for day in privacy.holidays:
        try:
            date.fromisoformat(day)
        except ValueError as error:
            raise SettingsError(f"{file}: [privacy] holidays must be dates as 2027-01-01, not {day!r}") from error
