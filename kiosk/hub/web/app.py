"""What a hub answers as one WSGI application."""

from __future__ import annotations

from flask import Flask

from kiosk.hub.web import access, guard
from kiosk.hub.web.blueprints import BLUEPRINTS
from kiosk.hub.web.context import HubContext
from kiosk.hub.web.dressing import dressed
from kiosk.hub.web.pages import PAGES


def make_hub_app(context: HubContext) -> Flask:
    """All routes over *context*."""
    app = dressed()
    app.extensions["hub"] = context
    guard.protect(app)
    for blueprint in (*BLUEPRINTS, *PAGES):
        app.register_blueprint(blueprint)
    access.protect(app)
    return app
