"""The door's process does not grow with what it is shown. ``tests/bench/memory.py`` shows it 200,000 codes."""

from __future__ import annotations

from pathlib import Path

import pytest
from door_memory import door_at_work, memory_mib, people_pass

WARM_UP, SCANS = 3_000, 4_000  # caches are full after the first
MOST_MIB = 3.0  # a code that is kept each time would be 10
ROUNDS = 3  # what is kept for ever grows in each; the pools of Python and the C library may fill once more


@pytest.mark.slow
def test_the_door_s_memory_stays_as_it_is_while_thousands_pass(tmp_path: Path) -> None:
    with door_at_work(tmp_path) as (pid, client):
        person = people_pass(client, 0, WARM_UP)
        grown: list[float] = []
        while len(grown) < ROUNDS and (not grown or min(grown) >= MOST_MIB):
            before, _ = memory_mib(pid)
            person = people_pass(client, person, SCANS)
            after, _ = memory_mib(pid)
            grown.append(after - before)
    assert min(grown) < MOST_MIB, grown
