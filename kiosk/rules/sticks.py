"""What lies on a stick between kiosk and hub: many packed segments in one file, and the hub's receipts for them.

A file of segments is a line that says so, then each segment after four bytes of its length. A receipt is a C2SP signed
note (<https://c2sp.org/signed-note>) of two lines, the second deterministic JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from kiosk.rules.entries import encode
from kiosk.rules.segments import Fault, SegmentRefused

SEGMENTS_SUFFIX, RECEIPT_SUFFIX = ".kiosk-segments.age", ".kiosk-receipt"
MOST_FILE_BYTES = 24 << 20  # unpacked; another file follows
_MAGIC = b"kiosk segments 1\n"
_LENGTH_BYTES = 4
_RECEIPT = "kiosk receipt v1"


@dataclass(frozen=True, slots=True)
class StickReceipt:
    """The hub has the log of *kiosk* up to *through*, after which the chain is *chain*; *checkpoint* is its word.

    *forked*: another card says that it is this kiosk.
    """

    kiosk: str
    epoch: str
    through: int
    chain: str
    checkpoint: str
    forked: bool = False

    @property
    def text(self) -> str:
        """What the hub signs."""
        return f"{_RECEIPT}\n{encode(asdict(self)).decode()}\n"


def receipt_of(text: str) -> StickReceipt:
    """The receipt that *text* is. Raises ValueError."""
    first, _, rest = text.partition("\n")
    try:
        receipt = StickReceipt(**json.loads(rest))
    except (TypeError, RecursionError) as error:
        raise ValueError("this is no receipt of a hub") from error
    words: tuple[Any, ...] = (receipt.kiosk, receipt.epoch, receipt.chain, receipt.checkpoint)
    typed = type(receipt.through) is int and type(receipt.forked) is bool
    if first != _RECEIPT or not typed or not all(isinstance(word, str) for word in words):
        raise ValueError("this is no receipt of a hub")
    return receipt


def bundle(blobs: Iterable[bytes]) -> bytes:
    """The packed segments *blobs* as one file, which ``unbundled`` reads."""
    return _MAGIC + b"".join(len(blob).to_bytes(_LENGTH_BYTES, "big") + blob for blob in blobs)


def unbundled(content: bytes) -> Iterator[bytes]:
    """The packed segments in *content*. Raises SegmentRefused (UNREADABLE) where it is cut off or none of ours."""
    if not content.startswith(_MAGIC):
        raise SegmentRefused(Fault.UNREADABLE, "it is no file of segments")
    at = len(_MAGIC)
    while at < len(content):
        begin = at + _LENGTH_BYTES
        at = begin + int.from_bytes(content[at:begin], "big")
        if at > len(content) or at == begin:
            raise SegmentRefused(Fault.UNREADABLE, "it is cut off")
        yield content[begin:at]
