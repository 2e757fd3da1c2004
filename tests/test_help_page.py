"""The page for helping works by plain forms: in and out by hand, calls, doubts; whatever is typed gets one sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from running import Kiosk, card_of, running_kiosk

from kiosk.config import Consent
from kiosk.config.queueing import CounterSettings, ServiceSettings
from kiosk.help_calls import calls_today
from kiosk.rules.access import Role
from kiosk.rules.help_calls import Act

NUMBER = "001185012345"  # an invented person's, of a province that there is


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    counters = (CounterSettings("1", "Quầy 1"),)
    with running_kiosk(tmp_path_factory.mktemp("kiosk") / "data", rows={"counters": counters}) as running:
        yield running


def sent(kiosk: Kiosk, path: str, **form: str) -> tuple[int, str]:
    """Status and page of a form that a browser without a script sends."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": kiosk.url}
    answer = kiosk.ask("POST", f"/help/{path}", urlencode(form).encode(), headers)
    return answer.status, answer.read().decode()


def sentence(page: str) -> str:
    found = re.search(r'class="sentence">([^<]*)<', page)
    return unescape(found[1]) if found else ""


def doubts(page: str) -> list[str]:
    return [unescape(one) for one in re.findall(r'class="doubt".*?<span>([^<]*)</span>', page)]


def tickets(page: str) -> list[str]:
    return re.findall(r'<b class="number">([^<]*)<', page)


def inside(kiosk: Kiosk) -> int:
    return kiosk.reader.occupancy().inside


def test_a_typed_number_lets_somebody_in_and_the_ticket_stands_large(kiosk: Kiosk) -> None:
    before = inside(kiosk)
    status, page = sent(kiosk, "in", do="number", number=NUMBER, once="a1")
    assert status == 200
    assert "Xin mời vào" in sentence(page)
    assert len(tickets(page)) == 1
    assert inside(kiosk) == before + 1
    assert NUMBER not in page


def test_the_entry_has_the_name_of_who_is_signed_in(kiosk: Kiosk) -> None:
    sent(kiosk.as_(Role.VOLUNTEER), "in", do="group", count="1", once="a2")
    entry = kiosk.reader.events_after(kiosk.reader.last_sequence() - 1, 1)[0]
    assert (entry.body or {})["by"] == "An volunteer"


def test_a_form_that_is_sent_twice_lets_in_once(kiosk: Kiosk) -> None:
    before = inside(kiosk)
    pages = [sent(kiosk, "in", do="group", count="3", once="twice")[1] for _ in range(2)]
    assert tickets(pages[0]) == tickets(pages[1])
    assert inside(kiosk) == before + 3


def test_a_mistyped_number_is_told_and_stays_in_its_field(kiosk: Kiosk) -> None:
    before = kiosk.reader.last_sequence()
    _, page = sent(kiosk, "in", do="number", number="00118501234", once="b1")
    assert doubts(page) == ["Số không có 9 hay 12 chữ số."]
    assert 'value="00118501234"' in page
    assert kiosk.reader.last_sequence() == before


def test_what_is_only_doubtful_is_taken_by_another_button(kiosk: Kiosk) -> None:
    form = {"do": "number", "number": "905085012345", "once": "b2"}
    _, page = sent(kiosk, "in", **form)
    assert doubts(page) == ["Ba số đầu không phải mã tỉnh."]
    assert 'name="insist"' in page
    _, page = sent(kiosk, "in", **form, insist="yes")
    assert "Xin mời vào" in sentence(page)


def test_what_was_offered_is_taken_by_its_button(kiosk: Kiosk) -> None:
    form = {"do": "name", "name": "Lê Thị Tư", "birth": "1958", "phone": "0163 555 0123", "once": "b3"}
    _, page = sent(kiosk, "in", **form)
    assert 'value="phone:0335550123"' in page
    _, page = sent(kiosk, "in", **form, use="phone:0335550123")
    assert "Xin mời vào" in sentence(page)


def test_a_namesake_is_shown_and_let_in_as_another(kiosk: Kiosk) -> None:
    form = {"do": "name", "name": "Đỗ Văn Trùng", "birth": "1970"}
    (first,) = tickets(sent(kiosk, "in", **form, once="c1")[1])
    _, page = sent(kiosk, "in", **form, once="c2")
    assert first in page
    assert "Đ.V.T." in page
    assert len(tickets(sent(kiosk, "in", **form, once="c2", another="yes")[1])) == 1


def test_names_are_masked_and_never_in_an_address(kiosk: Kiosk) -> None:
    _, page = sent(kiosk, "in", do="name", name="Hồ Thị Kín", birth="1990", once="c3")
    assert "H.T.K. 1990" in page
    assert "Kín" not in page
    assert not re.search(r'(href|action)="[^"]*(Kín|K%C3%ADn)', page)


