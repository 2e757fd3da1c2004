"""QR codes read by libzbar, through the functions that pyzbar declares.

Not through ``pyzbar.decode``: that makes a scanner for each picture, and lets libzbar turn UTF-8 into what
it takes for Big5 or Shift-JIS, which spoils two of three Vietnamese names.
"""

from __future__ import annotations

import ctypes
import threading
import weakref
from typing import Any

from kiosk.devices.base import DeviceError
from kiosk.devices.frames import Frame, Seen

_EVERY_SYMBOLOGY = 0
_CFG_BINARY = 4  # zbar.h, since 0.23.1: give the bytes as they stand in the code; pyzbar does not name it
_GREY = int.from_bytes(b"Y800", "little")


class ZbarReader:
    """Reads all QR codes in a frame, as the bytes they carry. Raises DeviceError when a library is missing."""

    def __init__(self) -> None:
        self._zbar = _load()
        self._lock = threading.Lock()  # a scanner is for one thread at a time
        self._scanner = self._zbar.zbar_image_scanner_create()
        weakref.finalize(self, self._zbar.zbar_image_scanner_destroy, self._scanner)
        qr_code = self._zbar.ZBarSymbol.QRCODE
        self._set(_EVERY_SYMBOLOGY, self._zbar.ZBarConfig.CFG_ENABLE, 0)
        self._set(qr_code, self._zbar.ZBarConfig.CFG_ENABLE, 1)
        self._set(qr_code, _CFG_BINARY, 1)

    def read(self, frame: Frame) -> Seen:
        """The codes in *frame*; libzbar does not tell of those it cannot read."""
        pixels = frame.packed()
        image = self._zbar.zbar_image_create()
        try:
            self._zbar.zbar_image_set_format(image, _GREY)
            self._zbar.zbar_image_set_size(image, frame.width, frame.height)
            self._zbar.zbar_image_set_data(
                image, ctypes.cast(ctypes.c_char_p(pixels), ctypes.c_void_p), len(pixels), None
            )
            with self._lock:
                self._zbar.zbar_scan_image(self._scanner, image)
            return Seen(self._data_of(image))
        finally:
            self._zbar.zbar_image_destroy(image)

    def _set(self, symbology: int, option: int, value: int) -> None:
        if self._zbar.zbar_image_scanner_set_config(self._scanner, symbology, option, value) != 0:
            raise DeviceError("the decoder pyzbar is set, but the system's libzbar is older than 0.23.1")

    def _data_of(self, image: Any) -> list[bytes]:
        codes = []
        symbol = self._zbar.zbar_image_first_symbol(image)
        while symbol:
            data, length = self._zbar.zbar_symbol_get_data(symbol), self._zbar.zbar_symbol_get_data_length(symbol)
            codes.append(ctypes.string_at(data, length))
            symbol = self._zbar.zbar_symbol_next(symbol)
        return codes


def _load() -> Any:
    try:
        from pyzbar import wrapper
    except ImportError as error:
        raise DeviceError(
            f"the decoder pyzbar is set, but the package pyzbar of Python or libzbar0 of Debian is missing: {error}"
        ) from error
    return wrapper
