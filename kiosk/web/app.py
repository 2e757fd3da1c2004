"""The pages as one WSGI application."""

from __future__ import annotations

import gzip
import os
from typing import IO, Any

from flask import Flask, Request, Response, request
from werkzeug.routing import IntegerConverter

from kiosk.joined import JOINED_FILE, told_days
from kiosk.rules.notice import notice
from kiosk.web import access, guard, languages
from kiosk.web.context import WebContext
from kiosk.web.navigation import ways
from kiosk.web.pages import PAGES
from kiosk.web.reasons import reason
from kiosk.web.words import ROLES


class _Number(IntegerConverter):
    """A number in an address: none that the log could not hold."""

    regex = "[0-9]{1,16}"


class _Request(Request):
    """A request whose files are in memory without a name, never on the disk: lists name people."""

    def _get_file_stream(self, *_: object, **__: object) -> IO[bytes]:
        return os.fdopen(os.memfd_create("sent"), "w+b")


def make_app(context: WebContext) -> Flask:
    """All pages over *context*. Its feed is not started: ``server.serve`` does that."""
    app = Flask(__name__)
    app.request_class = _Request
    app.extensions["kiosk"] = context
    app.context_processor(lambda: _what_every_page_shows(context))
    app.after_request(squeeze)
    languages.speak(app)
    app.jinja_env.globals["ROLES"] = ROLES
    app.jinja_env.filters["reason"] = reason
    app.url_map.converters["int"] = _Number
    guard.protect(app)
    for page in PAGES:
        app.register_blueprint(page)
    access.protect(app)
    return app


def squeeze(response: Response) -> Response:
    """A page by gzip where the browser takes it: a day's lines say much the same."""
    if response.mimetype == "text/html" and request.accept_encodings.quality("gzip"):
        response.set_data(gzip.compress(response.get_data(), compresslevel=5))
        response.headers["Content-Encoding"] = "gzip"
        response.vary.add("Accept-Encoding")
    return response


def _what_every_page_shows(context: WebContext) -> dict[str, Any]:
    site, data = context.settings.site, context.reader.path.parent
    notice_vi, notice_en = notice(site.name, site.keeper, told_days(context.settings, data), site.consent)
    return {
        "site": site,
        "kiosk_id": context.settings.kiosk.id,
        "gates": context.settings_today().gates,
        "alert_now": context.now.alert,
        "has_counters": bool(context.settings.counters),
        "demo": context.vault.demo,
        "pages": ways(
            counters=bool(context.settings.counters),
            demo=context.vault.demo,
            joined=(data / JOINED_FILE).exists(),
        ),
        "notice_vi": notice_vi,
        "notice_en": notice_en,
    }
