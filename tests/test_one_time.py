"""The second factor: codes that every telephone's app makes, and no copy of the database."""

from __future__ import annotations

import hmac
import re
import shutil
import sqlite3
from base64 import b32decode
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hub_desk import NOON_MS, STEP_MS, Desk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.rules.hub_users import (
    HubRole,
)
from kiosk.vault import VaultError


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.database.close()


def rfc6238(secret: bytes, at_s: int) -> str:
    """The code as the standard reckons it."""
    told = hmac.digest(secret, (at_s // 30).to_bytes(8, "big"), "sha1")
    at = told[-1] & 15
    return f"{(int.from_bytes(told[at : at + 4], 'big') & 0x7FFFFFFF) % 10**6:06}"


# RFC 6238, appendix B, in their last six digits.
@pytest.mark.parametrize(
    ("at_s", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_the_published_codes_are_what_these_tests_reckon_with(at_s: int, code: str) -> None:
    assert rfc6238(b"12345678901234567890", at_s) == code


@given(at_s=st.integers(1_700_000_000, 2**33))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_telephone_shows_the_code_that_is_asked_for(desk: Desk, at_s: int) -> None:
    sealed = desk.codes.new("Mai")
    (scanned,) = parse_qs(urlsplit(desk.codes.address(sealed, "Mai", "hub")).query)["secret"]
    shown = rfc6238(b32decode(scanned), at_s)
    assert desk.codes.code(sealed, "Mai", at_s * 1000) == shown
    assert desk.codes.step(sealed, "Mai", shown, at_s * 1000) is not None


def test_a_code_is_good_for_one_step_on_either_side(desk: Desk) -> None:
    sealed = desk.codes.new("Mai")
    code = desk.codes.code(sealed, "Mai", NOON_MS)
    step = NOON_MS // STEP_MS
    found = [desk.codes.step(sealed, "Mai", code, NOON_MS + late * STEP_MS) for late in (-2, -1, 0, 1, 2)]
    assert found == [None, step, step, step, None]


@given(code=st.text(max_size=9))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_that_is_typed_breaks_the_check(desk: Desk, code: str) -> None:
    sealed = desk.codes.new("Mai")
    good = desk.codes.code(sealed, "Mai", NOON_MS)
    assert (desk.codes.step(sealed, "Mai", code, NOON_MS) is not None) <= (code.isdecimal() and len(good) == len(code))


def test_what_the_telephone_scans_names_hub_and_person(desk: Desk) -> None:
    desk.users.add("Mai Hoàng", HubRole.ADMIN, "terminal")
    address = urlsplit(desk.users.offer("Mai Hoàng", "Trung tâm Ví Dụ"))
    asked = parse_qs(address.query)
    assert (address.scheme, address.netloc, unquote(address.path)) == ("otpauth", "totp", "/Trung tâm Ví Dụ:Mai Hoàng")
    assert (asked["digits"], asked["period"], asked["issuer"]) == (["6"], ["30"], ["Trung tâm Ví Dụ"])
    assert re.fullmatch(r"[A-Z2-7]{32}", asked["secret"][0])
    assert desk.users.offer("Mai Hoàng", "Trung tâm Ví Dụ") == address.geturl()


def test_a_copy_of_the_database_makes_no_codes(desk: Desk, tmp_path: Path) -> None:
    desk.begun("Mai")
    other = tmp_path / "other"
    other.mkdir()
    with closing(sqlite3.connect(tmp_path / "hub.db")) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(tmp_path / "hub.db", other)
    copied = Desk(other)
    with pytest.raises(VaultError, match="second factor of Mai"):
        copied.code("Mai")
    copied.database.close()


def test_nobodys_second_factor_stands_in_for_anothers(desk: Desk) -> None:
    desk.begun("Mai")
    desk.begun("Lan", HubRole.TRACER)
    with desk.database.transaction() as db:
        db.execute("UPDATE hub_user SET factor = (SELECT factor FROM hub_user WHERE name = 'Lan') WHERE name = 'Mai'")
    with pytest.raises(VaultError, match="second factor of Mai"):
        desk.sign_in("Mai", code="000000")
