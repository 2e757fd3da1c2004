"""What a list from a tablet costs while people scan, and what the page of who is expected today costs.

PYTHONPATH=.:tests python tests/bench/lists_page.py
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from listed import do, line, list_of, send, told
from running import Kiosk, card_of, running_kiosk

from kiosk.rules.access import Role

ROWS, LARGEST_FILE_ROWS, EXPECTED, ARRIVED, TIMES = 100_000, 85_000, 10_000, 2000, 40


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder, running_kiosk(Path(folder) / "data") as kiosk:
        staff, supervisor = kiosk.as_(Role.STAFF), kiosk.as_(Role.SUPERVISOR)
        print(f"{'':<44}{'median':>9}{'p95':>9}{'worst':>9}  ms")
        cards = iter(range(1, 1 << 20))
        told_of("a scan, nothing else going on", scans(kiosk, cards, 15))
        rows = LARGEST_FILE_ROWS
        began = time.monotonic()
        name = begun(staff, list_of(*(line(i) for i in range(rows))))
        told_of("a scan while a large list is read", scans(kiosk, cards, 0, lambda: is_read(staff, name)))
        print(f"{rows:,} rows read in {time.monotonic() - began:.0f} s")
        path = f"/lists/{name}"
        told_of("a page of a draft of that size", asked(lambda: staff.get(f"{path}?sort=clean").read()))
        do(staff, f"{path}/withdraw", {"sure": "yes"}).read()
        name = begun(staff, list_of(*(line(i) for i in range(EXPECTED))))
        while not is_read(staff, name):
            time.sleep(0.1)
        do(staff, f"/lists/{name}/hand-over").read()
        do(supervisor, f"/lists/{name}/approve").read()
        began = time.monotonic()
        staff.get("/expected").read()
        print(f"/expected for the first time: {(time.monotonic() - began) * 1000:.0f} ms")
        told_of(f"/expected with {EXPECTED:,} people", asked(lambda: staff.get("/expected").read()))
        told_of("a search on it", asked(lambda: staff.get("/expected?q=nguyen").read()))
        told_of(
            "a scan while somebody looks at it", scans(kiosk, cards, 10, also=lambda: staff.get("/expected").read())
        )


def begun(kiosk: Kiosk, content: bytes) -> str:
    """Send a list; the name by which it is asked about."""
    print(f"a file of {len(content) / 1e6:.1f} MB")
    with send(kiosk, content) as answer:
        assert answer.status == 303, answer.read()
        return str(answer.headers["Location"])[-8:]


def is_read(kiosk: Kiosk, name: str) -> bool:
    """Whether the list is read."""
    job = told(kiosk, "job", list=name)
    assert not job.get("fault"), job
    return bool(job.get("done"))


def scans(
    kiosk: Kiosk,
    cards: Iterator[int],
    seconds: float,
    ended: Callable[[], bool] = lambda: False,
    also: Callable[[], object] | None = None,
) -> list[float]:
    """Milliseconds of one scan after another, five a second, for so long, or until it has *ended*."""
    took, until, count = [], time.monotonic() + seconds, 0
    while time.monotonic() < until or (not seconds and not ended()):
        if also:
            also()
        began = time.perf_counter()
        kiosk.show(card_of(next(cards)))
        took.append((time.perf_counter() - began) * 1000)
        count += 1
        time.sleep(0.15)
    return took


def asked(ask: Callable[[], object]) -> list[float]:
    """Milliseconds of each of TIMES answers."""
    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        ask()
        took.append((time.perf_counter() - began) * 1000)
    return took


def told_of(what: str, took: list[float]) -> None:
    """One line of the table."""
    p95 = statistics.quantiles(took, n=20)[-1]
    print(f"{what:<44}{statistics.median(took):>9.1f}{p95:>9.1f}{max(took):>9.1f}", flush=True)


if __name__ == "__main__":
    main()
