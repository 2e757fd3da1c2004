"""Containers that systemd-nspawn boots on a root of Debian, each with a layer of its own in memory."""

from __future__ import annotations

import copy
import itertools
import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from kiosk.door_socket import DoorAway, DoorClient

SCRIPT = Path(__file__).with_name("container.sh")
PATIENCE_S, FIRST_PAUSE_S = 240.0, 0.1
DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL")  # after nsenter, which would forget it
ENVIRONMENT = ("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "HOME=/root")

BROWSER = """
import ssl, sys, urllib.parse, urllib.request
path, form = sys.argv[1:]
address = "http://127.0.0.1:8080"
anybody = urllib.request.HTTPSHandler(context=ssl._create_unverified_context())
browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(), anybody)
browser.addheaders = [("Origin", address)]
if form:
    browser.open(address + "/sign-in", form.encode(), timeout=120).read()
print(browser.open(urllib.parse.urljoin(address, path), timeout=120).read().decode())
"""


class CannotBoot(Exception):  # noqa: N818  # often the machine's nature, and then no error
    """Containers cannot be booted here; the sentence says why."""


def eventually(truth: Callable[[], object], what: str, patience_s: float = PATIENCE_S) -> None:
    """Wait until *truth* holds; what is waited for is named where it does not come."""
    until_s, pause_s = time.monotonic() + patience_s, FIRST_PAUSE_S
    while not truth():
        assert time.monotonic() < until_s, f"not within {patience_s:g} s: {what}"
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, 1.0)  # to look is work for the machine whose work is waited for


class Container:
    """A booted container. Times are of the machine that it runs on."""

    def __init__(self, nspawn: subprocess.Popen[str], place: Path, log: Path) -> None:
        self._nspawn = nspawn
        self._log = log
        self.place = place
        self.leader = 0

    def run(self, *command: str, stdin: str = "", check: bool = True) -> str:
        """What *command* prints, as root in the container."""
        enter = ("nsenter", f"--target={self.leader}", "--all", "--root", "--wd", "--", "env", "-i", *ENVIRONMENT)
        ran = subprocess.run([*enter, *command], input=stdin, capture_output=True, text=True, timeout=1800, check=False)
        assert not check or ran.returncode == 0, f"{' '.join(command)}: {ran.stdout[-3000:]}{ran.stderr[-3000:]}"
        return ran.stdout

    def pids(self, asks: Mapping[str, str]) -> dict[str, str]:
        """The processes that *asks* find, by name; none of one that is not there now."""
        found = {name: self.run("sh", "-c", ask, check=False).split() for name, ask in asks.items()}
        return {name: pid[0] for name, pid in found.items() if pid and pid[0] != "0"}

    def are_others(self, asks: Mapping[str, str], before: Mapping[str, str]) -> bool:
        """Whether *asks* find all, and none of *before*: a killed process may be told of a moment longer."""
        after = self.pids(asks)
        return after.keys() == asks.keys() and not after.items() & before.items()

    def fails_nowhere(self) -> None:
        """Wait until no unit has failed: whether a start has lasted is looked at again after a minute."""
        eventually(lambda: self.run("systemctl", "--failed", "--no-legend") == "", "nothing has failed")

    def kiosk(self, *command: str, stdin: str = "") -> str:
        """What ``kiosk`` prints to the administrator of the machine."""
        return self.run("kiosk", *command, stdin=stdin)

    def succeeds(self, *command: str) -> bool:
        """Whether *command* ends well, as root in the container."""
        try:
            self.run(*command)
        except AssertionError:
            return False
        return True

    def write(self, path: str, text: str) -> None:
        """Make the file *path* in the container, with *text*."""
        self.run("sh", "-c", 'mkdir -p "${1%/*}" && cat >"$1"', "write", path, stdin=text)

    def page(self, path: str, form: str = "") -> str:
        """What a browser on the machine gets at *path*, or a whole address, signed in by *form*; empty if it fails."""
        return self.run("python3", "-", path, form, stdin=BROWSER, check=False)

    def stop_kiosk(self) -> None:
        """All of it, and wait until it has ended."""
        self.run("systemctl", "stop", "kiosk.target", "kiosk-door.service", "kiosk-web.service")

    def exposure(self, unit: str) -> float:
        """systemd's own score of how much a running *unit* could do, from 0 to 10."""
        said = self.run("systemd-analyze", "security", "--no-pager", unit)
        found = re.search(r"Overall exposure level for .*: ([0-9.]+)", said)
        assert found, said
        return float(found[1])

    def has_users_of_its_own(self) -> bool:
        """Whether services can have (PrivateUsers=); in a chroot none can."""
        return self.succeeds("unshare", "--user", "true")

    def show(self, unit: str, what: str) -> str:
        """What systemd knows of *unit* by the name *what*."""
        return self.run("systemctl", "show", "--value", f"--property={what}", unit).strip()

    def journal(self, *options: str) -> list[str]:
        """The lines of the journal, of all boots in it."""
        return self.run("journalctl", "--no-pager", "--output=cat", *options, check=False).splitlines()

    @property
    def data(self) -> Path:
        """The data directory, as seen from here."""
        return Path(f"/proc/{self.leader}/root/var/lib/kiosk")

    @property
    def door(self) -> DoorClient:
        """Asks the door in the container."""
        return DoorClient(self.data)

    def entries(self) -> list[dict[str, Any]]:
        """The log's entries, as ``kiosk log --json`` has them."""
        return [json.loads(line) for line in self.kiosk("log", "--json").splitlines()]

    def door_answers(self) -> bool:
        """Whether the door is there and works."""
        try:
            self.door.panel()
        except (DoorAway, OSError):
            return False
        return True

    def await_boot(self) -> str:
        """The state of the system once it has one. Raises CannotBoot."""
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s and self._nspawn.poll() is None:
            for pid in children(children_of_name(self._nspawn.pid, "systemd-nspawn")):
                self.leader = pid
                with suppress(AssertionError, OSError):
                    state = self.run("systemctl", "is-system-running", "--wait", check=False).strip()
                    if state in {"running", "degraded"}:
                        return state
            time.sleep(0.05)
        raise CannotBoot(f"systemd-nspawn boots nothing: {self._log.read_text().strip() or 'it says nothing'}")

    def power_off(self) -> None:
        """In order, as when somebody shuts the machine down."""
        self.run("systemctl", "poweroff", check=False)
        self._nspawn.wait(PATIENCE_S)

    def end(self) -> None:
        """At once, whatever runs in it."""
        if self._nspawn.poll() is None:
            with suppress(OSError):
                subprocess.run(["kill", "-KILL", str(self.leader)], check=False, capture_output=True)
            with suppress(subprocess.TimeoutExpired):
                self._nspawn.wait(10)
            self._nspawn.kill()
        self._nspawn.wait()


