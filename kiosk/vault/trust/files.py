"""The files of a trust folder: found, bounded, read. A bad one is told, and never stops the others."""

from __future__ import annotations

import itertools
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kiosk.rules.identity import clean_text
from kiosk.vault.trust.contents import Contents, read_contents
from kiosk.vault.trust.keys import UnusableError

LARGEST_FILE_BYTES = 8 * 1024 * 1024  # as JSON it may take twenty times as much memory
MOST_BYTES = 64 * 1024 * 1024  # of all files together
MOST_FILES = 2000
DEEPEST_FOLDER = 4


@dataclass(frozen=True, slots=True)
class TrustFile:
    """One file: its *name* within the folder, and what it holds."""

    name: str
    contents: Contents


def read_files(folder: Path) -> list[TrustFile]:
    """Every file of *folder* and its sub-folders, by name. Never raises: what is wrong is among the faults."""
    files: list[TrustFile] = []
    left_bytes = MOST_BYTES
    for name, found in itertools.islice(_walk(folder, "", DEEPEST_FOLDER), MOST_FILES + 1):
        try:
            if len(files) == MOST_FILES:
                raise UnusableError(f"the folder has more than {MOST_FILES} files; this one and what follows is left")
            content = _read(found, min(LARGEST_FILE_BYTES, left_bytes))
        except UnusableError as error:
            files.append(TrustFile(name, Contents(faults=[str(error)])))
        else:
            left_bytes -= len(content)
            files.append(TrustFile(name, read_contents(name, content)))
    return files


def _walk(folder: Path, within: str, depth: int) -> Iterator[tuple[str, Path | UnusableError]]:
    """Names and paths of what lies in *folder*; a sub-folder that cannot be looked into is an error in its place."""
    try:
        with os.scandir(folder) as listing:
            entries = sorted(itertools.islice(listing, MOST_FILES + 1), key=lambda entry: entry.name)
    except OSError as error:
        yield within or ".", UnusableError(f"the folder cannot be read: {error.strerror}")
        return
    for entry in entries:
        name = f"{within}{clean_text(entry.name) or '?'}"
        if not entry.is_dir(follow_symlinks=False):
            yield name, Path(entry.path)
        elif depth == 0:
            yield name, UnusableError(f"it lies more than {DEEPEST_FOLDER} folders deep")
        else:
            yield from _walk(Path(entry.path), f"{name}/", depth - 1)


def _read(found: Path | UnusableError, at_most: int) -> bytes:
    if isinstance(found, UnusableError):
        raise found
    try:
        if not stat.S_ISREG(found.lstat().st_mode):
            raise UnusableError("it is a link, not a file" if found.is_symlink() else "it is no plain file")
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
        with os.fdopen(os.open(found, flags), "rb") as file:
            content = file.read(at_most + 1)
    except OSError as error:
        raise UnusableError(f"it cannot be read: {error.strerror}") from error
    if len(content) > at_most:
        limits = f"{LARGEST_FILE_BYTES >> 20} MiB, and all files together {MOST_BYTES >> 20} MiB"
        raise UnusableError(f"it is too large: a file may have {limits}")
    return content
