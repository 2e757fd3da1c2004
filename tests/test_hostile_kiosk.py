"""Whatever an enemy sends as a kiosk's, by network or on a stick: it is named, kept, and changes nobody's log."""

from __future__ import annotations

import shutil
import sqlite3
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import OpenSite, Site
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hubs import Kiosk, RunningHub, running_hub
from syncing import at_hub, entries
from test_hub_intake import Hub, open_hub, packed, sent
from test_hub_logs import come
from test_replica import hub_seal, pieces, with_body

from kiosk.hub.logs import MOST_BRANCHES, Logs
from kiosk.hub.sticks import Sticks
from kiosk.rules.enrolment import Request, request_content
from kiosk.rules.entries import EntryKind, encode
from kiosk.rules.segments import Fault, Segment, SegmentRefused, content_of
from kiosk.rules.sticks import SEGMENTS_SUFFIX, bundle
from kiosk.vault import segments
from kiosk.vault.age import encrypted
from kiosk.vault.hub_pass import PassRequest

NOW_MS = 1_800_000_000_000
TAKEN = "taken"

Give = Callable[[Site, list[bytes]], list[str]]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[RunningHub]:
    with running_hub(tmp_path / "hub") as running:
        yield running


@pytest.fixture
def two(hub: RunningHub, open_site: OpenSite, tmp_path: Path) -> list[Site]:
    """Two kiosks that the hub knows; the first one is the enemy's."""
    both = [open_site(data=tmp_path / name, kiosk={"id": name}) for name in ("kiosk-1", "kiosk-2")]
    for site in both:
        assert kiosk_of(site).enrol(hub).status == 200
        for person in range(3):
            come(site, person, f"08:{person:02}")
    return both


def kiosk_of(site: Site) -> Kiosk:
    return Kiosk(site.house.vault, site.house.data, site.house.store.head().kiosk, site.house.settings.site.id)


@pytest.fixture(params=["network", "stick"])
def give(request: pytest.FixtureRequest, hub: RunningHub, tmp_path: Path) -> Give:
    """What became of each segment that a kiosk gives."""

    def by_network(site: Site, blobs: list[bytes]) -> list[str]:
        answers = [kiosk_of(site).ask(hub, "/kiosk/segments", blob) for blob in blobs]
        assert all(answer.status < 500 for answer in answers)
        return [answer.said.get("fault", TAKEN) for answer in answers]

    def by_stick(site: Site, blobs: list[bytes]) -> list[str]:
        stick = tmp_path / f"stick-{len(list(tmp_path.iterdir()))}"
        stick.mkdir()
        files = [stick / f"{number:02}{SEGMENTS_SUFFIX}" for number in range(len(blobs))]
        for file, blob in zip(files, blobs, strict=True):
            file.write_bytes(encrypted(bundle([blob]), [hub.house.age.recipient]))
        came = Sticks(hub.house.age, hub.house.intake, hub.house.signer, lambda: NOW_MS).take(stick)
        return [came.faults.get(file.name, TAKEN).partition(":")[0] for file in files]

    return by_network if request.param == "network" else by_stick


def whole(site: Site) -> Segment:
    with closing(sqlite3.connect(site.house.database, isolation_level=None)) as db:
        (piece,) = pieces(db)
    return piece


def says(site: Site, **changed: Any) -> bytes:
    """The log of *site*, signed, as if this had been recorded when the first person came."""
    segment = whole(site)
    lines = list(segment.lines)
    came = next(place for place, line in enumerate(lines) if line.header.kind == EntryKind.SCAN)
    lines[came] = with_body(lines[came], {**(lines[came].entry.body or {}), **changed})
    return packed(site, replace(segment, lines=tuple(lines)))


def under(site: Site, epoch: str) -> bytes:
    """The log of *site* as if it had been recorded under *epoch*."""
    segment = whole(site)
    lines = (replace(line, header=replace(line.header, epoch=epoch)) for line in segment.lines)
    return packed(site, replace(segment, epoch=epoch, lines=tuple(lines)))


