"""The openings of a hub, for a case that is asked on the hub's own machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kiosk.hub.openings import ExportMade, Openings
from kiosk.rules.contact_list import Gap
from kiosk.rules.openings import Fault, Opening, OpeningFault


class HouseRegister:
    """The opening *number* among *openings*, of *by*; *now_ms* reads the clock."""

    def __init__(self, openings: Openings, number: int, by: str, now_ms: Callable[[], int]) -> None:
        self._openings = openings
        self._number = number
        self._by = by
        self._now_ms = now_ms

    def opening(self) -> Opening:
        """As it stands now. Raises OpeningFault where there is none."""
        opening = self._openings.look(self._number)
        if opening is None:
            raise OpeningFault(Fault.UNKNOWN)
        return opening

    def late(self) -> Sequence[Gap]:
        """What the hub has not heard of yet."""
        return self._openings.late(self.opening().request.scope, self._now_ms())

    def made(self, form: str, rows: int, sha256: str) -> None:
        """The tamper log has that a file was made."""
        self._openings.exported(self.opening(), ExportMade(form, rows, sha256), self._now_ms())

    def ended(self, found: int, named: int, present: int) -> None:
        """Nothing more is asked; the tamper log has what it came to."""
        opening = self._openings.of(self._number, self._by, self._now_ms())
        self._openings.end(opening, self._now_ms(), found=found, named=named, present=present)