def found(kiosk: Kiosk, query: str) -> str:
    page = sent(kiosk, "find", q=query)[1]
    visits = re.findall(r'value="out:([0-9]+)"', page)
    assert len(visits) == 1, f"{len(visits)} people are found by {query!r}"
    return str(visits[0])


def test_somebody_is_found_by_ticket_and_let_out_once(kiosk: Kiosk) -> None:
    (ticket,) = tickets(sent(kiosk, "in", do="group", count="1", once="d1")[1])
    visit, before = found(kiosk, ticket), inside(kiosk)
    status, page = sent(kiosk, "person", wish=f"out:{visit}", q=ticket)
    assert (status, "Tạm biệt" in sentence(page)) == (200, True)
    assert inside(kiosk) == before - 1
    status, page = sent(kiosk, "person", wish=f"out:{visit}", q=ticket)
    assert (status, sentence(page)) == (422, "Lượt này đã kết thúc, không còn ở trong.")
    status, page = sent(kiosk, "person", wish=f"reprint:{visit}", q=ticket)
    assert (status, sentence(page)) == (422, "Lượt này đã kết thúc, không in lại phiếu.")


def test_somebody_is_found_by_part_of_a_name_and_by_the_card_in_the_hand(kiosk: Kiosk) -> None:
    sent(kiosk, "in", do="name", name="Kiều Thị Tìm", birth="1982", once="d2")
    assert found(kiosk, "kieu tim")
    card = card_of(77)
    kiosk.show(card)
    assert found(kiosk, card.decode())


def test_a_document_seen_stands_on_the_line_until_it_is_taken_back(kiosk: Kiosk) -> None:
    (ticket,) = tickets(sent(kiosk, "in", do="group", count="1", once="e1")[1])
    visit = found(kiosk, ticket)
    _, page = sent(kiosk, "person", wish=f"seen:{visit}", q=ticket)
    assert "unseen:" in page
    _, page = sent(kiosk, "person", wish=f"unseen:{visit}", q=ticket)
    assert "unseen:" not in page


def test_a_child_is_let_in_beside_and_the_slip_printed_again(kiosk: Kiosk) -> None:
    (ticket,) = tickets(sent(kiosk, "in", do="group", count="1", once="e2")[1])
    visit, before = found(kiosk, ticket), inside(kiosk)
    _, page = sent(kiosk, "person", wish=f"beside:{visit}", q=ticket, name="Bé Na", birth="2021")
    assert len(tickets(page)) == 1
    assert inside(kiosk) == before + 1
    _, page = sent(kiosk, "person", wish=f"reprint:{visit}", q=ticket)
    assert tickets(page) == [ticket]


def test_who_left_without_scanning_is_recorded_as_said_to_have(kiosk: Kiosk) -> None:
    (ticket,) = tickets(sent(kiosk, "in", do="group", count="1", once="e3")[1])
    visit, before = found(kiosk, ticket), inside(kiosk)
    _, page = sent(kiosk, "person", wish=f"left:{visit}", q=ticket, left="")
    assert sentence(page) == "Đã ghi giờ ra."
    assert inside(kiosk) == before - 1
    entry = kiosk.reader.events_after(kiosk.reader.last_sequence() - 1, 1)[0]
    assert entry.header.kind == "correction"


def test_a_call_is_answered_by_buttons_and_counted(kiosk: Kiosk) -> None:
    assert sent(kiosk, "call", wish="called:0", gate="in")[0] == 303
    call = max(kiosk.reader.ask(calls_today))
    assert f"coming:{call}" in kiosk.get("/help?do=calls").read().decode()
    sent(kiosk, "call", wish=f"coming:{call}")
    sent(kiosk, "call", wish=f"registered:{call}")
    assert kiosk.reader.ask(calls_today)[call].act is Act.REGISTERED
    status, page = sent(kiosk, "call", wish=f"coming:{call}")
    assert (status, "xem lại danh sách" in sentence(page)) == (422, True)


def test_priority_is_said_and_nothing_of_why(kiosk: Kiosk) -> None:
    sent(kiosk, "in", do="group", count="1", once="f1", priority="yes")
    entry = kiosk.reader.events_after(kiosk.reader.last_sequence() - 1, 1)[0]
    assert (entry.body or {})["queue"]["priority"] is True


