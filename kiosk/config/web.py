"""[web]: the pages on this machine, and those that tablets reach by HTTPS."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.config.reading import setting


@dataclass(frozen=True, slots=True)
class WebSettings:
    """[web]"""

    port: int = setting(
        8080, "Port of the pages on this machine itself; they listen on loopback only.", least=0, most=65535
    )
    idle_s: float = setting(600.0, "Somebody signed in who does nothing for this long signs in again.", least=30)
    shift_s: float = setting(43200.0, "Longest time for which somebody is signed in.", least=60)
    clients: int = setting(64, "Most pages that may follow the door live at once.", least=1)
    address: str = setting(
        "", "Where tablets reach the pages, by HTTPS: 0.0.0.0 for every network, empty for none.", form="address"
    )
    https_port: int = setting(8443, "Port for tablets; 0 takes a free one.", least=0, most=65535)
    names: tuple[str, ...] = setting(
        (), "Names and addresses by which tablets reach it, beside its own addresses and NAME.local.", form="host"
    )
