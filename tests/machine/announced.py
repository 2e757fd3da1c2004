"""Whether all that people perceived at a door is in its log."""

from __future__ import annotations

from base64 import b64decode
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import zxingcpp

from kiosk.config import Settings
from kiosk.devices.simulated_printer import SimulatedPrinter
from kiosk.house import look_into_vault
from kiosk.rules.admission import holders
from kiosk.rules.credentials import read_credential
from kiosk.rules.entries import Entry, EntryKind
from kiosk.rules.formats import slip
from kiosk.rules.formats.code import Trust
from kiosk.rules.invented import person
from kiosk.rules.messages import MESSAGES
from kiosk.rules.model import Lamp, Reason
from kiosk.store.reading import Reader
from kiosk.store.schema import DATABASE
from kiosk.vault import Vault
from machine.virtual_printer import ASK_CAUSE, ASK_PAPER
from machine.virtual_scanner import as_typed

BATCH = 500


@dataclass(slots=True)
class Perceived:
    """What people perceived between a start and the power cut that ended it.

    *greens* is how often the lamp turned green, *answers* are the people (by number) of whom a tablet was told which
    entry of the log is theirs, *numbers* the tickets that were told, *shown* how many of them the display told,
    *papers* the slips' codes with the pictures of the papers that carry them, *unreadable* the papers without a code.
    """

    boot: str = ""
    greens: int = 0
    answers: dict[int, int] = field(default_factory=dict)
    numbers: set[str] = field(default_factory=set)
    shown: int = 0
    papers: list[tuple[str, bytes]] = field(default_factory=list)
    unreadable: int = 0


def perceived(boot: str, told: Iterable[Mapping[str, Any]]) -> Perceived:
    """What the witness *told* of one start, whose id the log has as *boot*."""
    seen, paper = Perceived(boot), SimulatedPrinter()
    for line in told:
        if line.get("lamp") == "green":
            seen.greens += 1
        elif line.get("answer", {}).get("seq"):
            seen.answers[line["answer"]["seq"]] = line["answer"]["person"]
            seen.numbers |= {line["answer"]["ticket"]} - {None}
        elif line.get("page", {}).get("ticket"):
            seen.numbers.add(line["page"]["ticket"])
            seen.shown += 1
        elif "paper" in line:
            paper.send(b64decode(line["paper"]).replace(ASK_PAPER, b"").replace(ASK_CAUSE, b""))
    for picture in paper.papers:
        if picture.height and (code := zxingcpp.read_barcode(picture.convert("L"))):
            seen.papers.append((code.text, picture.tobytes()))
        else:
            seen.unreadable += 1
    return seen


def faults_of(data: Path, settings: Settings, starts: Sequence[Perceived]) -> list[str]:
    """A sentence for each thing perceived in *starts* that the log in *data* does not know, or knows twice."""
    vault, log = look_into_vault(settings, data), _log(data)
    if not vault.use(Reader(data / DATABASE).head().key_id):
        return ["the day key that the log names is not in the key file"]
    if sum(entry.header.kind == EntryKind.DAY_KEY for entry in log) > 1:
        return ["the day key turned, and with the old one went who is who: nothing can be judged"]
    passages = [entry for entry in log if entry.header.kind == EntryKind.SCAN and entry.body]
    return [
        *_greens_unknown(passages, starts),
        *_answers_unknown(vault, passages, starts),
        *_numbers_unknown(passages, starts),
        *_papers_unknown(vault, passages, starts),
        *_papers_twice(starts),
    ]


def _log(data: Path) -> list[Entry]:
    reader, log = Reader(data / DATABASE), list[Entry]()
    while batch := reader.events_after(len(log), BATCH):
        log += batch
    return log


def _greens_unknown(passages: Sequence[Entry], starts: Sequence[Perceived]) -> Iterable[str]:
    """A lamp that is lit longer for the next person turned green once; never does it turn green for nobody."""
    recorded = Counter(
        entry.header.moment.boot_id
        for entry in passages
        if entry.body and MESSAGES[Reason(entry.body["reason"])].lamp is Lamp.GREEN
    )
    for start in starts:
        if recorded[start.boot] < start.greens:
            known = recorded[start.boot]
            yield f"the lamp turned green {start.greens} times in start {start.boot}, for which {known} are recorded"


def _answers_unknown(vault: Vault, passages: Sequence[Entry], starts: Sequence[Perceived]) -> Iterable[str]:
    people = {entry.sequence: (entry.body or {}).get("who") for entry in passages}
    answers = [answer for start in starts for answer in start.answers.items()]
    for sequence, somebody in answers:
        if people.get(sequence) not in _whos(vault, somebody):
            yield f"person {somebody} was told of entry {sequence}, which is not theirs"
    yield from (f"entry {sequence} was told {times} times" for sequence, times in _several(s for s, _ in answers))


def kinds_unseen(starts: Sequence[Perceived]) -> list[str]:
    """The kinds of announcements that nobody perceived in *starts*: of these nothing is proven."""
    seen = {
        "a green lamp": sum(start.greens for start in starts),
        "an answer on a tablet": sum(len(start.answers) for start in starts),
        "a number on the display": sum(start.shown for start in starts),
        "a slip out of the printer": sum(len(start.papers) for start in starts),
    }
    return [f"nobody perceived {kind}" for kind, times in seen.items() if not times]


def _several(things: Iterable[int]) -> list[tuple[int, int]]:
    return [(thing, times) for thing, times in Counter(things).items() if times > 1]


def _whos(vault: Vault, somebody: int) -> set[str]:
    """The pseudonyms of an invented person's card."""
    card = read_credential(as_typed(person(somebody).id_card_text).encode(), trust=Trust(), at_ms=0)
    return {vault.pseudonym(holder).hex() for holder in holders(card)}


def _numbers_unknown(passages: Sequence[Entry], starts: Sequence[Perceived]) -> Iterable[str]:
    tickets = [body["ticket"] for entry in passages if (body := entry.body or {}).get("ticket")]
    given = Counter(f"{ticket['series']}{ticket['number']:03d}" for ticket in tickets)
    yield from (f"number {number} was given {times} times" for number, times in given.items() if times > 1)
    shown = {number for start in starts for number in start.numbers}
    yield from (f"number {number} was on the display, and nobody has it" for number in sorted(shown - given.keys()))


def _papers_unknown(vault: Vault, passages: Sequence[Entry], starts: Sequence[Perceived]) -> Iterable[str]:
    if unreadable := sum(start.unreadable for start in starts):
        yield f"on {unreadable} papers out of the printer no slip can be read"
    known = {who for entry in passages for who in (entry.body or {}).get("also", ())}
    for code in {code for start in starts for code, _ in start.papers}:
        read = slip.parse(code)
        if read is None or vault.pseudonym(read.holder_id).hex() not in known:
            yield f"a slip came out of the printer that nobody has: {code}"


def _papers_twice(starts: Sequence[Perceived]) -> Iterable[str]:
    """A second paper of a slip is marked as a copy, and so never looks as the first."""
    first: dict[str, bytes] = {}
    for code, picture in (paper for start in starts for paper in start.papers):
        if first.setdefault(code, picture) is not picture and first[code] == picture:
            yield f"a slip came out of the printer twice, and the second is not marked: {code}"
