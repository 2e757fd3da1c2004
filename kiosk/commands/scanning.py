"""``kiosk scan`` and ``kiosk read``: pictures, folders, videos and lines, recorded or only recognised."""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from kiosk.commands import CommandError, Context, UsageError, complain, parse_time, say
from kiosk.commands.arguments import add_sources
from kiosk.config import SettingsError
from kiosk.devices import clock, pictures
from kiosk.devices.base import DeviceError
from kiosk.devices.decoding import Decoder
from kiosk.house import House, open_house
from kiosk.rules.credentials import NOTHING_FOUND, Trust, names_somebody, persons_of, read_credential
from kiosk.rules.model import Credential, Moment, Outcome, Reading
from kiosk.rules.parts import Parts
from kiosk.scan import Scan
from kiosk.trust import faults_of, open_trust, trust_folders, trust_of
from kiosk.wiring import make_decoder

HOUSE_WORK_MS = 60_000
LONGEST_LINE_BYTES = 16 * 1024


def _is_readable(path: Path) -> bool:
    return pictures.is_picture(path) or pictures.is_video(path)


@dataclass(frozen=True, slots=True)
class Presented:
    """The codes of one picture, video frame or line; *at_ms* and *gate* where the line says so.

    *second* is a frame's from the beginning of its video, None for what is no video.
    """

    source: str
    codes: list[bytes]
    decode_ms: float = 0.0
    at_ms: int | None = None
    gate: str = ""
    second: float | None = None


class Sources:
    """Reads what the command line names; counts what could not be read and goes on.

    With *real_time*, no frame of a video comes earlier than it was taken.
    """

    def __init__(self, context: Context, decoder: Decoder, *, real_time: bool = False) -> None:
        self._context = context
        self._decoder = decoder
        self._recognised = partial(names_somebody, patterns=context.settings.own_codes())
        self._real_time = real_time
        self.failed = 0

    def read(self, names: list[str]) -> Iterator[Presented]:
        """Everything in *names*, in order: files, folders (sorted), videos, ``-`` for stdin."""
        for name in names:
            try:
                yield from self._lines() if name == "-" else self._path(Path(name))
            except DeviceError as error:
                self.failed += 1
                complain(str(error))
            except OSError as error:
                self.failed += 1
                complain(f"{name}: {error.strerror}")

    def _path(self, path: Path) -> Iterator[Presented]:
        if path.is_dir():
            yield from self.read(sorted(str(child) for child in path.rglob("*") if _is_readable(child)))
        elif pictures.is_video(path):
            yield from self._video(path)
        else:
            started = time.perf_counter()
            for _, frame in pictures.frames_of(path):
                codes = [code.data for code in self._decoder.decode_still(frame, self._recognised)]
                yield Presented(str(path), codes, (time.perf_counter() - started) * 1000)

    def _video(self, path: Path) -> Iterator[Presented]:
        began_s = time.monotonic()
        for second, frame in pictures.frames_of(path):
            if self._real_time:
                time.sleep(max(0.0, began_s + second - time.monotonic()))
            started = time.perf_counter()
            codes = [code.data for code in self._decoder.decode_live(frame, self._recognised)]
            if codes:
                decode_ms = (time.perf_counter() - started) * 1000
                yield Presented(f"{path}:{second:.1f}s", codes, decode_ms, second=second)

    def _lines(self) -> Iterator[Presented]:
        if sys.stdin is None:
            raise DeviceError("-: there is no standard input; it was closed")
        for number, line in enumerate(_bounded_lines(sys.stdin.buffer), start=1):
            text = line.rstrip(b"\r\n")
            if not text:
                continue
            try:
                yield self._line(number, text)
            except CommandError as error:
                self.failed += 1
                complain(f"-:{number}: {error}")

    def _line(self, number: int, text: bytes) -> Presented:
        try:
            timed = json.loads(text) if text.startswith(b"{") else None
        except (ValueError, RecursionError):
            timed = None
        if not isinstance(timed, dict) or not isinstance(timed.get("text"), str):
            return Presented(f"-:{number}", [text])
        at_ms = parse_time(self._context, str(timed["at"])) if timed.get("at") else None
        code = timed["text"].encode(errors="surrogatepass")
        return Presented(f"-:{number}", [code], 0.0, at_ms, str(timed.get("gate") or ""))


def scan_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk scan`` takes."""
    sub.add_argument("--gate", metavar="G", help="the gate they come to")
    sub.add_argument("--at", metavar="TIME", help="the time they come (ISO 8601)")
    add_sources(sub)


def scan(context: Context, arguments: argparse.Namespace) -> int:
    """Take everything named through the very path of the door, recorded."""
    stated_ms = parse_time(context, arguments.at) if arguments.at else None
    context.settings.gate(arguments.gate or "")
    sources = Sources(context, make_decoder(context.settings), real_time=stated_ms is None)
    all_presented = sources.read(arguments.sources)
    # The first is read before the log is begun, so that a fresh log begins when the first person comes.
    first = next(all_presented, None)
    if first is None:
        return 1 if sources.failed else 0
    first_ms = _stated(first, stated_ms)
    opened_at = None if first_ms is None else clock.stated(first_ms)
    with open_house(context.settings, context.data, demo=True, now=opened_at) as house:
        recorder = _Recorder(context, house)
        for presented in itertools.chain([first], all_presented):
            try:
                recorder.take(presented, _stated(presented, stated_ms), presented.gate or arguments.gate or "")
            except CommandError as error:
                sources.failed += 1
                complain(str(error))
    return 1 if sources.failed else 0


def _stated(presented: Presented, stated_ms: int | None) -> int | None:
    """The time that was stated for *presented*; a video begins at *stated_ms*."""
    if presented.at_ms is not None or stated_ms is None:
        return presented.at_ms
    return stated_ms + round((presented.second or 0.0) * 1000)


def _bounded_lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of *stream*; of one that is too long only the beginning, which no code can be as long as."""
    while line := stream.readline(LONGEST_LINE_BYTES):
        yield line
        while not line.endswith(b"\n") and (line := stream.readline(LONGEST_LINE_BYTES)):
            pass


