"""Settings that are written are those that are read: any table, any text, whole or not at all."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.config import SettingsError
from kiosk.config.writing import as_toml, write_settings
from kiosk.rules.set_up import SHORT_NAME, short_name

TEXTS = st.text(max_size=20)  # without surrogates, which no file can hold
SCALARS = st.one_of(TEXTS, st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False))
FLAT = st.dictionaries(TEXTS, st.one_of(SCALARS, st.lists(SCALARS, max_size=3)), max_size=4)
TABLES = st.dictionaries(TEXTS, st.one_of(SCALARS, FLAT, st.lists(FLAT, min_size=1, max_size=3)), max_size=5)


@given(TABLES)
def test_what_is_written_is_read_back(table: dict[str, object]) -> None:
    assert tomllib.loads(as_toml(table)) == table


def test_the_example_is_read_back() -> None:
    for name in ("kiosk", "vaccination"):
        path = Path(__file__).parent.parent / "firmware_config" / f"{name}.example.toml"
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        assert tomllib.loads(as_toml(table)) == table


def test_settings_that_would_not_be_taken_are_named_by_their_own_file(tmp_path: Path) -> None:
    file = tmp_path / "kiosk.toml"
    with pytest.raises(SettingsError, match=r"^.*/kiosk\.toml: \[site\] keep_days must be"):
        write_settings(file, {"site": {"keep_days": 0}}, "")
    assert list(tmp_path.iterdir()) == []


@given(TEXTS)
def test_a_short_name_is_one_or_empty(text: str) -> None:
    made = short_name(text)
    assert not made or SHORT_NAME.fullmatch(made)


def test_a_vietnamese_name_keeps_its_letters() -> None:
    assert short_name("Trạm Y tế phường Đống Đa") == "tram-y-te-phuong-dong-da"
