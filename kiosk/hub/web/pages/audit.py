"""``/audit``: the tamper log as people read it, and the hub's signed word for it, to be kept elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, render_template, request
from markupsafe import Markup

from kiosk.devices.qr_picture import qr_svg
from kiosk.hub.web.access import needs
from kiosk.hub.web.audit_words import told
from kiosk.hub.web.context import hub
from kiosk.hub.web.said import said_time
from kiosk.hub.web.words import SAID
from kiosk.rules.hub_users import HubRight
from kiosk.store.tamper_log import Leaf
from kiosk.web.asked import whole
from kiosk.web.words import Words

page = Blueprint("audit", __name__, url_prefix="/audit")

PAGE_LEAVES = 100


@dataclass(frozen=True, slots=True)
class Line:
    """A leaf of the log: its number, when it was written, what about, and the rest of what it says."""

    number: int
    at: str
    what: Words
    rest: str


@page.get("")
@needs(HubRight.AUDIT)
def audit() -> str:
    """The newest ``PAGE_LEAVES``, or those before ``before``; with ``all`` also each log that arrived."""
    everything = "all" in request.args
    before = whole(request.args["before"]) if "before" in request.args else None
    leaves = hub().house.witness.leaves(PAGE_LEAVES, before, heads=everything)
    older = leaves[-1].number if len(leaves) == PAGE_LEAVES else None
    return render_template("hub_audit.html", lines=[_line(leaf) for leaf in leaves], older=older, everything=everything)


@page.get("/checkpoint")
@needs(HubRight.SEE)
def checkpoint() -> str:
    """What the hub says of its whole log now, as text and as a code, to be printed or photographed."""
    witness = hub().house.witness
    note = witness.checkpoint()
    picture = Markup(qr_svg(note).decode())  # noqa: S704  # drawn by us
    return render_template("hub_checkpoint.html", note=note, picture=picture, verifier=witness.verifier)


@page.get("/checkpoint.txt")
@needs(HubRight.SEE)
def checkpoint_text() -> Response:
    """The same as a file, for ``kiosk verify --against``."""
    return Response(hub().house.witness.checkpoint(), mimetype="text/plain")


def _line(leaf: Leaf) -> Line:
    rest = {name: value for name, value in leaf.said.items() if name != "what"}
    what = str(leaf.said.get("what", ""))
    return Line(leaf.number, said_time(leaf.at_ms), SAID.get(what, Words(what, what)), told(rest))
