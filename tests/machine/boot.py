"""``boot.py MACHINE TEST...``: boot the machine that image.sh and disk.sh made, and run these tests in it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[2]
OF_TESTS = ("conftest.py", "exposures.py", "patience.py", "pictures_of_codes.py", "machine")
NEEDED = ("pyproject.toml", *(f"tests/{name}" for name in OF_TESTS))
# On a busy host a timer interrupt may come too late for the kernel's own test of it, and the kernel would give up.
CALM = "no_timer_check"
CONNECTIONS, SSH_BROKE = 5, 255
# An emulated processor that is kept from its turns amid a start may crash a kernel that is sound.
STARTS, LAST_WORDS_BYTES = 3, 2000
BOOT_S, TESTS_S, SEND_S, ORDER_S = 900, 2400, 600, 600


class NotBootedError(SystemExit):
    """The guest does not answer, and it says how it ended."""


class Machine:
    """A guest of QEMU, reached by ssh. What it writes to its disk is gone with it, unless *keeps*.

    *run* is a directory for its sockets, *more* words for QEMU.
    """

    def __init__(
        self,
        files: Path,
        run: Path,
        *,
        disk: Path | None = None,
        keeps: bool = False,
        memory_mib: int = 1024,
        more: Sequence[str] = (),
    ) -> None:
        self._files = files
        self._run = run
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._disk = f"file={disk or files / 'disk.img'},if=none,id=root,format=raw,snapshot={'off' if keeps else 'on'}"
        self._memory_mib = memory_mib
        self._more = more
        self.started_s = time.monotonic()
        self.qemu = subprocess.Popen(self._command(), stdin=subprocess.DEVNULL)

    def _command(self) -> list[str]:
        # Emulated on purpose: an offered /dev/kvm may be of a kind on which no stock kernel starts.
        return [
            *("setpriv", "--pdeathsig", "KILL"),  # it never outlives whoever started it
            *("qemu-system-x86_64", "-accel", "tcg,thread=multi", "-machine", "q35", "-cpu", "Nehalem"),
            *("-smp", "2", "-m", str(self._memory_mib), "-nodefaults", "-display", "none", "-no-reboot"),
            *("-kernel", f"{self._files}/vmlinuz", "-initrd", f"{self._files}/initrd.img"),
            *("-append", f"root=/dev/vda rw console=ttyS0 net.ifnames=0 mitigations=off panic=-1 {CALM}"),
            *("-drive", self._disk, "-device", "virtio-blk-pci,drive=root"),
            *("-netdev", f"user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{self._port}-:22"),
            *("-device", "virtio-net-pci,netdev=net,romfile=", "-device", "virtio-rng-pci"),
            *("-serial", f"file:{self._run}/console.log", "-qmp", f"unix:{self.monitor_path},server=on,wait=off"),
            *self._more,
        ]

    def ssh(self, command: str, limit_s: float, stdin: int | None = subprocess.DEVNULL, *, quiet: bool = False) -> int:
        """The exit status of *command* in the guest."""
        silence = subprocess.DEVNULL if quiet else None
        called = subprocess.run(
            [*self._ssh(), command], stdin=stdin, stdout=silence, stderr=silence, timeout=limit_s, check=False
        )
        return called.returncode

    def says(self, command: str, limit_s: float = ORDER_S) -> str:
        """What *command* prints in the guest. Raises RuntimeError where it fails, with what it said.

        Done again where the connection broke, so that doing it twice must do no harm.
        """
        for _ in range(CONNECTIONS):
            called = subprocess.run(
                [*self._ssh(), command], capture_output=True, text=True, timeout=limit_s, check=False
            )
            if called.returncode != SSH_BROKE:
                break
        if called.returncode:
            raise RuntimeError(f"{command}: exit {called.returncode}: {called.stdout}{called.stderr}")
        return called.stdout

    def _ssh(self) -> list[str]:
        options = (
            *("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"),
            *("ConnectTimeout=30", "ServerAliveInterval=30", "ServerAliveCountMax=10"),
            *("ControlMaster=auto", f"ControlPath={self._run}/ssh", "ControlPersist=yes"),
        )
        words = [word for option in options for word in ("-o", option)]
        return ["ssh", "-i", f"{self._files}/key", "-p", str(self._port), *words, "root@127.0.0.1"]

    def await_ssh(self) -> None:
        """Until the guest answers. Raises NotBootedError with the last that it said."""
        until = self.started_s + BOOT_S
        while time.monotonic() < until and self.qemu.poll() is None:
            if self.ssh("true", ORDER_S, quiet=True) == 0:
                return
            time.sleep(0.5)
        spent_s, status = time.monotonic() - self.started_s, self.qemu.poll()
        how = "still runs" if status is None else f"ended with status {status}"
        console = self._run / "console.log"
        said = console.read_bytes()[-LAST_WORDS_BYTES:].decode(errors="replace") if console.exists() else "(nothing)"
        raise NotBootedError(f"the machine did not boot; after {spent_s:.0f} s QEMU {how}. Its console:\n{said}")

    @property
    def monitor_path(self) -> Path:
        """Where QEMU's monitor listens, to one at a time."""
        return self._run / "qmp"

    def monitor(self, command: str, **arguments: Any) -> Any:
        """What QEMU answers to *command* of its monitor protocol. Raises RuntimeError for an error."""
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.settimeout(ORDER_S)
            monitor.connect(str(self.monitor_path))
            with monitor.makefile("rw") as stream:
                for execute, words in (("qmp_capabilities", {}), (command, arguments)):
                    stream.write(json.dumps({"execute": execute, "arguments": words}) + "\n")
                    stream.flush()
                    while not {"return", "error"} & (answer := json.loads(stream.readline())).keys():
                        pass
        if "error" in answer:
            raise RuntimeError(f"{command}: {answer['error']}")
        return answer["return"]

    def take_tests(self) -> None:
        """Copy the tests as they stand here into the guest; the kiosk in it is the installed one."""
        tar = ["tar", "-C", str(PROJECT), "--exclude=__pycache__", "-cf-", *NEEDED]
        with subprocess.Popen(tar, stdout=subprocess.PIPE) as packing:
            assert packing.stdout
            if self.ssh("mkdir -p /srv/kiosk && tar -C /srv/kiosk -xf-", SEND_S, packing.stdout.fileno()):
                raise SystemExit("the tests could not be copied into the machine")

    def cut_power(self) -> None:
        """Gone, at once."""
        self.qemu.kill()
        self.qemu.wait()


