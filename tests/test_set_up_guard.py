"""A stranger in the radio network sets nothing up: without the code from the kiosk there is one page, and few tries."""

from __future__ import annotations

from pathlib import Path

import pytest
from setting_up import SettingUp, setting_up, told

from kiosk.devices import clock
from kiosk.rules.pins import PERSON_TRIES
from kiosk.setting_up import Claim
from kiosk.web.setup.app import OPEN, SHOWN_HERE, make_setup_app

OTHERS = ["/", "/step/place", "/step/gate", "/step/devices", "/step/keys", "/step/backups", "/step/admin"]
FORMS = ["/finish", "/language", "/step/place", "/step/gate", "/step/devices", "/step/keys/paper", "/step/keys/file"]
FORMS += ["/step/keys/keep", "/step/admin"]
FORMS += [f"/step/backups/{each}" for each in ("code", "keep", "stay", "none")]


@pytest.mark.parametrize("path", OTHERS)
def test_without_the_code_every_page_leads_to_its_question(tmp_path: Path, path: str) -> None:
    with setting_up(tmp_path) as own:
        answer = own.get(path)
        assert (answer.status, answer.getheader("Location")) == (303, "/claim")


@pytest.mark.parametrize("path", FORMS)
def test_without_the_code_no_form_is_taken(tmp_path: Path, path: str) -> None:
    with setting_up(tmp_path) as own:
        before = own.context.set_up.draft
        assert own.post(path, site="x", language="en", direction="in").getheader("Location") == "/claim"
        assert own.context.set_up.draft == before
        assert not own.printed.papers + own.printed.recovery
        assert not own.context.set_up.keys_handed_over
        assert not own.context.set_up.recovery_offered


def test_this_test_knows_every_page(tmp_path: Path) -> None:
    with setting_up(tmp_path) as own:
        rules = list(make_setup_app(own.context).url_map.iter_rules())
    asked = {"/step/<any(place, gate, devices, keys, backups, admin):step>", "/step/keys/<any(paper, file):way>"}
    asked.add("/step/backups/<any(stay, none):choice>")
    known = {*OTHERS, *FORMS, *asked}
    assert {rule.rule for rule in rules if rule.endpoint not in (*OPEN, *SHOWN_HERE)} <= known


def test_a_wrong_code_lets_nobody_in(tmp_path: Path) -> None:
    with setting_up(tmp_path) as own:
        assert own.claim("00000000" if own.context.claim.code != "00000000" else "11111111") == 403
        assert own.get("/").status == 303


def test_after_a_few_wrong_codes_not_even_the_right_one_is_tried(tmp_path: Path) -> None:
    with setting_up(tmp_path) as own:
        for _ in range(PERSON_TRIES):
            own.claim("1")
        answer = own.post("/claim", code=own.context.claim.code)
        assert answer.status == 429
        assert "1 phút" in told(answer)


def test_the_code_is_taken_however_it_is_grouped() -> None:
    claim = Claim(clock.now)
    assert claim.take(f" {claim.code[:4]} - {claim.code[4:]}")


def test_each_start_has_a_code_of_its_own() -> None:
    assert len({Claim(clock.now).code for _ in range(20)}) > 15


@pytest.mark.parametrize("token", ["", "x", "é", "None"])
def test_no_other_cookie_will_do(tmp_path: Path, token: str) -> None:
    with setting_up(tmp_path) as own:
        own.claim()
        assert not own.context.claim.admits(token)


def test_a_page_of_another_site_sets_nothing_up(tmp_path: Path) -> None:
    with setting_up(tmp_path) as own:
        own.claim()
        stranger = _from_elsewhere(own)
        assert stranger == 403
        assert own.context.set_up.draft.gate != "Their gate"


def _from_elsewhere(own: SettingUp) -> int:
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://example.org"}
    return own._ask("POST", "/step/gate", "gate=Their+gate&direction=in", kind).status


def test_another_name_than_ours_is_refused(tmp_path: Path) -> None:
    with setting_up(tmp_path) as own:
        assert own._ask("GET", "/screen", None, {"Host": "captive.example.org"}).status == 400


@pytest.mark.parametrize("path", ["/screen", "/display", "/network.svg", "/address.svg"])
def test_the_code_is_shown_on_the_kiosks_own_screen_only(tmp_path: Path, path: str) -> None:
    with setting_up(tmp_path) as own:
        client = make_setup_app(own.context).test_client()
        answer = client.get(path, base_url="https://localhost:8443", environ_overrides={"SERVER_PORT": "8443"})
        assert own.context.claim.code.encode() not in answer.data
        assert (answer.status_code, answer.location) == (303, "/claim")


def test_the_kiosks_own_screen_shows_it(tmp_path: Path) -> None:
    with setting_up(tmp_path) as own:
        assert own.context.claim.code[:4] in told(own.get("/display"))


def test_strange_answers_break_nothing(tmp_path: Path) -> None:
    with setting_up(tmp_path) as own:
        own.claim()
        for path in ("/step/gate", "/step/devices", "/language"):
            assert own.post(path, direction="up", language="xx", **{"try": "printer"}).status == 400
        assert own.get("/step/nothing").status == 404
        assert own.post("/step/place", site="\u202e\x00<script>alert(1)</script>", keeper="k").status in (303, 422)
        assert b"<script>alert" not in own.get("/step/place").read()
