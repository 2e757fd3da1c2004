"""What stands on the kiosk's own screen while it waits to be set up: the network, the address, the code."""

from __future__ import annotations

from flask import Blueprint, Response, render_template
from werkzeug.exceptions import NotFound

from kiosk.devices.qr_picture import qr_svg
from kiosk.rules.set_up import claim_address, network_code
from kiosk.web.setup.context import setting_up

page = Blueprint("screen", __name__)


@page.get("/screen")
def screen() -> str:
    """The page, in both languages; it asks again by itself."""
    context = setting_up()
    return render_template(
        "setup_screen.html",
        network=context.network,
        password=context.password,
        url=context.address(),
        code=context.claim.code,
    )


@page.get("/display")
def display() -> str:
    """Where the kiosk's screen looks for the door display."""
    return screen()


@page.get("/network.svg")
def network() -> Response:
    """The hotspot, to be scanned."""
    context = setting_up()
    if not context.password:
        raise NotFound
    return Response(qr_svg(network_code(context.network, context.password)), mimetype="image/svg+xml")


@page.get("/address.svg")
def address() -> Response:
    """The address with the code, to be scanned."""
    context = setting_up()
    if not context.address():
        raise NotFound
    return Response(qr_svg(claim_address(context.address(), context.claim.code)), mimetype="image/svg+xml")