def children(pid: int) -> list[int]:
    """The processes that *pid* has begun; none where it is gone."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []


def children_of_name(pid: int, name: str) -> int:
    """The first child of *pid* with that name, 0 where there is none."""
    for child in children(pid):
        with suppress(OSError):
            if Path(f"/proc/{child}/comm").read_text().strip() == name[:15]:
                return child
    return 0


class Containers:
    """Boots containers on layers over *root*, at *place*, which is in memory and gone at the end."""

    def __init__(self, root: Path, place: Path, holder: int) -> None:
        self._place = place
        self._enter = ("nsenter", f"--target={holder}", "--mount", "--root", "--", *DIES_WITH_US, "unshare", "--mount")
        self._layers = [root]
        self._numbers = itertools.count(1)

    def keeping(self, container: Container) -> Containers:
        """Containers that are booted with what *container* has written; these here are not."""
        ours = copy.copy(self)
        ours._layers = [container.place / "upper", *self._layers]
        return ours

    @contextmanager
    def booted(self, *options: str, place: Path | None = None) -> Iterator[Container]:
        """A container with systemd-nspawn's *options*; at the *place* of another it finds what that one wrote."""
        number = next(self._numbers)
        place = place or self._place / str(number)
        log = Path(f"{self._place}-{number}.log")
        layers = ":".join(map(str, self._layers))
        command = [*self._enter, str(SCRIPT), "boot", str(place), layers, *options]
        with log.open("w") as said:
            nspawn = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, text=True)
        container = Container(nspawn, place, log)
        try:
            container.await_boot()
            yield container
        except Exception:
            print("\n".join(container.journal("--unit=kiosk*", "--lines=60")))
            raise
        finally:
            container.end()


@contextmanager
def containers_on(root: Path, place: Path) -> Iterator[Containers]:
    """Containers on *root*; *place* is a directory that nobody else uses. Raises CannotBoot."""
    hold = [*DIES_WITH_US, "unshare", "--mount", str(SCRIPT), "hold", str(place)]
    pipe = subprocess.PIPE
    with subprocess.Popen(hold, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True) as holder:
        try:
            said = _line(holder.stdout)
            if said != "held":
                raise CannotBoot(f"no mounts here: {said}")
            yield Containers(root, place, holder.pid)
        finally:
            assert holder.stdin is not None
            holder.stdin.close()


def _line(pipe: IO[str] | None) -> str:
    assert pipe is not None
    return pipe.readline().strip()
