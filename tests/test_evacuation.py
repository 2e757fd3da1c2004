"""When everybody must leave, one tap prints who is inside, by zone; and no name of it reaches the disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from running import Kiosk, card_of, running_kiosk
from test_nothing_on_disk import contents, found_in

from kiosk.config.queueing import CounterSettings, StageSettings
from kiosk.devices.base import PrinterStatus
from kiosk.devices.list_picture import draw
from kiosk.evacuating import MOST_LINES, zones_inside
from kiosk.rules import invented
from kiosk.rules.access import Role
from kiosk.rules.entries import Body
from kiosk.rules.evacuation import HEADING_LINES, LEAST_LINES, Present, Strip, Zone, by_zone, strips
from kiosk.store.reading import Reader

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
ZONES = st.lists(st.tuples(st.sampled_from(("Sảnh", "Tiêm", "Theo dõi", "Kho")), st.integers(0, 9)), max_size=200).map(
    lambda people: by_zone(
        ((zone, Present(visit, "Lê Thị Sen" if named else "")) for visit, (zone, named) in enumerate(people)),
        ("Tiêm", "Sảnh"),
    )
)


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    stages = (StageSettings("reception", "Đón tiếp"), StageSettings("inject", "Tiêm"))
    counters = (CounterSettings("1", "Quầy 1", ("reception",)), CounterSettings("2", "Bàn 2", ("inject",)))
    with running_kiosk(tmp_path / "data", rows={"stages": stages, "counters": counters}) as running:
        yield running


def zones_of(kiosk: Kiosk) -> dict[str, list[str]]:
    found = zones_inside(Reader(kiosk.house.database), kiosk.house.vault, kiosk.house.settings)
    return {zone.name: [present.name for present in zone.people] for zone in found}


def names(*people: int) -> list[str]:
    return [invented.person(person).person.name for person in people]


def test_everybody_stands_in_the_stage_where_they_were_last_seen(kiosk: Kiosk) -> None:
    for person in (1, 2, 3):
        kiosk.show(card_of(person))
    kiosk.show(card_of(3), "out")
    kiosk.client.queue("call", counter="1")
    kiosk.client.queue("finish", counter="1")
    assert zones_of(kiosk) == {"Đón tiếp": names(2), "Tiêm": names(1)}


def test_without_counters_they_stand_where_their_gate_leads(tmp_path: Path) -> None:
    with running_kiosk(tmp_path / "data") as kiosk:
        kiosk.show(card_of(1), "in")
        kiosk.show(card_of(2), "both")
        assert zones_of(kiosk) == {"Cổng in": names(1), "Cổng both": names(2)}


def test_zones_stand_in_the_order_of_the_way_and_people_by_their_given_names() -> None:
    people = [Present(1, "Trần Văn Sơn"), Present(2, "Lê Thị Ánh"), Present(3), Present(4, "Bùi Ân")]
    found = by_zone([("Kho", people[0]), *(("Tiêm", one) for one in people), ("Sảnh", people[1])], ("Sảnh", "Tiêm"))
    assert [zone.name for zone in found] == ["Sảnh", "Tiêm", "Kho"]
    assert [present.visit for present in found[1].people] == [4, 2, 1, 3]


@given(ZONES, st.integers(LEAST_LINES, 40))
def test_everybody_is_on_one_strip_and_no_strip_is_too_long(zones: tuple[Zone, ...], most: int) -> None:
    cut = strips(zones, most)
    on_paper = [present for strip in cut for zone in strip for present in zone.people]
    assert on_paper == [present for zone in zones for present in zone.people]
    assert all(sum(HEADING_LINES + len(zone.people) for zone in strip) <= most for strip in cut)
    assert all(zone.people for strip in cut for zone in strip)
    counts = {zone.name: zone.count for zone in zones}
    assert all(zone.count == counts[zone.name] for strip in cut for zone in strip)


def test_a_strip_without_room_for_anybody_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least"):
        strips((), LEAST_LINES - 1)


@pytest.mark.parametrize("paper_mm", [58, 80])
def test_the_longest_strip_is_no_longer_than_a_printer_has_time_for(paper_mm: int) -> None:
    people = tuple(Present(n, "Nguyễn Thị Hồng Nhung", "1980", "F", f"A{n:03d}") for n in range(MOST_LINES - 2))
    strip = Strip("Nhà văn hóa Ví Dụ", "21/11/2026 08:15", "1/3", 61, (Zone("Tiêm", people, 61),))
    picture = draw(strip, paper_mm, FONT, FONT)
    print(f"{paper_mm} mm paper: the longest strip is {picture.height / 80:.0f} cm")
    assert picture.height / 8 < 300, "millimetres, at 8 dots each"


def test_it_is_printed_before_the_tickets_with_the_strips_numbered(kiosk: Kiosk) -> None:
    for person in range(40):
        kiosk.show(card_of(person))
    assert kiosk.client.evacuate() == {"strips": 2, "done": True, "fault": ""}


def test_a_broken_printer_says_so_at_once_and_keeps_nothing(kiosk: Kiosk) -> None:
    kiosk.show(card_of(1))
    kiosk.client.set_printer_fault(PrinterStatus.PAPER_OUT)
    answer = kiosk.client.evacuate()
    assert "hết giấy" in answer["fault"]
    printed = kiosk.client.panel()["printed"]
    kiosk.client.set_printer_fault(PrinterStatus.OK)
    kiosk.show(card_of(2))
    assert kiosk.client.evacuate()["fault"] == ""
    assert kiosk.client.panel()["printed"] >= printed + 1


def test_no_name_of_it_reaches_the_disk(kiosk: Kiosk) -> None:
    for person in range(40):
        kiosk.show(card_of(person))
    kiosk.client.set_printer_fault(PrinterStatus.COVER_OPEN)
    kiosk.client.evacuate()
    kiosk.client.set_printer_fault(PrinterStatus.OK)
    kiosk.client.evacuate()
    words = tuple(name for person in range(40) for name in names(person))
    assert len(words) == 40
    files = contents(kiosk.house.data)
    assert files
    assert not any(found_in(content, words) for content in files)


def evacuate(kiosk: Kiosk, role: Role = Role.VOLUNTEER) -> tuple[int, str]:
    """The page that answers one tap."""
    form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": kiosk.url}
    answer = kiosk.as_(role).ask("POST", "/evacuation", b"", form)
    return answer.status, answer.read().decode()


def noted(kiosk: Kiosk) -> list[Body]:
    return [entry.body or {} for entry in kiosk.reader.events_after(0) if entry.header.kind == "staff"]


@pytest.mark.parametrize("role", Role)
def test_whoever_is_signed_in_may_take_the_list_and_it_is_recorded(kiosk: Kiosk, role: Role) -> None:
    kiosk.show(card_of(1))
    status, page = evacuate(kiosk, role)
    assert status == 200
    assert names(1)[0] in page
    assert "Đã in xong" in page
    (note,) = noted(kiosk)
    assert (note["act"], note["about"], bool(note["by"])) == ("evacuation", "1", True)


def test_a_broken_printer_is_told_with_the_page_to_print(kiosk: Kiosk) -> None:
    kiosk.show(card_of(1))
    kiosk.client.set_printer_fault(PrinterStatus.PAPER_OUT)
    _, page = evacuate(kiosk)
    assert "Hãy in trang này" in page
    assert "hết giấy" in page
    assert names(1)[0] in page


def test_without_a_door_the_list_is_shown_all_the_same_and_says_that_nothing_was_recorded(kiosk: Kiosk) -> None:
    kiosk.show(card_of(1))
    kiosk.close_door()
    status, page = evacuate(kiosk)
    assert status == 200
    assert names(1)[0] in page
    assert "Chưa ghi được vào sổ" in page


def test_nobody_else_sees_it(kiosk: Kiosk) -> None:
    assert kiosk.as_(None).ask("POST", "/evacuation", b"", {"X-Kiosk": "page"}).status == 401
    assert kiosk.get("/evacuation").status == 405
