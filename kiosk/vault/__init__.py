"""Day keys, pseudonyms, sealing and slip signatures; `cryptography` is the only crypto library."""

from kiosk.vault.day_file import LARGEST_BYTES as LARGEST_DAY_BYTES
from kiosk.vault.errors import NoTracingKeysError, VaultError
from kiosk.vault.opening import (
    SealedIdentity,
    open_day_file,
    open_sealed_day_key,
    open_sealed_identity,
    open_sealed_request,
    recover,
)
from kiosk.vault.slips import Slip
from kiosk.vault.staff_view import Shown
from kiosk.vault.tracing import (
    make_demo_keys,
    new_tracing_keys,
    new_tracing_keys_for_paper,
    parse_private_key,
    read_private_key,
)
from kiosk.vault.vault import DayKey, Vault

__all__ = [
    "LARGEST_DAY_BYTES",
    "DayKey",
    "NoTracingKeysError",
    "SealedIdentity",
    "Shown",
    "Slip",
    "Vault",
    "VaultError",
    "make_demo_keys",
    "new_tracing_keys",
    "new_tracing_keys_for_paper",
    "open_day_file",
    "open_sealed_day_key",
    "open_sealed_identity",
    "open_sealed_request",
    "parse_private_key",
    "read_private_key",
    "recover",
]
