"""Virtual devices of the guest's kernel, plugged in for a test each."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from machine.virtual_pins import VirtualPins
from machine.virtual_printer import VirtualPrinter, make_printer
from machine.virtual_scanner import VirtualScanner


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These tests load kernel modules: only where that is what the machine is for."""
    if socket.gethostname() != "kiosk-machine":
        for item in items:
            item.add_marker(pytest.mark.skip(reason="runs in an emulated machine: make test-machine"))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Here a skipped test is a promise that was not tried."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if socket.gethostname() == "kiosk-machine" and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def _usb() -> None:
    make_printer()


@pytest.fixture
def virtual_printer(_usb: None) -> Iterator[VirtualPrinter]:
    """A USB printer, plugged in; silent."""
    printer = VirtualPrinter()
    yield printer
    printer.close()


@pytest.fixture
def virtual_scanner() -> Iterator[VirtualScanner]:
    """A USB scanner, plugged in."""
    scanner = VirtualScanner()
    yield scanner
    scanner.unplug()


@pytest.fixture
def virtual_pins() -> Iterator[VirtualPins]:
    """The pins of a Raspberry Pi."""
    from gpiozero import Device

    os.environ["GPIOZERO_PIN_FACTORY"] = "lgpio"
    yield VirtualPins()
    if Device.pin_factory is not None:  # it keeps the pins that were let go, and the next may be another process
        Device.pin_factory.close()
        Device.pin_factory = None
