"""How kiosks come to a hub, and leave it: codes that are good once, certificates, revoking."""

from __future__ import annotations

import hashlib
import secrets
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from kiosk.rules.enrolment import SECRET_BYTES, VALID_MS, Code, Request, fingerprint_of, request_of
from kiosk.rules.segments import NAME
from kiosk.rules.site_names import Span
from kiosk.store import tamper_log
from kiosk.store.awaited import Awaited, await_kiosk, awaited_by, has_come
from kiosk.store.catalogue import Catalogue, Enrolled, enrol, kiosk_of
from kiosk.store.hub_database import HubDatabase
from kiosk.vault.hub_ca import pass_for
from kiosk.vault.segments import mark_of_text, unpacked
from kiosk.vault.site_ca import SiteCa


class EnrolmentRefused(ValueError):  # noqa: N818  # read as "the enrolment is refused"
    """A kiosk that is not taken, or a code that is not made; one sentence."""


@dataclass(frozen=True, slots=True)
class Known:
    """What every kiosk of the hub is told when it comes: by what it knows the hub."""

    hub: str
    ca: str
    verifier: str
    recipient: str


class Enrolling:
    """Who may send to the hub whose tables *database* has. Threads may share it. Raises StoreError."""

    def __init__(self, database: HubDatabase, ca: SiteCa, known: Known, code_valid_ms: int) -> None:
        self._database = database
        self._ca = ca
        self._known = known
        self._code_valid_ms = code_valid_ms

    def make_code(self, kiosk: str, site: str, url: str, *, by: str, now_ms: int) -> Code:
        """A code for *kiosk* of *site*, in place of an earlier one, to reach the hub at *url*. Raises EnrolmentRefused.

        *by* whom it was made the tamper log has.
        """
        if not (NAME.fullmatch(kiosk) and NAME.fullmatch(site)):
            raise EnrolmentRefused("a kiosk and its site have short names of letters, digits, - and _")
        secret = secrets.token_bytes(SECRET_BYTES)
        awaited = Awaited(_digest(secret), kiosk, site, now_ms, now_ms + self._code_valid_ms)
        with self._database.transaction() as db:
            there = kiosk_of(db, kiosk)
            if there and there.site != site:
                raise EnrolmentRefused(f"{kiosk} is a kiosk of {there.site}; each kiosk of a hub has an id of its own")
            tamper_log.append(db, now_ms, {"what": "code", "kiosk": kiosk, "site": site, "by": by})
            await_kiosk(db, awaited)
        return Code(url, fingerprint_of(self._ca.certificate), secret)

    def enrol(self, public: str, signed: str, now_ms: int) -> Mapping[str, str]:
        """What a kiosk with the key *public* gets for its *signed* request (both base64; rules.enrolment).

        Raises EnrolmentRefused.
        """
        try:
            mark = mark_of_text(public)
            request = request_of(unpacked(b64decode(signed, validate=True), public))
            issued = pass_for(self._ca, request.csr, request.kiosk, mark.hex(), _span(now_ms))
        except ValueError as error:
            raise EnrolmentRefused(str(error)) from error
        self._take(Enrolled(request.kiosk, request.site, public, mark, now_ms), request)
        return {"kiosk": request.kiosk, "certificate": issued, **asdict(self._known)}

    def renew(self, kiosk: Enrolled, csr: str, now_ms: int) -> str:
        """A new pass (PEM) for *kiosk*, which has shown the one before. Raises EnrolmentRefused."""
        try:
            return pass_for(self._ca, csr, kiosk.id, kiosk.mark.hex(), _span(now_ms))
        except ValueError as error:
            raise EnrolmentRefused(str(error)) from error

    def revoke(self, kiosk: str, *, by: str, now_ms: int) -> None:
        """Take nothing more from *kiosk*, and await it no more. Raises EnrolmentRefused where there is none."""
        catalogue = Catalogue(self._database)
        if kiosk not in {one.id for one in catalogue.kiosks()}:
            raise EnrolmentRefused(f"there is no kiosk {kiosk}")
        catalogue.revoke(kiosk, now_ms, {"what": "revoked", "kiosk": kiosk, "by": by})

    def _take(self, kiosk: Enrolled, request: Request) -> None:
        digest, now_ms = _digest(request.secret), kiosk.enrolled_ms
        with self._database.transaction() as db:
            awaited = awaited_by(db, digest)
            if awaited is None or awaited.ends_ms <= now_ms:
                raise EnrolmentRefused("this code is not known here, or is over; have another one made")
            if (awaited.kiosk, awaited.site) != (kiosk.id, kiosk.site):
                meant, come = f"{awaited.kiosk} of site {awaited.site}", f"{kiosk.id} of site {kiosk.site}"
                raise EnrolmentRefused(f"this code is for {meant}, but this is {come}: see [kiosk] id and [site] id")
            if awaited.mark == kiosk.mark:
                return
            if awaited.mark is not None:
                raise EnrolmentRefused("another kiosk has used this code already; have another one made")
            said = {"what": "enrolled", "kiosk": kiosk.id, "site": kiosk.site, "public": kiosk.public}
            try:
                enrol(db, kiosk, said)
            except KeyError as error:
                raise EnrolmentRefused(f"this kiosk's key is known as that of {error.args[0]}") from error
            has_come(db, digest, kiosk.mark)


def _digest(secret: bytes) -> bytes:
    return hashlib.sha256(secret).digest()


def _span(now_ms: int) -> Span:
    return Span(now_ms, now_ms + VALID_MS)
