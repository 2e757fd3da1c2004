"""``/guide``: what one may show at the door, and who keeps what, how long and why. Made to be printed.

``/guide/staff`` is the sheet for who looks after the door: what its lamps say, and what to do.
"""

from __future__ import annotations

from flask import Blueprint, render_template

from kiosk.rules.messages import SOUNDS
from kiosk.rules.model import Lamp, Sound
from kiosk.web.context import house
from kiosk.web.marks import for_all
from kiosk.web.words import Words

page = Blueprint("guide", __name__)

# What a door without a screen tells: lamp, sound, and what they mean.
LAMPS: tuple[tuple[Lamp, Sound, Words], ...] = (
    (Lamp.GREEN, Sound.OK, Words("Mời vào.", "Please come in.")),
    (Lamp.GREEN, Sound.BYE, Words("Đã ghi giờ ra.", "The way out is recorded.")),
    (Lamp.GREEN, Sound.ASK, Words("Mời đi, và đọc màn hình.", "Please pass, and read the display.")),
    (Lamp.AMBER, Sound.ASK, Words("Đọc màn hình, hoặc hỏi nhân viên.", "Read the display, or ask staff.")),
    (Lamp.RED, Sound.REFUSED, Words("Mã này không dùng được; đưa mã khác.", "This code will not do; show another.")),
    (
        Lamp.GREEN_AMBER,
        Sound.UNRECORDED,
        Words("Mời đi; máy không ghi được: báo quản trị viên.", "Pass; it was not recorded: tell the admin."),
    ),
)


@page.get("/guide")
@for_all
def guide() -> str:
    """The guide of this site."""
    return render_template("guide.html", door=house().settings.door)


@page.get("/guide/staff")
@for_all
def staff() -> str:
    """The sheet of this site for its staff, both languages on one side of paper."""
    return render_template("guide_staff.html", lamps=LAMPS, sounds=SOUNDS)
