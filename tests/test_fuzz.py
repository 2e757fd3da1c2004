"""The fuzzer runs, meets every parser, and finds what is broken."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from fuzz.__main__ import fuzz
from fuzz.damage import altered, damaged
from fuzz.targets import Target, targets
from hypothesis import find, given

TESTS = Path(__file__).parent


@pytest.mark.parametrize("name", targets())
def test_no_parser_breaks_at_the_first_hundreds_of_inputs(name: str) -> None:
    assert fuzz({name: targets()[name]}, seconds=0.5, first_seed=1) == ""


def test_a_parser_that_breaks_is_found_with_its_input() -> None:
    def breaks(data: bytes) -> None:
        if b"9999" in data:
            raise IndexError("out of range")

    found = fuzz({"bad": Target(damaged([b"x" * 100]), breaks)}, seconds=60, first_seed=1)
    assert "'bad'" in found
    assert "IndexError: out of range" in found


def test_one_command_fuzzes_them_all() -> None:
    command = [sys.executable, "-W", "error", "-m", "fuzz", "--minutes", "0.01", "--seed", "7"]
    paths = {"PYTHONPATH": f"{TESTS}:{TESTS.parent}"}
    told = subprocess.run(command, env=paths, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "seed 7" in told.stdout


@given(damaged([b"0123456789" * 20]))
def test_damaged_input_stays_of_a_size_that_can_be_thrown(data: bytes) -> None:
    assert len(data) < 5000


def test_members_of_structures_are_taken_away_and_replaced_at_any_depth() -> None:
    good = {"a": {"b": [1, {"c": 2}]}}
    assert find(altered(good), lambda bad: "a" not in bad) == {}
    assert find(altered(good), lambda bad: bad == {"a": {"b": [1, {}]}})
    assert find(altered(good), lambda bad: "c" not in str(bad) and "b" in str(bad))
    assert good == {"a": {"b": [1, {"c": 2}]}}
