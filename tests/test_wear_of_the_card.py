"""What a card is told to write for a person: at the block device, file system and SQLite's writing back included."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent / "bench"))

import wear

from kiosk.store import schema

DATA_PARTITION_BLOCK_BYTES = 1024
PEOPLE, ENTRIES_BEFORE = 400, 5_000
# Measured: 17.2 and 10.0 (16.5 and 9.9 of 600 people); pages of 1,024 bytes would take 24.4, blocks of 4,096 28.3.
MOST_KIB = {"entry, ticket": 21.0, "exit": 13.0}


@pytest.mark.slow
def test_a_check_in_on_a_data_partition_writes_few_bytes(tmp_path: Path) -> None:
    if os.geteuid():
        pytest.skip("what is written is counted on a loop device, which only root can make")
    with wear.site(tmp_path / "site", schema.PAGE_BYTES, DATA_PARTITION_BLOCK_BYTES, ENTRIES_BEFORE) as one:
        if not one.device:
            pytest.skip("what is written is counted on a loop device, and none can be mounted here")
        wear.warm_up(one, PEOPLE)
        written = zip(wear.STEPS, wear.in_a_rush(one, PEOPLE), strict=True)
        taken_kib = {step: taken.size / PEOPLE / 1024 for step, taken in written}
    assert all(0 < taken_kib[step] <= most for step, most in MOST_KIB.items()), taken_kib
