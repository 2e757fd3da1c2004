"""Picture -> ESC/POS bytes, by python-escpos."""

from __future__ import annotations

import logging
import os
import pickle
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache as remembered
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk.devices.base import DeviceError

if TYPE_CHECKING:
    from PIL.Image import Image

STRIP_ROWS = 128  # cheap printers lose rows of taller pictures: their buffer holds no more
RASTER_HEAD_BYTES = 8  # GS v 0: command, mode, bytes in a row, rows
WIDEST_PX = 576
# End a strip that broke off, on the widest paper; nowhere else do zeros mean anything.
AFTER_FAULT = bytes(RASTER_HEAD_BYTES + STRIP_ROWS * WIDEST_PX // 8)


def raster(picture: Image, cache: Path, *, after_fault: bool = False) -> bytes:
    """One whole ticket: initialise, *picture* in strips, feed, cut.

    *after_fault*: a ticket may have broken off within a strip, and the printer still waits for the
    rest of that strip. Zeros come first then: they end it as white rows, and mean nothing elsewhere.
    *cache* is a directory of the kiosk's own, made here if need be (mode 0700): python-escpos keeps
    its table of printers there, as a pickle. Raises DeviceError when *cache* belongs to another user.
    """
    capabilities, dummy = _load_library(cache)
    profile = capabilities.Profile(features={"paperFullCut": True})
    # A profile without a width makes the library print a warning to stdout for every strip.
    profile.profile_data = profile.profile_data | {"media": {"width": {"pixels": picture.width}}}
    printer = dummy(profile=profile)
    printer.hw("INIT")
    printer.image(picture, impl="bitImageRaster", fragment_height=STRIP_ROWS)
    printer.cut()
    output = printer.output
    assert isinstance(output, bytes)
    strip_bytes = RASTER_HEAD_BYTES + STRIP_ROWS * ((picture.width + 7) // 8)
    return bytes(strip_bytes if after_fault else 0) + output


@remembered
def _load_library(cache: Path) -> tuple[Any, Any]:
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    if cache.stat().st_uid != os.geteuid():
        raise DeviceError(f"{cache} belongs to another user; a pickle there cannot be trusted")
    cache.chmod(0o700)
    try:
        return _load_with_table_in(cache)
    except OSError:  # no room for the table on a full disk, where people are still recorded and get their ticket
        with tempfile.TemporaryDirectory() as elsewhere:
            return _load_with_table_in(Path(elsewhere))


def _load_with_table_in(cache: Path) -> tuple[Any, Any]:
    with _side_effects_contained(cache):
        try:
            return _import_library()
        except (pickle.UnpicklingError, EOFError, LookupError, ValueError):
            # A power cut while the library wrote its table leaves half a pickle.
            for half_table in cache.glob("*.pickle"):
                half_table.unlink()
            return _import_library()


def _import_library() -> tuple[Any, Any]:
    from escpos import capabilities
    from escpos.printer import Dummy

    return capabilities, Dummy


@contextmanager
def _side_effects_contained(cache: Path) -> Iterator[None]:
    """Importing the library configures the root logger and leaves an empty temporary directory."""
    guard = logging.NullHandler()  # basicConfig() does nothing where the root has a handler
    logging.getLogger().addHandler(guard)
    usual_directory, tempfile.tempdir = tempfile.tempdir, str(cache)
    os.environ["ESCPOS_CAPABILITIES_PICKLE_DIR"] = str(cache)
    try:
        yield
    finally:
        tempfile.tempdir = usual_directory
        logging.getLogger().removeHandler(guard)
        for leftover in cache.glob("tmp*"):
            with suppress(OSError):
                leftover.rmdir()
