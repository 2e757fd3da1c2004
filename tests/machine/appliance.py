"""A whole appliance in a machine: the shipped package and units on virtual devices, its records on a disk of their own.

``prepare`` boots it once, sets it up as a site does, tries it, and keeps its memory with everything at rest: a later
``restored`` machine goes on from there within seconds. ``cold`` boots it from power on, as a site does each morning.
"""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from machine.boot import Machine
from machine.cut_disk import CutDiskServer

MEMORY_MIB, DATA_MIB = 512, 96
RESIDENT_MIB = 250
STATE, ROOT, DATA = "appliance.state", "appliance.img", "data.img"
UP_S, TOLD_S = 600.0, 0.01

# Far from now in Vietnam: with a day's key goes who is who, and the judge of the power cuts has to know.
TURN_AT = datetime.now(timezone(timedelta(hours=7 + 12))).strftime("%H:%M")

# What a Raspberry Pi has and this machine has not, and where its virtual devices have other names.
FILES = {
    "/etc/kiosk/kiosk.toml": f"""
[vault]
turn_at = "{TURN_AT}"
[door]
quiet_s = 0.5
min_stay_s = 0
[[sources]]
kind = "keyboard"
path = "/dev/kiosk/scanner"
[outputs]
kind = "gpio"
relay_pin = 5
[printer]
kind = "usb"
path = "/dev/kiosk/printer"
[web]
address = "0.0.0.0"
""",
    "/etc/udev/rules.d/71-kiosk-site.rules": """
SUBSYSTEM=="input", ATTRS{name}=="Virtual Scanner", ENV{KIOSK_SCANNER}="1"
SUBSYSTEM=="gpio", KERNEL=="gpiochip*", GROUP="gpio", MODE="0660"
""",
    "/etc/systemd/system/kiosk-door.service.d/90-machine.conf": """
[Service]
BindReadOnlyPaths=-/run/cpuinfo:/proc/cpuinfo
""",
    # Under a name of its own: of two drop-ins with one name systemd takes the more special alone.
    "/etc/systemd/system/kiosk-.service.d/90-boot.conf": """
[Service]
EnvironmentFile=-/run/kiosk-boot.env
""",
    # Memory kept at rest has booted long ago: what comes so long after a boot comes so long after the kiosk's start.
    "/etc/systemd/system/kiosk-check.timer.d/90-machine.conf": """
[Timer]
OnBootSec=
OnActiveSec=20s
OnUnitInactiveSec=3min
""",
    "/etc/systemd/system/kiosk-boot-ok.timer.d/90-machine.conf": """
[Timer]
OnBootSec=
OnActiveSec=3min
OnUnitInactiveSec=1min
""",
    "/etc/systemd/system/var-lib-kiosk.mount": """
[Unit]
Wants=systemd-fsck@dev-vdb.service
After=systemd-fsck@dev-vdb.service
[Mount]
What=/dev/vdb
Where=/var/lib/kiosk
Type=ext4
Options=noatime,nodev,nosuid,noexec,errors=remount-ro,commit=5
""",
    "/etc/systemd/system/witness.service": """
[Unit]
Before=kiosk.target kiosk-door.service
ConditionPathExists=/dev/virtio-ports/witness
[Service]
Environment=PYTHONPATH=/srv/kiosk/tests PYTHONDONTWRITEBYTECODE=1
ExecStart=/usr/lib/kiosk/bin/python3 -m machine.witness
[Install]
WantedBy=multi-user.target
""",
}

# A line for each service that runs: what its cgroup is charged, then what its processes have resident (RSS, PSS).
RESIDENT = """
for unit in $(systemctl list-units --plain --no-legend --state=running 'kiosk-*.service' | cut -d' ' -f1); do
  group=/sys/fs/cgroup$(systemctl show -P ControlGroup $unit)
  echo $unit $(cat $group/memory.current) $(
    for process in $(cat $group/cgroup.procs); do cat /proc/$process/smaps_rollup; done |
      awk '/^Rss:/ {rss += $2} /^Pss:/ {pss += $2} END {print rss * 1024, pss * 1024}')
done
"""
NEW_KEYS = "runuser -u kiosk -- kiosk keys new --out /tmp/tracing.key"


