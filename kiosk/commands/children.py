"""The processes of ``kiosk run``: each as its service on the appliance, all of them ending together."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from kiosk.commands import FAILURES, complain, sentence

STARTING_S = 30.0
STOPPING_S = 15.0

Ready = Callable[[Any], None]
Serve = Callable[[Ready], None]


class Children:
    """Processes of this one; they end when it ends, however it does.

    *told* can be read from once this process is told to end; waiting for the children ends then, too.
    """

    def __init__(self, told: int) -> None:
        self._told = told
        self.told_to_end = False
        self._spawn = multiprocessing.get_context("spawn")
        self._processes: list[multiprocessing.context.SpawnProcess] = []

    def start(self, name: str, serve: Serve) -> Any:
        """Run *serve* in a process called *name*; what it says once it is ready, None where it ended or is too slow."""
        hears, says = self._spawn.Pipe(duplex=False)
        process = self._spawn.Process(target=_live, args=(serve, says), name=name)
        self._processes.append(process)
        process.start()
        says.close()  # so that the end of the child is the end of what is heard
        try:
            return hears.recv() if hears in self._wait_for([hears], STARTING_S) else None
        except EOFError:
            process.join(STARTING_S)
            return None

    def wait(self) -> None:
        """Until one of them ends, or this process is told to."""
        self._wait_for([process.sentinel for process in self._processes])

    def _wait_for(self, things: list[Any], timeout_s: float | None = None) -> list[Any]:
        ready = multiprocessing.connection.wait([*things, self._told], timeout_s)
        self.told_to_end = self.told_to_end or self._told in ready
        return ready

    def stop(self) -> str:
        """End them all; returns a sentence about one that was gone already, empty where it has said why itself."""
        gone = next((process for process in self._processes if process.exitcode is not None), None)
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join(STOPPING_S)
            process.kill()  # a device that does not let go must not hold the terminal
            process.join()
        if gone is None:
            return f"the {self._processes[-1].name} process was not ready within {STARTING_S:.0f} s"
        return _how_it_ended(gone.name, gone.exitcode or 0)


def _how_it_ended(name: str, exit_code: int) -> str:
    if exit_code < 0:
        return f"the {name} process was ended by {signal.Signals(-exit_code).name}"
    return "" if exit_code else f"the {name} process ended"


def _live(serve: Serve, says: Connection) -> None:
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # a terminal tells us, too; but the parent ends us in order
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    try:
        serve(says.send)
    except FAILURES as error:
        complain(sentence(error))
        sys.exit(1)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    # To the main thread: another one would not wake it where it waits.
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
