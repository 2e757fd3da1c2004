"""``kiosk alarm``: what the units in ``systemd/`` run where the door has ended."""

from __future__ import annotations

import argparse
import os
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from kiosk import boots as starts
from kiosk.commands import Context
from kiosk.commands.boots import add_run
from kiosk.commands.endings import ENDINGS, told_to_end
from kiosk.devices import clock
from kiosk.devices.base import DeviceError, Output
from kiosk.rules.alarm import AGAIN_S, alarm, pause_s
from kiosk.wiring import gpio_outputs, outputs_kind


def sound_alarm_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk alarm`` takes."""
    sub.set_defaults(anyway=True)
    sub.add_argument("--pause", action="store_true", help="only after a fault of the service, and not for long")
    add_run(sub)


def sound_alarm(context: Context, arguments: argparse.Namespace) -> int:
    """Red lamp and buzzer until told to end; with ``--pause`` after the door has ended with a fault, and not for long.

    The service manager says by SERVICE_RESULT how it ended (systemd.exec(5)).
    """
    if not arguments.pause:
        _show_alarm(context, None)
    elif os.environ.get("SERVICE_RESULT", "success") != "success":
        _show_alarm(context, pause_s(starts.count_fault(arguments.run, clock.now().monotonic_ms)))
    return 0


def _show_alarm(context: Context, for_s: float | None) -> None:
    told, until_s = told_to_end(ENDINGS), time.monotonic() + (float("inf") if for_s is None else for_s)
    with _outputs(context) as outputs:
        while (left_s := until_s - time.monotonic()) > 0:
            for output in outputs:
                with suppress(DeviceError):  # the other one is still to be seen, or heard
                    output.show(alarm())
            if select.select([told], [], [], min(left_s, AGAIN_S))[0]:
                return


@contextmanager
def _outputs(context: Context) -> Iterator[list[Output]]:
    # Without its settings nobody knows what hangs on a pin.
    known = not context.fault and outputs_kind(context.settings, simulate=False) == "gpio"
    wired = gpio_outputs(context.settings) if known else {}
    outputs = [make() for name, make in wired.items() if name in ("lamps", "buzzer")]
    try:
        yield outputs
    finally:
        for output in outputs:
            output.close()
