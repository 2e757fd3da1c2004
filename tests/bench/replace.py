"""How long a site is without a gate whose card is replaced: from the first command until the new door answers.

At a gate that works a bundle is made; the new card becomes a kiosk from it, and its door starts. The site has a past
and a registration list. What people do besides, writing a card and carrying a stick, is not in it.

    python tests/bench/replace.py [--entries 100000] [--rows 10000]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from parts import history, starts
from parts.figures import print_table

from kiosk.config import Settings
from kiosk.rules import invented

BUILD = Path("build")
HEADS = {"": "", "seconds": ".1f"}


def kiosk(data: Path, *words: str, typed: str = "") -> str:
    """What one command prints on the data directory *data*."""
    command = [sys.executable, "-m", "kiosk", "--data", str(data), *words]
    return subprocess.run(command, input=typed, capture_output=True, text=True, check=True).stdout


def make_list(file: Path, rows: int) -> Path:
    """A registration list of *rows* people for today."""
    people = (invented.person(number).person for number in range(rows))
    lines = [f"{person.name};{person.number}" for person in people]
    file.write_text("\n".join(["Họ và tên;Số CCCD", *lines, ""]), encoding="utf-8")
    return file


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--rows", type=int, default=10_000)
    wish = parser.parse_args()
    past = history.made(wish.entries, BUILD)
    with tempfile.TemporaryDirectory(dir=BUILD) as place:
        folder = Path(place)
        living = Path(shutil.copytree(past, folder / "living"))
        os.environ["KIOSK_CONFIG"] = str(folder / "kiosk.toml")
        (folder / "kiosk.toml").touch()
        day = datetime.now(Settings().zone).date().isoformat()
        kiosk(living, "import-list", str(make_list(folder / "list.csv", wish.rows)), "--day", day)
        began_s = time.perf_counter()
        made = json.loads(kiosk(living, "replace", "--make", str(folder), "--json"))
        made_s = time.perf_counter()
        kiosk(folder / "card", "replace", made["file"], "--kiosk", "kiosk-2", "--code-file", "-", typed=made["code"])
        became_s = time.perf_counter()
        door_s = starts.door(folder / "card").wall_s
        size_mb = Path(made["file"]).stat().st_size / 1e6
    rows = [("a bundle is made", made_s - began_s), ("the card becomes a kiosk", became_s - made_s)]
    rows += [("its door answers", door_s), ("all", became_s - began_s + door_s)]
    print_table(f"{wish.entries} entries, a list of {wish.rows} rows, a bundle of {size_mb:.1f} MB", HEADS, rows)


if __name__ == "__main__":
    main()
