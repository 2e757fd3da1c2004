"""The door's process does not grow with what it is shown. ``tests/bench/memory.py`` shows it 200,000 codes."""

from __future__ import annotations

from pathlib import Path

import pytest
from door_memory import door_at_work, memory_mib, people_pass

WARM_UP, SCANS = 3_000, 4_000  # caches are full after the first
MOST_MIB = 3.0  # Python's and the C library's pools fill unevenly; a code that is kept each time would be 10


@pytest.mark.slow
def test_the_door_s_memory_stays_as_it_is_while_thousands_pass(tmp_path: Path) -> None:
    with door_at_work(tmp_path) as (pid, client):
        person = people_pass(client, 0, WARM_UP)
        before, _ = memory_mib(pid)
        people_pass(client, person, SCANS)
        after, _ = memory_mib(pid)
    assert after - before < MOST_MIB
