"""``parts.py [PART...]``: everything that ``make test-machine`` tries, one part after another, with a table at the end.

What is named here is what the project promises of a kernel's devices and of power cuts: a part that fails or cannot be
tried, or a test in it that is skipped, fails the whole. ``--cuts 300`` and ``--seed N`` go to the power cuts.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

TESTS = Path(__file__).parent
MACHINES = Path("build/machine")
PYTHON = Path(".venv/bin/python")
# From nothing, of the 90 that there are for everything (tests/conftest.py has the others).
BUDGET_MIN = 30.0
ON_TRIXIE = ["tests/machine/test_camera_on_kernel.py", "tests/machine/test_on_debian_13.py"]
NOT_ON_BOOKWORM = [word for test in ON_TRIXIE for word in ("--ignore", test)]
# Each part: the Debian of its machine, and what tries it there.
PARTS = {
    "devices": ("bookworm", "boot.py", "tests/machine", *NOT_ON_BOOKWORM),
    "camera": ("trixie", "boot.py", *ON_TRIXIE),
    "watchdog": ("bookworm", "watchdog.py"),
    "clocks": ("bookworm", "clocks.py"),
    "power": ("bookworm", "power.py"),
}
NEEDED = {
    "qemu-system-x86_64": "qemu-system-x86",
    "mmdebstrap": "mmdebstrap",
    "mke2fs": "e2fsprogs",
    "ssh": "openssh-client",
}


@dataclass(slots=True)
class Outcome:
    """What a run came to: minutes by part, what failed, and what was not tried, with why."""

    minutes: dict[str, float] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def table(self, not_asked: Sequence[str]) -> str:
        """All of it, for the end of the run."""
        spent = sum(self.minutes.values())
        over = f"  <== OVER ITS BUDGET by {spent - BUDGET_MIN:.1f} min" if spent > BUDGET_MIN else ""
        left_out = [*self.left_out, *(f"{name}: not asked for" for name in not_asked)]
        return "\n".join(
            [
                "",
                *(f"{spent:6.1f} min  {name}" for name, spent in self.minutes.items()),
                f"{spent:6.1f} min  in all, the making of the machines with it; the budget is {BUDGET_MIN:g}{over}",
                f"left out: {len(left_out)}",
                *(f"  {one}" for one in left_out),
                f"FAILED: {', '.join(self.failed) or 'nothing'}",
            ]
        )


def what_is_missing() -> str:
    """Why no machine can be made on this host; empty where they can."""
    if os.geteuid() and not shutil.which("sudo"):
        return "only root, or sudo, makes machines"
    absent = [f"no {tool} (Debian's package {its})" for tool, its in NEEDED.items() if not shutil.which(tool)]
    return f"there is {', '.join(absent)}" if absent else ""


def why_not(suite: str) -> str:
    """Make the machine with Debian *suite*, as far as it is not made. Why there is none then, or nothing."""
    if subprocess.run(["make", "--no-print-directory", MACHINES / suite / "disk.img"], check=False).returncode:
        return what_is_missing() or f"the machine with {suite} could not be made, see above"
    return what_is_missing()


def built(suite: str) -> dict[str, float]:
    """Minutes that it took to make a machine, however long ago."""
    files = sorted((MACHINES / suite).glob("seconds.*"))
    return {f"making {suite}: {file.suffix[1:]}": float(file.read_text()) / 60 for file in files}


def run(command: Sequence[str | Path]) -> tuple[int, list[str]]:
    """Exit status of *command*, whose output goes on to ours, and its lines that tell of a skipped test."""
    skipped = []
    surroundings = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, errors="replace", env=surroundings) as running:
        assert running.stdout
        for line in running.stdout:
            print(line, end="", flush=True)
            skipped += [line.strip()] * line.startswith("SKIPPED ")
    return running.returncode, skipped


def try_all(names: Sequence[str], of_power: Sequence[str]) -> Outcome:
    """Make the machines that these parts need, then try one after another."""
    done = Outcome()
    suites = {PARTS[name][0] for name in names}
    lacks = {suite: why_not(suite) for suite in sorted(suites)}
    for suite in sorted(suites):
        done.minutes |= built(suite)
    for name in names:
        suite, script, *rest = PARTS[name]
        if lacks[suite]:
            done.left_out.append(f"{name}: {lacks[suite]}")
            done.failed.append(name)
            continue
        print(f"== {name}", flush=True)
        began_s = time.monotonic()
        words = [*rest, *of_power] if name == "power" else rest
        status, skipped = run([PYTHON, TESTS / script, MACHINES / suite, *words])
        done.minutes[name] = (time.monotonic() - began_s) / 60
        done.left_out += [f"{name}: {line}" for line in skipped]
        done.failed += [name] * bool(status)
    return done


def main(words: Sequence[str]) -> int:
    """Exit status: 0 where every part held."""
    parser = argparse.ArgumentParser(description="Try the kiosk in emulated machines.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"only these, of {', '.join(PARTS)} (all)")
    parser.add_argument("--cuts", help="how often the power is cut")
    parser.add_argument("--seed", help="of an earlier run's power cuts")
    parser.add_argument("--kept", action="store_true", help="cut the power of the appliance that an earlier run set up")
    asked = parser.parse_args(words)
    if unknown := set(asked.parts) - PARTS.keys():
        parser.error(f"there is no part {', '.join(sorted(unknown))}, but {', '.join(PARTS)}")
    names = [name for name in PARTS if name in asked.parts or not asked.parts]
    of_power = [f"--{option}={value}" for option in ("cuts", "seed") if (value := getattr(asked, option))]
    done = try_all(names, of_power + ["--kept"] * asked.kept)
    print(done.table([name for name in PARTS if name not in names]))
    return 1 if done.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
