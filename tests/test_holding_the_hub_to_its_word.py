"""Whoever keeps a checkpoint can prove whether the hub still says what it said; a hub that rewrites is found out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from conftest import Site
from hubs import RunningHub, running_hub
from hypothesis import given
from hypothesis import strategies as st
from syncing import join_hub, round_of
from test_hub_logs import come

from kiosk.devices import clock
from kiosk.hub_link import HubAway, HubLink
from kiosk.joined import joined
from kiosk.joining import way_to
from kiosk.proving import ProofFault, Proven, prove
from kiosk.rules.tamper_proofs import proof_of


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[RunningHub]:
    with running_hub(tmp_path / "hub") as running:
        yield running


@pytest.fixture
def member(site: Site, hub: RunningHub) -> Site:
    for person in range(3):
        come(site, person, f"08:{person:02}")
    join_hub(site, hub)
    round_of(site).go()
    return site


def proven(site: Site, note: str = "") -> Proven:
    hub, house = joined(site.house.data), site.house
    assert hub
    with closing(HubLink(way_to(hub, house.data, house.settings, clock.now()))) as link:
        return prove(house.data, hub, site.reader, note, link.ask)


def test_the_hub_has_this_log_and_what_anybody_was_ever_given_leads_to_what_it_says_now(
    hub: RunningHub, member: Site
) -> None:
    kept = [hub.house.witness.checkpoint()]
    for person in range(5, 9):
        come(member, person, f"09:{person:02}")
        round_of(member).go()
        kept.append(hub.house.witness.checkpoint())
    for note in ("", *kept):
        assert proven(member, note) == Proven(7, member.house.store.head().sequence)


def rewrite(hub: RunningHub, old: bytes, new: bytes) -> None:
    """What a hub would have to do that wants to have said something else."""
    with hub.house.database.transaction() as db:
        rows = db.execute("SELECT at_ms, said FROM leaf ORDER BY number").fetchall()
        db.execute("DELETE FROM leaf")
        db.execute("DELETE FROM node")
    for at_ms, leaf in rows:
        hub.house.witness.record(at_ms, json.loads(leaf.replace(old, new))[1])


def test_a_hub_that_rewrites_what_it_recorded_is_found_out(hub: RunningHub, member: Site) -> None:
    proven(member)
    rewrite(hub, b"enrolled", b"rewritten")
    with pytest.raises(ProofFault, match="does not begin with"):
        proven(member)


def test_a_hub_that_tells_others_something_else_is_found_out(hub: RunningHub, member: Site) -> None:
    """A checkpoint that somebody else was given, of as many leaves."""
    here = hub.house.witness.checkpoint()
    rewrite(hub, b"enrolled", b"rewritten")
    elsewhere = hub.house.witness.checkpoint()
    rewrite(hub, b"rewritten", b"enrolled")
    assert here != elsewhere
    with pytest.raises(ProofFault, match="does not begin with"):
        proven(member, elsewhere)


def test_a_log_that_is_another_one_than_was_acknowledged_is_found_out(hub: RunningHub, member: Site) -> None:
    end = member.house.store.head().sequence
    member.house.store.db.execute("UPDATE entry SET chain = zeroblob(32) WHERE sequence = ?", (end,))
    with pytest.raises(ProofFault, match="this log is another one"):
        proven(member)


def test_a_word_that_the_hub_has_not_signed_is_refused(hub: RunningHub, member: Site, tmp_path: Path) -> None:
    with running_hub(tmp_path / "other") as other:
        for note in (other.house.witness.checkpoint(), "anything", hub.house.witness.checkpoint()[:-5]):
            with pytest.raises(ProofFault, match="it is not the word of"):
                proven(member, note)


def test_without_the_hub_nothing_is_called_proven(hub: RunningHub, member: Site) -> None:
    known = joined(member.house.data)
    assert known

    def away(path: str, said: Mapping[str, Any]) -> dict[str, Any]:
        raise HubAway("it cannot be reached")

    with pytest.raises(ProofFault, match="gives no proof now"):
        prove(member.house.data, known, member.reader, "", away)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.dictionaries(st.sampled_from(["checkpoint", "grown", "leaf", "said", "number", "path"]), inner)
            | st.lists(inner, max_size=3)
        ),
    )
)
def test_whatever_is_answered_is_a_proof_or_refused(said: Any) -> None:
    if isinstance(said, dict):
        with pytest.raises(ValueError, match=r"."):
            proof_of(said)
