"""``/console/openings``: what a tracing team's console asks.

Everything names an opening, stays within its scope, and is counted; the hub sees pseudonyms under keys that it cannot
open, and hands out sealed identities of who was found.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from threading import Lock
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from kiosk.hub.openings import ExportMade
from kiosk.hub.web.access import by, needs
from kiosk.hub.web.context import hub
from kiosk.hub.web.guard import answer_with
from kiosk.lake.duck import DuckEngine
from kiosk.lake.tables import LakeError
from kiosk.rules import said_json
from kiosk.rules import tracing_wire as wire
from kiosk.rules.hub_users import HubRight
from kiosk.rules.openings import SENTENCES, Fault, Opening, OpeningFault, Request
from kiosk.rules.said_json import Json, NotUnderstood
from kiosk.rules.tracing import MOST_MET, Asked, Scope, TooManyError, demand_few
from kiosk.web.words import Words

routes = Blueprint("console", __name__, url_prefix="/console/openings")

LAKE = "lake"
HOUR_MS = 3_600_000
ENGINE = "console engine"
_OPENING = Lock()
_STATUS = {Fault.UNKNOWN: 404, Fault.WAITING: 409, Fault.OVER: 410}
NO_ENGINE = Words("Trung tâm chưa trả lời được câu hỏi.", "The hub cannot answer questions yet.")
NOT_READ = Words("Không đọc được câu hỏi.", "The question cannot be read.")
TOO_MANY = Words(
    "Câu trả lời quá lớn; hãy hỏi ít ngày, ít điểm hơn, hoặc theo khu vực.",
    "The answer is too large: ask about fewer days or sites, or by zone.",
)


@routes.errorhandler(OpeningFault)
def answer_shut(error: OpeningFault) -> Response:
    """Why it is not open."""
    return answer_with(_STATUS.get(error.fault, 403), Words(*SENTENCES[error.fault]), str(error.fault))


@routes.errorhandler(NotUnderstood)
def answer_not_understood(error: NotUnderstood) -> Response:
    """What cannot be read."""
    return answer_with(400, NOT_READ, str(error)[:200])


@routes.errorhandler(TooManyError)
def answer_too_many(error: TooManyError) -> Response:
    """That nobody could use such an answer."""
    return answer_with(413, TOO_MANY, str(error))


@routes.errorhandler(LakeError)
def answer_no_engine(error: LakeError) -> Response:
    """Why nothing can be asked."""
    return answer_with(503, NO_ENGINE, str(error))


@routes.post("")
@needs(HubRight.TRACE)
def ask() -> ResponseReturnValue:
    """``request`` to ``opening``, which is on record when this answers."""
    wanted = wire.request_in(_said().get("request"))
    return _opening(hub().house.openings.ask(_with_own_bound(wanted), by(), hub().now_ms()))


@routes.post("/<int:number>")
@needs(HubRight.TRACE)
def look(number: int) -> ResponseReturnValue:
    """``opening`` as it stands; of who has asked for it."""
    return _opening(_own(number))


@routes.post("/<int:number>/keys")
@needs(HubRight.TRACE)
def keys(number: int) -> ResponseReturnValue:
    """``scope`` to the sealed day ``keys`` in use there."""
    scope = _scope(number, _said())
    return _rows(number, "keys", engine().keys(scope), wire.keys_out)


@routes.post("/<int:number>/late")
@needs(HubRight.TRACE)
def late(number: int) -> ResponseReturnValue:
    """``scope`` to the sites that are ``late``: not all of their kiosks' logs has arrived."""
    scope = _scope(number, _said())
    return _rows(number, "late", hub().house.openings.late(scope, hub().now_ms()), wire.gaps_out)


@routes.post("/<int:number>/same")
@needs(HubRight.TRACE)
def same(number: int) -> ResponseReturnValue:
    """``asked`` to the ``same`` people's pseudonyms under those keys."""
    asked = wire.asked_in(_said().get("asked"))
    _usable(number)
    found = engine().same_as(asked)
    _count(number, "same", _size(found))
    return jsonify(same=wire.asked_out(found))


@routes.post("/<int:number>/stays")
@needs(HubRight.TRACE)
def stays(number: int) -> ResponseReturnValue:
    """``asked`` and ``scope`` to their ``stays``."""
    said = _said()
    scope = _scope(number, said)
    found = engine().stays_of(wire.asked_in(said.get("asked")), scope)
    hub().house.openings.found(number, {(stay.key_id, stay.who) for stay in found}, "stays", hub().now_ms())
    return _answer("stays", found, wire.stays_out)


@routes.post("/<int:number>/count")
@needs(HubRight.TRACE)
def count(number: int) -> ResponseReturnValue:
    """``index``, ``scope`` and ``question`` to ``count``: how many were met, of how many."""
    found = engine().count(*_question(number))
    _count(number, "count", found.met)
    return jsonify(count=[found.met, found.present])


