"""The door links and shows people while the day lasts, and can name nobody once it is over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.rules.model import Person
from kiosk.vault import (
    DayKey,
    Shown,
    Vault,
    VaultError,
    new_tracing_keys,
    open_sealed_day_key,
    open_sealed_identity,
    read_private_key,
    recover,
)
from kiosk.vault.pseudonyms import subject
from kiosk.vault.tracing import TracingPrivate

SITE = "tram-1"
ANH = Person(name="Đỗ Thị Ánh", birth="1985-03-02", sex="F", number="001185000001")
HOLDER = "id:001185000001"
LINE = Shown("Đỗ Thị Ánh", "********0001", "1985-03-02", "F")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    new_tracing_keys(tmp_path / "data", tmp_path / "tracing.key")
    return tmp_path / "data"


@pytest.fixture
def team(data: Path) -> TracingPrivate:
    return read_private_key(data.parent / "tracing.key")


def opened(data: Path) -> Vault:
    return Vault.open(data, site=SITE)


def turned(vault: Vault) -> DayKey:
    """A new day."""
    day = vault.new_day_key()
    assert vault.use(day.key_id)
    return day


@pytest.mark.parametrize(
    "act",
    [
        lambda vault: vault.pseudonym(HOLDER),
        lambda vault: vault.likeness(ANH),
        lambda vault: vault.seal(ANH, HOLDER),
        lambda vault: vault.conceal(LINE),
    ],
)
def test_without_a_day_key_nothing_is_recorded_in_clear_or_otherwise(data: Path, act: Callable[[Vault], bytes]) -> None:
    with pytest.raises(VaultError, match="no day key is in use"):
        act(opened(data))


def test_a_new_day_key_is_not_in_use_before_the_log_has_it(data: Path) -> None:
    vault = opened(data)
    today = turned(vault)
    before = vault.pseudonym(HOLDER)
    tomorrow = vault.new_day_key()
    assert (vault.key_id, vault.pseudonym(HOLDER)) == (today.key_id, before)
    assert vault.use(tomorrow.key_id) and vault.pseudonym(HOLDER) != before


def test_after_the_turn_yesterday_s_people_cannot_be_shown_by_any_process(data: Path) -> None:
    door, web = opened(data), opened(data)
    today = turned(door)
    assert web.use(today.key_id)
    blob = door.conceal(LINE)
    assert web.reveal(blob) == LINE
    tomorrow = turned(door)
    assert door.reveal(blob) is None
    assert web.use(tomorrow.key_id) and web.reveal(blob) is None
    assert not opened(data).use(today.key_id)


def test_after_the_turn_no_file_of_the_kiosk_holds_the_old_key(data: Path, team: TracingPrivate) -> None:
    vault = opened(data)
    today = turned(vault)
    key = open_sealed_day_key(team, today.sealed, site=SITE, key_id=today.key_id)
    assert on_the_card(data, key)
    turned(vault)
    assert not any(on_the_card(data, key[start : start + 8]) for start in range(len(key) - 7))


def on_the_card(data: Path, secret: bytes) -> bool:
    return any(secret in file.read_bytes() for file in data.rglob("*") if file.is_file())


def test_a_restart_within_the_day_links_and_shows_as_before(data: Path) -> None:
    vault = opened(data)
    today = turned(vault)
    pseudonym, blob = vault.pseudonym(HOLDER), vault.conceal(LINE)
    again = opened(data)
    assert again.use(today.key_id)
    assert (again.pseudonym(HOLDER), again.reveal(blob)) == (pseudonym, LINE)


def test_a_key_file_without_the_log_s_key_leaves_no_key_in_use(data: Path) -> None:
    vault = opened(data)
    turned(vault)
    assert not vault.use(b"unknown!")
    assert vault.key_id == b""


def test_the_tracing_team_names_the_person_and_links_the_days(data: Path, team: TracingPrivate) -> None:
    vault = opened(data)
    days = []
    for _ in range(2):
        day = turned(vault)
        days.append((day, vault.pseudonym(HOLDER), vault.seal(ANH, HOLDER)))
    assert days[0][1] != days[1][1]
    for day, pseudonym, blob in days:
        key = open_sealed_day_key(team, day.sealed, site=SITE, key_id=day.key_id)
        assert recover(key, pseudonym) == subject(HOLDER)
        identity = open_sealed_identity(team, blob, site=SITE, key_id=day.key_id)
        assert (identity.person, identity.holder_id) == (ANH, HOLDER)


def test_an_identity_holds_the_filled_fields_only(data: Path, team: TracingPrivate) -> None:
    vault = opened(data)
    day = turned(vault)
    lengths = {len(vault.seal(person, "id:1")) for person in (Person(), Person(name="An"), Person(phone="0912345678"))}
    assert len(lengths) == 1, "what is not known costs nothing, and the length does not tell what is"
    opened_identity = open_sealed_identity(team, vault.seal(Person(name="An"), "id:1"), site=SITE, key_id=day.key_id)
    assert opened_identity.person == Person(name="An")


def test_letters_that_no_text_may_hold_are_sealed_like_any_other(data: Path, team: TracingPrivate) -> None:
    vault = opened(data)
    day = turned(vault)
    hostile = Person(name='\ud800"\0\u202e', number="1")
    blob = vault.seal(hostile, "id:\udcff")
    assert open_sealed_identity(team, blob, site=SITE, key_id=day.key_id).person == hostile
    assert vault.pseudonym("id:\udcff") and vault.reveal(vault.conceal(Shown(hostile.name))) == Shown(hostile.name)


def test_two_doors_of_one_card_share_the_day_and_the_kiosk_s_own_key(data: Path) -> None:
    first, second = opened(data), opened(data)
    assert second.use(turned(first).key_id)
    assert first.pseudonym(HOLDER) == second.pseudonym(HOLDER)
    assert (first.slip_key, first.head_seal(b"head")) == (second.slip_key, second.head_seal(b"head"))


def test_who_missed_the_turn_is_told_so_and_destroys_nothing(data: Path) -> None:
    first, second = opened(data), opened(data)
    second.use(turned(first).key_id)
    current = turned(first)
    with pytest.raises(VaultError, match="another process has turned the day key"):
        second.new_day_key()
    assert second.use(current.key_id)
