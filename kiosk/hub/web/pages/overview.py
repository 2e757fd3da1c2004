"""``/``: the kiosks: who was heard when, how far behind, with which faults. Who may, lets one in or shuts one out."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.exceptions import BadRequest

from kiosk.devices.qr_picture import qr_svg
from kiosk.hub.enrolling import EnrolmentRefused
from kiosk.hub.web.access import by, needs
from kiosk.hub.web.context import hub
from kiosk.hub.web.said import said_time
from kiosk.hub.web.words import CLOCKS
from kiosk.rules.enrolment import Code
from kiosk.rules.hub_users import HubRight
from kiosk.rules.identity import clean_text
from kiosk.rules.segments import NAME
from kiosk.store.hub_overview import Seen, overview
from kiosk.web.words import Words

page = Blueprint("overview", __name__)

MOST_SHOWN = 200
LONGEST_NAME = 64
LONGEST_SEARCH = 64


@dataclass(frozen=True, slots=True)
class Line:
    """A kiosk, and whether it should have been heard since it was."""

    seen: Seen
    silent: bool

    @property
    def heard(self) -> str:
        """When it was heard last."""
        return said_time(self.seen.kiosk.heard_ms)

    @property
    def clock(self) -> Words:
        """How the kiosk's clock is kept."""
        told = self.seen.told.health.clock if self.seen.told else ""
        return CLOCKS.get(told, Words(told, told))

    @property
    def order(self) -> tuple[bool, bool, bool, str, str]:
        """Those to look at come first, those that were shut out last."""
        kiosk = self.seen.kiosk
        return kiosk.revoked_ms is not None, not self.silent, not self.seen.has_trouble, kiosk.site, kiosk.id


@page.get("/")
@needs(HubRight.SEE)
def kiosks() -> str:
    """The kiosks whose name or site has ``q``, those to look at first; at most ``MOST_SHOWN``."""
    return _page()


@page.post("/code")
@needs(HubRight.KIOSKS)
def make_code() -> ResponseReturnValue:
    """A one-time code for ``kiosk`` of ``site``, which reaches the hub at ``url``; shown once."""
    kiosk, site = (clean_text(request.form.get(name, ""), LONGEST_NAME + 1) for name in ("kiosk", "site"))
    url = request.form.get("url", "")
    if url not in _urls():
        raise BadRequest
    if not NAME.fullmatch(kiosk) or not NAME.fullmatch(site):
        return _page(names=True), 422
    try:
        code = hub().house.enrolling.make_code(kiosk, site, url, by=by(), now_ms=hub().now_ms())
    except EnrolmentRefused as error:
        return _page(why=str(error)), 422
    return _page(code=code, kiosk=kiosk)


@page.post("/revoke")
@needs(HubRight.KIOSKS)
def revoke() -> ResponseReturnValue:
    """Nothing more is taken from ``kiosk``."""
    try:
        hub().house.enrolling.revoke(request.form.get("kiosk", ""), by=by(), now_ms=hub().now_ms())
    except EnrolmentRefused as error:
        return _page(why=str(error)), 422
    return redirect(url_for("overview.kiosks"), 303)


def _urls() -> tuple[str, ...]:
    return tuple(url.rstrip("/") for url in hub().front.urls())


def _page(*, why: str = "", names: bool = False, code: Code | None = None, kiosk: str = "") -> str:
    asked = clean_text(request.args.get("q", ""), LONGEST_SEARCH)
    with hub().house.database.transaction() as db:
        everything = overview(db)
    silent_ms = round(hub().house.settings.hub.silent_s * 1000)
    now_ms = hub().now_ms()
    lines = sorted((Line(seen, seen.is_silent(now_ms, silent_ms)) for seen in everything), key=lambda one: one.order)
    meant = [line for line in lines if asked.casefold() in f"{line.seen.kiosk.id} {line.seen.kiosk.site}".casefold()]
    return render_template(
        "hub_kiosks.html",
        lines=meant[:MOST_SHOWN],
        more=max(0, len(meant) - MOST_SHOWN),
        all=sum(seen.kiosk.revoked_ms is None for seen in everything),
        silent=sum(line.silent for line in lines),
        trouble=sum(seen.has_trouble for seen in everything),
        asked=asked,
        why=why,
        names=names,
        code=code,
        kiosk=kiosk,
        picture=Markup(qr_svg(code.text).decode()) if code else "",  # noqa: S704  # drawn by us
        urls=_urls(),
    )
