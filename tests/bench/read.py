"""``kiosk read`` over a folder of pictures, and what reading takes: decode, parse and verify apart.

First the whole process, on one core, over pictures of 1280x720, half of which have no code to read: blank, busy or
spoiled; beside it what Pillow alone takes to open them. They are drawn once and kept in build/. Then each kind of code
by itself, all kinds by turns, beside what any reader must do: open the picture with Pillow, and decode it with
zxing-cpp as it comes. Signatures are timed where the trust folder verifies them; parse is all the rest of recognising.
Times are this thread's processor time, medians.

    python tests/bench/read.py [--pictures 1000] [--rounds 100]
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

import zxingcpp
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from parts import scenes
from parts.figures import print_table
from parts.shown_codes import AT_MS, Site, Stopwatch

from kiosk.config import Settings
from kiosk.devices.decoding import Decoder
from kiosk.devices.pictures import frame_from_image_bytes
from kiosk.rules.credentials import names_somebody, read_credential
from kiosk.rules.model import Credential, Kind
from kiosk.wiring import make_decoder

BUILD = Path("build/pictures")
PROJECT = Path(__file__).parents[2]


class Classified(NamedTuple):
    """One picture, as the process told of it: seconds since it told of the one before."""

    path: Path
    kind: str
    taken_s: float


def read_all(folder: Path, trust_folder: Path) -> Iterator[Classified]:
    """What ``kiosk read --json`` says of the pictures in *folder*, as it says it."""
    one_core = {max(os.sched_getaffinity(0))}
    command = [sys.executable, "-m", "kiosk", "read", "--json", "--trust", str(trust_folder), str(folder)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, cwd=PROJECT, preexec_fn=lambda: os.sched_setaffinity(0, one_core)
    ) as process:
        before_s = time.perf_counter()
        for line in process.stdout or []:
            said, now_s = json.loads(line), time.perf_counter()
            yield Classified(Path(said["source"]), said["kind"], now_s - before_s)
            before_s = now_s


def print_folder(pictures: Path, trust_folder: Path) -> None:
    """The whole process, then each class and each kind of file by itself."""
    began_s, cpu_s = time.perf_counter(), _children_s()
    classified = list(read_all(pictures.resolve(), trust_folder))
    wall_s, cpu_s = time.perf_counter() - began_s, _children_s() - cpu_s
    rate, cpu_rate = len(classified) / wall_s, len(classified) / cpu_s
    print(f"\nkiosk read of {len(classified)} pictures, start included: {wall_s:.1f} s, {cpu_s:.1f} s of processor")
    print(f"  {rate:.0f} pictures a second, {cpu_rate:.0f} a second of processor")
    heads = {
        "": "",
        "pictures": "",
        "with code": "",
        "a second": ".0f",
        "ms p50": ".1f",
        "most": ".1f",
        "Pillow": ".1f",
    }
    others = classified[1:]  # the first waits for the process to start
    for title, group_of in (("by what they show", _shows), ("by file", _file)):
        groups: dict[str, list[Classified]] = defaultdict(list)
        for one in others:
            groups[group_of(one.path)].append(one)
        print_table(title, heads, (_row(name, ones) for name, ones in sorted(groups.items())))


def _shows(path: Path) -> str:
    return path.parent.name


def _file(path: Path) -> str:
    return path.stem.split()[1] + path.suffix


def _row(name: str, ones: list[Classified]) -> list[object]:
    times_ms = [one.taken_s * 1000 for one in ones]
    found = sum(one.kind != Kind.NONE for one in ones)
    rate = 1000 * len(ones) / sum(times_ms)
    return [f"{name:22}", len(ones), found, rate, median(times_ms), max(times_ms), median(map(_opening_ms, ones))]


def _opening_ms(one: Classified) -> float:
    """What Pillow alone takes for the picture."""
    data = one.path.read_bytes()
    return _us(lambda: Image.open(io.BytesIO(data)).load()) / 1000


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Steps:
    """What a site does with a picture of *code*, and what any reader must do; each call takes one step."""

    def __init__(self, code: bytes, decoder: Decoder, watch: Stopwatch) -> None:
        dice = random.Random(1)
        written = io.BytesIO()
        scenes.WITH_CODE["plain"](scenes.Held(code, dice), dice).save(written, "JPEG")
        self._code, self._file, self._decoder, self._watch = code, written.getvalue(), decoder, watch
        self._frame = frame_from_image_bytes(self._file)
        self._image = self._frame.image()

    def pillow(self) -> object:
        return Image.open(io.BytesIO(self._file)).load()

    def open(self) -> object:
        return frame_from_image_bytes(self._file)

    def zxing(self) -> object:
        return zxingcpp.read_barcodes(self._image, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))

    def decode(self) -> list[bytes]:
        return [code.data for code in self._decoder.decode_still(self._frame, names_somebody)]

    def recognise(self) -> Credential:
        return read_credential(self._code, trust=self._watch.trust, at_ms=AT_MS)

    def measure(self) -> dict[str, float]:
        """Microseconds of processor time for each step."""
        times = {step.__name__: _us(step) for step in (self.pillow, self.open, self.zxing, self.decode)}
        self._watch.taken_us = 0.0
        whole_us = _us(self.recognise)
        return times | {"parse": whole_us - self._watch.taken_us, "verify": self._watch.taken_us}


def print_kinds(site: Site, rounds: int) -> None:
    """Decode, parse and verify of each kind of code."""
    decoder, watch = make_decoder(Settings()), Stopwatch(site.trust())
    kinds = {name: Steps(code, decoder, watch) for name, code in site.codes().items()}
    taken: dict[str, list[dict[str, float]]] = defaultdict(list)
    for _ in range(rounds):
        for name, steps in kinds.items():
            taken[name].append(steps.measure())
    heads = {"": "", "open ms": ".2f", "of Pillow": ".2f", "decode ms": ".2f", "of zxing": ".2f"}
    heads |= {"parse us": ".0f", "verify us": ".0f", "check": ""}
    print_table("by kind of code", heads, (_kind_row(name, kinds[name], taken[name]) for name in kinds))


def _kind_row(name: str, steps: Steps, taken: list[dict[str, float]]) -> list[object]:
    us = {step: median(times[step] for times in taken) for step in taken[0]}
    if len(steps.decode()) != 1:
        raise AssertionError(f"{name} was not read")
    row: list[object] = [name, us["open"] / 1000, us["open"] / us["pillow"], us["decode"] / 1000]
    return [*row, us["decode"] / us["zxing"], us["parse"], us["verify"], steps.recognise().check]


def _us(take: Callable[[], object]) -> float:
    began_ns = time.thread_time_ns()
    take()
    return (time.thread_time_ns() - began_ns) / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=100)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder))
        print_folder(_drawn(arguments.pictures, site.codes()), site.trust_folder)
        print_kinds(site, arguments.rounds)


def _drawn(count: int, codes: dict[str, bytes]) -> Path:
    """The folder of *count* pictures; signed with keys of an earlier run, which changes nothing but the check."""
    folder = BUILD / str(count)
    if not folder.exists():
        unfinished = folder.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        scenes.write(unfinished, codes, count)
        unfinished.rename(folder)
    return folder


if __name__ == "__main__":
    main()
