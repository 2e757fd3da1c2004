"""``/trust``: how a tablet comes to trust this kiosk: what to compare, the CA to install, the steps of each system."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for
from werkzeug.exceptions import NotFound

from kiosk.devices.qr_picture import qr_svg
from kiosk.rules.site_names import fingerprint_lines
from kiosk.vault.site_ca import SiteCa
from kiosk.web.context import house
from kiosk.web.marks import for_all

page = Blueprint("trust", __name__, url_prefix="/trust")

FILE = "kiosk-ca.crt"
SYSTEMS = {"Android": "android", "iPad": "ipad", "iPhone": "ipad", "Macintosh": "ipad", "Windows": "windows"}


@page.get("")
@for_all
def trust() -> str:
    """The page; the steps of the system that asks are open."""
    front, agent = house().front, request.user_agent.string
    fingerprint = front.ca.fingerprint if front and front.ca else ""
    return render_template(
        "trust.html",
        urls=_urls(),
        fingerprint=fingerprint_lines(fingerprint),
        file=FILE,
        fault=front.state.note if front else "",
        system=next((system for mark, system in SYSTEMS.items() if mark in agent), ""),
    )


@page.get("/address.svg")
@for_all
def address() -> Response:
    """The address of this page for tablets, as a QR code."""
    urls = _urls()
    if not urls:
        raise NotFound
    return Response(qr_svg(urls[0]), mimetype="image/svg+xml")


@page.get(f"/{FILE}")
@for_all
def certificate() -> Response:
    """The CA's certificate, as systems take it in."""
    headers = {"Content-Disposition": f"attachment; filename={FILE}"}
    return Response(_ca().certificate, mimetype="application/x-x509-ca-cert", headers=headers)


def _urls() -> list[str]:
    front = house().front
    return [url + url_for("trust.trust") for url in front.urls()] if front and front.ca else []


def _ca() -> SiteCa:
    front = house().front
    if front is None or front.ca is None:
        raise NotFound
    return front.ca
