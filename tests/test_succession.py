"""A kiosk seals to a new tracing key only where the old one's holder says so, or somebody there who compared words."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.rules.spoken import as_words, words_of
from kiosk.vault import Vault, VaultError, new_tracing_keys, open_sealed_day_key, read_private_key
from kiosk.vault.succession import accept, keep_next, keep_waiting, read_succession, succession, waiting
from kiosk.vault.tracing import PUBLIC_FILE, TracingPrivate, make_demo_keys, read_public_key


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def old(data: Path, tmp_path: Path) -> TracingPrivate:
    return made(data, tmp_path / "old.key")


@pytest.fixture
def new(tmp_path: Path) -> TracingPrivate:
    return made(tmp_path / "elsewhere", tmp_path / "new.key")


def made(data: Path, out: Path) -> TracingPrivate:
    new_tracing_keys(data, out, name="Đội truy vết")
    return read_private_key(out)


def test_words_as_published() -> None:
    assert words_of(bytes([127, 0, 0, 1])) == "lusab babad"
    assert words_of(bytes([63, 84, 220, 193])) == "gutih tugad"


@given(st.binary(max_size=20).filter(lambda content: len(content) % 2 == 0))
def test_words_are_told_apart_however_they_are_typed(content: bytes) -> None:
    words = words_of(content)
    assert as_words(f"  {words.upper().replace(' ', '-')}\n") == words
    assert len(words.split()) == len(content) // 2


def test_the_holder_of_the_old_key_names_the_new_one(old: TracingPrivate, new: TracingPrivate) -> None:
    successor = read_succession(succession(new.public, old))
    assert successor.is_signed_by(old.public)
    assert successor.public.fingerprint == new.fingerprint


def test_nobody_else_does(old: TracingPrivate, new: TracingPrivate, tmp_path: Path) -> None:
    thief = made(tmp_path / "thief", tmp_path / "thief.key")
    assert not read_succession(succession(new.public, thief)).is_signed_by(old.public)
    assert not read_succession(succession(new.public, None)).is_signed_by(old.public)
    signed = json.loads(succession(new.public, old))
    for name, value in json.loads(succession(thief.public, None)).items():
        if name in ("public", "signer"):
            forged = read_succession(json.dumps(signed | {name: value}).encode())
            assert not forged.is_signed_by(old.public)


def test_a_key_made_by_an_older_program_signs_nothing(old: TracingPrivate, new: TracingPrivate) -> None:
    assert not read_succession(succession(new.public, old)).is_signed_by(replace(old.public, signer=""))


def test_what_a_former_key_signed_counts_no_more(old: TracingPrivate, new: TracingPrivate, tmp_path: Path) -> None:
    third = made(tmp_path / "third", tmp_path / "third.key")
    assert not read_succession(succession(new.public, old)).is_signed_by(third.public)


def test_it_is_in_force_from_the_next_day_key_on(data: Path, old: TracingPrivate, new: TracingPrivate) -> None:
    vault, pages = Vault.open(data, site="site"), Vault.open(data, site="site", read_only=True)
    before = vault.new_day_key()
    vault.use(before.key_id)
    keep_next(data, succession(new.public, old))
    assert vault.tracing_fingerprint == old.fingerprint
    after = vault.new_day_key()
    vault.use(after.key_id)
    pages.use(after.key_id)
    assert open_sealed_day_key(old, before.sealed, site="site", key_id=before.key_id)
    assert open_sealed_day_key(new, after.sealed, site="site", key_id=after.key_id)
    with pytest.raises(VaultError, match="another tracing key"):
        open_sealed_day_key(old, after.sealed, site="site", key_id=after.key_id)
    assert pages.tracing_fingerprint == read_public_key(data).fingerprint == new.fingerprint


def test_what_waits_is_accepted_by_its_words_alone(data: Path, old: TracingPrivate, new: TracingPrivate) -> None:
    words = keep_waiting(data, succession(new.public, None)).words
    with pytest.raises(VaultError, match="other words"):
        accept(data, words.replace(words[0], "x"))
    assert waiting(data) is not None
    vault = Vault.open(data, site="site")
    vault.use(vault.new_day_key().key_id)
    assert vault.tracing_fingerprint == old.fingerprint
    accept(data, words.upper())
    assert waiting(data) is None
    vault.use(vault.new_day_key().key_id)
    assert vault.tracing_fingerprint == new.fingerprint


def test_there_is_nothing_to_accept_where_nothing_waits(data: Path, old: TracingPrivate) -> None:
    with pytest.raises(VaultError, match="no new tracing key waits"):
        accept(data, old.fingerprint)


def test_a_kiosk_for_trying_out_keeps_its_demo_keys(data: Path, new: TracingPrivate) -> None:
    fingerprint = make_demo_keys(data)
    keep_next(data, succession(new.public, None))
    vault = Vault.open(data, site="site")
    vault.use(vault.new_day_key().key_id)
    assert vault.demo
    assert vault.tracing_fingerprint == fingerprint


@given(
    st.one_of(
        st.binary(max_size=300),
        st.recursive(st.text(), lambda it: st.lists(it)).map(lambda it: json.dumps(it).encode()),
    )
)
def test_a_strangers_bytes_name_no_key(content: bytes) -> None:
    with pytest.raises(VaultError):
        read_succession(content)


@pytest.mark.parametrize("name", ["public", "signer", "signature", "name", "created", "after"])
@pytest.mark.parametrize("value", [None, 1, "AAAA", "\x1b[31m" * 20, ["x"]])
def test_a_field_that_is_not_what_it_should_be(
    new: TracingPrivate, old: TracingPrivate, name: str, value: object
) -> None:
    table = json.loads(succession(new.public, old)) | {name: value}
    try:
        assert not read_succession(json.dumps(table).encode()).is_signed_by(old.public)
    except VaultError:
        return


def test_a_file_of_an_older_program_is_still_read(data: Path, old: TracingPrivate) -> None:
    table = json.loads((data / PUBLIC_FILE).read_bytes())
    del table["signer"]
    (data / PUBLIC_FILE).write_text(json.dumps(table))
    assert read_public_key(data).signer == ""
