"""Whatever happens at a door, in whatever order, the log is whole, its tables follow from it, and the counts add up."""

from __future__ import annotations

import contextlib
import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conftest import Site, local_ms, settings_with
from faults import faults_of
from hypothesis import given, settings
from hypothesis import strategies as st
from signing import make_issuer
from signing_cose import make_certificate, make_dcc
from signing_json import claims, in_parts, shc

from kiosk import by_hand
from kiosk.checkin import Staff
from kiosk.config import Consent
from kiosk.devices import clock
from kiosk.door import NobodyWaits
from kiosk.house import open_house
from kiosk.rules import invented
from kiosk.rules.by_hand import Overrule, Typed, Way
from kiosk.rules.model import Kind, Outcome, Person, Reading

NOBODY = make_issuer("nobody")
ANH, BINH = (invented.codes(invented.person(number)) for number in (1, 2))
CODES = [
    ANH[Kind.ID_CARD],
    ANH[Kind.INSURANCE],
    ANH[Kind.UNIFIED],
    BINH[Kind.ID_CARD],
    make_dcc(NOBODY, make_certificate()).encode(),
    make_dcc(NOBODY, make_certificate("t", dob="1985")).encode(),
    *in_parts(shc(NOBODY, claims()), 2),
    "MECARD:N:Lê Văn Danh;TEL:0990001234;BDAY:19850302;;".encode(),
    b"https://a.example",
    b"HC1:",
]
SITES: list[dict[str, Any]] = [
    {},
    {"site": {"capacity": 2}},
    {"site": {"capacity": 1, "consent": Consent.ASK, "require_id": True, "closes": "17:00"}},
]


@dataclass
class Day:
    """A door, and what was seen at it."""

    site: Site
    at_ms: int
    seen: list[int] = field(default_factory=list)

    def show(self, codes: list[bytes], gate: str) -> None:
        reading = Reading(codes[0], "camera", clock.stated(self.at_ms))
        scans = self.site.door.present_all(codes, self.site.house.settings.gate(gate), reading)
        assert all(scan.decision.outcome is not Outcome.PASSED_UNRECORDED for scan in scans)
        self.seen += [scan.sequence for scan in scans if scan.sequence]

    def slip(self, number: int, gate: str) -> None:
        slips = self.site.house.store.db.execute("SELECT ticket FROM spool ORDER BY id").fetchall()
        if slips:
            self.show([json.loads(slips[number % len(slips)][0])["slip_code"].encode()], gate)

    def let_in(self, number: int, _gate: str) -> None:
        with contextlib.suppress(NobodyWaits):
            scan = self.site.door.let_in(self.sequence(number), clock.stated(self.at_ms))
            assert scan.decision.outcome in (Outcome.ADMITTED, Outcome.ALREADY_IN)

    def accompany(self, number: int, gate: str) -> None:
        with contextlib.suppress(NobodyWaits):
            at = clock.stated(self.at_ms)
            scan = by_hand.accompany(
                self.site.door, self.sequence(number), Person("Bé Na"), self.site.house.settings.gate(gate), at
            )
            assert scan.decision.outcome is Outcome.ADMITTED
            self.seen += [scan.sequence or 0]

    def group(self, number: int, gate: str) -> None:
        typed = Typed(Way.GROUP, count=number + 1, once=f"{self.at_ms}")
        self.check_in(typed, gate, Overrule.OTHER if number % 2 else None)

    def name(self, number: int, gate: str) -> None:
        self.check_in(Typed(name="An", birth=f"{1980 + number % 3}", once=f"{self.at_ms}"), gate, None)

    def check_in(self, typed: Typed, gate: str, overrule: Overrule | None) -> None:
        with contextlib.suppress(NobodyWaits):
            staff, at = Staff("Lan", overrule), clock.stated(self.at_ms)
            answer = by_hand.check_in(self.site.door, typed, self.site.house.settings.gate(gate), at, staff)
            assert answer.scans or answer.alike
            self.seen += [scan.sequence for scan in answer.scans if scan.sequence]

    def let_out(self, number: int, gate: str) -> None:
        with contextlib.suppress(NobodyWaits):
            at, way_out = clock.stated(self.at_ms), self.site.house.settings.gate(gate)
            scan = by_hand.let_out(self.site.door, self.sequence(number), way_out, at)
            assert scan.decision.closes == self.sequence(number)

    def keep_house(self, _number: int, _gate: str) -> None:
        self.site.door.keep_house(clock.stated(self.at_ms))

    def sequence(self, number: int) -> int:
        return self.seen[-1 - number % len(self.seen)] if self.seen else number


AT_GATES = st.sampled_from(["in", "out", "both"])
PASSAGES = st.tuples(st.just("show"), st.lists(st.sampled_from(CODES), min_size=1, max_size=3), AT_GATES)
OTHERS = st.tuples(
    st.sampled_from(["slip", "let_in", "accompany", "group", "name", "let_out", "keep_house"]),
    st.integers(0, 9),
    AT_GATES,
)
LATER_S = st.sampled_from([0, 1, 30, 90, 600, 3600, 9 * 3600, 25 * 3600])


@settings(max_examples=60)
@given(st.sampled_from(SITES), st.lists(st.tuples(LATER_S, PASSAGES | OTHERS), min_size=5, max_size=30))
def test_the_log_is_whole_and_its_tables_follow_from_it(tables: dict[str, Any], happenings: list[Any]) -> None:
    of_site = settings_with(**tables)
    began_ms = local_ms("2026-11-20T07:00", of_site)
    with (
        tempfile.TemporaryDirectory() as data,
        open_house(of_site, Path(data), demo=True, now=clock.stated(began_ms)) as house,
    ):
        day = Day(Site(house), began_ms)
        for later_s, (what, given_, gate) in happenings:
            day.at_ms += later_s * 1000
            getattr(day, what)(given_, gate)
        assert faults_of(house) == []
        counts = day.site.reader.occupancy()
        assert counts.inside == len(day.site.reader.inside()) == counts.entered - counts.left - counts.inferred
