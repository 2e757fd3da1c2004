"""What a hub and its kiosks read of each other, whichever of them an enemy has taken over, keys and all."""

from __future__ import annotations

import atexit
import contextlib
import json
import re
import tempfile
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask.testing import FlaskClient
from hypothesis import strategies as st

from fuzz.damage import altered, damaged, values
from fuzz.targets import Target
from kiosk.config import Settings
from kiosk.hub.enrolling import EnrolmentRefused
from kiosk.hub.house import HubHouse
from kiosk.hub.logs import Logs
from kiosk.hub.web.app import make_hub_app
from kiosk.hub.web.context import HubContext
from kiosk.hub.web.server import front_settings
from kiosk.rules.down import Order, OrderRefused, Part, blocked_of, day_of, file_of, list_day_of, opening_of
from kiosk.rules.enrolment import Code, Request, code_of, request_content
from kiosk.rules.entries import START, EntryKind, commitment, encode, to_text
from kiosk.rules.segments import SegmentRefused, segment_of
from kiosk.rules.sticks import StickReceipt, bundle, receipt_of, unbundled
from kiosk.store.catalogue import Enrolled
from kiosk.vault.age import encrypted
from kiosk.vault.down import proven_order, proven_time, signed_order, signed_time
from kiosk.vault.errors import VaultError
from kiosk.vault.hub_pass import PassRequest
from kiosk.vault.segments import mark_of, packed, unpacked
from kiosk.web.front import Front
from kiosk.web.haproxy import CLIENT, CLIENT_FAULT, GOOD

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # a disk would be waited for at every entry
NOW_MS = 1_790_000_000_000
URL = "https://localhost"
KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
KIOSK, EPOCH, WHO = "kiosk-1", "0" * 16, "ab" * 16
SALT, NONCE = bytes(16), "0" * 32
TICKET = {"service": "reception", "series": "A", "number": 1}
VISIT = {"id": 2, "who": WHO, "classes": 0, "kind": "id_card", "gate_in": "in", "entered_ms": NOW_MS}
COUNTS = {"inside": 1, "entered": 1, "left": 0, "inferred": 0, "unmatched": 0, "number": 1}
CALLED = {"state": ["waiting", "called"], "counter": ["", "1"], "called_ms": [None, NOW_MS]}
# One entry of each kind that changes what is known of people and tickets, by the rules that read them.
BODIES: tuple[tuple[EntryKind, dict[str, Any]], ...] = (
    (EntryKind.DAY_KEY, {"v": 1}),
    (EntryKind.SCAN, {"v": 1, "direction": "in", "opens": True, "who": WHO, "kind": "id_card", "ticket": TICKET}),
    (EntryKind.SCAN, {"v": 1, "direction": "in", "who": "cd" * 16, "place": 1, "wait_ms": 1000}),
    (EntryKind.CALL, {"v": 1, "moves": [{"ticket": 2, **CALLED}], "counter": "1", "desk": {"last": [None, 2]}}),
    (EntryKind.SCAN, {"v": 1, "direction": "out", "closes": 2, "who": WHO, "link": "exact", "also": ["ef" * 16]}),
    (EntryKind.SCAN, {"v": 1, "direction": "in", "opens": True, "who": WHO, "inferred": 2, "longest_ms": 1000}),
    (EntryKind.DESK, {"v": 1, "names": 6, "who": WHO, "ticket": TICKET, "id_seen": True}),
    (EntryKind.CLOSING, {"v": 1, "first": 1, "last": 7, "ended_ms": NOW_MS, "longest_ms": 1000}),
    (EntryKind.CORRECTION, {"v": 1, "visits": [[VISIT, None]], "names": [[WHO, 2, 0]], "moves": []}),
    (
        EntryKind.ERASURE,
        {"v": 1, "key": "00", "visits": [2], "others": [[6, VISIT | {"id": 6}]], "counts": COUNTS, "sequences": [2]}
        | {"names": [[WHO, 0, False]], "numbers": [["A", "", 1]], "tickets": [[2, None, []]]},
    ),
    (EntryKind.CLOCK, {"v": 1, "source": "hub", "before_ms": NOW_MS, "after_ms": NOW_MS, "step_ms": 0}),
    (EntryKind.PURGE, {"v": 1, "through": 3}),
    (EntryKind.DAY_CLOSE, {"v": 1, "counts": COUNTS}),
)


