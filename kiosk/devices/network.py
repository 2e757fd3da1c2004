"""The machine's name and addresses in the networks it is in."""

from __future__ import annotations

import fcntl
import socket
import struct

_SIOCGIFADDR = 0x8915  # netdevice(7)
_REQUEST_BYTES = 40  # struct ifreq
_NAME_BYTES = 15
_ADDRESS = slice(20, 24)  # of a sockaddr_in behind the name


def hostname() -> str:
    """The machine's name."""
    return socket.gethostname()


def addresses() -> tuple[str, ...]:
    """The IPv4 address of each network the machine is in, loopback left out; tablets find IPv6 by name."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        found = [_address(asking, name) for _, name in socket.if_nameindex()]
    return tuple(address for address in found if address and not address.startswith("127."))


def _address(asking: socket.socket, interface: str) -> str:
    request = struct.pack(f"{_REQUEST_BYTES}s", interface.encode()[:_NAME_BYTES])
    try:
        return socket.inet_ntoa(fcntl.ioctl(asking.fileno(), _SIOCGIFADDR, request)[_ADDRESS])
    except OSError:  # an interface without an address
        return ""


def listening(address: str, port: int) -> socket.socket:
    """A socket that listens on *address*, of the one family or, for ``::``, of both. Raises OSError."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    both = address == "::" and socket.has_dualstack_ipv6()
    return socket.create_server((address, port), family=family, backlog=128, dualstack_ipv6=both)
