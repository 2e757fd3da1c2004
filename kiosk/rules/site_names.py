"""What a certificate of the site says: its names, its dates, and when another is due."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

_DAY_MS = 86_400_000
# No clock is right that shows an earlier time than this program's own: 2026-11-01.
RELEASED_MS = 1_793_491_200_000
# At most 397 days: browsers bound what they take (CA/Browser Forum 4.x, 6.3.2; Apple has 825 for a CA of one's own).
VALID_MS = 397 * _DAY_MS
# Begins this long ago, so that a tablet or a kiosk whose clock is behind takes it, too.
BEGUN_MS = 30 * _DAY_MS
RENEW_MS = 30 * _DAY_MS

# What a site CA may vouch for beside the names in the settings: names and addresses that mean nothing elsewhere
# (RFC 6762, RFC 8375, RFC 1918, RFC 3927, RFC 4193).
LOCAL_NAMES = ("local", "localhost", "home.arpa", "internal", "lan")
LOCAL_NETWORKS: tuple[IPv4Network | IPv6Network, ...] = (
    *map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8")),
    *map(IPv6Network, ("fc00::/7", "fe80::/10", "::1/128")),
)
LOOPBACK_NAMES = ("localhost", "127.0.0.1")

_NOT_IN_A_NAME = re.compile(r"[^a-z0-9-]+")

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when a certificate is good, in milliseconds since 1970."""

    begins_ms: int
    ends_ms: int


@dataclass(frozen=True, slots=True)
class Scope:
    """What a CA may vouch for: names with all that end in them, and networks."""

    names: tuple[str, ...]
    networks: tuple[Network, ...]

    def covers(self, name: str) -> bool:
        """Whether the CA may vouch for *name*, a name or an address."""
        address = address_of(name)
        if address is None:
            return any(name == own or name.endswith(f".{own}") for own in self.names)
        return any(address in network for network in self.networks)


def scope_of(names: Iterable[str]) -> Scope:
    """What the CA of a site whose settings have *names* may vouch for."""
    addresses = [name for name in names if address_of(name)]
    return Scope(
        (*LOCAL_NAMES, *sorted({name for name in names if not address_of(name)} - set(LOCAL_NAMES))),
        (*LOCAL_NETWORKS, *(ip_network(address) for address in addresses)),
    )


def address_of(name: str) -> Address | None:
    """*name* as an address; None where it is a name."""
    try:
        return ip_address(name)
    except ValueError:
        return None


def site_names(names: Sequence[str], hostname: str, addresses: Sequence[str]) -> tuple[str, ...]:
    """By what tablets reach a kiosk, the best to be told first: *names* of the settings, addresses, NAME.local."""
    label = _NOT_IN_A_NAME.sub("-", hostname.partition(".")[0].lower()).strip("-")[:63].strip("-")
    local = [f"{label}.local"] if label and label != "localhost" else []
    return tuple(dict.fromkeys((*names, *addresses, *local, *LOOPBACK_NAMES)))


def fingerprint_lines(fingerprint: str) -> tuple[str, ...]:
    """The groups of a *fingerprint* four to a line, to be compared aloud."""
    groups = fingerprint.split()
    return tuple(" ".join(groups[at : at + 4]) for at in range(0, len(groups), 4))


def span_from(wall_ms: int) -> Span:
    """When a certificate is good that is made while the clock shows *wall_ms*, right or wrong."""
    begins_ms = max(wall_ms, RELEASED_MS) - BEGUN_MS
    return Span(begins_ms, begins_ms + VALID_MS)


def is_due(span: Span, wall_ms: int) -> bool:
    """Whether a certificate of *span* wants to be made anew while the clock shows *wall_ms*.

    A clock from 1970 says nothing, so what is there stays. One that begins later than now was made by a clock that
    ran ahead.
    """
    if wall_ms < RELEASED_MS:
        return False
    return not span.begins_ms <= wall_ms < span.ends_ms - RENEW_MS