def at(site: Site, at_ms: int) -> bytes:
    """The log of *site* as if its last entry were of *at_ms*."""
    segment = whole(site)
    *lines, last = segment.lines
    return packed(site, replace(segment, lines=(*lines, replace(last, header=replace(last.header, at_ms=at_ms)))))


def swapped(site: Site) -> bytes:
    first, second, *rest = whole(site).lines
    return packed(site, replace(whole(site), lines=(second, first, *rest)))


def reworded(site: Site) -> bytes:
    """Another body than the one that the chain has."""
    first, second, *rest = whole(site).lines
    other = replace(second, body=encode({**(second.entry.body or {}), "kind": "passport"}))
    return packed(site, replace(whole(site), lines=(first, other, *rest)))


def cut(site: Site) -> bytes:
    return site.house.vault.pack_segment(content_of(whole(site))[:-40])


def bomb(site: Site) -> bytes:
    return site.house.vault.pack_segment(bytes(segments.MOST_BYTES + 1))


def signed_by_a_stranger(site: Site) -> bytes:
    key = Ed25519PrivateKey.generate()
    return segments.packed(content_of(whole(site)), key.public_key(), key.sign)


def anothers_mark(site: Site) -> bytes:
    """Signed by a stranger, who says that it is this kiosk."""
    forged, mark = signed_by_a_stranger(site), len(segments.MAGIC)
    return forged[:mark] + sent(site)[0][mark : mark + 8] + forged[mark + 8 :]


def asking_to_be_enrolled(site: Site) -> bytes:
    """What the kiosk has signed for something else."""
    said = Request("kiosk-1", "site", bytes(10), PassRequest("kiosk-1").pem)
    return site.house.vault.pack_segment(request_content(said))


HARMS: dict[str, tuple[Fault, Callable[[Site], bytes]]] = {
    "reworded": (Fault.BROKEN, reworded),
    "swapped within": (Fault.BROKEN, swapped),
    "of another kiosk": (Fault.STRANGER, signed_by_a_stranger),
    "with the mark of another": (Fault.FORGED, anothers_mark),
    "cut off and signed": (Fault.UNREADABLE, cut),
    "cut off": (Fault.FORGED, lambda site: sent(site)[0][:-1]),
    "cut to nothing": (Fault.UNREADABLE, lambda site: sent(site)[0][:40]),
    "with more after it": (Fault.FORGED, lambda site: sent(site)[0] + b"\0"),
    "a bomb": (Fault.TOO_LARGE, bomb),
    "signed for something else": (Fault.UNREADABLE, asking_to_be_enrolled),
    "of no time": (Fault.UNREADABLE, lambda site: at(site, 1 << 70)),
    "with a list for a kind": (Fault.BROKEN, lambda site: says(site, opens=True, direction="in", kind=[1])),
    "with a number that fits nowhere": (Fault.BROKEN, lambda site: says(site, opens=False, closes=1 << 70)),
    "of an epoch that hides": (Fault.BROKEN, lambda site: under(site, "x.part")),
}


@pytest.mark.parametrize("harm", HARMS)
def test_what_is_no_segment_of_a_kiosk_is_named_and_what_is_arrives(
    hub: RunningHub, two: list[Site], give: Give, harm: str
) -> None:
    enemy, other = two
    fault, harmed = HARMS[harm]
    assert give(enemy, [harmed(enemy), *sent(other)]) == [fault, TAKEN]
    assert [refused.fault for refused in hub.house.catalogue.refused()] == [fault]
    assert give(enemy, sent(enemy)) == [TAKEN]
    for site in two:
        assert at_hub(hub, site) == entries(site.house.database)
        assert len(hub.house.logs.branches(site.house.store.head().kiosk)) == 1


