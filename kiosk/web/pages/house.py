"""``/house``: every part of the house, whether it works, what to do about it, and buttons that try it."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from kiosk.code_printing import state_told
from kiosk.devices import clock
from kiosk.door_socket import DoorAway, DoorRefused
from kiosk.rules.access import Right
from kiosk.rules.check_paper import Looked
from kiosk.rules.model import ClockState, Lamp, Sound
from kiosk.rules.staff_acts import StaffAct
from kiosk.web.access import door, needs
from kiosk.web.context import house as parts
from kiosk.web.house_lines import PARTS, HouseLines, PartState
from kiosk.web.languages import gettext as _

page = Blueprint("house", __name__, url_prefix="/house")

LAMPS = {"green": Lamp.GREEN, "amber": Lamp.AMBER, "red": Lamp.RED}
TICKET, CHECK, SOUND, VOICE = "ticket", "check", "sound", "voice"
LONGEST_NAME = 200


@page.get("")
@needs(Right.HOUSE)
def house() -> str:
    """The parts, those in trouble first; ``tested`` says what was just tried."""
    now, (epoch, sequence) = parts().now, parts().lines.log()
    lines = HouseLines(parts()).parts(now.states(), door_answers=door().answers())
    order = [PartState.TROUBLE, PartState.WORKS, PartState.ABSENT]
    return render_template(
        "house.html",
        epoch=epoch,
        sequence=sequence,
        pictures=("door", *PARTS),
        parts=sorted(lines, key=lambda line: order.index(line.state)),
        alert=now.alert(),
        said=_said(request.args.get("tested", "")),
        names=_tests(),
        kept=clock.clock_state() is ClockState.SET,
    )


@page.post("/test")
@needs(Right.HOUSE)
def test() -> ResponseReturnValue:
    """Try ``what``: a ticket, a colour of the lamps, the sound, the voice. It is in the log who did."""
    what = request.form.get("what", "")
    if what not in _tests():
        raise BadRequest
    try:
        tested = what if _try(what) else "quiet"
    except DoorRefused:
        tested = "broken"
    except DoorAway:
        tested = "away"
    return redirect(url_for("house.house", tested=tested), 303)


@page.post("/seen")
@needs(Right.HOUSE)
def seen() -> ResponseReturnValue:
    """Somebody has seen the alert about ``name``; it stays until it is over."""
    name = request.form.get("name", "")
    if not 0 < len(name) <= LONGEST_NAME:
        raise BadRequest
    door().note(StaffAct.ALERT_SEEN, about=name)
    return redirect(url_for("house.house"), 303)


def _try(what: str) -> bool:
    """Whether it was tried; in the quiet hours no voice is."""
    if what == TICKET:
        door().look_after("print_test")
        return True
    door().note(StaffAct.TEST, about=what)
    if what == CHECK:
        return _print_check()
    if what == VOICE:
        return bool(door().try_device("voice")["tried"])
    wired = {state.name for state in parts().now.states()}
    lamp, sound = LAMPS.get(what, Lamp.OFF), Sound.OK if what == SOUND else Sound.NONE
    real = "buzzer" if what == SOUND else "lamps"
    return bool(door().try_device(real if real in wired else "panel", lamp=lamp, sound=sound)["tried"])


def _print_check() -> bool:
    """How every part of the house is, on paper, with the address of the pages."""
    front = parts().front
    lines = HouseLines(parts()).parts(parts().now.states(), door_answers=True)
    there = [line for line in lines if line.state is not PartState.ABSENT]
    looked = [Looked(line.name, line.state is PartState.WORKS, line.note) for line in there]
    told = state_told(front.urls() if front else (), looked)
    return bool(door().look_after("print_check", **told)["done"])


def _tests() -> dict[str, str]:
    return {
        TICKET: _("Print a test ticket"),
        CHECK: _("Print how everything is"),
        "green": _("Green lamp"),
        "amber": _("Amber lamp"),
        "red": _("Red lamp"),
        SOUND: _("Sound"),
        VOICE: _("Try the voice"),
    }


def _said(tested: str) -> str:
    if tested == "away":
        return _("The door does not answer; nothing was tried.")
    if tested == "broken":
        return _("It could not be tried: it is broken or not there.")
    if tested == "clock":
        return _("The time is set; what was recorded before is repaired by it.")
    if tested == "quiet":
        return _("In the quiet hours the loudspeaker stays silent; nothing was tried.")
    return _("Tried: %(what)s. Look and listen at the door.", what=_tests()[tested]) if tested in _tests() else ""