@contextmanager
def booted(files: Path, **how: Any) -> Iterator[Machine]:
    """The machine whose disk and kernel lie in *files*, for as long as it is needed.

    Raises NotBootedError where it does not come up; one that ended by itself is started again first.
    """
    with tempfile.TemporaryDirectory() as run:
        machine = _started(files, Path(run), **how)
        try:
            yield machine
        finally:
            machine.cut_power()


def _started(files: Path, run: Path, **how: Any) -> Machine:
    for starts_left in reversed(range(STARTS)):
        machine = Machine(files, run, **how)
        try:
            machine.await_ssh()
            break
        except NotBootedError as end:
            ended_by_itself = machine.qemu.poll() is not None
            machine.cut_power()
            if not (starts_left and ended_by_itself):
                raise
            print(f"{end}\nIt is started again.", flush=True)
    return machine


def main(files: Path, tests: Sequence[str]) -> int:
    """Exit status of the tests in the guest."""
    started = time.monotonic()
    with booted(files.resolve()) as machine:
        print(f"the machine booted in {time.monotonic() - started:.0f} s", flush=True)
        machine.take_tests()
        arguments = " ".join(["-p", "no:cacheprovider", "--durations=5", *tests])
        python = "PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=tests /usr/lib/kiosk/bin/python3"
        return machine.ssh(f"cd /srv/kiosk && {python} -m pytest {arguments}", TESTS_S)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
