"""What the vault costs per call: CPU microseconds, and as multiples of one SHA-256 of 64 bytes.

    python tests/bench/vault.py

The multiples carry over to another machine, the microseconds do not. The cases run by turns, so that a
busy moment of the machine falls on all of them; the median of the rounds counts.
"""

from __future__ import annotations

import hashlib
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from kiosk.rules.formats import slip as slip_format
from kiosk.rules.model import Person
from kiosk.vault import Shown, Vault, make_demo_keys

ROUNDS, CALLS = 60, 50
PERSON = Person(name="Đỗ Thị Ánh", birth="1985-03-02", sex="F", number="001185000001", address="12 Lê Lợi, Huế")
LINE = Shown("Đỗ Thị Ánh", "********0001", "1985-03-02", "F")


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as directory:
        make_demo_keys(Path(directory))
        vault = Vault.open(Path(directory), site="bench")
        vault.use(vault.new_day_key().key_id)
        costs_us = measured(cases(vault))
        turn_ms = statistics.median(timed_turn_ms(vault) for _ in range(20))
    unit_us = costs_us["SHA-256 of 64 bytes"]
    print(f"{'call':<34}{'CPU us':>9}{'x SHA-256':>11}")
    for name, cost_us in costs_us.items():
        print(f"{name:<34}{cost_us:>9.2f}{cost_us / unit_us:>11.0f}")
    print(f"turn of the day key, with its two flushes: {turn_ms:.1f} ms of wall time")


def cases(vault: Vault) -> dict[str, Callable[[], object]]:
    """The calls that a scan makes, by name."""
    block, blob = bytes(64), vault.conceal(LINE)
    slip = slip_format.parse(vault.issue_slip(1_790_000_000_000).code)
    assert slip
    message = slip_format.signed_message(slip.payload)
    return {
        "SHA-256 of 64 bytes": lambda: hashlib.sha256(block).digest(),
        "pseudonym": lambda: vault.pseudonym("id:001185000001"),
        "likeness": lambda: vault.likeness(PERSON),
        "seal an identity": lambda: vault.seal(PERSON, "id:001185000001"),
        "conceal for staff": lambda: vault.conceal(LINE),
        "reveal to staff": lambda: vault.reveal(blob),
        "issue a slip": lambda: vault.issue_slip(1_790_000_000_000),
        "verify a slip": lambda: vault.verify_slip(slip.key_id, message, slip.signature),
        "seal the head of the log": lambda: vault.head_seal(block),
    }


def measured(calls: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The median CPU time of each call in microseconds."""
    rounds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            start_ns = time.thread_time_ns()
            for _ in range(CALLS):
                call()
            rounds[name].append((time.thread_time_ns() - start_ns) / CALLS / 1000)
    return {name: statistics.median(costs) for name, costs in rounds.items()}


def timed_turn_ms(vault: Vault) -> float:
    """Wall time of one turn, without the log's part."""
    start_ns = time.perf_counter_ns()
    vault.use(vault.new_day_key().key_id)
    return (time.perf_counter_ns() - start_ns) / 1e6


if __name__ == "__main__":
    main()
