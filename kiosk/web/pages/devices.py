"""``/devices``: which tablets and screens may show pages, and the code that pairs another. For admins."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.exceptions import BadRequest

from kiosk.devices.qr_picture import qr_svg
from kiosk.pairing import LONGEST_NAME, grouped
from kiosk.rules.access import Right
from kiosk.rules.code_paper import MINUTES
from kiosk.rules.identity import clean_text
from kiosk.rules.pins import DEVICE_TRIES, Tries, locked_ms
from kiosk.rules.sessions import Use
from kiosk.rules.staff_acts import StaffAct
from kiosk.store.staff_tables import THIS_MACHINE, Device
from kiosk.web.access import door, needs, signed_in
from kiosk.web.asked import LARGEST_NUMBER
from kiosk.web.context import house
from kiosk.web.languages import gettext as _
from kiosk.web.said_times import local_time
from kiosk.web.words import USES

page = Blueprint("devices", __name__, url_prefix="/devices")

MINUTE_MS = 60_000


@page.get("")
@needs(Right.ADMIN)
def devices() -> str:
    """Every device, and a form for another."""
    return _page()


@page.post("/pair")
@needs(Right.ADMIN)
def pair() -> ResponseReturnValue:
    """A code for a device to ``use`` called ``name``, shown here, or on paper where ``how`` is ``print``."""
    front, who = house().front, signed_in().name
    urls = front.urls() if front and front.state.ok else ()
    if not urls:
        return _page(said=_("Tablets cannot reach the pages yet; see The house.")), 422
    use, name = _use(), clean_text(request.form.get("name", ""), LONGEST_NAME)
    door().note(StaffAct.DEVICE, about=f"pairing code: {use} {name}")
    code = house().pairings.make(use, name, who)
    url = f"{urls[0]}{url_for('pairing.form')}#{code}"
    if request.form.get("how") != "print":
        picture = Markup(qr_svg(url).decode())  # noqa: S704  # drawn by us from letters and digits
        return _page(code=grouped(code), picture=picture, address=f"{urls[0]}{url_for('pairing.form')}")
    printed = door().look_after("print_pairing", url=url, code=grouped(code), use=use, name=name)
    if not printed["done"]:
        return _page(said=_("It could not be printed: %(why)s", why=printed["fault"])), 503
    return _page(said=_("The code is on paper at the kiosk, good for %(minutes)s minutes.", minutes=MINUTES))


@page.post("/end")
@needs(Right.ADMIN)
def end() -> ResponseReturnValue:
    """The pairing of device ``id`` ends, with who is signed in there."""
    if device := _asked():
        door().note(StaffAct.DEVICE, about=f"{device.name or device.id}: ended")
        with house().sign_ins.book.writing() as tables:
            tables.end_device(device.id)
    return redirect(url_for("devices.devices"), 303)


@page.post("/unlock")
@needs(Right.ADMIN)
def unlock() -> ResponseReturnValue:
    """People may try their PINs again on device ``id``."""
    if device := _asked():
        door().note(StaffAct.DEVICE, about=f"{device.name or device.id}: unlocked")
        with house().sign_ins.book.writing() as tables:
            tables.note_device_tries(device.id, Tries())
    return redirect(url_for("devices.devices"), 303)


def _use() -> Use:
    try:
        return Use(request.form.get("use", ""))
    except ValueError:
        raise BadRequest from None


def _asked() -> Device | None:
    number = request.form.get("id", -1, type=int)
    if not 0 <= number < LARGEST_NUMBER:
        raise BadRequest
    with house().sign_ins.book.reading() as tables:
        return tables.device(number)


def _page(said: str = "", **code: object) -> str:
    own, zone = house().sign_ins, house().settings.zone
    with own.book.reading() as tables:
        here, paired = tables.device(THIS_MACHINE), tables.devices()
    known = [here, *paired] if here else paired
    return render_template(
        "devices.html",
        lines=[(one, local_time(one.paired_ms, zone), _locked_min(one)) for one in known],
        uses=USES,
        minutes=MINUTES,
        said=said,
        **code,
    )


def _locked_min(device: Device) -> int:
    return -(-locked_ms(device.tries, DEVICE_TRIES, house().sign_ins.now()) // MINUTE_MS)
