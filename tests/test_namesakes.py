"""Two people who are alike on paper are two people."""

from __future__ import annotations

from conftest import Site

from kiosk.rules.model import Outcome, Reason


def card(number: str) -> bytes:
    return f"{number}||Nguyễn Văn Ví Dụ|01011985|Nam|Xã Thử Nghiệm|01012022".encode()


ONE, OTHER = card("097085000001"), card("097085000002")


def test_a_namesake_with_a_card_of_her_own_comes_in(site: Site) -> None:
    site.show(ONE, "both", "08:00")
    assert site.show(OTHER, "both", "08:05").decision.outcome is Outcome.ADMITTED


def test_a_namesake_s_exit_never_closes_the_other_s_visit(site: Site) -> None:
    site.show(ONE, "in", "08:00")
    assert site.show(OTHER, "out", "08:30").decision.reason is Reason.GOODBYE_UNMATCHED
    assert site.reader.occupancy().inside == 1
