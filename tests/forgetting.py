"""A system whose changes lie in memory, as Debian's overlayroot makes it; nothing of this machine is changed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from small_disks import mounting_in, run_or_skip

SYSTEM = """set -eu
memory=$1
shift
mkdir -p "$memory/upper" "$memory/work" "$memory/root"
mount -t overlay -o "lowerdir=/,upperdir=$memory/upper,workdir=$memory/work" overlayroot "$memory/root"
mount --rbind /proc "$memory/root/proc"
mount --rbind /dev "$memory/root/dev"
exec chroot "$memory/root" "$@"
"""


class ForgettingSystem:
    """Runs commands as root of a system that keeps its changes in *memory*, a mounted file system."""

    # Where overlayroot puts what is on the card.
    CARD = "mkdir -p /media/root-ro; mount -t tmpfs -o ro tmpfs /media/root-ro"

    def __init__(self, memory: Path) -> None:
        self._memory = memory
        run_or_skip(self._command("true"))

    def _command(self, *command: str) -> list[str]:
        unshare = ["unshare", "--mount", "--propagation", "private"]
        return [*unshare, "sh", "-c", SYSTEM, "system", str(self._memory), *command]

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """What *command* says there. Its mounts are gone with it."""
        words = self._command(*map(str, command))
        return subprocess.run(words, cwd="/", capture_output=True, text=True, timeout=600, check=False)

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Make the file *path* there."""
        file = self._memory / "upper" / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        file.chmod(mode)

    def read(self, path: str) -> str:
        """What is in the file *path* there."""
        return self.run("cat", path).stdout


@contextmanager
def forgetting_system(tmp_path: Path) -> Iterator[ForgettingSystem]:
    """A system with 16 MB for its changes. Skips loudly where nobody may mount."""
    with mounting_in(tmp_path) as mount:
        yield ForgettingSystem(mount("tmpfs"))
