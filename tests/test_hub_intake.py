"""One way into the hub: whoever sends, what was recorded is taken once, and what is wrong is kept and named."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from conftest import OpenSite, Site
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_hub_logs import come
from test_replica import hub_seal, pieces, with_body

from kiosk.hub.down import Down
from kiosk.hub.intake import Intake
from kiosk.hub.logs import Logs
from kiosk.hub.witness import Witness
from kiosk.rules.checkpoints import checkpoint_of
from kiosk.rules.merkle import is_consistent
from kiosk.rules.segments import Fault, Segment, SegmentRefused, content_of
from kiosk.store.catalogue import REFUSED_KEPT, Catalogue, Enrolled
from kiosk.store.hub_database import HubDatabase
from kiosk.vault.notes import Signer, opened_note
from kiosk.vault.segments import mark_of_text

NOW_MS = 1_800_000_000_000


@dataclass
class Hub:
    home: Path
    database: HubDatabase
    catalogue: Catalogue
    witness: Witness
    intake: Intake

    def enrol(self, site: Site) -> str:
        kiosk, public = site.house.store.head().kiosk, site.house.vault.slip_key
        self.catalogue.enrol(Enrolled(kiosk, "site", public, mark_of_text(public), NOW_MS), {"what": "enrolled"})
        return kiosk

    def fault(self, blob: bytes) -> Fault:
        with pytest.raises(SegmentRefused) as refused:
            self.intake.take(blob, NOW_MS)
        return refused.value.fault

    def kept(self) -> list[str]:
        folder = self.home / "refused"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def open_hub(home: Path) -> Hub:
    database = HubDatabase(home / "hub.db")
    signer = Signer(home / "hub.key", "hub.example")
    catalogue, witness = Catalogue(database), Witness(database, signer, "hub.example/log")
    logs, down = Logs(home / "logs", hub_seal), Down(database, signer)
    intake = Intake(home / "refused", catalogue, logs, witness, down)
    return Hub(home, database, catalogue, witness, intake)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    opened = open_hub(tmp_path)
    yield opened
    opened.database.close()


@pytest.fixture
def busy(site: Site) -> Site:
    for person in range(4):
        come(site, person, f"08:{person:02}")
    return site


def sent(site: Site, after: int = 0, size: int = 200) -> list[bytes]:
    with closing(sqlite3.connect(site.house.database, isolation_level=None)) as db:
        return [packed(site, piece) for piece in pieces(db, after, size)]


def packed(site: Site, segment: Segment) -> bytes:
    return site.house.vault.pack_segment(content_of(segment))


def test_what_is_taken_is_receipted_up_to_its_end_and_signed(hub: Hub, busy: Site) -> None:
    hub.enrol(busy)
    receipts = [hub.intake.take(blob, NOW_MS) for blob in sent(busy, size=3)]
    head = busy.house.store.head()
    assert (receipts[-1].branch.sequence, receipts[-1].branch.chain) == (head.sequence, head.chain)
    sizes = [checkpoint_of(opened_note(receipt.checkpoint, hub.witness.verifier)).size for receipt in receipts]
    assert sizes == list(range(2, len(receipts) + 2))  # who was enrolled, and each head


def test_what_comes_again_changes_nothing_and_is_said_once(hub: Hub, busy: Site) -> None:
    hub.enrol(busy)
    (blob,) = sent(busy)
    first, again = hub.intake.take(blob, NOW_MS), hub.intake.take(blob, NOW_MS + 1)
    assert (again.new, again.branch, again.checkpoint) == (0, first.branch, first.checkpoint)


def test_each_word_of_the_hub_begins_with_the_ones_before(hub: Hub, busy: Site) -> None:
    hub.enrol(busy)
    before = checkpoint_of(opened_note(hub.witness.checkpoint(), hub.witness.verifier))
    for blob in sent(busy, size=2):
        now = checkpoint_of(opened_note(hub.intake.take(blob, NOW_MS).checkpoint, hub.witness.verifier))
        proof = hub.witness.consistency(before.size)
        assert is_consistent(before.size, now.size, proof, before.root, now.root)
        before = now


def test_strangers_revoked_and_forged_are_named_and_nothing_of_them_counts(
    hub: Hub, busy: Site, open_site: OpenSite, tmp_path: Path
) -> None:
    (blob,) = sent(busy)
    assert hub.fault(blob) is Fault.STRANGER
    assert hub.kept() == []
    kiosk = hub.enrol(busy)
    assert hub.fault(blob[:-1] + bytes([blob[-1] ^ 1])) is Fault.FORGED
    other = open_site(data=tmp_path / "other")
    with closing(sqlite3.connect(busy.house.database, isolation_level=None)) as db:
        (whole,) = pieces(db)
    assert hub.fault(packed(other, whole)) is Fault.STRANGER
    hub.catalogue.revoke(kiosk, NOW_MS, {"what": "revoked"})
    assert hub.fault(blob) is Fault.REVOKED
    named = {refused.fault: refused.kiosk for refused in hub.catalogue.refused()}
    assert named == {Fault.STRANGER: "", Fault.FORGED: kiosk, Fault.REVOKED: kiosk}
    assert len(hub.kept()) == 2


def test_one_kiosk_cannot_speak_for_another(hub: Hub, busy: Site, open_site: OpenSite, tmp_path: Path) -> None:
    other = open_site(data=tmp_path / "other", kiosk={"id": "kiosk-2"})
    hub.enrol(busy)
    hub.enrol(other)
    with closing(sqlite3.connect(busy.house.database, isolation_level=None)) as db:
        (whole,) = pieces(db)
    assert hub.fault(packed(other, whole)) is Fault.FORGED


def test_a_broken_segment_is_kept_named_and_does_not_stop_a_good_one(hub: Hub, busy: Site) -> None:
    hub.enrol(busy)
    with closing(sqlite3.connect(busy.house.database, isolation_level=None)) as db:
        (whole,) = pieces(db)
    wrong = replace(whole.lines[2], commitment=bytes(32))
    assert hub.fault(packed(busy, replace(whole, lines=(*whole.lines[:2], wrong, *whole.lines[3:])))) is Fault.BROKEN
    assert hub.intake.take(packed(busy, whole), NOW_MS).new == len(whole.lines)
    assert [refused.fault for refused in hub.catalogue.refused()] == [Fault.BROKEN]


def test_a_kiosk_that_sends_nothing_but_faults_fills_no_disk(hub: Hub, busy: Site) -> None:
    hub.enrol(busy)
    with closing(sqlite3.connect(busy.house.database, isolation_level=None)) as db:
        (whole,) = pieces(db)
    for number in range(REFUSED_KEPT + 5):
        broken = with_body(whole.lines[0], {"v": 1, "n": number})
        hub.fault(packed(busy, replace(whole, lines=(replace(broken, commitment=bytes(32)),))))
    assert len(hub.kept()) == len(hub.catalogue.refused()) == REFUSED_KEPT


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_damaged_byte_gets_in(hub: Hub, busy: Site, data: st.DataObject) -> None:
    hub.enrol(busy)
    (blob,) = sent(busy)
    at = data.draw(st.integers(0, len(blob) - 1))
    damaged = data.draw(st.sampled_from([blob[:at], blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :], blob + b"\0"]))
    assert hub.fault(damaged) in (Fault.UNREADABLE, Fault.FORGED, Fault.STRANGER, Fault.TOO_LARGE)


def test_a_hub_that_is_opened_again_knows_all_that_it_receipted(hub: Hub, busy: Site) -> None:
    hub.enrol(busy)
    *_, last = [hub.intake.take(blob, NOW_MS) for blob in sent(busy, size=3)]
    hub.database.close()
    again = open_hub(hub.home)
    assert again.witness.checkpoint() == last.checkpoint
    come(busy, 9, "09:00")
    (more,) = sent(busy, after=last.branch.sequence)
    assert again.intake.take(more, NOW_MS).branch.sequence == busy.house.store.head().sequence
    again.database.close()
