"""[hub]: the central service, on the machine that runs ``kiosk hub``."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.config.reading import setting


@dataclass(frozen=True, slots=True)
class HubSettings:
    """[hub]"""

    name: str = setting("Trung tâm", "Name of the hub on its pages and in its certificate.")
    origin: str = setting("kiosk-hub", "Name under which it signs; never changed once kiosks know it.", form="host")
    address: str = setting(
        "0.0.0.0",  # noqa: S104  # whoever starts a hub wants to be reached
        "Where kiosks and staff reach it, by HTTPS: 0.0.0.0 for every network.",
        form="address",
    )
    port: int = setting(9443, "Port for kiosks and staff; 0 takes a free one.", least=0, most=65535)
    names: tuple[str, ...] = setting(
        (), "Names and addresses by which it is reached, the one for kiosks first, beside its own.", form="host"
    )
    keep_days: int = setting(21, "Days until what kiosks sent is deleted.", least=1)
    longest_stay_h: float = setting(
        12.0, "Hours after which a stay is taken to have ended; one for all hubs of a lake.", least=1, most=72
    )
    two_people: bool = setting(False, "Whether a second person must approve before a case is opened.")
    silent_s: float = setting(86400.0, "Staff are told of a kiosk that was not heard for this long.", least=60)
    code_valid_s: float = setting(604800.0, "How long a kiosk's one-time code is good.", least=60)
    kiosk_gb: float = setting(20.0, "Gigabytes of disk for the log of one kiosk; more is refused.", least=0.1)
    at_once: int = setting(8, "Requests that are worked on at once; more are asked to come again.", least=1, most=64)
