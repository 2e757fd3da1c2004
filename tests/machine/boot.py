"""``boot.py MACHINE TEST...``: boot the machine that image.sh made in MACHINE, once, and run these tests in it."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).parents[2]
NEEDED = ("kiosk", "pyproject.toml", "tests/conftest.py", "tests/pictures_of_codes.py", "tests/machine")
BOOT_S, TESTS_S, SEND_S = 300, 900, 60


class Machine:
    """A booted guest, reached by ssh. What it writes to its disk is gone with it."""

    def __init__(self, files: Path, port: int, run: Path) -> None:
        self._files = files
        self._port = port
        self._run = run

    def command(self) -> list[str]:
        """QEMU's command line."""
        # Emulated on purpose: an offered /dev/kvm may be of a kind on which no stock kernel starts.
        return [
            *("qemu-system-x86_64", "-accel", "tcg,thread=multi", "-machine", "q35", "-cpu", "Nehalem"),
            *("-smp", "2", "-m", "1024", "-nodefaults", "-display", "none", "-no-reboot"),
            *("-kernel", f"{self._files}/vmlinuz", "-initrd", f"{self._files}/initrd.img"),
            *("-append", "root=/dev/vda rw console=ttyS0 net.ifnames=0 mitigations=off panic=-1"),
            *("-drive", f"file={self._files}/disk.img,if=virtio,format=raw,snapshot=on"),
            *("-netdev", f"user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{self._port}-:22"),
            *("-device", "virtio-net-pci,netdev=net,romfile=", "-device", "virtio-rng-pci"),
            *("-serial", f"file:{self._files}/console.log"),
        ]

    def ssh(self, command: str, limit_s: float, stdin: int | None = subprocess.DEVNULL, *, quiet: bool = False) -> int:
        """The exit status of *command* in the guest."""
        options = (
            *("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"),
            *("ConnectTimeout=10", "ServerAliveInterval=15", "ServerAliveCountMax=4"),
            *("ControlMaster=auto", f"ControlPath={self._run}/ssh", "ControlPersist=yes"),
        )
        ssh = ["ssh", "-i", f"{self._files}/key", "-p", str(self._port)]
        ssh += [word for option in options for word in ("-o", option)]
        silence = subprocess.DEVNULL if quiet else None
        called = subprocess.run(
            [*ssh, "root@127.0.0.1", command], stdin=stdin, stdout=silence, stderr=silence, timeout=limit_s, check=False
        )
        return called.returncode

    def await_ssh(self, qemu: subprocess.Popen[bytes]) -> None:
        """Until the guest answers. Raises SystemExit with what there is to look at."""
        until = time.monotonic() + BOOT_S
        while time.monotonic() < until and qemu.poll() is None:
            if self.ssh("true", 30, quiet=True) == 0:
                return
            time.sleep(0.5)
        raise SystemExit(f"the machine did not boot within {BOOT_S} s: see {self._files}/console.log")

    def take_project(self) -> None:
        """Copy the kiosk as it stands here into the guest."""
        tar = ["tar", "-C", str(PROJECT), "--exclude=__pycache__", "-cf-", *NEEDED]
        with subprocess.Popen(tar, stdout=subprocess.PIPE) as packing:
            assert packing.stdout
            if self.ssh("mkdir /srv/kiosk && tar -C /srv/kiosk -xf-", SEND_S, packing.stdout.fileno()):
                raise SystemExit("the kiosk could not be copied into the machine")


@contextmanager
def booted(files: Path) -> Iterator[Machine]:
    """The machine whose disk and kernel lie in *files*, for as long as it is needed."""
    with tempfile.TemporaryDirectory() as run, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        machine = Machine(files, free.getsockname()[1], Path(run))
        free.close()
        qemu = subprocess.Popen(machine.command(), stdin=subprocess.DEVNULL)
        try:
            machine.await_ssh(qemu)
            yield machine
        finally:
            qemu.kill()
            qemu.wait()


def main(files: Path, tests: Sequence[str]) -> int:
    """Exit status of the tests in the guest."""
    started = time.monotonic()
    with booted(files.resolve()) as machine:
        print(f"the machine booted in {time.monotonic() - started:.0f} s", flush=True)
        machine.take_project()
        environment = "PYTHONPATH=/opt/libraries PYTHONDONTWRITEBYTECODE=1"
        arguments = " ".join(["-p", "no:cacheprovider", "--durations=5", *tests])
        return machine.ssh(f"cd /srv/kiosk && {environment} python3 -m pytest {arguments}", TESTS_S)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
