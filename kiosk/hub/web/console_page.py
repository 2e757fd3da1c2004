"""The tracing team's own page, on the machine that holds the tracing key: one case, on the loopback address alone.

The address that ``kiosk trace --page`` prints carries a secret, which becomes a cookie of this browser: nobody else who
is signed in on the machine can look in.
"""

from __future__ import annotations

import hmac
import secrets
import socket
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import waitress
from flask import Blueprint, Flask, Response, current_app, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from jinja2 import ChoiceLoader, FileSystemLoader
from markupsafe import Markup
from werkzeug.exceptions import BadRequest, Forbidden, HTTPException, NotFound

from kiosk import web
from kiosk.door_socket import DoorAway
from kiosk.exports.contacts.html_file import PLACES, place_rows
from kiosk.exports.contacts.table import Clock, minutes, notes, number_of, place_text
from kiosk.heartbeat import Heart
from kiosk.rules.contact_pictures import orders, timelines
from kiosk.rules.contact_words import MISSING, ORDERS, Said, asked_by
from kiosk.rules.openings import DOCUMENTS, Search
from kiosk.store.schema import StoreError
from kiosk.tracing.desk import Desk, NotAllowed, Stage, Typed
from kiosk.tracing.handing_on import BESIDE, FORMS
from kiosk.vault import VaultError
from kiosk.web import languages
from kiosk.web.guard import BROKEN, LOOPBACK_NAMES, SENTENCES, add_headers, comes_from_own_page
from kiosk.web.guard import FORMS as OF_FORMS
from kiosk.web.waitress_thread import WaitressThread

page = Blueprint("console", __name__)

COOKIE = "console"
LARGEST_BODY_BYTES = 20_000
MOST_SHOWN = 300  # people on the page; the files have all
TYPED = [one.name for one in fields(Typed) if one.name != "also"]
STATUS_REFUSED, STATUS_FAILED = 422, 500
FAILURES = (StoreError, VaultError, DoorAway, OSError)
_FAILED = Said("Máy báo lỗi", "This machine says")
BOUND_S = 600.0  # one answer at a hub may take so long
_TEMPLATES = Path(__file__).parent / "templates"
_OF_KIOSK = Path(web.__path__[0])

# What the list of forms calls them, in both languages alike.
FORM_NAMES = {
    "csv": "CSV",
    "xlsx": "Excel (XLSX)",
    "html": "HTML",
    "json": "JSON",
    "parquet": "Parquet",
    "godata": "WHO Go.Data",
    "sormas": "SORMAS",
    "dhis2": "DHIS2 Tracker",
    "fhir": "FHIR R4",
}


def make_console_app(desk: Desk, secret: str) -> Flask:
    """The page over *desk*, for whoever comes with *secret*."""
    app = Flask("kiosk.hub.web", static_folder=str(_OF_KIOSK / "static"), static_url_path="/static")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY_BYTES
    app.extensions["desk"], app.extensions["secret"] = desk, secret
    app.jinja_loader = ChoiceLoader([FileSystemLoader(_TEMPLATES), FileSystemLoader(_OF_KIOSK / "templates")])
    languages.speak(app)
    app.jinja_env.filters["said"] = lambda said: said.of(languages.language())
    app.before_request(_admit)
    app.after_request(add_headers)
    app.register_error_handler(HTTPException, _answer_refusal)
    app.register_error_handler(NotAllowed, lambda refusal: (_show(refusal.said), STATUS_REFUSED))
    for failure in FAILURES:
        app.register_error_handler(failure, _answer_failure)
    app.register_blueprint(page)
    return app


def _answer_failure(failure: Exception) -> ResponseReturnValue:
    """Log, key or door could not do their part: what they say of it, on the page as it is."""
    return _show(Said(f"{_FAILED.vi}: {failure}", f"{_FAILED.en}: {failure}")), STATUS_FAILED


def _desk() -> Desk:
    return cast(Desk, current_app.extensions["desk"])


def _admit() -> ResponseReturnValue | None:
    """Only this machine, only with the secret, and changes only from this page. Raises BadRequest, Forbidden."""
    asked = request.cookies.get("language", languages.FIRST)
    g.language = asked if asked in languages.LANGUAGES else languages.FIRST
    if request.host.rpartition(":")[0] not in LOOPBACK_NAMES:
        raise BadRequest
    if request.endpoint in ("static", "console.enter"):
        return None
    if not _is_secret(request.cookies.get(COOKIE, "")):
        raise Forbidden
    if request.method not in ("GET", "HEAD") and not (request.mimetype in OF_FORMS and comes_from_own_page()):
        raise Forbidden
    return None


def _is_secret(shown: str) -> bool:
    return hmac.compare_digest(shown.encode(), str(current_app.extensions["secret"]).encode())


