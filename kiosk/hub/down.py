"""What a hub says to its kiosks: staff of the hub put it in, each kiosk fetches what is new to it, signed for it."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, tzinfo

from kiosk.rules import down
from kiosk.rules.down import MOST_PAYLOAD_BYTES, Order, OrderRefused, Part
from kiosk.rules.entries import encode
from kiosk.rules.openings import Opening
from kiosk.rules.order_answers import Answer
from kiosk.store import hub_down, tamper_log
from kiosk.store.hub_database import HubDatabase
from kiosk.store.hub_down import Became, Standing
from kiosk.vault.down import signed_order, signed_time
from kiosk.vault.errors import VaultError
from kiosk.vault.notes import Signer
from kiosk.vault.succession import read_succession

DAY_MS = 86_400_000
OPENINGS_KEPT_MS = 60 * DAY_MS  # for a kiosk that was offline for so long

_CHECKS: dict[Part, Callable[[Order], object]] = {
    Part.DAY: down.typed_day_of,
    Part.LIST: down.list_day_of,
    Part.TRUST: down.file_of,
    Part.BLOCKED: down.blocked_of,
    Part.OPENING: down.opening_of,
    Part.KEY: lambda order: read_succession(order.payload),
}


@dataclass(frozen=True, slots=True)
class To:
    """Whom an order is for: all kiosks, those of *site*, or one *kiosk*."""

    site: str = ""
    kiosk: str = ""

    @property
    def scope(self) -> str:
        """As the hub keeps it."""
        if self.kiosk:
            return hub_down.of_kiosk(self.kiosk)
        return hub_down.of_site(self.site) if self.site else hub_down.everybody()


class Down:
    """The orders in *database*, signed by *signer*; days are of *zone*. Threads may share it. Raises StoreError."""

    def __init__(self, database: HubDatabase, signer: Signer, zone: tzinfo = UTC) -> None:
        self._database = database
        self._signer = signer
        self._zone = zone

    def put(
        self, part: Part, name: str, payload: bytes, to: To, *, by: str, now_ms: int, until_ms: int | None = None
    ) -> int:
        """Let an order stand until *until_ms*, in place of an older one of that name; its number.

        The tamper log has it first. Raises OrderRefused for what no kiosk would take.
        """
        order = Order("", 1, part, name, payload)
        if len(payload) > MOST_PAYLOAD_BYTES:
            raise OrderRefused(f"it is too large: at most {MOST_PAYLOAD_BYTES >> 20} MiB")
        down.order_of(order.text, payload)
        try:
            _CHECKS[part](order)
        except VaultError as error:
            raise OrderRefused(str(error)) from error
        standing = Standing(0, to.scope, part, name, now_ms, until_ms, by, len(payload))
        with self._database.transaction() as db:
            return _put(db, standing, payload)

    def tell_of(self, db: sqlite3.Connection, opening: Opening, now_ms: int) -> None:
        """Tell the kiosks of the sites of an *opening* of it, within the transaction that has it."""
        scope, request = opening.request.scope, opening.request
        since, until = (local_day(at_ms, self._zone) for at_ms in (scope.from_ms, scope.until_ms))
        by = tuple(filter(None, (opening.asked_by, opening.decided_by)))
        said = down.Opening(str(opening.id), request.case_number, request.reason, by, since, until)
        payload, until_ms = encode(asdict(said)), now_ms + OPENINGS_KEPT_MS
        for to in [To(site=site) for site in sorted(scope.sites)] or [To()]:
            names = " + ".join(by)
            standing = Standing(0, to.scope, Part.OPENING, said.id, now_ms, until_ms, names, len(payload))
            _put(db, standing, payload)

    def bundle_for(self, kiosk: str, site: str, have: int, now_ms: int) -> bytes | None:
        """The next order for *kiosk* of *site* after number *have*, signed for it; None where it has all."""
        with self._database.transaction() as db:
            found = hub_down.next_after(db, hub_down.scopes_of(kiosk, site), have, now_ms)
        if found is None:
            return None
        number, part, name, payload = found
        return signed_order(Order(kiosk, number, part, name, payload), self._signer)

    def time_for(self, kiosk: str, nonce: str, now_ms: int) -> str:
        """The hub's signed word for what time it is, to *kiosk*, which asks with *nonce*. Raises OrderRefused."""
        if not down.NONCE.fullmatch(nonce):
            raise OrderRefused("what a kiosk asks with has 32 digits from 0 to f")
        return signed_time(kiosk, nonce, now_ms, self._signer)

    def standing(self) -> list[Standing]:
        """Every order that stands."""
        with self._database.transaction() as db:
            return hub_down.standing(db)

    def became(self) -> Mapping[int, list[Became]]:
        """What has become of each of them, by its number."""
        with self._database.transaction() as db:
            return hub_down.became(db)

    def note_answers(self, kiosk: str, answers: Sequence[Answer]) -> None:
        """Remember what the log of *kiosk* says of orders; the same again changes nothing."""
        if answers:
            with self._database.transaction() as db:
                hub_down.note_answers(db, kiosk, answers)

    def drop(self, number: int, *, by: str, now_ms: int) -> bool:
        """Say order *number* to no more kiosks; those that have it keep it. False where there is none."""
        with self._database.transaction() as db:
            there = hub_down.drop(db, number)
            if there:
                tamper_log.append(db, now_ms, {"what": "down dropped", "number": number, "by": by})
        return there

    def forget_over(self, now_ms: int) -> None:
        """Delete what is over: lists name people."""
        with self._database.transaction() as db:
            hub_down.forget_over(db, now_ms)


def _put(db: sqlite3.Connection, standing: Standing, payload: bytes) -> int:
    number = hub_down.put(db, standing, payload)
    digest = hashlib.sha256(payload).hexdigest()
    said = {"what": "down", "number": number, "to": standing.scope, "part": standing.part, "sha256": digest}
    tamper_log.append(db, standing.made_ms, said | {"by": standing.by})
    return number


def local_day(at_ms: int, zone: tzinfo) -> str:
    """The day of *at_ms* in *zone* (ISO)."""
    return datetime.fromtimestamp(at_ms / 1000, zone).date().isoformat()


def day_payload(day: str, fields: dict[str, str]) -> bytes:
    """What an order for the settings of *day* carries."""
    return encode({"day": day, "fields": fields})


def blocked_payload(slips: Iterable[str]) -> bytes:
    """What an order carries that blocks *slips*, which holder ids name (``slip:`` and 32 digits)."""
    return json.dumps({"slips": sorted(slips)}).encode()
