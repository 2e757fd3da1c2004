"""What every page of the hub wears: templates and static files of its own and of the kiosk, languages, the bar."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from jinja2 import ChoiceLoader, FileSystemLoader

from kiosk import web
from kiosk.hub.web.access import may
from kiosk.hub.web.context import hub
from kiosk.hub.web.words import ROLES
from kiosk.rules.hub_users import HubRight
from kiosk.web import languages
from kiosk.web.app import squeeze

OF_KIOSK = Path(web.__path__[0])
OWN = Path(__file__).parent


def _(sentence: str) -> str:
    """Marks what the catalogues must have; it is said in the page's language when the page is made."""
    return sentence


@dataclass(frozen=True, slots=True)
class Way:
    """A page in the bar for who has *right*."""

    endpoint: str
    name: str
    right: HubRight


NAVIGATION = (
    Way("overview.kiosks", _("Kiosks"), HubRight.SEE),
    Way("refused.refused", _("Not taken"), HubRight.SEE),
    Way("cases.cases", _("Cases"), HubRight.CASES),
    Way("kept.what_is_kept", _("What is kept"), HubRight.SEE),
    Way("audit.audit", _("Audit log"), HubRight.AUDIT),
    Way("users.users", _("Users"), HubRight.ADMIN),
)


def dressed() -> Flask:
    """An application without routes that makes such pages."""
    app = Flask("kiosk.hub.web", static_folder=str(OF_KIOSK / "static"), static_url_path="/static")
    app.jinja_loader = ChoiceLoader([FileSystemLoader(OWN / "templates"), FileSystemLoader(OF_KIOSK / "templates")])
    app.context_processor(_what_every_page_shows)
    app.after_request(squeeze)
    languages.speak(app)
    app.jinja_env.globals["ROLES"] = ROLES
    return app


def _what_every_page_shows() -> dict[str, Any]:
    return {"hub_name": hub().house.settings.hub.name, "pages": [way for way in NAVIGATION if may(way.right)]}