def _answer_refusal(error: HTTPException) -> ResponseReturnValue:
    words = SENTENCES.get(error.code or 500, BROKEN)
    return render_template("console_error.html", words=Said(words.vi, words.en)), error.code or 500


@page.get("/enter/<secret>")
def enter(secret: str) -> ResponseReturnValue:
    """The secret of the printed address becomes this browser's cookie, and leaves the address line."""
    if not _is_secret(secret):
        raise Forbidden
    answer = redirect(url_for("console.case"), 303)
    answer.set_cookie(COOKIE, secret, httponly=True, samesite="Strict")
    return answer


@page.get("/")
def case() -> str:
    """The case as far as it has come."""
    return _show()


@page.post("/language")
def language() -> ResponseReturnValue:
    """The page in the other language."""
    answer = redirect(url_for("console.case"), 303)
    if request.form.get("language") in languages.LANGUAGES:
        answer.set_cookie("language", request.form["language"], samesite="Strict")
    return answer


@page.post("/ask")
def ask() -> ResponseReturnValue:
    """Have the opening recorded, and count."""
    form = request.form
    typed: dict[str, Any] = {name: form[name] for name in TYPED if name in form}
    if another := form.get("what_2", "").strip():
        typed["also"] = ((form.get("search_2", ""), another),)
    return _then(lambda: _desk().begin(Typed(**typed)))


@page.post("/go-on")
def go_on() -> ResponseReturnValue:
    """See whether somebody has approved."""
    return _then(_desk().go_on)


@page.post("/name")
def name() -> ResponseReturnValue:
    """Open who was counted."""
    return _then(_desk().name)


@page.post("/make")
def make() -> ResponseReturnValue:
    """Make a file of the answer."""
    form = request.form.get("form", "")
    if form not in FORMS:
        raise BadRequest
    recipient, their_case = (request.form.get(name, "").strip() for name in ("recipient", "their_case"))
    return _then(lambda: _desk().make(form, recipient, their_case))


@page.post("/close")
def close() -> ResponseReturnValue:
    """The case is done."""
    return _then(_desk().close)


@page.get("/file/<name>")
def file(name: str) -> Response:
    """A file that was made, or what belongs beside it."""
    made = _desk().files.get(name.removesuffix(BESIDE))
    if not made:
        raise NotFound
    answer = make_response(made.beside.encode() if name.endswith(BESIDE) else made.content)
    answer.mimetype = "application/octet-stream"  # it is for the disk, whatever a browser would make of it
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


class ConsoleServer:
    """The page over *desk* on the loopback address, port *port* (0: a free one), until ``close``. Raises OSError."""

    def __init__(self, desk: Desk, port: int = 0) -> None:
        self._secret = secrets.token_urlsafe(24)
        listener = socket.create_server(("127.0.0.1", port))
        self.port = int(listener.getsockname()[1])
        self._map: dict[int, Any] = {}
        server = waitress.create_server(
            make_console_app(desk, self._secret),
            map=self._map,
            sockets=[listener],
            threads=4,
            # Above every body and answer: larger ones would go through a temporary file, and names are never written.
            inbuf_overflow=4 * LARGEST_BODY_BYTES,
            outbuf_overflow=1 << 30,
            ident="",
        )
        self._thread = WaitressThread(server, self._map, Heart("console", BOUND_S))
        self._thread.start()

    @property
    def url(self) -> str:
        """The address to open, with the secret that lets in."""
        return f"http://127.0.0.1:{self.port}/enter/{self._secret}"

    def close(self) -> None:
        """Stop, and wait for what is being answered."""
        self._thread.close()


def _then(act: Callable[[], object]) -> ResponseReturnValue:
    act()
    return redirect(url_for("console.case"), 303)


def _show(trouble: Said | None = None) -> str:
    desk = _desk()
    answer = desk.answer
    told: dict[str, object] = {}
    if answer:
        zone = ZoneInfo(answer.asked.time_zone)
        spoken = languages.language()
        told = {
            "timelines": [(day, Markup(picture)) for day, picture in timelines(answer, zone, spoken)],  # noqa: S704  # all that came from outside is escaped there
            "orders": Markup(orders(answer, spoken)),  # noqa: S704  # the same
            "places": place_rows(answer),
            "clock": Clock(answer.asked.time_zone),
        }
    return render_template(
        "console.html",
        desk=desk,
        Stage=Stage,
        answer=answer,
        trouble=trouble,
        searches=[(search.value, asked_by(search.value)) for search in Search],
        documents=[(search.value, asked_by(search.value)) for search in DOCUMENTS],
        place_headings=PLACES,
        forms=FORM_NAMES,
        orders_said=ORDERS,
        missing=MISSING,
        most_shown=MOST_SHOWN,
        minutes=minutes,
        notes=notes,
        number_of=number_of,
        place_text=place_text,
        beside=BESIDE,
        **told,
    )
