"""The pages of the set-up as one WSGI application, and who may open them."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

from flask import Flask, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader

from kiosk.web import guard, languages
from kiosk.web.access import cookie
from kiosk.web.app import squeeze
from kiosk.web.server import WebServer
from kiosk.web.setup import screen, steps, views
from kiosk.web.setup.context import SetUpContext, setting_up

WEB = Path(__file__).parent.parent
OPEN = ("static", "setup.claim", "setup.take", "setup.bye")
# Only on the kiosk's own screen, never by the network: they show the code.
SHOWN_HERE = ("screen.screen", "screen.display", "screen.network", "screen.address")


def make_setup_app(context: SetUpContext) -> Flask:
    """All pages over *context*."""
    app = Flask(__name__, static_folder=str(WEB / "static"), static_url_path="/static")
    app.extensions["kiosk"] = context
    # What is refused is said on a page of ours: the kiosk's own leads to pages that are not there.
    refusals = DictLoader({"error.html": '{% extends "setup_error.html" %}'})
    app.jinja_loader = ChoiceLoader([refusals, FileSystemLoader(WEB / "templates")])
    app.after_request(squeeze)
    languages.speak(app)
    guard.protect(app)
    app.before_request(admit)
    app.context_processor(_what_every_page_shows)
    for page in (views.page, steps.page, screen.page):
        app.register_blueprint(page)
    return app


def admit() -> ResponseReturnValue | None:
    """Let in who has shown the code. The language is the set-up's, whoever reads."""
    context = setting_up()
    g.language = context.set_up.draft.language
    if request.endpoint in (None, *OPEN):
        return None
    if request.endpoint in SHOWN_HERE:
        return redirect(url_for("setup.claim"), 303) if request.is_secure else None
    if context.claim.admits(request.cookies.get(cookie("set-up"), "")):
        return None
    return redirect(url_for("setup.claim"), 303)


def _what_every_page_shows() -> dict[str, Any]:
    return {"draft": setting_up().set_up.draft, "steps": steps.NAMES}


def serve_setup(context: SetUpContext, host: str, port: int, listener: socket.socket | None) -> WebServer:
    """Serve the pages on *listener*, else on *host* and *port* (0: a free one). Raises OSError where it is taken."""
    return WebServer(make_setup_app(context), context, listener or socket.create_server((host, port)))
