"""``watchdog.py MACHINE``: a kernel that hangs is reset by the watchdog that the shipped settings of systemd keep."""

from __future__ import annotations

import json
import socket
import sys
import time
from pathlib import Path

from machine.boot import ORDER_S, booted

DEVICES = ("-device", "i6300esb", "-action", "watchdog=reset")
RESET_S = 300.0
WATCHDOG = "/sys/class/watchdog/watchdog0"
HELD = f"until grep -qx active {WATCHDOG}/state; do sleep 1; done; cat {WATCHDOG}/timeout"
# A crash that neither restarts the kernel nor lets it go on, whatever its command line says.
HANG = "sysctl -q kernel.panic=0; (sleep 1; echo c >/proc/sysrq-trigger) >/dev/null 2>&1 &"


def events(monitor: socket.socket, until_s: float) -> list[str]:
    """The names of what QEMU tells until it ends."""
    names, text = list[str](), b""
    while time.monotonic() < until_s and (piece := monitor.recv(1 << 16)):
        *lines, text = (text + piece).split(b"\n")
        names += [found["event"] for line in lines if "event" in (found := json.loads(line))]
    return names


def main(files: Path) -> int:
    """Exit status: 0 where the machine was reset, by its watchdog."""
    with booted(files.resolve(), more=DEVICES) as machine, socket.socket(socket.AF_UNIX) as monitor:
        timeout_s = int(machine.says(HELD))
        monitor.settimeout(RESET_S)
        monitor.connect(str(machine.monitor_path))
        monitor.sendall(b'{"execute": "qmp_capabilities"}\n')
        began_s = time.monotonic()
        machine.ssh(HANG, ORDER_S)
        try:
            told = events(monitor, began_s + RESET_S)
        except TimeoutError:
            told = []
    took_s = time.monotonic() - began_s
    print(f"systemd holds the watchdog, which waits {timeout_s} s; {took_s:.0f} s after the hang QEMU told {told}")
    return 0 if {"WATCHDOG", "SHUTDOWN"} <= set(told) and timeout_s == 15 else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
