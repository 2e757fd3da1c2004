"""A file for a trust folder, looked at before it lies there."""

from __future__ import annotations

from pathlib import Path

from kiosk.rules.down import OrderRefused
from kiosk.vault.trust.contents import read_contents
from kiosk.vault.trust.files import TrustFile, read_files
from kiosk.vault.trust.folder import TrustFolder

MOST_FILES, MOST_BYTES = 200, 8 << 20
LARGEST_BYTES = 2 << 20  # the door reads it, where memory is short; as JSON it takes twenty times as much


def check_offered(folder: Path, name: str, content: bytes, at_ms: int) -> None:
    """Raise OrderRefused where *content* would not serve in *folder* as the file *name*, by the rules of the folder."""
    others = [file for file in read_files(folder) if file.name != name] if folder.is_dir() else []
    size = sum(path.stat().st_size for path in folder.iterdir() if path.name != name) if folder.is_dir() else 0
    if len(content) > LARGEST_BYTES:
        raise OrderRefused(f"it has more than {LARGEST_BYTES >> 20} MiB")
    if len(others) >= MOST_FILES or size + len(content) > MOST_BYTES:
        raise OrderRefused(f"the hub may send {MOST_FILES} files with {MOST_BYTES >> 20} MiB for the trust folder")
    contents = read_contents(name, content)
    findings = TrustFolder([*others, TrustFile(name, contents)]).findings(at_ms)
    if contents.faults or not findings[-1].ok:
        raise OrderRefused(findings[-1].note)
