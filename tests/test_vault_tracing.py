"""The private half of the tracing keys leaves the kiosk before the public half is in use, or nothing happens."""

from __future__ import annotations

import json
import resource
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.vault import (
    NoTracingKeysError,
    Vault,
    VaultError,
    make_demo_keys,
    new_tracing_keys,
    new_tracing_keys_for_paper,
    parse_private_key,
    read_private_key,
)
from kiosk.vault.tracing import read_public_key


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    (tmp_path / "stick").mkdir()
    return tmp_path / "stick"


def private_text(private: Path) -> str:
    secret = json.loads(private.read_text())["private"]
    assert isinstance(secret, str)
    return secret


def test_the_two_halves_belong_together_and_the_private_one_is_nowhere_on_the_kiosk(data: Path, stick: Path) -> None:
    fingerprint = new_tracing_keys(data, stick / "tracing.key", name="Invented team")
    private = read_private_key(stick / "tracing.key")
    assert private.fingerprint == fingerprint == read_public_key(data).fingerprint
    assert private.name == read_public_key(data).name == "Invented team"
    Vault.open(data, site="s")
    assert not any(private_text(stick / "tracing.key").encode() in file.read_bytes() for file in data.iterdir())


def test_nobody_but_the_owner_may_read_the_private_half(data: Path, stick: Path) -> None:
    new_tracing_keys(data, stick / "tracing.key")
    assert (stick / "tracing.key").stat().st_mode & 0o777 == 0o600


def inside(data: Path, stick: Path) -> Path:
    return data / "tracing.key"


def deep_inside(data: Path, stick: Path) -> Path:
    (data / "a" / "b").mkdir(parents=True)
    return data / "a" / "b" / "tracing.key"


def inside_by_dots(data: Path, stick: Path) -> Path:
    return stick / ".." / "data" / "tracing.key"


def inside_by_a_link(data: Path, stick: Path) -> Path:
    (stick / "link").symlink_to(data, target_is_directory=True)
    return stick / "link" / "tracing.key"


def there_already(data: Path, stick: Path) -> Path:
    (stick / "tracing.key").write_text("the keys of last year")
    return stick / "tracing.key"


def a_link_into_the_kiosk(data: Path, stick: Path) -> Path:
    (stick / "tracing.key").symlink_to(data / "hidden")
    return stick / "tracing.key"


def in_no_directory(data: Path, stick: Path) -> Path:
    return stick / "missing" / "tracing.key"


def in_a_file(data: Path, stick: Path) -> Path:
    (stick / "file").touch()
    return stick / "file" / "tracing.key"


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        (inside, "lies inside the data directory"),
        (deep_inside, "lies inside the data directory"),
        (inside_by_dots, "lies inside the data directory"),
        (inside_by_a_link, "lies inside the data directory"),
        (there_already, "is there already"),
        (a_link_into_the_kiosk, "is there already"),
        (in_no_directory, "No such file or directory"),
        (in_a_file, "Not a directory"),
    ],
)
def test_a_place_where_the_private_half_must_not_go_is_refused_and_nothing_is_installed(
    data: Path, stick: Path, where: Callable[[Path, Path], Path], sentence: str
) -> None:
    out = where(data, stick)
    before = out.read_text() if out.is_file() else None
    with pytest.raises(VaultError, match=sentence):
        new_tracing_keys(data, out)
    assert (out.read_text() if out.is_file() else None) == before
    assert not (data / "tracing.json").exists()


def test_a_data_directory_that_is_itself_a_link_is_known_by_its_target(tmp_path: Path, data: Path) -> None:
    data.mkdir()
    (tmp_path / "link").symlink_to(data, target_is_directory=True)
    with pytest.raises(VaultError, match="lies inside the data directory"):
        new_tracing_keys(tmp_path / "link", data / "tracing.key")