def test_what_is_doubled_replayed_and_in_no_order_is_there_once(hub: RunningHub, two: list[Site], give: Give) -> None:
    enemy, other = two
    first, *later = sent(enemy, size=2)
    give(enemy, [first, *reversed(later), first, *later, *later, first])
    come(enemy, 7, "09:00")
    assert set(give(enemy, [*sent(enemy), first, *later])) == {TAKEN}
    # Whoever carries it: its own kiosk has signed it.
    assert set(give(other, [*sent(enemy, size=3), *sent(other)])) == {TAKEN}
    for site in two:
        assert at_hub(hub, site) == entries(site.house.database)
        assert len(hub.house.logs.branches(site.house.store.head().kiosk)) == 1


def test_a_segment_is_no_request_to_be_enrolled(hub: RunningHub, two: list[Site]) -> None:
    public, signed = two[0].house.vault.slip_key, b64encode(sent(two[0])[0]).decode()
    answer = hub.ask("/kiosk/enrol", {"public": public, "signed": signed})
    assert (answer.status, answer.sentence) == (403, "this is no request of a kiosk to be enrolled")


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Hub]:
    opened = open_hub(tmp_path)
    yield opened
    opened.database.close()


def ways_on(site: Site, number: int) -> Iterator[bytes]:
    """As many cards that all say that they are *site*, and went on differently after the first entries."""
    segment = whole(site)
    *lines, last = segment.lines
    for one in range(number):
        yield packed(site, replace(segment, lines=(*lines, with_body(last, {"v": 1, "n": one}))))


def test_a_kiosk_that_says_ever_more_pasts_is_stopped_and_its_log_goes_on(own: Hub, site: Site) -> None:
    come(site, 1, "08:00")
    kiosk = own.enrol(site)
    own.intake.take(sent(site)[0], NOW_MS)
    *some, one_more = ways_on(site, MOST_BRANCHES)
    assert all(own.intake.take(blob, NOW_MS).forked for blob in some)
    assert own.fault(one_more) is Fault.FORKED
    assert own.fault(under(site, "another")) is Fault.FORKED
    assert len(own.kept()) == len(own.catalogue.refused(kiosk)) == 2
    come(site, 2, "08:10")
    assert own.intake.take(sent(site)[0], NOW_MS).branch.sequence == site.house.store.head().sequence
    assert len(list((own.home / "logs" / kiosk).iterdir())) == MOST_BRANCHES


def test_a_kiosk_that_has_filled_its_room_adds_nothing_and_others_do(open_site: OpenSite, tmp_path: Path) -> None:
    both = [open_site(data=tmp_path / name, kiosk={"id": name}) for name in ("kiosk-1", "kiosk-2")]
    logs = Logs(tmp_path / "logs", hub_seal, most_bytes=1)
    for site in both:
        assert logs.take(whole(site)).new == len(whole(site).lines)
    come(both[0], 1, "08:00")
    with pytest.raises(SegmentRefused, match="has filled") as refused:
        logs.take(whole(both[0]))
    assert refused.value.fault is Fault.FULL


def test_two_cards_of_one_kiosk_both_go_on_for_as_long_as_they_like(open_site: OpenSite, tmp_path: Path) -> None:
    card = open_site(data=tmp_path / "card")
    come(card, 1, "08:00")
    card.house.store.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copytree(tmp_path / "card", tmp_path / "copy")
    copy, logs = open_site(data=tmp_path / "copy"), Logs(tmp_path / "logs", hub_seal)
    for person in range(2, 9):
        come(card if person == 2 else copy, person, f"08:{person:02}")
    for site, size in ((card, 200), (copy, 1), (card, 1), (copy, 200)):
        with closing(sqlite3.connect(site.house.database, isolation_level=None)) as db:
            ends = [logs.take(piece).branch for piece in pieces(db, size=size)]
        assert ends[-1].chain == site.house.store.head().chain
    assert len(logs.branches(ends[-1].kiosk)) == 2
