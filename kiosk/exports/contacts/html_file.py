"""The answer as one printable page: the question, the pictures, the places and the list. It loads and runs nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from zoneinfo import ZoneInfo

from kiosk.exports.contacts.about import about
from kiosk.exports.contacts.handing_over import File, Receiver, whole
from kiosk.exports.contacts.table import COLUMNS, Clock, fingerprint, minutes, place_text, rows, text_of
from kiosk.rules.contact_list import ContactList
from kiosk.rules.contact_pictures import orders, timelines
from kiosk.rules.contact_places import PlaceLine, by_place
from kiosk.rules.contact_words import DEMO, NO_VERDICT, TITLE, Said

ENDING = ".html"

# Should anybody's name find a way out of its cell, there is nothing that it may do.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_LOOKS = """
body { font: 14px/1.4 system-ui, "Noto Sans", "DejaVu Sans", sans-serif; color: #0f1f1d; margin: 1.5rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 1.5rem; } svg { width: 100%; max-width: 960px; }
table { border-collapse: collapse; width: 100%; } th, td { border: 1px solid #8b9693; padding: 0.2rem 0.4rem; }
th, td { text-align: left; vertical-align: top; overflow-wrap: break-word; } .list { font-size: 11px; }
.demo { background: #ffd464; font-weight: 700; padding: 0.4rem; } figure { margin: 0; break-inside: avoid; }
@page { size: A4 landscape; margin: 12mm; } thead { display: table-header-group; } tr { break-inside: avoid; }
"""
# What of the table a sheet has room for; the other files have all of it.
ON_PAPER = (
    *("number_in_list", "order", "rank", "name", "birth", "sex", "id_number", "phone", "address"),
    *("certain_minutes", "possible_minutes", "encounters", "first_together", "last_together", "places", "notes"),
)
PLACES = (
    Said("Nơi", "Place"),
    Said("Ca bệnh ở đó", "The case was there"),
    Said("Người cùng lúc", "People at that time"),
    Said("Chắc chắn", "Certain"),
    Said("Chưa chắc", "Doubtful"),
    Said("Số lần gặp", "Encounters"),
    Said("Tổng phút (chắc chắn – có thể)", "Minutes in all (certain – possible)"),
)


def write(answer: ContactList, receiver: Receiver) -> File:
    """One file for a browser or a printer."""
    asked, zone, table = answer.asked, ZoneInfo(answer.asked.time_zone), rows(answer)
    mark = fingerprint(table)
    demo = f'<p class="demo">{escape(DEMO.both)}</p>' if asked.demo else ""
    figures = [f"<h3>{day}</h3><figure>{picture}</figure>" for day, picture in timelines(answer, zone, "vi")]
    parts = [
        f"<h1>{escape(TITLE.both)}: {escape(asked.case_number)}</h1>{demo}<p>{escape(NO_VERDICT.both)}</p>",
        _table((), ((name.both, value) for name, value in about(answer, mark)), ""),
        _heading(Said("Ca bệnh ở đâu, khi nào", "Where the case was, and when")),
        *figures,
        _heading(Said("Ai có mặt cùng ai", "Who was present with whom")),
        f"<figure>{orders(answer, 'vi')}</figure>",
        _heading(Said("Theo nơi", "By place")),
        _table([said.both for said in PLACES], place_rows(answer), ""),
        _heading(Said("Danh sách", "The list")),
        _table([COLUMNS[name].both for name in ON_PAPER], map(_for_paper, table), "list"),
    ]
    head = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    title = f"<title>{escape(TITLE.vi)} · {escape(asked.case_number)}</title><style>{_LOOKS}</style>"
    page = f'<!doctype html><html lang="vi"><head>{head}{title}</head><body>{"".join(parts)}</body></html>'
    return whole(text_of(page).encode(), mark)


def place_rows(answer: ContactList) -> list[tuple[str, ...]]:
    """The table by place, as texts in the order of PLACES."""
    clock = Clock(answer.asked.time_zone)
    return [_place_row(line, clock) for line in by_place(answer)]


def _place_row(line: PlaceLine, clock: Clock) -> tuple[str, ...]:
    return (
        place_text(line.place),
        "; ".join(clock.span(stay.came_ms, stay.went_ms) for stay in line.stays),
        *map(str, (line.people, line.sure_people, line.doubtful, line.encounters)),
        f"{minutes(line.certain_ms)} – {minutes(line.possible_ms)}",
    )


def _for_paper(row: Sequence[str]) -> list[str]:
    cells = dict(zip(COLUMNS, row, strict=True))
    return [cells[name] for name in ON_PAPER]


def _heading(said: Said) -> str:
    return f"<h2>{escape(said.both)}</h2>"


def _table(headings: Sequence[str], lines: Iterable[Sequence[str]], kind: str) -> str:
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in line)}</tr>" for line in lines)
    return f'<table class="{kind}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
