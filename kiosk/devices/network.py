"""The machine's name and addresses in the networks it is in."""

from __future__ import annotations

import array
import fcntl
import socket
import struct

_SIOCGIFCONF = 0x8912  # netdevice(7): only interfaces that have an IPv4 address
_REQUEST_BYTES = struct.calcsize("@16s3P")  # struct ifreq: a name, and a union of which struct ifmap is the largest
_MOST = 64  # addresses
_ADDRESS = slice(20, 24)  # of a sockaddr_in behind the name


def hostname() -> str:
    """The machine's name."""
    return socket.gethostname()


def addresses(by: socket.socket | None = None) -> tuple[str, ...]:
    """The IPv4 addresses of the machine in its networks, loopback left out; tablets find IPv6 by name.

    *by* is a socket of the networks that are meant: one that was handed to a process which itself has none.
    """
    if by is None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            return addresses(asking)
    room = array.array("B", bytes(_MOST * _REQUEST_BYTES))
    asked = array.array("B", struct.pack("@iP", len(room), room.buffer_info()[0]))  # struct ifconf
    fcntl.ioctl(by.fileno(), _SIOCGIFCONF, asked)  # which is changed by it
    length_bytes = struct.unpack_from("@i", asked)[0]
    found = [_address(room[at : at + _REQUEST_BYTES].tobytes()) for at in range(0, length_bytes, _REQUEST_BYTES)]
    return tuple(address for address in dict.fromkeys(found) if not address.startswith("127."))


def _address(interface: bytes) -> str:
    return socket.inet_ntoa(interface[_ADDRESS])


def listening(address: str, port: int) -> socket.socket:
    """A socket that listens on *address*, of the one family or, for ``::``, of both. Raises OSError."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    both = address == "::" and socket.has_dualstack_ipv6()
    return socket.create_server((address, port), family=family, backlog=128, dualstack_ipv6=both)
