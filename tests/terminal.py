"""The command line as a terminal calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


class Terminal:
    """Calls ``kiosk`` on one data directory."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.environment = {**os.environ, "KIOSK_DATA": str(data), "PYTHONWARNINGS": "error"}

    def __call__(
        self, *arguments: str, stdin: str | bytes = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "kiosk", *arguments],
            input=stdin if isinstance(stdin, str) else stdin.decode(errors="surrogateescape"),
            errors="surrogateescape",
            capture_output=True,
            text=True,
            timeout=600,
            env={**self.environment, **environment},
            check=False,
        )

    def lines(self, *arguments: str, stdin: str | bytes = "") -> list[dict[str, Any]]:
        done = self(*arguments, stdin=stdin)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]
