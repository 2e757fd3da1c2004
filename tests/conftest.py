"""Houses for the tests: real key files, real SQLite, the real door, times that are stated."""

from __future__ import annotations

import gc
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from patience import PATIENCE_S

from kiosk.config import GateSettings, Settings
from kiosk.devices import clock
from kiosk.devices.simulated import SimulatedPanel
from kiosk.door import Door
from kiosk.house import House, open_house
from kiosk.rules.model import Announcement, Direction, Reading
from kiosk.scan import Scan
from kiosk.store.reading import Reader
from kiosk.store.schema import DATABASE

if find_spec("hypothesis"):  # the emulated machine has none
    from hypothesis import settings as hypothesis_settings

    # A test that took long on a busy machine has not failed.
    hypothesis_settings.register_profile("kiosk", deadline=None)
    hypothesis_settings.load_profile("kiosk")

MANY_FILES = 200
CONTAINERS = "tests/system"
# Minutes for each part of the tests, of all workers together: with three on two cores 45 of the 90 for everything.
# Machines have the next 30 (tests/machine/parts.py), making what all of it needs has the rest. Loud and no failure:
# others may be at work there.
BUDGET_MIN = {"tests": 80, "tests/browser": 32, "tests/system": 20}
_spent_s: defaultdict[str, float] = defaultdict(float)


@pytest.hookimpl(optionalhook=True)  # the emulated machine has no pytest-xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Several workers take a part each of what the Makefile runs, which begins with what takes long."""
    from xdist.scheduler import LoadScopeScheduling

    class Parts(LoadScopeScheduling):  # type: ignore[misc] # it publishes no types
        def _split_scope(self, nodeid: str) -> str:
            return part_of(nodeid)

    return Parts(config, log)


def part_of(nodeid: str) -> str:
    """The file of a test; all that is tried in containers, which take long to make, is one part."""
    file = nodeid.partition("::")[0]
    return CONTAINERS if file.startswith(CONTAINERS) else file


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes long is begun first where several workers take parts, or one of them would be the last at work."""
    if hasattr(config, "workerinput"):
        takes_long = {part_of(item.nodeid) for item in items if {"slow", "browser"} & set(item.keywords)}
        items.sort(key=lambda item: (part_of(item.nodeid) != CONTAINERS, part_of(item.nodeid) not in takes_long))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """What a test took belongs to its folder."""
    _spent_s[str(Path(report.location[0]).parent)] += report.duration


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Where the minutes went, and what was left out and why."""
    terminalreporter.section("minutes")
    for part, spent_s in sorted(_spent_s.items()):
        budget_min = BUDGET_MIN.get(part)
        over = budget_min is not None and spent_s > budget_min * 60
        of_them = "" if budget_min is None else f" of {budget_min}{'  <== OVER ITS BUDGET' * over}"
        terminalreporter.line(f"{part}: {spent_s / 60:.1f}{of_them}", red=over, bold=over)
    skipped = terminalreporter.stats.get("skipped", ())
    by_reason: defaultdict[str, list[str]] = defaultdict(list)
    for report in skipped:
        by_reason[str(report.longrepr[2]).removeprefix("Skipped: ")].append(report.nodeid)
    terminalreporter.section(f"left out: {len(skipped)}", yellow=bool(skipped))
    for reason, tests in by_reason.items():
        terminalreporter.line("\n  ".join([reason, *tests]))


GATES = tuple(GateSettings(direction.value, f"Cổng {direction.value}", direction) for direction in Direction)


@pytest.fixture(scope="module", autouse=True)
def few_open_files() -> Iterator[None]:
    """What the houses of a module held open is closed: the pages' server takes no descriptor above 1023."""
    yield
    if len(list(Path("/proc/self/fd").iterdir())) > MANY_FILES:
        gc.collect()


def settings_with(**tables: Any) -> Settings:
    """Settings with gates named in, out and both, and the given values: ``settings_with(site={"capacity": 3})``.

    A table of rows is given as a tuple of them: ``stages=(StageSettings("inject", "Tiêm"),)``.
    """
    settings = Settings(gates=GATES)
    changed: dict[str, Any] = {
        name: values if isinstance(values, tuple) else replace(getattr(settings, name), **values)
        for name, values in tables.items()
    }
    return replace(settings, **changed)


def local_ms(text: str, settings: Settings) -> int:
    """``2026-11-20T08:00`` at the site, in milliseconds."""
    return round(datetime.fromisoformat(text).replace(tzinfo=settings.zone).timestamp() * 1000)


class Site:
    """A door on a data directory, with a panel that remembers; times are given as ``08:30`` of one day."""

    def __init__(self, house: House, day: str = "2026-11-20") -> None:
        self.house = house
        self.day = day
        self.panel = SimulatedPanel()
        self.door: Door = house.door(self.panel)
        self._source = itertools.count(1)

    def ms(self, time: str) -> int:
        """*time* (``08:30``, or with a date) in milliseconds."""
        return local_ms(time if "T" in time else f"{self.day}T{time}", self.house.settings)

    def show(self, code: bytes, gate: str, time: str, *, typed: bool = False) -> Scan:
        """Somebody shows *code* at *gate*."""
        reading = Reading(code, f"test:{next(self._source)}", clock.stated(self.ms(time)), typed=typed)
        return self.door.present([code], self.house.settings.gate(gate), reading)

    @property
    def reader(self) -> Reader:
        """What the pages read."""
        return Reader(self.house.database)


OpenSite = Callable[..., Site]


@pytest.fixture
def lamps_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a simulated lamp shows is still to be seen however late a busy machine looks."""
    show = SimulatedPanel.show

    def show_long(panel: SimulatedPanel, announcement: Announcement) -> None:
        with panel._changed:  # nobody looks between the two
            show(panel, announcement)
            for screen in panel._screens.values():
                screen.dark_at_s += PATIENCE_S

    monkeypatch.setattr(SimulatedPanel, "show", show_long)


@pytest.fixture
def open_site(tmp_path: Path) -> Iterator[OpenSite]:
    """Opens a site on a fresh data directory: ``open_site(site={"capacity": 3})``; several times for restarts."""
    with ExitStack() as houses:

        def open_(day: str = "2026-11-20", at: str = "07:00", data: Path | None = None, **tables: Any) -> Site:
            settings = settings_with(**tables)
            moment = clock.stated(local_ms(f"{day}T{at}", settings))
            house = houses.enter_context(open_house(settings, data or tmp_path / "data", demo=True, now=moment))
            return Site(house, day)

        yield open_


@pytest.fixture
def site(open_site: OpenSite) -> Site:
    """A site as the settings' defaults make it, with gates in, out and both."""
    return open_site()


__all__ = ["DATABASE", "OpenSite", "Site", "local_ms", "settings_with"]
