"""The hotspot for setting up: opened and closed by systemd and NetworkManager, which this process may only ask."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from pathlib import Path

from kiosk.devices.base import DeviceError

NETWORK = "kiosk-setup"  # firmware_config/NetworkManager/system-connections
ADDRESS = "10.42.0.1"
UNIT = "kiosk-hotspot.service"
WAIT_S = 60


class Hotspot:
    """The radio network; *secret* is the file from which kiosk-hotspot.service takes its password."""

    def __init__(self, secret: Path = Path("/run/kiosk/hotspot")) -> None:
        self._secret = secret

    def open(self, password: str) -> None:
        """Let telephones in by *password*. Raises DeviceError where there is no such network to be had."""
        try:
            self._secret.unlink(missing_ok=True)
            descriptor = os.open(self._secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(f"802-11-wireless-security.psk:{password}\n")
        except OSError as error:
            raise DeviceError(f"the hotspot cannot be opened: {self._secret}: {error.strerror}") from error
        _ask("restart")

    def close(self) -> None:
        """Let nobody in any more."""
        with suppress(DeviceError):
            _ask("stop")
        with suppress(OSError):
            self._secret.unlink(missing_ok=True)


def _ask(verb: str) -> None:
    try:
        done = subprocess.run(  # noqa: S603  # fixed words
            ("/usr/bin/systemctl", "--no-ask-password", verb, UNIT),
            capture_output=True,
            text=True,
            timeout=WAIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DeviceError(f"the hotspot: {error}") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["systemctl failed"])[-1]
        raise DeviceError(f"the hotspot cannot be opened: {last}")