def _log() -> dict[str, Any]:
    """A segment as its kiosk would say it, before it is bound, chained and signed."""
    clocks = [NOW_MS, 1000, "boot", "told"]
    lines = [
        {"header": [1, KIOSK, EPOCH, number, kind, "00", "in", NOW_MS, *clocks], "body": body}
        for number, (kind, body) in enumerate(BODIES, 1)
    ]
    said = {"what": "kiosk segment v1", "kiosk": KIOSK, "epoch": EPOCH, "first": 1, "previous": START.hex()}
    return {"said": said, "lines": lines}


def _content(told: dict[str, Any]) -> bytes:
    """*told* as text that is bound as a kiosk binds it, whatever it says; nothing where JSON cannot say it."""
    try:
        lines = [told["said"], *(_line(line["header"], line["body"]) for line in told["lines"])]
        return b"\n".join(map(encode, lines))
    except (ValueError, TypeError, KeyError):
        return b""


def _line(header: object, body: object) -> list[str]:
    text = encode(body)
    return [encode(header).decode(), commitment(SALT, text).hex(), to_text(SALT), text.decode()]


def _packed(content: bytes) -> bytes:
    return packed(content, KEY.public_key(), KEY.sign)


def takes_any_segment(blob: bytes) -> bool:
    """A segment of a kiosk that is enrolled is taken, once, or refused in one sentence; whatever it says."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        logs = Logs(Path(folder), lambda message: message[:8])
        try:
            segment = segment_of(unpacked(blob, _public()))
            assert logs.take(segment).new == len(segment.lines)
            assert logs.take(segment).new == 0
        except SegmentRefused as refused:
            assert str(refused)
            return False
    return True


def _public() -> str:
    return b64encode(KEY.public_key().public_bytes_raw()).decode()


def reads_any_stick(content: bytes) -> None:
    """What lies on a stick is segments and receipts, or is refused in one sentence."""
    with contextlib.suppress(SegmentRefused):
        deque(unbundled(content))
    with contextlib.suppress(ValueError):
        receipt_of(content.decode(errors="surrogateescape"))
    with contextlib.suppress(VaultError):
        _house().age.decrypted(content)


def reads_any_enrolment(content: bytes) -> None:
    """A code that is typed, and what a stranger sends for one, is refused in one sentence."""
    with contextlib.suppress(ValueError):
        code_of(content.decode(errors="replace"))
    with contextlib.suppress(EnrolmentRefused):
        _house().enrolling.enrol(_public(), b64encode(_packed(content)).decode(), NOW_MS)


def reads_any_order(blob: bytes) -> None:
    """What comes down from the hub, signed or not, is read or refused."""
    with contextlib.suppress(OrderRefused):
        order = proven_order(blob, _house().signer.verifier, KIOSK)
        READERS.get(order.part, file_of)(order)
    with contextlib.suppress(OrderRefused):
        proven_time(blob.decode(errors="replace"), _house().signer.verifier, KIOSK, NONCE)


READERS: Mapping[str, Callable[[Order], object]] = {
    Part.DAY: day_of, Part.BLOCKED: blocked_of, Part.OPENING: opening_of, Part.LIST: list_day_of,
}  # fmt: skip


def _signed(part: str, payload: bytes) -> bytes:
    return signed_order(Order(KIOSK, 1, part, "x", payload), _house().signer)


def answers_any_request(asked: tuple[tuple[str, str], bytes]) -> None:
    """Whatever an enrolled kiosk or a stranger asks, the hub has an answer that is no fault of its own."""
    (method, path), body = asked
    for headers in (_kiosk(), {"Origin": URL}):
        assert _status(method, path, body, headers) < HTTPStatus.INTERNAL_SERVER_ERROR, (method, path)


def _status(method: str, path: str, body: bytes, headers: Mapping[str, str]) -> int:
    kind = "application/json"
    return _app().open(path, method=method, data=body, headers=headers, base_url=URL, content_type=kind).status_code


def _kiosk() -> Mapping[str, str]:
    """What HAProxy says of who has shown the kiosk's certificate."""
    return {CLIENT: mark_of(KEY.public_key()).hex(), CLIENT_FAULT: GOOD[0]}


