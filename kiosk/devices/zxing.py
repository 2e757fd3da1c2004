"""QR codes read by zxing-cpp."""

from __future__ import annotations

from typing import Any

from kiosk.devices.base import DeviceError
from kiosk.devices.frames import Frame, Seen


class ZxingReader:
    """Reads all QR codes in a frame, as the bytes they carry; the frame's memory is not copied.

    Bytes, never the library's text: that shows a NUL as ``<NUL>`` and guesses alphabets.
    Raises DeviceError when the library is missing.
    """

    def __init__(self) -> None:
        try:
            import zxingcpp
        except ImportError as error:
            raise DeviceError(
                f"the decoder zxing is set, but the Python package zxing-cpp is missing: {error}"
            ) from error
        self._zxing = zxingcpp

    def quick(self, frame: Frame) -> Seen:
        """An upright, evenly lit code that is dark on light: a quarter of the time of ``thorough``."""
        return self._read(
            frame,
            binarizer=self._zxing.Binarizer.GlobalHistogram,
            try_rotate=False,
            try_downscale=False,
            try_invert=False,
        )

    def thorough(self, frame: Frame) -> Seen:
        """Also turned, shaded, inverted and very large codes."""
        return self._read(frame)

    def levelled(self, frame: Frame) -> Seen:
        """The codes in a frame whose levels up to 127 are dark, the others light."""
        return self._read(frame, binarizer=self._zxing.Binarizer.FixedThreshold)

    def _read(self, frame: Frame, **options: Any) -> Seen:
        view = self._zxing.ImageView(
            frame.luma, frame.width, frame.height, self._zxing.ImageFormat.Lum, frame.stride, 1
        )
        # Made anew each time: the library calls it a leak if a waiting thread still holds one at exit.
        formats = self._zxing.BarcodeFormats(self._zxing.BarcodeFormat.QRCode)
        found = self._zxing.read_barcodes(view, formats=formats, return_errors=True, **options)
        codes = [bytes(code.bytes) for code in found if code.valid]
        return Seen(codes, unread=len(codes) < len(found))