class _Recorder:
    def __init__(self, context: Context, house: House) -> None:
        self._context = context
        self._store = house.store
        self._door = house.door()
        self._house_ms: int | None = None

    def take(self, presented: Presented, at_ms: int | None, gate_id: str) -> None:
        if not presented.codes:
            say(self._context, _nothing(presented), f"{presented.source}: no code found")
            return
        try:
            gate = self._context.settings.gate(gate_id)
        except SettingsError as error:
            raise CommandError(f"{presented.source}: {error}") from error
        moment = self._moment(presented, at_ms)
        if self._house_ms is None or moment.wall_ms - self._house_ms >= HOUSE_WORK_MS:
            self._house_ms = moment.wall_ms
            self._door.keep_house(moment)
        reading = Reading(presented.codes[0], presented.source, moment, decode_ms=presented.decode_ms)
        for scan in self._door.present_all(presented.codes, gate, reading):
            held = scan.decision.outcome is Outcome.REPEAT
            if not (held and presented.second is not None):  # of a video, all frames that show it
                self._say(scan, "the same code still held" if held else self._sentence(scan))

    def _sentence(self, scan: Scan) -> str:
        return scan.announcement(paper_form=self._context.settings.site.paper_form).en

    def _say(self, scan: Scan, sentence: str) -> None:
        record = scan.as_json(self._context.settings.zone)
        say(self._context, record, f"{scan.reading.source}: {scan.decision.outcome} {scan.holder}: {sentence}")

    def _moment(self, presented: Presented, at_ms: int | None) -> Moment:
        if at_ms is None:
            return clock.now()
        if at_ms < self._store.head().shown.at_ms:
            raise CommandError(
                f"{presented.source}: the time lies before the last entry of the log; nothing was recorded for it"
            )
        return clock.stated(at_ms)


def _nothing(presented: Presented) -> dict[str, Any]:
    return {
        "source": presented.source,
        "kind": NOTHING_FOUND.kind,
        "check": NOTHING_FOUND.check,
        "outcome": None,
        "reason": None,
        "direction": None,
        "ticket": None,
        "seq": None,
        "at": None,
        "holder": "",
        "ms": {"decode": round(presented.decode_ms, 3), "record": 0.0},
    }


def read_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk read`` takes."""
    sub.add_argument("--at", metavar="TIME", help="the time to check against (ISO 8601)")
    sub.add_argument("--trust", metavar="DIR", help="issuers to believe, instead of the settings' trust folder")
    add_sources(sub)


def read(context: Context, arguments: argparse.Namespace) -> int:
    """Recognise everything named, without recording anything, a line for each person in a picture.

    A card in several codes is recognised with its last one.
    """
    stated_ms = parse_time(context, arguments.at) if arguments.at else None
    if arguments.trust and not Path(arguments.trust).is_dir():
        raise UsageError(f"--trust must name a directory, not {arguments.trust!r}")
    trust = _trust(context, [arguments.trust] if arguments.trust else trust_folders(context.settings, context.data))
    sources = Sources(context, make_decoder(context.settings))
    parts = Parts()
    before: Presented | None = None
    for presented in sources.read(arguments.sources):
        held = before is not None and presented.second is not None and presented.codes == before.codes
        before = presented
        if held:
            continue
        at_ms = clock.now().wall_ms if stated_ms is None else stated_ms
        codes = parts.whole(presented.codes, at_ms)
        for credential in persons_of([read_credential(code, trust=trust, at_ms=at_ms) for code in codes]):
            _say_read(context, presented.source, credential)
    return 1 if sources.failed else 0


def _say_read(context: Context, source: str, credential: Credential) -> None:
    record = {
        "source": source,
        "kind": credential.kind,
        "check": credential.check,
        "detail": credential.detail,
        "fields": credential.fields,
    }
    fields = " ".join(f"{name}={value}" for name, value in credential.fields.items())
    say(context, record, f"{source}: {credential.kind} {credential.check} {fields} {credential.detail}")


def _trust(context: Context, folders: list[str]) -> Trust:
    """With the issuers in *folders*, and the data directory's keys where there are any; else no slip can be checked."""
    from kiosk.vault import Vault, VaultError

    opened = [open_trust(folder) for folder in folders]
    for folder, one in zip(folders, opened, strict=True):
        for fault in faults_of(one):
            complain(f"{folder}: {fault.name}: {fault.note}")
    site, slip_valid_s = context.settings.site, context.settings.vault.slip_valid_s
    own_codes = context.settings.own_codes()
    trust = replace(trust_of(opened), slip_valid_s=slip_valid_s, patterns=own_codes)
    try:
        vault = Vault.open(context.data, site=site.id, slip_keys=site.slip_keys, read_only=True)
    except VaultError:
        return trust
    return replace(trust, verify_slip=vault.verify_slip)
