"""The log on a stick: the hub takes it as from the network, nobody else can read it, and its receipt goes back."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from conftest import OpenSite, Site
from hubs import RunningHub, running_hub
from hypothesis import given
from hypothesis import strategies as st
from syncing import at_hub, entries, join_hub, round_of
from test_hub_logs import come

from kiosk import sticks
from kiosk.backup_folder import FolderError
from kiosk.hub.sticks import Import, Sticks
from kiosk.joined import Acknowledged, SyncState, joined, keep_state, state_of
from kiosk.rules.segments import SegmentRefused
from kiosk.rules.sticks import StickReceipt, bundle, receipt_of, unbundled
from kiosk.sticks import Exported, export_log, take_receipts
from kiosk.store.segments import segment_after

NOW_MS = 1_800_000_000_000


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[RunningHub]:
    with running_hub(tmp_path / "hub") as running:
        yield running


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


@pytest.fixture
def member(site: Site, hub: RunningHub) -> Site:
    for person in range(6):
        come(site, person, f"08:{person:02}")
    join_hub(site, hub)
    return site


def written(site: Site, folder: Path, *, everything: bool = False) -> Exported:
    house, hub = site.house, joined(site.house.data)
    assert hub
    return export_log(house.data, hub, site.reader, house.vault.pack_segment, folder, everything=everything)


def taken(hub: RunningHub, folder: Path) -> Import:
    return Sticks(hub.house.age, hub.house.intake, hub.house.signer, lambda: NOW_MS).take(folder)


def receipts(site: Site, folder: Path) -> int:
    hub = joined(site.house.data)
    assert hub
    return take_receipts(site.house.data, hub, site.reader, folder, NOW_MS)


def test_the_log_arrives_by_stick_as_by_the_network_and_the_receipt_goes_back(
    hub: RunningHub, member: Site, stick: Path
) -> None:
    end = member.house.store.head().sequence
    done = written(member, stick)
    assert (done.first, done.last) == (1, end)
    came = taken(hub, stick)
    assert (came.new, came.faults) == (end, {})
    assert at_hub(hub, member) == entries(member.house.database)
    assert receipts(member, stick) == end
    come(member, 8, "09:00")
    assert written(member, stick).first == end + 1
    assert round_of(member).go() == 1


def test_what_came_by_stick_is_not_doubled_by_the_network_nor_the_other_way_round(
    hub: RunningHub, member: Site, stick: Path
) -> None:
    written(member, stick)
    round_of(member).go()
    assert [taken(hub, stick).new for _ in range(2)] == [0, 0]
    assert at_hub(hub, member) == entries(member.house.database)


def test_many_files_in_any_order_arrive_whole(
    hub: RunningHub, member: Site, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sticks, "MOST_FILE_BYTES", 1)
    monkeypatch.setattr(sticks, "segment_after", partial(segment_after, most=2))
    files = written(member, stick).files
    assert len(files) > 3
    for number, file in enumerate(random.Random(7).sample(files, len(files))):
        file.rename(stick / f"{number}-{file.name}")
    assert taken(hub, stick).faults == {}
    assert at_hub(hub, member) == entries(member.house.database)


def test_a_file_that_is_missing_is_told_by_those_after_it(
    hub: RunningHub, member: Site, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sticks, "MOST_FILE_BYTES", 1)
    monkeypatch.setattr(sticks, "segment_after", partial(segment_after, most=2))
    _first, second, *later = written(member, stick).files
    second.unlink()
    came = taken(hub, stick)
    assert (came.new, list(came.faults)) == (2, [file.name for file in later])
    assert receipts(member, stick) == 2


def test_nobody_but_the_hub_reads_what_is_on_the_stick(member: Site, stick: Path, tmp_path: Path) -> None:
    (file,) = written(member, stick).files
    content = file.read_bytes()
    assert content.startswith(b"age-encryption.org/v1")
    assert b"kiosk" not in content.split(b"\n---", 1)[1]
    with running_hub(tmp_path / "other") as other:
        assert "somebody else" in taken(other, stick).faults[file.name]


@pytest.mark.parametrize("harm", ["cut", "flipped", "empty", "foreign", "link", "pipe", "folder", "large"])
def test_what_is_wrong_on_a_stick_is_named_and_the_rest_is_taken(
    hub: RunningHub, member: Site, stick: Path, harm: str
) -> None:
    (good,) = written(member, stick).files
    bad, content = stick / "0.kiosk-segments.age", good.read_bytes()
    match harm:
        case "cut":
            bad.write_bytes(content[:-20])
        case "flipped":
            bad.write_bytes(content[:-20] + bytes([content[-20] ^ 1]) + content[-19:])
        case "empty":
            bad.write_bytes(b"")
        case "foreign":
            bad.write_bytes(b"PK\x03\x04 holiday pictures")
        case "link":
            bad.symlink_to("/etc/passwd")
        case "pipe":
            os.mkfifo(bad)
        case "folder":
            bad.mkdir()
        case "large":
            with bad.open("wb") as file:
                file.truncate(sticks.LARGEST_FILE_BYTES + 1)
    came = taken(hub, stick)
    assert list(came.faults) == [bad.name]
    assert at_hub(hub, member) == entries(member.house.database)


def test_a_kiosk_that_was_revoked_gives_nothing_by_stick_either(hub: RunningHub, member: Site, stick: Path) -> None:
    (file,) = written(member, stick).files
    hub.house.enrolling.revoke("kiosk-1", by="test", now_ms=NOW_MS)
    came = taken(hub, stick)
    assert (came.new, came.faults[file.name]) == (0, "revoked: kiosk-1 was revoked")
    assert list(stick.glob("*.kiosk-receipt")) == []


def test_a_receipt_that_the_hub_did_not_sign_or_for_another_log_is_passed_over(
    hub: RunningHub, member: Site, stick: Path, tmp_path: Path, open_site: OpenSite
) -> None:
    head, receipt = member.house.store.head(), stick / "kiosk-1.kiosk-receipt"
    checkpoint = hub.house.witness.checkpoint()

    def said(kiosk: str, through: int, chain: str, word: str = checkpoint) -> str:
        return StickReceipt(kiosk, head.epoch, through, chain, word).text

    good = said("kiosk-1", head.sequence, head.chain.hex())
    with running_hub(tmp_path / "other") as other:
        for note in (
            other.house.signer.sign(good),
            hub.house.signer.sign(good).replace(head.epoch, "0" * len(head.epoch)),
            hub.house.signer.sign(said("kiosk-2", head.sequence, head.chain.hex())),
            hub.house.signer.sign(said("kiosk-1", head.sequence + 5, head.chain.hex())),
            hub.house.signer.sign(said("kiosk-1", head.sequence, "00" * 32)),
            hub.house.signer.sign(said("kiosk-1", 1 << 70, head.chain.hex())),
            hub.house.signer.sign(said("kiosk-1", head.sequence, head.chain.hex(), "anything")),
            hub.house.signer.sign("anything\n"),
            "",
        ):
            receipt.write_text(note, encoding="utf-8")
            assert receipts(member, stick) == 0
            assert state_of(member.house.data).acknowledged is None
    receipt.write_bytes(hub.house.signer.sign(good).encode())
    assert receipts(member, stick) == head.sequence


def receipt_on(stick: Path, hub: RunningHub, site: Site, *, forked: bool = False) -> None:
    head = site.house.store.head()
    said = StickReceipt("kiosk-1", head.epoch, head.sequence, head.chain.hex(), hub.house.witness.checkpoint(), forked)
    (stick / "kiosk-1.kiosk-receipt").write_text(hub.house.signer.sign(said.text), encoding="utf-8")


def test_a_hub_that_takes_back_its_word_on_a_stick_is_held_to_it(hub: RunningHub, member: Site, stick: Path) -> None:
    hub.house.witness.record(1, {"what": "more"})
    receipt_on(stick, hub, member)
    receipts(member, stick)
    signed = state_of(member.house.data).acknowledged
    with hub.house.database.transaction() as db:
        db.execute("DELETE FROM leaf WHERE number >= 2")
        db.execute("DELETE FROM node WHERE level = 0 AND number >= 2 OR level > 0 AND (number + 1) << level > 2")
    come(member, 8, "09:00")
    receipt_on(stick, hub, member, forked=True)
    assert receipts(member, stick) == member.house.store.head().sequence
    state = state_of(member.house.data)
    assert signed
    assert (state.taken_back, state.forked_ms) == (signed.checkpoint, NOW_MS)


def test_what_was_acknowledged_of_another_log_keeps_no_receipt_for_this_one_away(
    hub: RunningHub, member: Site, stick: Path
) -> None:
    """A card that was restored with the small file beside a longer log."""
    end = member.house.store.head().sequence
    receipt_on(stick, hub, member)
    hub.house.witness.record(1, {"what": "more"})
    left = Acknowledged("another", end + 50, "00" * 32, 1, hub.house.witness.checkpoint())
    keep_state(member.house.data, SyncState(acknowledged=left))
    assert receipts(member, stick) == end
    state = state_of(member.house.data)
    assert state.acknowledged
    assert (state.acknowledged.through, state.taken_back) == (end, "")  # the receipt is only older
    assert written(member, stick).files == ()


def test_a_stick_that_is_not_there_is_told(member: Site, stick: Path) -> None:
    with pytest.raises(FolderError, match="no such folder"):
        written(member, stick / "missing")
    with pytest.raises(FolderError, match="no such folder"):
        receipts(member, stick / "missing")


@given(st.lists(st.binary(min_size=1, max_size=50)))
def test_a_file_of_segments_has_what_was_put_in(blobs: list[bytes]) -> None:
    assert list(unbundled(bundle(blobs))) == blobs


@given(st.lists(st.binary(min_size=1, max_size=9), min_size=1), st.data())
def test_a_file_that_is_cut_off_is_refused_or_has_only_whole_segments(blobs: list[bytes], data: st.DataObject) -> None:
    whole = bundle(blobs)
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    found: list[bytes] = []
    with suppress(SegmentRefused):
        found.extend(unbundled(cut))
    assert found == blobs[: len(found)]


@given(st.text() | st.sampled_from(["kiosk receipt v1\n{}", "kiosk receipt v1\n[]", "kiosk receipt v1\n" + "[" * 9999]))
def test_any_other_text_is_no_receipt(text: str) -> None:
    with pytest.raises(ValueError):
        receipt_of(text)
