"""The pages of the numbers: pictures with sentences and tables beside them, papers, tables for a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from conftest import OpenSite, Site
from running import card_of
from test_web_pages import OpenPages, pages_of, seen

from kiosk import cli
from kiosk.config import GateSettings
from kiosk.devices import clock
from kiosk.retention import purge, turn_if_due
from kiosk.rules.entries import EntryKind
from kiosk.rules.model import Direction, Kind
from kiosk.web.number_lines import WEEKS

DAY, NEXT_DAY = "2026-11-20", "2026-11-21"
HOSTILE = '<b onclick="x">Cổng</b>'

__all__ = ["pages_of"]


def end_of_day(site: Site, at: str = f"{NEXT_DAY}T07:00") -> None:
    turn_if_due(site.house.store, site.house.vault, site.house.settings, clock.stated(site.ms(at)))


def a_morning(site: Site) -> None:
    for person in range(6):
        site.show(card_of(person), "in", f"08:{10 + person}")
    site.show(card_of(7, Kind.UNIFIED), "in", "08:31")
    site.show(card_of(1), "out", "08:45")


def test_the_page_tells_the_day_in_sentences_and_tables(site: Site, pages_of: OpenPages) -> None:
    a_morning(site)
    text = seen(pages_of(site), "/numbers")
    assert "Thứ Sáu, ngày 20 tháng 11 năm 2026" in text
    assert "Đông nhất từ 08:00 đến 08:15; lượt vào: 5" in text
    assert "Nhiều nhất ở trong: 7 lúc 08:45" in text
    assert "08:00–08:15 5 0 0 5 08:15–08:30 1 0 0 6 08:30–08:45 1 0 0 7 08:45–09:00 0 1 0 6" in text
    assert "Cổng in 7 0" in text
    assert "Căn cước 6" in text


def test_it_has_pictures_that_are_described_and_no_style_of_their_own(site: Site, pages_of: OpenPages) -> None:
    a_morning(site)
    page = pages_of(site).get("/numbers").text
    assert page.count('role="img"') == 2
    assert 'aria-label="Lượt vào và lượt ra từng 15 phút. Đông nhất từ 08:00 đến 08:15; lượt vào: 5"' in page
    assert "style=" not in page


def test_the_name_of_a_gate_is_only_a_name(open_site: OpenSite, pages_of: OpenPages) -> None:
    site = open_site(gates=(GateSettings("in", HOSTILE, Direction.IN), GateSettings("out", "Ra", Direction.OUT)))
    site.show(card_of(1), "in", "08:00")
    for path in ("/numbers", f"/numbers/{DAY}/sheet"):
        page = pages_of(site).get(path).text
        assert HOSTILE not in page
        assert "&lt;b onclick=" in page


def test_a_day_that_is_over_shows_inferred_exits_apart_and_stays_when_it_is_erased(
    site: Site, pages_of: OpenPages
) -> None:
    a_morning(site)
    end_of_day(site)
    before = seen(pages_of(site), f"/numbers/{DAY}")
    assert "6 Suy ra đã ra: không ai thấy họ ra" in before or "Suy ra đã ra: không ai thấy họ ra 6" in before
    purge(site.house.store, clock.stated(site.ms("2026-11-22T08:00")), 0)
    assert seen(pages_of(site), f"/numbers/{DAY}") == before


def test_a_day_that_kept_its_counts_alone_says_so_and_draws_nothing(site: Site, pages_of: OpenPages) -> None:
    a_morning(site)
    with site.house.store.writing(None) as log:
        new = site.house.vault.new_day_key()
        now = clock.stated(site.ms(f"{NEXT_DAY}T07:00"))
        log.append(EntryKind.DAY_CLOSE, "", now, {"counts": log.counts().as_table()})
        log.append(EntryKind.DAY_KEY, "", now, {"sealed": new.sealed.hex()}, key=(new.key_id, NEXT_DAY))
    pages = pages_of(site)
    assert "Của ngày này chỉ giữ lại các con số trên" in seen(pages, f"/numbers/{DAY}")
    assert 'role="img"' not in pages.get(f"/numbers/{DAY}").text
    assert "20/11 7 1 0 — — —" in seen(pages, "/numbers/weeks")
    assert pages.get(f"/numbers/{DAY}.csv").status_code == 404


def test_the_weeks_have_every_day_and_lead_to_it(site: Site, pages_of: OpenPages) -> None:
    a_morning(site)
    end_of_day(site)
    pages = pages_of(site)
    assert "21/11 0 0 0 0 — — 20/11 7 1 6 7 — 85 %" in seen(pages, "/numbers/weeks")
    assert f'href="/numbers/{DAY}"' in pages.get("/numbers/weeks").text
    assert f"{WEEKS} tuần qua" in seen(pages, "/numbers/weeks")


@pytest.mark.parametrize("path", ["2026-11-19", "x", "2026-11-19/sheet", "2026-11-19.csv", "..%2fkiosk.toml"])
def test_a_day_that_the_log_does_not_know_is_not_found(site: Site, pages_of: OpenPages, path: str) -> None:
    assert pages_of(site).get(f"/numbers/{path}").status_code == 404


def test_tables_for_a_spreadsheet_have_the_same_numbers(site: Site, pages_of: OpenPages) -> None:
    a_morning(site)
    answer = pages_of(site).get(f"/numbers/{DAY}.csv")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{DAY}.csv"'
    head, first, *_ = csv.reader(io.StringIO(answer.text.lstrip("\N{BYTE ORDER MARK}")))
    assert dict(zip(head, first, strict=True)) == {
        "from": "08:00", "to": "08:15", "in": "5", "out": "0", "inferred": "0", "inside": "5",
        "sure": "yes",
    }  # fmt: skip
    weeks = csv.DictReader(io.StringIO(pages_of(site).get("/numbers/weeks.csv").text.lstrip("\N{BYTE ORDER MARK}")))
    assert [(row["day"], row["in"], row["median_wait_min"]) for row in weeks] == [(DAY, "7", "")]


def test_the_sheet_for_the_wall_is_in_both_languages_and_names_nobody(site: Site, pages_of: OpenPages) -> None:
    a_morning(site)
    text = seen(pages_of(site), f"/numbers/{DAY}/sheet")
    assert "Số liệu trong ngày The day in numbers" in text
    assert "Số lượt qua cửa, không phải số mũi tiêm" in text
    assert "Theo cổng By gate" in text


def test_an_empty_day_is_told_without_a_picture(site: Site, pages_of: OpenPages) -> None:
    assert "Chưa có ai qua cửa." in seen(pages_of(site), "/numbers")
    assert 'role="img"' not in pages_of(site).get("/numbers").text


def test_the_command_line_tells_the_same(site: Site, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    a_morning(site)
    arguments = ["--data", str(site.house.data), "numbers", "--day", DAY]
    assert cli.main([*arguments, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["in"], told["out"], told["inside"], told["with_id"]) == (7, 1, 6, 6)
    assert [quarter["inside"] for quarter in told["quarters"]] == [5, 6, 7, 6]
    assert cli.main(arguments) == 0
    assert "Vào / in: 7; ra / out: 1; suy ra / inferred: 0; ở trong / inside: 6" in capsys.readouterr().out
    assert cli.main(["--data", str(site.house.data), "numbers", "--day", "2020-01-01"]) == 1
    assert cli.main(["--data", str(tmp_path / "none"), "numbers"]) == 1