class Line:
    """The host's end of the witness's line: what was told, as it came."""

    def __init__(self, path: Path) -> None:
        self.told: list[dict[str, Any]] = []
        self._socket = socket.socket(socket.AF_UNIX)
        _eventually(lambda: self._connected(path), "the machine has no line")
        self._thread = threading.Thread(target=self._hear)
        self._thread.start()

    def order(self, **what: Any) -> None:
        """Tell the witness what to do."""
        self._socket.sendall(json.dumps(what).encode() + b"\n")

    def await_told(self, name: str, only: Any = None, count: int = 1) -> list[Any]:
        """The first *count* values of *name* that were told, or those that are *only* this. Raises TimeoutError."""

        def found() -> list[Any]:
            return [line[name] for line in list(self.told) if name in line and only in (None, line[name])]

        _eventually(lambda: len(found()) >= count, f"the machine told no {name}")
        return found()[:count]

    def close(self) -> list[dict[str, Any]]:
        """All that was told before the machine's end."""
        self._thread.join(20)
        self._socket.close()
        return self.told

    def _connected(self, path: Path) -> bool:
        try:
            self._socket.connect(str(path))
        except OSError:
            return False
        return True

    def _hear(self) -> None:
        with self._socket.makefile("rb") as stream:
            for text in stream:
                if text.endswith(b"\n"):
                    self.told.append(json.loads(text))


class Appliance:
    """The machine whose images lie in *files* and whose kept state lies in *kept*; *run* is for its sockets."""

    def __init__(self, files: Path, kept: Path, run: Path) -> None:
        self._files = files
        self._kept = kept
        self._run = run

    def cold(self, disk: CutDiskServer, *, keeps: bool = False) -> tuple[Machine, Line]:
        """From power on, with *disk* for the records."""
        return self._machine(disk, keeps=keeps)

    def restored(self, disk: CutDiskServer) -> tuple[Machine, Line]:
        """Booted already, the kiosk not yet started."""
        machine, line = self._machine(disk, "-incoming", f"exec:cat {self._kept / STATE}")
        _eventually(lambda: _paused(machine), "the memory was not restored")
        machine.monitor("cont")
        return machine, line

    def _machine(self, disk: CutDiskServer, *more: str, keeps: bool = False) -> tuple[Machine, Line]:
        line = self._run / "line"
        line.unlink(missing_ok=True)
        devices = (
            *("-blockdev", f"driver=nbd,node-name=data,server.type=unix,server.path={disk.path}"),
            *("-device", "virtio-blk-pci,drive=data,write-cache=on"),
            *("-device", "virtio-serial-pci", "-chardev", f"socket,id=line,path={line},server=on,wait=off"),
            *("-device", "virtserialport,chardev=line,name=witness"),
        )
        root = self._kept / ROOT
        machine = Machine(self._files, self._run, disk=root, keeps=keeps, memory_mib=MEMORY_MIB, more=[*devices, *more])
        return machine, Line(line)

    def prepare(self, disk: CutDiskServer, say: Callable[[str], None]) -> float:
        """Set the appliance up, try it, and keep it at rest. *disk* is empty before, and holds its records then.

        Returns how much memory its services had resident together at work, in MiB.
        """
        self._kept.mkdir(parents=True, exist_ok=True)
        copy_disk(self._files / "disk.img", self._kept / ROOT)
        machine, line = self.cold(disk, keeps=True)
        try:
            machine.await_ssh()
            say(f"booted after {time.monotonic() - machine.started_s:.0f} s")
            _set_up(machine)
            line.await_told("ready")
            machine.says("systemctl start kiosk.target", UP_S)
            say(f"the kiosk is up after {time.monotonic() - machine.started_s:.0f} s")
            line.order(do="start", seed=0, first=0, pause_s=0)
            _eventually(lambda: {"lamp": "green"} in line.told, "no lamp turned green")
            line.await_told("paper")
            line.await_told("page")
            machine.says("systemctl start kiosk-web kiosk-observer", UP_S)
            resident_mib = resident(machine.says(RESIDENT), say)
            machine.says("systemctl stop kiosk.target 'kiosk-*'; systemctl stop var-lib-kiosk.mount; sync", UP_S)
            # Each start looks at the data partition's file system, as fstab.add's "0 2" has it: ext4 refuses a journal
            # whose last block was torn until somebody did.
            machine.says("systemctl stop systemd-fsck@dev-vdb.service")
            machine.monitor("stop")
            machine.monitor("migrate", uri=f"exec:cat > {self._kept / STATE}")
            _eventually(lambda: _kept(machine), "the machine's memory was not kept")
            return resident_mib
        finally:
            machine.cut_power()
            line.close()


