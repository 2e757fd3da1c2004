"""The questions, one page each; what was answered is on the disk before the next page is there."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, Conflict

from kiosk.config import SettingsError
from kiosk.devices.base import DeviceError
from kiosk.rules.accounts import SENTENCES, Refusal, refused_name, refused_pin
from kiosk.rules.identity import clean_name, clean_text
from kiosk.rules.model import Direction
from kiosk.rules.set_up import LONGEST_TEXT, Lack, Step, lack_of_short_name, lack_of_text, short_name
from kiosk.vault.pins import hash_pin
from kiosk.web.languages import gettext as _
from kiosk.web.languages import said
from kiosk.web.setup.context import setting_up
from kiosk.web.words import Words

page = Blueprint("step", __name__, url_prefix="/step")

LONGEST_PIN, LONGEST_CODE = 12, 40
KEY_FILE = "tracing-private.json"

NAMES: dict[Step, Words] = {
    Step.PLACE: Words("Địa điểm", "The place"),
    Step.GATE: Words("Cửa", "The gate"),
    Step.DEVICES: Words("Thiết bị", "Devices"),
    Step.KEYS: Words("Khóa truy vết", "Tracing keys"),
    Step.BACKUPS: Words("Sao lưu", "Backups"),
    Step.ADMIN: Words("Quản trị viên", "First admin"),
}
DIRECTIONS: dict[Direction, Words] = {
    Direction.IN: Words("Chỉ vào", "In only"),
    Direction.OUT: Words("Chỉ ra", "Out only"),
    Direction.BOTH: Words("Vào và ra", "In and out"),
}
LACKS: dict[Lack, Words] = {
    Lack.EMPTY: Words("Xin ghi vào ô này.", "Please write something here."),
    Lack.LONG: Words(f"Tối đa {LONGEST_TEXT} chữ.", f"At most {LONGEST_TEXT} letters."),
    Lack.SHORT_NAME: Words("Chỉ dùng chữ cái không dấu, chữ số, - và _.", "Letters from a to z, digits, - and _ only."),
}


@page.get("/<any(place, gate, devices, keys, backups, admin):step>")
def ask(step: str) -> str:
    """The question *step*."""
    return _page(Step(step))


@page.post("/place")
def place() -> ResponseReturnValue:
    """What the place is called, who keeps the log; ``site_id`` is made of the name where it is left empty."""
    site, keeper, contact = (_text(name) for name in ("site", "keeper", "contact"))
    names = {"site_id": _text("site_id") or short_name(site), "kiosk_id": _text("kiosk_id")}
    lacks = {"site": lack_of_text(site), "keeper": lack_of_text(keeper)}
    lacks["contact"] = lack_of_text(contact, may_be_empty=True)
    own = setting_up().set_up
    if own.runs_already:
        names = {}
    lacks |= {name: lack_of_short_name(value) for name, value in names.items()}
    return _answered(Step.PLACE, lacks, site=site, keeper=keeper, contact=contact, **names)


@page.post("/gate")
def gate() -> ResponseReturnValue:
    """What the gate is called, and which way people go through it."""
    name, direction = _text("gate"), request.form.get("direction", "")
    if direction not in list(Direction):
        raise BadRequest
    return _answered(Step.GATE, {"gate": lack_of_text(name)}, gate=name, direction=Direction(direction))


@page.post("/devices")
def devices() -> ResponseReturnValue:
    """Which devices there are; with ``try`` one of them is tried, and nothing else changes."""
    chosen = {name: name in request.form for name in ("camera", "scanner", "tablets")}
    own = setting_up().set_up
    tried = request.form.get("try", "")
    if not tried:
        return _answered(Step.DEVICES, {}, **chosen)
    trial = setting_up().trials.get(tried)
    if trial is None:
        raise BadRequest
    own.note(**chosen)
    with setting_up().one_at_a_time:
        try:
            seen, fault = trial(own.settings()), ""
        except DeviceError as error:
            seen, fault = "", str(error)
    return _page(Step.DEVICES, tried=tried, seen=seen, fault=fault)


@page.post("/keys/<any(paper, file):way>")
def new_keys(way: str) -> ResponseReturnValue:
    """New tracing keys: the private half on paper, or as a file for who holds the telephone. Raises Conflict."""
    context = setting_up()
    if context.set_up.has_keys:
        raise Conflict
    with context.one_at_a_time:
        private = context.set_up.new_keys()
        if way == "file":
            headers = {"Content-Disposition": f"attachment; filename={KEY_FILE}"}
            return Response(private, mimetype="application/octet-stream", headers=headers)
        try:
            context.print_keys(context.set_up.settings(), private)
        except DeviceError as error:
            return make_response(_page(Step.KEYS, fault=str(error)), 422)
    return _page(Step.KEYS)


@page.post("/keys/keep")
def keep_keys() -> ResponseReturnValue:
    """Seals to the keys whose private half somebody holds now."""
    context = setting_up()
    with context.one_at_a_time:
        if not context.set_up.keys_handed_over:
            first = _("First print the tracing team's half, or save it.")
            return make_response(_page(Step.KEYS, fault=first), 422)
        context.set_up.keep_keys()
    return redirect(url_for("setup.overview"), 303)


@page.post("/backups/code")
def new_recovery() -> str:
    """A new recovery code, shown this once, and on paper where there is a printer."""
    context, unprinted = setting_up(), ""
    with context.one_at_a_time:
        code, name = context.set_up.new_recovery()
        try:
            context.print_recovery(context.set_up.settings(), code, name)
        except (DeviceError, SettingsError) as error:
            unprinted = str(error)
    return _page(Step.BACKUPS, code=code, unprinted=unprinted)


@page.post("/backups/keep")
def keep_recovery() -> ResponseReturnValue:
    """Backs up for who holds the new code, and shows it by the last ``group``."""
    context = setting_up()
    with context.one_at_a_time:
        if not context.set_up.recovery_offered:
            return make_response(_page(Step.BACKUPS, fault=_("First make the recovery code.")), 422)
        if not context.set_up.keep_recovery(request.form.get("group", "")[:LONGEST_CODE]):
            fault = _("This is not the last group. Compare it with the paper, or make another code.")
            return make_response(_page(Step.BACKUPS, fault=fault), 422)
    return redirect(url_for("setup.overview"), 303)


@page.post("/backups/<any(stay, none):choice>")
def choose_backups(choice: str) -> ResponseReturnValue:
    """Backs up for who holds the code that the kiosk has already, or not at all. Raises Conflict without a code."""
    own = setting_up().set_up
    with setting_up().one_at_a_time:
        if choice == "none":
            own.back_nothing_up()
        elif own.has_recovery:
            own.back_up()
        else:
            raise Conflict
    return redirect(url_for("setup.overview"), 303)


@page.post("/admin")
def admin() -> ResponseReturnValue:
    """Who looks after the kiosk: a name, and a PIN that is typed twice."""
    name = clean_name(request.form.get("name", ""))
    pin, again = (request.form.get(each, "")[: LONGEST_PIN + 1] for each in ("pin", "again"))
    refusal = refused_name(name) or (Refusal.DIFFERENT if pin != again else refused_pin(pin))
    if refusal:
        vi, en = SENTENCES[refusal]
        return make_response(_page(Step.ADMIN, fault=said(Words(vi, en)), name=name), 422)
    setting_up().set_up.answer(Step.ADMIN, admin=name, admin_pin=hash_pin(pin))
    return redirect(url_for("setup.overview"), 303)


def _text(name: str) -> str:
    return clean_text(request.form.get(name, ""), LONGEST_TEXT + 1)


def _answered(step: Step, lacks: dict[str, Lack | None], **answers: object) -> ResponseReturnValue:
    """The next page, or this one again with what is wrong and what was typed."""
    wrong = {name: said(LACKS[lack]) for name, lack in lacks.items() if lack}
    if wrong:
        return make_response(_page(step, wrong=wrong, typed=answers), 422)
    setting_up().set_up.answer(step, **answers)
    return redirect(url_for("setup.overview"), 303)


def _page(step: Step, **shown: object) -> str:
    own = setting_up().set_up
    about = {"runs_already": own.runs_already, "has_keys": own.has_keys, "handed_over": own.keys_handed_over}
    about |= {"has_recovery": own.has_recovery, "recovery_offered": own.recovery_offered}
    number = tuple(Step).index(step) + 1
    title = _("%(number)s of %(all)s: %(name)s", number=number, all=len(Step), name=said(NAMES[step]))
    return render_template(
        f"setup_{step}.html",
        step=step,
        title=title,
        directions=DIRECTIONS,
        trials=setting_up().trials,
        **about,
        **({"wrong": {}, "typed": {}, "fault": "", "tried": "", "seen": "", "name": own.draft.admin} | shown),
    )
