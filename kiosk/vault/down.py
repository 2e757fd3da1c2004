"""Orders and times signed by a hub, and proven by a kiosk."""

from __future__ import annotations

from kiosk.rules.checkpoints import NoteRefused
from kiosk.rules.down import Order, OrderRefused, joined, order_of, parted, time_of, time_text
from kiosk.vault.notes import Signer, opened_note


def signed_order(order: Order, signer: Signer) -> bytes:
    """*order* as it travels."""
    return joined(signer.sign(order.text), order.payload)


def proven_order(blob: bytes, verifier: str, kiosk: str) -> Order:
    """The order that *blob* is, signed by the hub *verifier* for *kiosk*. Raises OrderRefused."""
    note, payload = parted(blob)
    order = order_of(_opened(note, verifier), payload)
    if order.kiosk != kiosk:
        raise OrderRefused(f"this order is for another kiosk, {order.kiosk}")
    return order


def signed_time(kiosk: str, nonce: str, at_ms: int, signer: Signer) -> str:
    """The word of a hub that it is *at_ms*."""
    return signer.sign(time_text(kiosk, nonce, at_ms))


def proven_time(note: str, verifier: str, kiosk: str, nonce: str) -> int:
    """The time (ms) that the hub *verifier* answers to *nonce*. Raises OrderRefused."""
    return time_of(_opened(note, verifier), kiosk, nonce)


def _opened(note: str, verifier: str) -> str:
    try:
        return opened_note(note, verifier)
    except NoteRefused as error:
        raise OrderRefused(str(error)) from error