def test_a_stick_that_is_full_gets_no_half_of_a_half(data: Path, stick: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(VaultError, match="cannot be written: File too large"):
            new_tracing_keys(data, stick / "tracing.key")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not list(stick.iterdir()) and not list(data.iterdir())


def test_a_private_half_whose_public_half_could_not_be_installed_is_taken_back(data: Path, stick: Path) -> None:
    data.mkdir()
    (data / "tracing.json").symlink_to("nowhere")
    with pytest.raises(VaultError, match="has tracing keys already"):
        new_tracing_keys(data, stick / "tracing.key")
    assert not list(stick.iterdir())


def test_the_paper_is_in_hand_before_the_public_half_is_in_use(data: Path) -> None:
    text, install = new_tracing_keys_for_paper(data, name="Invented team")
    assert not (data / "tracing.json").exists()
    assert install() == parse_private_key(text).fingerprint == read_public_key(data).fingerprint
    assert len(text.encode()) < 500, "the QR code on paper stays coarse enough to be scanned"


def test_of_two_keys_made_at_once_the_second_is_refused_and_leaves_no_private_half(data: Path, stick: Path) -> None:
    _, install = new_tracing_keys_for_paper(data)
    fingerprint = new_tracing_keys(data, stick / "tracing.key")
    with pytest.raises(VaultError, match="has tracing keys already"):
        install()
    with pytest.raises(VaultError, match="has tracing keys already"):
        new_tracing_keys(data, stick / "second.key")
    assert read_public_key(data).fingerprint == fingerprint
    assert [file.name for file in stick.iterdir()] == ["tracing.key"]


@pytest.mark.parametrize("name", ["x" * 81, "two\nlines", "\udcff"])
def test_a_name_that_would_spoil_the_paper_is_refused(data: Path, name: str) -> None:
    with pytest.raises(VaultError, match="at most 80 letters, all printable"):
        new_tracing_keys_for_paper(data, name=name)


# --- demo keys ------------------------------------------------------------------------------------------------------


def test_demo_keys_mark_their_directory_and_stay_the_same(data: Path) -> None:
    fingerprint = make_demo_keys(data)
    assert make_demo_keys(data) == fingerprint
    vault = Vault.open(data, site="s")
    assert (vault.demo, vault.tracing_fingerprint) == (True, fingerprint)
    assert read_private_key(data / "demo-tracing.key").fingerprint == fingerprint


def test_a_power_cut_between_the_demo_halves_is_made_good(data: Path) -> None:
    fingerprint = make_demo_keys(data)
    (data / "tracing.json").unlink()
    assert make_demo_keys(data) == fingerprint


def test_demo_and_real_keys_never_share_a_directory(data: Path, stick: Path, tmp_path: Path) -> None:
    make_demo_keys(data)
    with pytest.raises(VaultError, match="has demo keys"):
        new_tracing_keys(data, stick / "tracing.key")
    with pytest.raises(VaultError, match="has demo keys"):
        new_tracing_keys_for_paper(data)
    new_tracing_keys(tmp_path / "real", stick / "tracing.key")
    with pytest.raises(VaultError, match="has real tracing keys"):
        make_demo_keys(tmp_path / "real")
    assert not (tmp_path / "real" / "demo-tracing.key").exists()


def test_real_keys_are_not_demo(data: Path, stick: Path) -> None:
    new_tracing_keys(data, stick / "tracing.key")
    assert Vault.open(data, site="s").demo is False


def test_processes_that_make_demo_keys_at_once_agree(data: Path) -> None:
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.append(make_demo_keys(data))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8 and len(set(made)) == 1


# --- reading --------------------------------------------------------------------------------------------------------


def test_a_directory_without_keys_says_how_to_make_them(data: Path) -> None:
    data.mkdir()
    with pytest.raises(NoTracingKeysError, match="kiosk keys new"):
        Vault.open(data, site="s")


def test_a_public_half_that_was_exchanged_by_hand_is_refused(data: Path, tmp_path: Path) -> None:
    make_demo_keys(data)
    make_demo_keys(tmp_path / "other")
    table = json.loads((data / "tracing.json").read_text())
    table["public"] = json.loads((tmp_path / "other" / "tracing.json").read_text())["public"]
    (data / "tracing.json").write_text(json.dumps(table))
    with pytest.raises(VaultError, match="the fingerprint does not belong to the key"):
        Vault.open(data, site="s")


@given(text=st.text(max_size=100) | st.sampled_from(["[" * 3000, "{}", "1", '{"private": 5}', '{"private": "AA=="}']))
def test_no_text_whatever_breaks_the_reading_of_a_private_half(text: str) -> None:
    with pytest.raises(VaultError, match="not a tracing key's private half"):
        parse_private_key(text)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b"[" * 3000, b'{"public": 5}', b'{"public": "AA=="}'])
def test_a_damaged_public_half_is_refused_and_not_taken_for_missing(data: Path, content: bytes) -> None:
    data.mkdir()
    (data / "tracing.json").write_bytes(content)
    with pytest.raises(VaultError, match="is not a tracing key's public half"):
        make_demo_keys(data)
    assert (data / "tracing.json").read_bytes() == content


def test_a_private_half_with_one_letter_misread_is_noticed(data: Path) -> None:
    text, _ = new_tracing_keys_for_paper(data)
    table = json.loads(text)
    right = table["private"]
    other = "B" if right[9] != "B" else "C"  # not at the ends, of which X25519 ignores some bits
    table["private"] = right[:9] + other + right[10:]
    with pytest.raises(VaultError, match="it is damaged"):
        parse_private_key(json.dumps(table))


def test_a_missing_private_half_is_said_to_be_missing(stick: Path) -> None:
    with pytest.raises(VaultError, match="cannot be read: No such file or directory"):
        read_private_key(stick / "nowhere.key")
