"""What kiosks ask of the hub. Each shows its certificate, but for the first time, when it shows a code."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, make_response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from kiosk.hub.enrolling import EnrolmentRefused
from kiosk.hub.intake import Receipt
from kiosk.hub.logs import Branch
from kiosk.hub.web.context import hub
from kiosk.hub.web.for_kiosks import routes_for_kiosks
from kiosk.hub.web.guard import answer_with
from kiosk.hub.web.sender import said, sender
from kiosk.rules.kiosk_health import health_of
from kiosk.rules.segments import Fault, SegmentRefused
from kiosk.store.kiosk_health import Told, keep
from kiosk.web.words import Words

routes = routes_for_kiosks("kiosks")

_STATUS = {Fault.GAP: 416, Fault.TOO_LARGE: 413, Fault.STRANGER: 403, Fault.REVOKED: 403}

NOT_ENROLLED = Words("Trung tâm không nhận máy này.", "The hub does not take this kiosk.")


@routes.errorhandler(EnrolmentRefused)
def answer_not_enrolled(error: EnrolmentRefused) -> Response:
    """Why not, for who is enrolling it."""
    return answer_with(403, NOT_ENROLLED, str(error))


@routes.get("/ca")
def ca() -> ResponseReturnValue:
    """The certificate of the hub's CA, which a code vouches for."""
    answer = make_response(hub().house.ca.pem)
    answer.mimetype = "application/x-pem-file"
    return answer


@routes.post("/enrol")
def enrol() -> ResponseReturnValue:
    """Step 3 of ``rules.enrolment``."""
    asked = said()
    return jsonify(hub().house.enrolling.enrol(_text(asked, "public"), _text(asked, "signed"), hub().now_ms()))


@routes.post("/renew")
def renew() -> ResponseReturnValue:
    """``csr`` (PEM) for ``certificate`` (PEM); also with a certificate that is over."""
    csr = _text(said(), "csr")
    return jsonify(certificate=hub().house.enrolling.renew(sender(renewing=True), csr, hub().now_ms()))


@routes.post("/segments")
def segments() -> ResponseReturnValue:
    """One packed segment. A receipt, or why it was not taken and how far the hub has that epoch of the log."""
    kiosk = sender()
    try:
        return jsonify(_receipt(hub().house.intake.take(request.get_data(), hub().now_ms())))
    except SegmentRefused as refused:
        said = {"fault": refused.fault, "found": str(refused), "through": _through(kiosk.id)}
        return jsonify(said), _STATUS.get(refused.fault, 422)


@routes.post("/where")
def where() -> ResponseReturnValue:
    """Whether the hub has the log as it was after entry ``sequence``, with ``chain``; where all such branches end."""
    kiosk, asked = sender(), said()
    sequence, chain = asked.get("sequence"), _text(asked, "chain")
    if type(sequence) is not int or not 0 <= sequence < 2**63:
        raise BadRequest
    try:
        ends = hub().house.logs.containing(kiosk.id, sequence, bytes.fromhex(chain))
    except ValueError as error:
        raise BadRequest from error
    return jsonify(known=bool(ends) or sequence == 0, ends=list(map(_end, ends)))


@routes.post("/health")
def health() -> ResponseReturnValue:
    """What ``rules.kiosk_health`` reads."""
    kiosk, now_ms = sender(), hub().now_ms()
    try:
        told = Told(now_ms, health_of(said()))
    except ValueError as error:
        raise BadRequest from error
    with hub().house.database.transaction() as db:
        keep(db, kiosk.id, told)
    return jsonify(heard_ms=now_ms)


def _receipt(receipt: Receipt) -> dict[str, Any]:
    end = _end(receipt.branch)
    return {
        "epoch": end["epoch"],
        "through": end["sequence"],
        "chain": end["chain"],
        "forked": receipt.forked,
        "checkpoint": receipt.checkpoint,
    }


def _end(branch: Branch) -> dict[str, Any]:
    return {"epoch": branch.epoch, "sequence": branch.sequence, "chain": branch.chain.hex()}


def _through(kiosk: str) -> int:
    return max((branch.sequence for branch in hub().house.logs.branches(kiosk)), default=0)


def _text(asked: dict[str, Any], name: str) -> str:
    text = asked.get(name)
    if not isinstance(text, str):
        raise BadRequest
    return text
