"""Codes that are parts of one card, shown one after another, become that card."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.rules.formats.code import text_of
from kiosk.rules.formats.shc import PREFIX, Part, part_of

PATIENCE_MS = 60_000


class Parts:
    """The parts of one card that were shown within the last minute; of no more than one, so that memory is bounded.

    A part that fits no others, by the number of parts or by another text in its place, begins a new set.
    """

    def __init__(self) -> None:
        self._count = 0
        self._digits: dict[int, str] = {}
        self._since_ms = 0

    def whole(self, codes: Sequence[bytes], at_ms: int) -> list[bytes]:
        """*codes*, those of one picture shown at *at_ms*, in their order; a card in place of its parts.

        It is whole when its last part comes within a minute of its first. A part shown again
        within a minute is the card again. What is no part, or one of a card not yet whole, stays as it is.
        """
        if abs(at_ms - self._since_ms) > PATIENCE_MS:
            self._forget()
        parts = [part_of(text_of(code)) for code in codes]
        for part in filter(None, parts):
            self._remember(part, at_ms)
        if not self._is_complete:
            return list(codes)
        card = (PREFIX + "".join(self._digits[number] for number in sorted(self._digits))).encode()
        shown = [card if part and self._has(part) else code for code, part in zip(codes, parts, strict=True)]
        return [code for place, code in enumerate(shown) if code != card or place == shown.index(card)]

    @property
    def _is_complete(self) -> bool:
        return 0 < self._count == len(self._digits)

    def _has(self, part: Part) -> bool:
        return part.count == self._count and self._digits.get(part.number) == part.digits

    def _remember(self, part: Part, at_ms: int) -> None:
        if part.count != self._count or self._digits.get(part.number, part.digits) != part.digits:
            self._forget()
        self._count = part.count
        self._digits[part.number] = part.digits
        if len(self._digits) == 1 or self._is_complete:
            self._since_ms = at_ms

    def _forget(self) -> None:
        self._count = 0
        self._digits = {}
