"""``parts.py [PART...]``: everything that ``make test-machine`` tries, one part after another, with a table at the end.

What is named here is what the project promises of a kernel's devices and of power cuts: a part that fails, or a test in
it that is skipped, fails the whole. ``--cuts 300`` and ``--seed N`` go to the power cuts.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

TESTS = Path(__file__).parent
MACHINES = Path("build/machine")
BUDGET_MIN = 25.0
CAMERA = "tests/machine/test_camera_on_kernel.py"
BUILT = "seconds.*"


def parts(cuts: Sequence[str]) -> dict[str, list[str]]:
    """The command of each part."""
    bookworm, trixie = (str(MACHINES / suite) for suite in ("bookworm", "trixie"))
    return {
        "devices": ["boot.py", bookworm, "tests/machine", "--ignore", CAMERA],
        "camera": ["boot.py", trixie, CAMERA],
        "watchdog": ["watchdog.py", bookworm],
        "power": ["power.py", bookworm, *cuts],
    }


def built() -> dict[str, float]:
    """Minutes that it took to make the machines, however long ago."""
    files = sorted(MACHINES.glob(f"*/{BUILT}"))
    return {f"making {file.parent.name}: {file.suffix[1:]}": float(file.read_text()) / 60 for file in files}


def main(words: Sequence[str]) -> int:
    """Exit status: 0 where every part held."""
    parser = argparse.ArgumentParser(description="Try the kiosk in emulated machines.")
    parser.add_argument("parts", nargs="*", choices=[*parts(()), []], help="only these (all)")
    asked, cuts = parser.parse_known_args(words)
    minutes, failed = built(), []
    wanted = {name: command for name, command in parts(cuts).items() if not asked.parts or name in asked.parts}
    for name, (script, *rest) in wanted.items():
        print(f"== {name}", flush=True)
        began_s = time.monotonic()
        if subprocess.run([sys.executable, TESTS / script, *rest], check=False).returncode:
            failed.append(name)
        minutes[name] = (time.monotonic() - began_s) / 60
    print("\n" + "\n".join(f"{spent:6.1f} min  {name}" for name, spent in minutes.items()))
    print(f"{sum(minutes.values()):6.1f} min  in all; the budget is {BUDGET_MIN:g}")
    left_out = [name for name in parts(()) if name not in wanted]
    print(f"skipped: {', '.join(left_out) or 'nothing'}; FAILED: {', '.join(failed) or 'nothing'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