def make_data_disk(path: Path) -> None:
    """An empty data partition, made as the README asks for it (firmware_config/boot/fstab.add)."""
    with path.open("wb") as file:
        file.truncate(DATA_MIB << 20)
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-b", "1024", path], check=True)


def _set_up(machine: Machine) -> None:
    machine.take_tests()
    for path, text in FILES.items():
        machine.says(f"mkdir -p {Path(path).parent} && cat >{path} <<'END'\n{text}END")
    machine.says("chgrp kiosk /etc/kiosk/kiosk.toml; systemctl daemon-reload; udevadm control --reload")
    machine.says("systemctl start var-lib-kiosk.mount; systemd-tmpfiles --create kiosk.conf")
    machine.says(
        "cd /tmp && test -e /var/lib/kiosk/tracing.json || runuser -u kiosk -- kiosk keys new --out tracing.key"
    )
    machine.says("systemctl enable --now witness && systemctl enable kiosk.target", UP_S)


def resident(told: str, say: Callable[[str], None]) -> float:
    """What RESIDENT *told*, in MiB: the largest of the three ways to count, over all services."""
    sums = [0.0, 0.0, 0.0]
    for line in told.splitlines():
        unit, *sizes = line.split()
        sizes_mib = [int(size) / (1 << 20) for size in sizes]
        sums = [total + size for total, size in zip(sums, sizes_mib, strict=True)]
        say(f"{unit:<26} {sizes_mib[0]:6.1f} MiB charged, {sizes_mib[1]:6.1f} RSS, {sizes_mib[2]:6.1f} PSS")
    say(f"{'together':<26} {sums[0]:6.1f} MiB charged, {sums[1]:6.1f} RSS, {sums[2]:6.1f} PSS")
    return max(sums)


def _paused(machine: Machine) -> bool:
    try:
        return bool(machine.monitor("query-status")["status"] == "paused")
    except OSError:  # QEMU has only begun
        return False


def _kept(machine: Machine) -> bool:
    state: Mapping[str, Any] = machine.monitor("query-migrate")
    assert state.get("status") != "failed", f"the machine's memory was not kept: {state}"
    return bool(state.get("status") == "completed")


def copy_disk(source: Path, target: Path) -> None:
    """*target* becomes what *source* is, holes and all."""
    # Where holes are is asked of the disk, which need not know yet what was written a moment ago.
    subprocess.run(["sync", source], check=True)
    subprocess.run(["cp", "--sparse=always", "--reflink=auto", source, target], check=True)


def _eventually(truth: Callable[[], bool], otherwise: str, limit_s: float = UP_S) -> None:
    until = time.monotonic() + limit_s
    while not truth():
        if time.monotonic() > until:
            raise TimeoutError(f"{otherwise} within {limit_s:g} s")
        time.sleep(TOLD_S)
