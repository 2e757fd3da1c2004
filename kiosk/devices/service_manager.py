"""What a service and systemd tell each other: sockets handed over, ready, alive, ending.

By sd_notify(3) and sd_listen_fds(3). Where nobody like systemd has started us, nothing happens.
"""

from __future__ import annotations

import logging
import os
import socket

log = logging.getLogger(__name__)

_FIRST_INHERITED = 3  # sd_listen_fds(3)


def tell(**states: str | int) -> bool:
    """Tell the service manager *states* (``READY=1``, ``STATUS="..."``); whether there is one that heard it."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    said = "\n".join(f"{name}={state}" for name, state in states.items())
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as way:
            way.connect(f"\0{address[1:]}" if address.startswith("@") else address)
            way.sendall(said.encode())
    except OSError as error:
        log.warning("the service manager could not be told %s: %s", said, error)
        return False
    return True


def inherited() -> dict[str, socket.socket]:
    """The listening sockets that were handed to this process, by their names (``FileDescriptorName=``)."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):  # they are our parent's
        return {}
    count, names = int(os.environ.get("LISTEN_FDS", "0")), os.environ.get("LISTEN_FDNAMES", "").split(":")
    descriptors = range(_FIRST_INHERITED, _FIRST_INHERITED + count)
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)  # noqa: FBT003  # it takes no names; who is meant to have one is given it
    return {name: socket.socket(fileno=descriptor) for name, descriptor in zip(names, descriptors, strict=True)}
