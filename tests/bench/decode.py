"""What it takes to read a 640x480 luma frame: with a code, without one, and with one as dense as a certificate's.

The cases are interleaved in one run. Times are this thread's processor time in microseconds, as medians with the
10th and 90th percentile; the last column compares with pyzbar on the same frame. Beside them stand the motion
gate, the rescue passes, and the floor: touching each pixel once.

    python tests/bench/decode.py [--rounds 200]
"""

from __future__ import annotations

import argparse
import io
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import segno
from PIL import Image, ImageChops

sys.path.insert(0, str(Path(__file__).parents[2]))

from kiosk.devices.decoding import PREPARATIONS, Decoder
from kiosk.devices.frames import Frame
from kiosk.devices.motion import MotionGate
from kiosk.devices.zbar import ZbarReader
from kiosk.devices.zxing import ZxingReader

SIZE = (640, 480)
MODULE_PX = 3
CARD = "079085012345||Nguyễn Thị Ánh Nguyệt|02031985|Nữ|12 Bà Triệu, Phường Hai Bà Trưng, Hà Nội|25122021".encode()
CERTIFICATE = "HC1:" + "".join(random.Random(5).choices("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:", k=548))

Look = Callable[[Frame], object]


def scene(code: segno.QRCode | None = None) -> Image.Image:
    """A dim hall, soft shapes of any brightness, with *code* held up in it; the sensor adds its noise."""
    dice = random.Random(3)
    hall = Image.frombytes("L", (16, 12), dice.randbytes(192)).resize(SIZE, Image.Resampling.BICUBIC)
    if code is not None:
        drawn = io.BytesIO()
        code.save(drawn, kind="png", scale=MODULE_PX)
        picture = Image.open(drawn).convert("L")
        hall.paste(picture, ((SIZE[0] - picture.width) // 2, (SIZE[1] - picture.height) // 2))
    noise = Image.frombytes("L", SIZE, dice.randbytes(SIZE[0] * SIZE[1])).point(lambda level: 118 + level // 13)
    return ImageChops.add(hall, noise, offset=-128)


def frames() -> dict[str, Frame]:
    """The three frames, by what they show."""
    pictures = {
        "a card": scene(segno.make(CARD, mode="byte", micro=False, error="m")),
        "nothing": scene(),
        "a certificate": scene(segno.make(CERTIFICATE, micro=False, error="q")),
    }
    # Any picture will do for the blue channel's cost.
    return {what: Frame.from_image(picture, blue=picture.copy) for what, picture in pictures.items()}


def looks() -> dict[str, Look]:
    """The ways to read a frame, by name."""
    zxing, zbar, gate = ZxingReader(), ZbarReader(), MotionGate()
    cascade = Decoder(["zxing"], [])

    def rescue(name: str) -> Look:
        def look(frame: Frame) -> object:
            prepared = PREPARATIONS[name](frame)
            return zxing.thorough(prepared).codes if prepared else []

        return look

    return {
        "copy of the plane": lambda frame: bytearray(frame.luma),
        "motion gate": gate.open,
        "quick": lambda frame: zxing.quick(frame).codes,
        "thorough": lambda frame: zxing.thorough(frame).codes,
        "quick, then thorough": lambda frame: cascade.decode_live(frame, lambda data: True),
        "pyzbar": lambda frame: zbar.read(frame).codes,
        **{f"rescue: {name}": rescue(name) for name in PREPARATIONS},
    }


def measure(rounds: int) -> dict[tuple[str, str], list[float]]:
    """Microseconds of processor time for each frame and way to look, *rounds* of each."""
    pictures, ways = frames(), looks()
    cases = [(what, how) for what in pictures for how in ways]
    taken: dict[tuple[str, str], list[float]] = {case: [] for case in cases}
    for _ in range(rounds):
        for what, how in random.sample(cases, len(cases)):
            began_ns = time.thread_time_ns()
            ways[how](pictures[what])
            taken[what, how].append((time.thread_time_ns() - began_ns) / 1000)
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=200)
    taken = measure(parser.parse_args().rounds)
    ways = looks()
    for what, frame in frames().items():
        pyzbar_us = statistics.median(taken[what, "pyzbar"])
        print(f"\n{what} in front of the camera, {SIZE[0]}x{SIZE[1]}")
        print(f"  {'':24}{'read':>6}{'us p50':>9}{'p10':>8}{'p90':>8}{'of pyzbar':>12}")
        for how, look in ways.items():
            times = taken[what, how]
            tenths = statistics.quantiles(times, n=10)
            median = statistics.median(times)
            read = "" if how in ("copy of the plane", "motion gate") else "yes" if look(frame) else "no"
            print(f"  {how:24}{read:>6}{median:9.0f}{tenths[0]:8.0f}{tenths[-1]:8.0f}{median / pyzbar_us:12.3f}")


if __name__ == "__main__":
    main()
