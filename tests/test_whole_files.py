"""A small file appears whole or not at all, however it ends, and is for whom it was meant."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kiosk import files

KIOSK = Path(files.__file__).parent
# Who flushes what is no small file written at once: large ones, those that grow, those that are overwritten in place.
LARGE = {"backup_folder.py", "lists/cleaned.py", "restored.py", "store/writeback.py"}


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644])
def test_it_is_for_whom_it_was_meant_whatever_the_process_masks(tmp_path: Path, mode: int) -> None:
    masked = os.umask(0o077)
    try:
        files.replace_whole(tmp_path / "file", b"content", mode)
    finally:
        os.umask(masked)
    assert ((tmp_path / "file").read_bytes(), (tmp_path / "file").stat().st_mode & 0o777) == (b"content", mode)


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"somebody's")
    (tmp_path / "file").symlink_to("other")
    files.replace_whole(tmp_path / "file", b"ours", 0o600)
    assert ((tmp_path / "file").is_symlink(), (tmp_path / "other").read_bytes()) == (False, b"somebody's")
    (tmp_path / "new").symlink_to("nowhere")
    with pytest.raises(FileExistsError):
        files.write_new(tmp_path / "new", b"ours", 0o600)


def test_where_it_cannot_take_its_place_nothing_is_left_of_it(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(OSError, match="file"):
        files.replace_whole(tmp_path / "file", b"content", 0o600)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_nobody_else_writes_small_files_in_a_way_of_their_own() -> None:
    flushing = {str(path.relative_to(KIOSK)) for path in KIOSK.rglob("*.py") if "os.fsync(" in path.read_text("utf-8")}
    assert flushing == LARGE | {"files.py"}
