"""Lists as a tablet sends them, to a whole kiosk."""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from patience import PATIENCE_S
from running import Kiosk

from kiosk.rules import invented

HEADINGS = "Họ và tên;Ngày sinh;Số CCCD;SĐT;Giờ hẹn;Đơn vị"
BOUNDARY = "a-boundary-of-the-tests"


def line(person: int, **changed: str) -> str:
    """The invented *person* as a row of a list, with what is *changed*; by the number nothing is doubtful in it."""
    one = invented.person(person).person
    birth = f"{date.fromisoformat(one.birth):%d/%m/%Y}"
    cells = {"name": one.name, "birth": birth, "number": f"001{one.number[3:]}", "phone": one.phone}
    return ";".join((cells | {"time": "08:00-09:00", "unit": "Công ty Mây"} | changed).values())


def list_of(*lines: str) -> bytes:
    """A CSV list with those *lines*."""
    return "\n".join((HEADINGS, *lines)).encode()


def send(kiosk: Kiosk, content: bytes, name: str = "list.csv", **fields: str) -> http.client.HTTPResponse:
    """Send a list as a browser's plain form does."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in fields.items()
    ]
    file = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    body = "".join([*parts, file]).encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
    own = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Origin": kiosk.url}
    return kiosk.ask("POST", "/lists/bring", body, own)


def do(kiosk: Kiosk, path: str, fields: Mapping[str, str] | None = None) -> http.client.HTTPResponse:
    """Send a plain form."""
    own = {"Content-Type": "application/x-www-form-urlencoded", "Origin": kiosk.url}
    return kiosk.ask("POST", path, urlencode(fields or {}).encode(), own)


def brought(kiosk: Kiosk, content: bytes, name: str = "list.csv", **fields: str) -> str:
    """Send a list and wait until it is read; its path."""
    with send(kiosk, content, name, **fields) as answer:
        assert answer.status == 303, answer.read().decode()
        path = str(answer.headers["Location"])
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        job = kiosk.client.lists("job", list=path.rpartition("/")[2])[0]
        if not job or job["done"]:
            return path
        time.sleep(0.02)
    raise AssertionError("the list was not read in time")


def seen(kiosk: Kiosk, path: str) -> str:
    """What a page says."""
    with kiosk.get(path, **{"Accept-Language": "en"}) as answer:
        return answer.read().decode()


def told(kiosk: Kiosk, act: str, **asked: Any) -> dict[str, Any]:
    """What the door answers about lists."""
    return kiosk.client.lists(act, **asked)[0]
