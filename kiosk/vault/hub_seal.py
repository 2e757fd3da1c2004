"""The hub's own seal on the ends of the logs that it keeps: what it did not write does not pass for its own."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from pathlib import Path

from kiosk.vault.files import secret_made_once

_KEY_BYTES = 32


def hub_seal(path: Path) -> Callable[[bytes], bytes]:
    """Seals messages in 32 bytes (HMAC-SHA-256) by the key in *path*, made on first use. Raises VaultError."""
    key = secret_made_once(path, _KEY_BYTES)
    return lambda message: hmac.digest(key, message, "sha256")