@routes.post("/<int:number>/met")
@needs(HubRight.TRACE)
def met(number: int) -> ResponseReturnValue:
    """``index``, ``scope`` and ``question`` to who was ``met``."""
    found = engine().met(*_question(number))
    hub().house.openings.found(number, [(one.key_id, one.who) for one in found], "met", hub().now_ms())
    return _answer("met", found, wire.met_out)


@routes.post("/<int:number>/later")
@needs(HubRight.TRACE)
def later(number: int) -> ResponseReturnValue:
    """``contacts``, ``selves``, ``scope`` and ``question`` to who was met ``later``."""
    said = _said()
    scope, question = _scope(number, said), wire.question_in(said.get("question"))
    hub().house.openings.within(number, by(), hub().now_ms(), scope, question)
    contacts, selves = wire.since_in(said.get("contacts")), wire.asked_in(said.get("selves"))
    found = engine().met_later(contacts, selves, scope, question)
    hub().house.openings.found(number, found, "later", hub().now_ms())
    return _answer("later", found, wire.pairs_out)


@routes.post("/<int:number>/people")
@needs(HubRight.TRACE)
def people(number: int) -> ResponseReturnValue:
    """``asked``, who were found, to the sealed ``people``."""
    asked = wire.asked_in(_said().get("asked"))
    hub().house.openings.demand_found(_usable(number), asked)
    return _rows(number, "people", engine().people(asked), wire.people_out)


@routes.post("/<int:number>/export")
@needs(HubRight.TRACE)
def export(number: int) -> ResponseReturnValue:
    """A file of ``format`` with ``rows`` and ``sha256`` was made of the answer."""
    said = _said()
    sha256 = said_json.blob(said.get("sha256"), 32).hex()
    made = ExportMade(said_json.text(said.get("format"), 40), said_json.whole(said.get("rows")), sha256)
    hub().house.openings.exported(_own(number), made, hub().now_ms())
    return jsonify({})


@routes.post("/<int:number>/end")
@needs(HubRight.TRACE)
def end(number: int) -> ResponseReturnValue:
    """What it came to: how many were ``found``, ``named``, ``present``."""
    said = _said()
    numbers = {name: said_json.whole(said.get(name)) for name in ("found", "named", "present")}
    return _opening(hub().house.openings.end(_usable(number), hub().now_ms(), **numbers))


def engine() -> DuckEngine:
    """The engine over the hub's lake, opened when it is first needed. Raises LakeError."""
    with _OPENING:
        known: DuckEngine | None = current_app.extensions.get(ENGINE)
        if known is None:
            known = current_app.extensions[ENGINE] = DuckEngine(hub().house.folder / LAKE)
    return known


def _with_own_bound(wanted: Request) -> Request:
    """*wanted*, with the longest stay of this hub's lake."""
    longest_ms = round(hub().house.settings.hub.longest_stay_h * HOUR_MS)
    return replace(wanted, question=replace(wanted.question, longest_ms=longest_ms))


def _said() -> Json:
    try:
        return said_json.table(request.get_json(force=True))
    except RecursionError as error:
        raise BadRequest from error


def _usable(number: int) -> Opening:
    return hub().house.openings.of(number, by(), hub().now_ms())


def _own(number: int) -> Opening:
    opening = hub().house.openings.look(number)
    if opening is None:
        raise OpeningFault(Fault.UNKNOWN)
    if opening.asked_by != by():
        raise OpeningFault(Fault.NOT_YOURS)
    return opening


def _scope(number: int, said: Json) -> Scope:
    scope = wire.scope_in(said.get("scope"))
    hub().house.openings.within(number, by(), hub().now_ms(), scope)
    return scope


def _question(number: int) -> Any:
    said = _said()
    scope, question = wire.scope_in(said.get("scope")), wire.question_in(said.get("question"))
    hub().house.openings.within(number, by(), hub().now_ms(), scope, question)
    return wire.index_in(said.get("index")), scope, question


def _rows(number: int, what: str, found: Collection[Any], out: Callable[[Any], object]) -> Response:
    _count(number, what, len(found))
    return _answer(what, found, out)


def _answer(what: str, found: Collection[Any], out: Callable[[Any], object]) -> Response:
    demand_few(len(found), MOST_MET)
    return jsonify({what: out(found)})


def _count(number: int, what: str, rows: int) -> None:
    hub().house.openings.handed_out(number, what, rows, hub().now_ms())


def _size(asked: Asked) -> int:
    return sum(map(len, asked.values()))


def _opening(opening: Opening) -> Response:
    return jsonify(opening=wire.opening_out(opening))
