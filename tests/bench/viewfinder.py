"""What the viewfinder costs a camera of 30 frames a second: reading a frame and offering it, looked at and not.

Seconds without anybody who looks and seconds with some (each waits for the next picture, as pages do) take turns in
one run. The time of a frame is that of the camera's thread, from the frame to the end of the offer; the processor
time is the whole process's.

    python tests/bench/viewfinder.py [--seconds 60] [--looking 10]
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from decode import frames
from parts.figures import print_table, spread

from kiosk.devices.decoding import Decoder
from kiosk.devices.frames import Frame
from kiosk.devices.viewfinder import ASKED_S, Viewfinder

FRAMES_A_SECOND = 30
TURN_S = 5.0


@contextlib.contextmanager
def looked_at(viewfinder: Viewfinder, by: int) -> Iterator[None]:
    """While this lasts, so many look."""
    ended = threading.Event()

    def look() -> None:
        number = 0
        while not ended.is_set():
            number = viewfinder.look(number, 0.5).number

    threads = [threading.Thread(target=look) for _ in range(by)]
    for thread in threads:
        thread.start()
    yield
    ended.set()
    for thread in threads:
        thread.join()


def filmed(decoder: Decoder, viewfinder: Viewfinder, film: list[Frame], seconds: float) -> tuple[list[float], float]:
    """So long the camera gives frames: milliseconds of each, and the processor's share in percent."""
    times, began_s, cpu_s = [], time.perf_counter(), time.process_time()
    for number in range(round(seconds * FRAMES_A_SECOND)):
        frame_s, frame = time.perf_counter(), film[number % len(film)]
        decoder.decode_live(frame, lambda _: True)
        viewfinder.offer(frame)
        times.append(1000 * (time.perf_counter() - frame_s))
        time.sleep(max(0.0, began_s + (number + 1) / FRAMES_A_SECOND - time.perf_counter()))
    return times, 100 * (time.process_time() - cpu_s) / (time.perf_counter() - began_s)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=60, help="of film, half of them looked at")
    parser.add_argument("--looking", type=int, default=10, help="at once")
    wish = parser.parse_args()
    decoder, viewfinder, film = Decoder(("zxing", "pyzbar"), ("blur", "half")), Viewfinder(), list(frames().values())
    filmed(decoder, viewfinder, film, ASKED_S)
    names = {0: "nobody looks", 1: "one looks", wish.looking: f"{wish.looking} look"}
    times: dict[str, list[float]] = {name: [] for name in names.values()}
    shares: dict[str, list[float]] = {name: [] for name in names.values()}
    for _ in range(max(1, round(wish.seconds / TURN_S / len(names)))):
        for by, name in names.items():
            with looked_at(viewfinder, by):
                took_ms, share = filmed(decoder, viewfinder, film, TURN_S)
            times[name] += took_ms
            shares[name].append(share)
            time.sleep(ASKED_S)
    print_table(
        f"A frame of {film[0].width}x{film[0].height} read and offered, {FRAMES_A_SECOND} a second, milliseconds.",
        {"": "", "p50": ".2f", "p10": ".2f", "p99": ".2f", "CPU, %": ".1f"},
        ([name, *spread(times[name]), sum(shares[name]) / len(shares[name])] for name in names.values()),
    )


if __name__ == "__main__":
    main()
