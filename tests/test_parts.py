"""A card in several codes, shown one after another within a minute, is one card; a single part asks for the next."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Site
from hypothesis import given
from hypothesis import strategies as st
from running import running_kiosk
from signing import jwk, make_issuer, thumbprint, write_jwks
from signing_json import in_parts, shc
from terminal import Terminal

from kiosk.devices import clock
from kiosk.rules import invented
from kiosk.rules.model import Kind, Lamp, Outcome, Reading, Reason
from kiosk.rules.parts import PATIENCE_MS, Parts
from kiosk.scan import Scan

CLINIC = make_issuer("clinic")
CARD = shc(CLINIC)
FIRST, SECOND, THIRD = in_parts(CARD, 3)
ONE, TWO = in_parts(CARD, 2)
OTHER_ONE, OTHER_TWO = in_parts(shc(make_issuer("another clinic")), 2)
ID_CARD = invented.codes(invented.person(1))[Kind.ID_CARD]
MINUTE = PATIENCE_MS


def shown(*pictures: tuple[int, list[bytes]]) -> list[list[bytes]]:
    """What becomes of the codes of *pictures*, each with its moment in milliseconds."""
    parts = Parts()
    return [parts.whole(codes, at_ms) for at_ms, codes in pictures]


@pytest.mark.parametrize("order", [(FIRST, SECOND, THIRD), (THIRD, FIRST, SECOND), (SECOND, THIRD, FIRST)])
def test_the_last_part_in_whatever_order_becomes_the_card(order: tuple[bytes, ...]) -> None:
    assert shown(*((0, [part]) for part in order)) == [[order[0]], [order[1]], [CARD]]


@pytest.mark.parametrize(("later_ms", "last"), [(MINUTE, CARD), (MINUTE + 1, TWO)])
def test_they_must_come_within_a_minute_of_the_first(later_ms: int, last: bytes) -> None:
    assert shown((0, [ONE]), (later_ms, [TWO]))[-1] == [last]


def test_a_part_that_is_held_for_longer_waits_on() -> None:
    held = [(at_ms, [ONE]) for at_ms in range(0, 2 * MINUTE, 500)]
    assert shown(*held, (2 * MINUTE, [TWO]))[-1] == [CARD]


def test_a_part_still_held_is_the_same_card_again() -> None:
    pictures = [(0, [ONE]), *((at_ms, [TWO]) for at_ms in range(500, 3 * MINUTE, 500)), (3 * MINUTE, [ONE])]
    assert shown(*pictures)[1:] == [[CARD]] * (len(pictures) - 1)


def test_after_a_minute_without_it_a_part_of_a_whole_card_is_a_part_again() -> None:
    assert shown((0, [ONE]), (1, [TWO]), (MINUTE + 2, [ONE]))[-1] == [ONE]


def test_several_parts_in_one_picture_work_and_other_codes_stay_in_their_order() -> None:
    assert shown((0, [ID_CARD, TWO, b"x", ONE, b"x"])) == [[ID_CARD, CARD, b"x", b"x"]]
    assert shown((0, [FIRST, ID_CARD, SECOND]), (1, [ID_CARD, THIRD])) == [[FIRST, ID_CARD, SECOND], [ID_CARD, CARD]]


def test_a_whole_card_in_between_does_not_disturb() -> None:
    assert shown((0, [ONE]), (1, [ID_CARD]), (2, [CARD]), (3, [TWO])) == [[ONE], [ID_CARD], [CARD], [CARD]]


@pytest.mark.parametrize("stranger", [OTHER_ONE, FIRST], ids=["another text", "another number of parts"])
def test_a_part_that_does_not_fit_begins_anew(stranger: bytes) -> None:
    assert shown((0, [ONE]), (1, [stranger]), (2, [TWO]))[-1] != [CARD]
    assert shown((0, [ONE]), (1, [stranger]), (2, [ONE]), (3, [TWO]))[-1] == [CARD]


@pytest.mark.parametrize("damaged", [b"shc:/1/1/5676", b"shc:/3/2/5676", b"shc:/2/2/567", b"shc:/2/2/", b"shc:/2/2/99"])
def test_a_damaged_part_is_not_remembered(damaged: bytes) -> None:
    assert shown((0, [ONE]), (1, [damaged]), (2, [TWO])) == [[ONE], [damaged], [CARD]]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2 * MINUTE),
            st.lists(
                st.sampled_from([ONE, TWO, OTHER_ONE, OTHER_TWO, ID_CARD, b""]) | st.binary(max_size=9), max_size=4
            ),
        )
    )
)
def test_whatever_is_shown_only_parts_become_something_else(pictures: list[tuple[int, list[bytes]]]) -> None:
    for (_, codes), became in zip(pictures, shown(*pictures), strict=True):
        others = [code for code in codes if code not in (ONE, TWO, OTHER_ONE, OTHER_TWO)]
        cards = [code for code in became if code.startswith(b"shc:/") and code not in codes]
        assert [code for code in became if code in others] == others
        assert len(cards) <= 1
        assert all(code[len("shc:/") :].isdigit() for code in cards)


@given(st.integers(1, 8), st.lists(st.integers(1, 8)))
def test_memory_is_bounded_whatever_is_shown(count: int, numbers: list[int]) -> None:
    parts = Parts()
    for number in numbers:
        parts.whole([f"shc:/{number}/{count}/{'56' * 1191}".encode()], 0)
    assert len(parts.__dict__["_digits"]) <= count


def show(site: Site, gate: str, *pictures: tuple[float, list[bytes]]) -> list[Scan]:
    """What the door decides of *pictures*, each so many seconds after 08:00."""
    scans = []
    for second, codes in pictures:
        moment = clock.stated(site.ms("08:00") + round(second * 1000))
        scans += site.door.present_all(codes, site.house.settings.gate(gate), Reading(codes[0], "camera", moment))
    return scans


def outcomes(scans: list[Scan]) -> list[Outcome]:
    return [scan.decision.outcome for scan in scans]


def test_two_parts_shown_at_a_gate_within_a_minute_let_the_person_in_once(site: Site) -> None:
    first, second = show(site, "in", (0, [ONE]), (30, [TWO]))
    assert (first.decision.reason, first.credential.holder_id) == (Reason.NEXT_PART, "")
    assert (second.decision.outcome, str(second.ticket)) == (Outcome.ADMITTED, "A001")
    assert second.credential.person.name == "Nguyễn Văn Thử"
    assert [(said.outcome, said.lamp) for said in site.panel.announcements] == [
        (Outcome.ASK_MORE, Lamp.AMBER),
        (Outcome.ADMITTED, Lamp.GREEN),
    ]


def test_after_a_minute_they_do_not(site: Site) -> None:
    assert outcomes(show(site, "in", (0, [ONE]), (61, [TWO]))) == [Outcome.ASK_MORE, Outcome.ASK_MORE]
    assert outcomes(show(site, "in", (62, [ONE]))) == [Outcome.ADMITTED]


def test_while_held_nothing_is_announced_twice(site: Site) -> None:
    held = [(tenth / 10, [ONE]) for tenth in range(20)] + [(2 + tenth / 10, [TWO]) for tenth in range(20)]
    show(site, "in", *held, (4.0, [TWO, ONE]), (4.1, [ONE]))
    assert [said.outcome for said in site.panel.announcements] == [Outcome.ASK_MORE, Outcome.ADMITTED]


def test_all_parts_in_one_picture_are_a_person_beside_another(site: Site) -> None:
    assert outcomes(show(site, "in", (0, [SECOND, ID_CARD, THIRD, FIRST]))) == [Outcome.ADMITTED] * 2


def test_the_parts_of_one_gate_are_not_another_gates(site: Site) -> None:
    show(site, "in", (0, [ONE]))
    assert outcomes(show(site, "both", (1, [TWO]))) == [Outcome.ASK_MORE]


@pytest.mark.parametrize("gate", ["in", "both", "out"])
def test_a_single_part_is_asked_for_the_next_at_every_gate(gate: str, site: Site) -> None:
    (scan,) = show(site, gate, (0, [ONE]))
    assert (scan.decision.outcome, scan.decision.direction) == (Outcome.ASK_MORE, None)


@pytest.mark.parametrize("gate", ["in", "out"])
def test_a_part_that_cannot_be_recorded_is_still_only_asked_for_the_next(gate: str, site: Site) -> None:
    site.house.store.db.execute("PRAGMA query_only = ON")
    assert outcomes(show(site, gate, (0, [ONE]))) == [Outcome.ASK_MORE]


def test_nobody_is_let_out_by_half_a_card_and_by_the_whole_one_they_are(site: Site) -> None:
    show(site, "in", (0, [CARD]))
    assert outcomes(show(site, "out", (600, [ONE]), (605, [TWO]))) == [Outcome.ASK_MORE, Outcome.LET_OUT]
    assert not site.reader.inside()


def test_of_a_part_the_log_keeps_no_more_than_of_a_refused_code(site: Site) -> None:
    show(site, "in", (0, [ONE]), (5, [b"no code of anybody"]))
    part, refused = [entry.body for entry in site.reader.events_after(0, 100) if entry.header.kind == "scan"]
    assert part is not None
    assert refused is not None
    assert part.keys() == refused.keys()


@pytest.fixture(scope="module")
def trusting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trust folder with the clinic's key."""
    folder = tmp_path_factory.mktemp("trust")
    key = jwk(CLINIC.key, kid=thumbprint(CLINIC.jwk), use="sig", alg="ES256")
    return write_jwks(folder / "clinic.json", key).parent


@pytest.mark.parametrize("at", [(), ("--at", "2026-01-01T08:00")], ids=["now", "stated"])
def test_kiosk_read_puts_lines_together(at: tuple[str, ...], trusting: Path, tmp_path: Path) -> None:
    lines = b"\n".join([SECOND, FIRST, ID_CARD, THIRD])
    read = Terminal(tmp_path).lines("read", "--json", *at, "--trust", str(trusting), "-", stdin=lines)
    assert [line["check"] for line in read] == ["malformed", "malformed", "unsigned", "valid"]
    assert read[0]["detail"].startswith("Part 2 of 3")


def test_the_pages_tell_what_is_awaited_and_then_who_came(tmp_path: Path) -> None:
    with running_kiosk(tmp_path / "data") as kiosk:
        half, whole = kiosk.show(ONE), kiosk.show(TWO)
        page = kiosk.get("/").read().decode()
    assert (half["outcome"], half["reason"], half["holder"]) == ("ask_more", "next_part", "")
    assert (whole["outcome"], whole["holder"]) == ("admitted", "N.V.T. 1985")
    assert "Đưa một phần của mã nhiều phần" in page