def test_who_needs_help_to_register_waits_for_the_volunteers_and_is_counted(tmp_path: Path) -> None:
    services = (ServiceSettings("reception", "Đón tiếp"), ServiceSettings("desk", "Giúp đăng ký", series="H"))
    rows = {"services": services, "counters": (CounterSettings("1", "Quầy 1"),)}
    with running_kiosk(tmp_path / "data", queue={"help": "desk"}, rows=rows) as site:
        assert site.show(card_of(1))["ticket"] == "A001"
        assert tickets(sent(site, "in", do="group", count="1", once="k1", for_help="yes")[1]) == ["H001"]
        assert site.show(card_of(2))["ticket"] == "A002"
        visit = found(site, "A002")
        _, page = sent(site, "person", wish=f"register:{visit}", q="A002")
        assert (tickets(page), "giúp đăng ký" in sentence(page)) == (["A002"], True)
        with site.reader.queue() as (queue, _):
            assert (queue.waiting("reception"), queue.waiting("desk")) == (1, 2)


def test_a_paper_form_is_offered_where_the_site_takes_it(kiosk: Kiosk, tmp_path: Path) -> None:
    assert 'href="/help?do=paper"' in kiosk.get("/help").read().decode()
    assert len(tickets(sent(kiosk, "in", do="paper", number="17", once="g1")[1])) == 1
    with running_kiosk(tmp_path / "data", site={"paper_form": False}) as other:
        page = other.get("/help?do=paper").read().decode()
        assert 'href="/help?do=paper"' not in page
        status, page = sent(other, "in", do="paper", number="17")
        assert (status, "không nhận phiếu giấy" in sentence(page)) == (422, True)


def test_a_full_site_is_overruled_with_a_reason_by_who_may(tmp_path: Path) -> None:
    with running_kiosk(tmp_path / "data", site={"capacity": 1}) as full:
        full.show(card_of(1))
        form = {"do": "name", "name": "Vũ Thị Chờ", "birth": "1975", "once": "h1"}
        assert 'name="overrule"' not in sent(full.as_(Role.VOLUNTEER), "in", **form)[1]
        assert sent(full.as_(Role.VOLUNTEER), "in", **form, overrule="supervisor")[0] == 403
        _, page = sent(full, "in", **form)
        assert "đủ người" in sentence(page)
        assert 'value="cannot_wait"' in page
        assert sent(full, "in", **form, overrule="sent")[0] == 400
        _, page = sent(full, "in", **form, overrule="cannot_wait")
        assert len(tickets(page)) == 1


def test_what_was_answered_before_need_not_be_said_again_to_overrule(tmp_path: Path) -> None:
    with running_kiosk(tmp_path / "data", site={"capacity": 1, "consent": Consent.ASK}) as full:
        form = {"do": "number", "number": "905085012345", "agreed": "yes", "once": "h2"}
        assert "Xin mời vào" in sentence(sent(full, "in", **form, insist="yes")[1])
        other = form | {"number": "905085012346", "once": "h3"}
        _, page = sent(full, "in", **other, insist="yes")
        assert re.search('name="agreed" value="yes" required checked', page)
        assert len(tickets(sent(full, "in", **other, overrule="supervisor")[1])) == 1


def test_whom_the_door_sent_to_staff_is_listed_until_let_in(tmp_path: Path) -> None:
    with running_kiosk(tmp_path / "data", site={"require_id": True}) as strict:
        sent(strict, "in", do="name", name="Cao Thị Không", birth="1960", once="i1")
        page = strict.get("/help?do=staff").read().decode()
        (sequence,) = re.findall(r'name="sequence" value="([0-9]+)"', page)
        assert "Cao" not in page
        _, page = sent(strict, "let-in", sequence=sequence)
        assert len(tickets(page)) == 1
        assert 'name="sequence"' not in page


def test_the_form_is_kept_while_the_door_is_away(tmp_path: Path) -> None:
    with running_kiosk(tmp_path / "data") as lonely:
        lonely.close_door()
        status, page = sent(lonely, "in", do="name", name="Lê Văn Chờ", birth="1988", once="j1")
        assert status == 503
        assert "Cửa chưa trả lời" in sentence(page)
        assert 'value="Lê Văn Chờ"' in page


FIELDS = ("number", "name", "birth", "sex", "phone", "count", "gate", "q", "use", "once", "insist")
anything = st.text(max_size=30) | st.text(alphabet="0123456789 |$-/ABCđ?:<>\"'\x00\u202e", max_size=30)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(["in", "find"]),
    form=st.fixed_dictionaries(
        {"do": st.sampled_from(["number", "name", "group", "paper"]) | anything},
        optional=dict.fromkeys(FIELDS, anything),
    ),
)
def test_anything_typed_gets_one_sentence_and_never_a_fault(kiosk: Kiosk, path: str, form: dict[str, str]) -> None:
    status, page = sent(kiosk, path, **form)
    assert status in (200, 422)
    assert "<script>" not in page
    if path == "in":
        assert sentence(page) or doubts(page)
