"""The last of a hub's disk is for its staff, who sign in, look and make room; what kiosks send waits with them."""

from __future__ import annotations

import shutil
from pathlib import Path

from kiosk.store.schema import StoreError

LAST_BYTES, LAST_SHARE = 200_000_000, 1 / 20  # whichever is less


def demand_room(folder: Path) -> None:
    """Raises StoreError where no more may be put below *folder*."""
    disk = shutil.disk_usage(folder)
    if disk.free < min(LAST_BYTES, disk.total * LAST_SHARE):
        raise StoreError(f"{folder}: its disk is nearly full, and what is left is for the hub's staff", disk_full=True)
