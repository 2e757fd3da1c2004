"""What leaves the kiosk as a file is harmless where it is opened."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hostile import CORPUS, codes
from hypothesis import given
from hypothesis import strategies as st

from kiosk.cli import main
from kiosk.exports import EXPORTS
from kiosk.exports.csv_table import safe_cell
from kiosk.rules import invented
from kiosk.rules.model import Kind


@given(st.text() | codes().map(lambda code: code.decode(errors="replace")))
def test_no_cell_of_a_table_is_a_formula(text: str) -> None:
    assert not safe_cell(text).lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))


def test_a_table_gives_back_every_other_text() -> None:
    out = io.StringIO()
    EXPORTS["csv"]([{"name": 'Lê "Thị"\nÁnh, Bưởi'}], out)
    rows = list(csv.reader(io.StringIO(out.getvalue().removeprefix("\ufeff"), newline="")))
    assert rows == [["name"], ['Lê "Thị"\nÁnh, Bưởi']]


def test_a_machine_gets_every_text_as_it_is() -> None:
    texts = [code.decode(errors="replace") for code in CORPUS.values()]
    out = io.StringIO()
    EXPORTS["json"]([{"name": text} for text in texts], out)
    assert [json.loads(line)["name"] for line in out.getvalue().split("\n")[:-1]] == texts


@pytest.mark.parametrize("format_", EXPORTS)
def test_todays_visits_are_written_once(
    tmp_path: Path, format_: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    card = invented.codes(invented.person(1))[Kind.ID_CARD]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(card)))
    data, out = str(tmp_path / "data"), tmp_path / f"visits.{format_}"
    assert main(["--data", data, "scan", "--at", "2026-11-20T08:00", "-"]) == 0
    assert main(["--data", data, "export", format_, "--out", str(out)]) == 0
    assert invented.person(1).person.name in out.read_text(encoding="utf-8")
    assert invented.person(1).person.number not in out.read_text(encoding="utf-8")
    assert main(["--data", data, "export", format_, "--out", str(out)]) == 1
    assert "is there already" in capsys.readouterr().err
