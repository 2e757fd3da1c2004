"""What goes wrong in the vault, each as one sentence for the person who has to act."""

from __future__ import annotations

from kiosk.failures import Failure


class VaultError(Failure):
    """Keys are missing, damaged, exposed or in the wrong place; the sentence says which and what to do."""


class NoTracingKeysError(VaultError):
    """The data directory has no tracing keys yet, so nothing can be sealed there."""
