"""Whatever moment the power fails at, the key that the log calls current is in the key file, and no older one."""

from __future__ import annotations

import hashlib
import itertools
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.vault.errors import VaultError
from kiosk.vault.keyfile import BLOCK_BYTES, KEY_BYTES, KEY_ID_BYTES, KeyFile

SECTOR_BYTES = 512


class Disk:
    """A flush that remembers what the file held at each of its calls."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.images: list[bytes] = []

    def __call__(self, descriptor: int) -> None:
        os.fdatasync(descriptor)
        self.images.append(self.path.read_bytes())


def no_flush(descriptor: int) -> None:
    """For states that are looked at only once."""


def new_key() -> tuple[bytes, bytes]:
    return os.urandom(KEY_ID_BYTES), os.urandom(KEY_BYTES)


def turned(keys: KeyFile, keep: bytes = b"") -> tuple[bytes, bytes]:
    """A new key in use."""
    key_id, key = new_key()
    keys.add(key_id, key, keep=keep)
    assert keys.take(key_id)
    return key_id, key


@pytest.fixture
def path(tmp_path: Path) -> Path:
    KeyFile(tmp_path / "day.key").prepare()
    return tmp_path / "day.key"


# --- power cuts ---------------------------------------------------------------------------------------------------


def torn_writes(before: bytes, after: bytes) -> Iterator[bytes]:
    """Every state that a power cut may leave of one write: each prefix of it, and each choice of its sectors."""
    for length in range(len(after) + 1):
        yield after[:length] + before[length:]
    sectors = (slice(at, at + SECTOR_BYTES) for at in range(0, len(after), SECTOR_BYTES))
    changed = [sector for sector in sectors if before[sector] != after[sector]]
    for chosen in itertools.product((False, True), repeat=len(changed)):
        state = bytearray(before)
        for sector in itertools.compress(changed, chosen):
            state[sector] = after[sector]
        yield bytes(state)


def test_a_power_cut_at_any_byte_of_any_write_leaves_the_current_key_and_no_older_one(path: Path) -> None:
    first_id, first = turned(KeyFile(path))
    second_id, second = new_key()
    disk, before = Disk(path), path.read_bytes()
    keys = KeyFile(path, disk)
    keys.add(second_id, second, keep=first_id)
    keys.take(second_id)
    with_both, with_second = disk.images

    for state in torn_writes(before, with_both):  # the log still says: the first
        assert current_key(path, state, first_id) == first
    for state in torn_writes(with_both, with_second):  # the log says: the second
        assert current_key(path, state, second_id) == second
        assert first not in path.read_bytes()


def test_the_very_first_key_may_be_torn_too(path: Path) -> None:
    key_id, key = new_key()
    before = path.read_bytes()
    KeyFile(path).add(key_id, key, keep=b"")
    after = path.read_bytes()
    for state in torn_writes(before, after):
        path.write_bytes(state)
        turned(KeyFile(path, no_flush))  # the log has no key yet; the door makes another


def current_key(path: Path, state: bytes, key_id: bytes) -> bytes | None:
    path.write_bytes(state)
    slot = KeyFile(path, no_flush).take(key_id)
    return slot.key if slot else None


def test_the_new_key_is_flushed_before_the_old_one_is_overwritten(path: Path) -> None:
    first_id, first = turned(KeyFile(path))
    disk = Disk(path)
    _, second = turned(KeyFile(path, disk), keep=first_id)
    assert [(first in image, second in image) for image in disk.images] == [(True, True), (False, True)]


def test_each_write_touches_one_block_only(path: Path) -> None:
    disk, created = Disk(path), path.read_bytes()
    keys, key_id = KeyFile(path, disk), b""
    for _ in range(4):
        key_id, _ = turned(keys, keep=key_id)
    for before, after in itertools.pairwise([created, *disk.images]):
        changed = [before[at : at + BLOCK_BYTES] != after[at : at + BLOCK_BYTES] for at in (0, BLOCK_BYTES)]
        assert sum(changed) == 1


EVENTS = ("turn", "power cut before the commit", "power cut after the commit", "late reader", "damaged spare block")


@settings(max_examples=60, deadline=None)
@given(events=st.lists(st.sampled_from(EVENTS), max_size=12))
def test_after_any_history_the_log_s_key_is_there_and_all_older_ones_are_gone(
    tmp_path_factory: pytest.TempPathFactory, events: list[str]
) -> None:
    path = tmp_path_factory.mktemp("keys") / "day.key"
    keys = KeyFile(path, no_flush)
    keys.prepare()
    log = [turned(keys)]
    for event in events:
        happen(event, keys, log)
        slot = keys.take(log[-1][0])
        assert slot and slot.key == log[-1][1]
        assert not any(key in path.read_bytes() for _, key in log[:-1])


def happen(event: str, keys: KeyFile, log: list[tuple[bytes, bytes]]) -> None:
    """One *event* in the life of the file; *log* holds what was committed."""
    current_id, current = log[-1]
    if event == "late reader":
        keys.take(log[-2][0] if len(log) > 1 else current_id)
    elif event == "damaged spare block":
        content = keys.path.read_bytes()
        start = 0 if content.index(current) > BLOCK_BYTES else BLOCK_BYTES
        keys.path.write_bytes(content[:start] + bytes(BLOCK_BYTES) + content[start + BLOCK_BYTES :])
    else:
        added = new_key()
        keys.add(*added, keep=current_id)
        if event != "power cut before the commit":
            log.append(added)
        if event == "turn":
            keys.take(added[0])


# --- several processes --------------------------------------------------------------------------------------------


def test_a_reader_whose_log_is_a_moment_old_does_not_destroy_the_key_just_made(path: Path) -> None:
    keys = KeyFile(path)
    first_id, _ = turned(keys)
    second_id, second = new_key()
    keys.add(second_id, second, keep=first_id)
    KeyFile(path).take(first_id)
    slot = keys.take(second_id)
    assert slot and slot.key == second


def test_who_missed_a_turn_cannot_overwrite_the_key_that_others_use(path: Path) -> None:
    missed_id, _ = turned(KeyFile(path))
    turned(KeyFile(path), keep=missed_id)
    with pytest.raises(VaultError, match="another process has turned the day key"):
        KeyFile(path).add(*new_key(), keep=missed_id)


def test_many_doors_turning_at_once_never_lose_the_current_key(path: Path) -> None:
    log, writing = [turned(KeyFile(path))], threading.Lock()
    missing: list[bytes] = []

    def turn_often() -> None:
        keys = KeyFile(path, no_flush)
        for _ in range(30):
            with writing:
                added = new_key()
                keys.add(*added, keep=log[-1][0])
                log.append(added)
            keys.take(added[0])
            with writing:
                if not keys.take(log[-1][0]):
                    missing.append(log[-1][0])

    doors = [threading.Thread(target=turn_often) for _ in range(4)]
    for door in doors:
        door.start()
    for door in doors:
        door.join()
    assert missing == []


# --- files that are not as they should be ---------------------------------------------------------------------------


def replaced_by_link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def replaced_by_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def replaced_by_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def lengthened(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def foreign(path: Path) -> None:
    path.write_bytes(bytes(2 * BLOCK_BYTES))


def exposed(path: Path) -> None:
    path.chmod(0o640)


@pytest.mark.parametrize(
    ("happened", "sentence"),
    [
        (replaced_by_link, "is a link"),
        (replaced_by_directory, "Is a directory"),
        (replaced_by_pipe, "is not a plain file"),
        (cut_short, "has 8191 bytes where a key file has 8192"),
        (lengthened, "has 8193 bytes"),
        (emptied, "has 0 bytes"),
        (foreign, "is not a key file of this program"),
        (exposed, r"others may read or write this secret \(mode 640\)"),
    ],
)
def test_a_file_that_is_not_as_it_should_be_is_refused_in_a_sentence_and_left_alone(
    path: Path, happened: Callable[[Path], None], sentence: str
) -> None:
    key_id, _ = turned(KeyFile(path))
    happened(path)
    content = path.read_bytes() if path.is_file() else b""
    acts: list[Callable[[], object]] = [KeyFile(path).prepare, lambda: KeyFile(path).take(key_id)]
    for act in acts:
        with pytest.raises(VaultError, match=sentence):
            act()
    assert (path.read_bytes() if path.is_file() else b"") == content


def test_a_file_of_a_later_version_is_refused(path: Path) -> None:
    block = bytearray(path.read_bytes()[:BLOCK_BYTES])
    block[15] = 2
    block[-32:] = hashlib.sha256(block[:-32]).digest()
    path.write_bytes(bytes(block) * 2)
    with pytest.raises(VaultError, match=r"another version of this program \(format 2\)"):
        KeyFile(path).prepare()


def test_a_disk_that_fails_at_the_flush_costs_the_new_key_only(path: Path) -> None:
    def failing(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    current_id, current = turned(KeyFile(path))
    with pytest.raises(VaultError, match="Input/output error"):
        KeyFile(path, failing).add(*new_key(), keep=current_id)
    slot = KeyFile(path).take(current_id)
    assert slot and slot.key == current


def test_only_the_owner_may_read_it(path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_key_in_a_traceback_shows_its_id_only(path: Path) -> None:
    key_id, key = turned(KeyFile(path))
    text = repr(KeyFile(path).take(key_id))
    assert key_id.hex() in text
    assert repr(key) not in text and key.hex() not in text