@cache
def _house() -> HubHouse:
    """A hub that has this kiosk enrolled; gone at the end."""
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    house = HubHouse.open(Path(folder.name), Settings())
    atexit.register(house.close)
    kiosk = Enrolled(KIOSK, "site", _public(), mark_of(KEY.public_key()), NOW_MS)
    house.catalogue.enrol(kiosk, {"what": "enrolled"})
    return house


@cache
def _app() -> FlaskClient:
    house = _house()
    front = Front(front_settings(house.settings), house.folder, {}, lambda: NOW_MS)
    front.names = ("localhost",)
    return make_hub_app(HubContext(house, lambda: NOW_MS, front, BoundedSemaphore(1))).test_client(use_cookies=False)


def _routes() -> list[tuple[str, str]]:
    """All of the hub's, with something for each part of a path."""
    rules = [rule for rule in _app().application.url_map.iter_rules() if rule.endpoint != "static"]
    found = [
        (method, re.sub("<[^>]*>", "1", rule.rule))
        for rule in rules
        for method in (rule.methods or set()) & {"GET", "POST"}
    ]
    asked = [("GET", "/kiosk/down?have=1"), ("GET", f"/kiosk/time?nonce={NONCE}"), ("GET", "/kiosk/down?have=\u0661")]
    return sorted(found) + asked * 5 + [("POST", f"/kiosk/{name}") for name in SAID] * 10


SAID: Mapping[str, Any] = {
    "segments": {}, "renew": {"csr": ""}, "where": {"sequence": 1, "chain": "00" * 32},
    "enrol": {"public": "", "signed": ""},
    "health": {"version": "1", "clock": "told", "behind": 1, "faults": ["x"]},
}  # fmt: skip


def hub_targets() -> dict[str, Target]:
    """All of them, by name."""
    whole = _content(_log())
    assert takes_any_segment(_packed(whole))
    code = Code("https://hub.example:9443", bytes(16), bytes(10)).text.encode()
    csr = PassRequest(KIOSK).pem
    request = json.loads(request_content(Request(KIOSK, "site", bytes(10), csr)))
    receipt = StickReceipt(KIOSK, EPOCH, 1, "00" * 32, "x").text.encode()
    orders: dict[Part, dict[str, Any]] = {
        Part.DAY: {"day": "2026-11-21", "fields": {"capacity": "50"}},
        Part.BLOCKED: {"slips": ["slip:" + "0" * 32]},
        Part.OPENING: {
            "id": "1",
            "case": "1",
            "reason": "x",
            "by": ["An"],
            "since": "2026-11-21",
            "until": "2026-11-21",
        },
    }
    signed = [_signed(part, encode(said)) for part, said in orders.items()]
    words = [*signed, signed_time(KIOSK, NONCE, NOW_MS, _house().signer).encode()]
    asked = [_packed(whole), *(encode(said) for said in (*SAID.values(), SAID["renew"] | {"csr": csr}))]
    for path, good in (("segments", _packed(whole)), *((name, encode(SAID[name])) for name in ("where", "health"))):
        assert _status("POST", f"/kiosk/{path}", good, _kiosk()) == HTTPStatus.OK
    bodies = st.one_of(
        damaged(asked), values().map(_json), st.sampled_from(list(SAID.values())).flatmap(_altered).map(_json)
    )
    return {
        "segments": Target(
            st.one_of(
                damaged([_packed(whole)]), damaged([whole]).map(_packed), altered(_log()).map(_content).map(_packed)
            ),
            takes_any_segment,
        ),
        "sticks": Target(
            damaged([bundle([_packed(whole)] * 2), receipt, encrypted(b"x", [_house().age.recipient])]), reads_any_stick
        ),
        "enrolment": Target(
            st.one_of(
                damaged([code, request_content(Request(KIOSK, "site", bytes(10), csr))]), altered(request).map(_json)
            ),
            reads_any_enrolment,
        ),
        "orders": Target(
            st.one_of(
                damaged(words),
                st.tuples(st.sampled_from([*Part]), st.sampled_from(list(orders.values())).flatmap(_altered)).map(
                    lambda order: _signed(order[0], _json(order[1]))
                ),
            ),
            reads_any_order,
        ),
        "hub requests": Target(st.tuples(st.sampled_from(_routes()), bodies), answers_any_request),
    }


def _altered(said: Mapping[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return altered(said) if said else st.just({})


def _json(value: object) -> bytes:
    with contextlib.suppress(ValueError):  # a lone surrogate
        return encode(value)
    return b""
