"""The pages of a hub's staff over real HTTPS: beginning, signing in, users, the audit log."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_staff import COOKIE, PASSWORD, Staff, busy, code_of, signed_in, user
from hubs import RunningHub, running_hub

from kiosk.hub.web.audit_words import NAMES
from kiosk.hub.web.words import ACTS, SAID
from kiosk.rules.checkpoints import checkpoint_of
from kiosk.rules.hub_users import ALLOWED, HubRole
from kiosk.vault.notes import opened_note
from kiosk.web import haproxy

pytestmark = pytest.mark.skipif(haproxy.program() is None, reason=haproxy.NOT_INSTALLED)

HUB = Path(__file__).parent.parent / "kiosk" / "hub"
OTHER = "gió đưa cành trúc la đà"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    with running_hub(tmp_path_factory.mktemp("hub")) as running:
        yield running


def given_password(text: str) -> str:
    found = re.search(r'code-to-type">([a-z2-9-]{19})<', text)
    assert found, text
    return found[1]


def cookie_of(answer_cookie: str) -> str:
    name, *flags = answer_cookie.split("; ")
    assert name.startswith(f"{COOKIE}=")
    assert {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"} <= set(flags)
    return name.removeprefix(f"{COOKIE}=")


def test_a_fresh_hub_says_how_its_first_admin_is_made(tmp_path: Path) -> None:
    with running_hub(tmp_path) as fresh:
        assert "kiosk hub-user add NAME --role admin" in Staff(fresh).page("/sign-in").text


def test_somebody_new_chooses_both_factors_and_signs_in_with_them(hub: RunningHub) -> None:
    admin = signed_in(hub)
    told = admin.submit("/users/add", name="Lan", role="auditor")
    given = given_password(told.text)
    nobody = Staff(hub)
    answer = nobody.submit("/sign-in", name="Lan", password=given, code="")
    lan = Staff(hub, cookie_of(answer.headers["Set-Cookie"]))
    assert lan.page("/audit").place == "/own"
    assert "<svg" in lan.page("/own").text
    for fields, why in [
        ({"new": OTHER, "again": OTHER, "code": "000000"}, "6 số"),
        ({"new": OTHER, "again": OTHER + "!", "code": code_of(hub, "Lan")}, "không giống nhau"),
        ({"new": given, "again": given, "code": code_of(hub, "Lan")}, "phải khác"),
        ({"new": "ngắn", "again": "ngắn", "code": code_of(hub, "Lan")}, "12"),
    ]:
        refused = lan.submit("/own/begin", **fields)
        assert (refused.status, why in refused.text) == (422, True), why
    assert lan.submit("/own/begin", new=OTHER, again=OTHER, code=code_of(hub, "Lan")).place == "/"
    assert lan.page("/audit").status == 200
    assert lan.page("/users").status == 403
    assert nobody.submit("/sign-in", name="Lan", password=given, code=code_of(hub, "Lan")).status == 403


def test_signing_in_takes_name_password_and_digits_once(hub: RunningHub) -> None:
    user(hub, "Mai", HubRole.ADMIN)
    nobody, code = Staff(hub), code_of(hub, "Mai")
    assert nobody.submit("/sign-in", name="Mai", password="another one", code=code).status == 403
    spaced = f"{code[:3]} {code[3:]}"
    answer = nobody.submit("/sign-in", name="mai", password=PASSWORD, code=spaced, next="/users")
    assert (answer.status, answer.place) == (303, "/users")
    assert Staff(hub, cookie_of(answer.headers["Set-Cookie"])).page("/users").status == 200
    assert nobody.submit("/sign-in", name="Mai", password=PASSWORD, code=code).status == 403


def test_after_signing_in_nobody_is_sent_elsewhere(hub: RunningHub) -> None:
    for number, elsewhere in enumerate(("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x")):
        user(hub, f"Somebody {number}", HubRole.AUDITOR)
        code = code_of(hub, f"Somebody {number}")
        answer = Staff(hub).submit("/sign-in", name=f"Somebody {number}", password=PASSWORD, code=code, next=elsewhere)
        assert (answer.status, answer.place) == (303, "/")


def test_who_signs_in_again_is_in_once(hub: RunningHub) -> None:
    before = signed_in(hub, name="Vân")
    code = code_of(hub, "Vân")
    assert before.submit("/sign-in", name="Vân", password=PASSWORD, code=code).status == 303
    assert before.page("/users").status == 303


def test_who_signs_out_is_out(hub: RunningHub) -> None:
    admin = signed_in(hub, name="Bình")
    assert admin.page("/users").status == 200
    assert admin.submit("/sign-out").place == "/sign-in"
    assert admin.page("/users").place.startswith("/sign-in")


def test_wrong_digits_lock_and_an_admin_unlocks(hub: RunningHub) -> None:
    user(hub, "Hoa", HubRole.TRACER)
    for _ in range(ALLOWED.user):
        assert Staff(hub).submit("/sign-in", name="Hoa", password=PASSWORD, code="000000").status == 403
    locked = Staff(hub).submit("/sign-in", name="Hoa", password=PASSWORD, code=code_of(hub, "Hoa"))
    assert (locked.status, int(locked.headers["Retry-After"]) <= 60) == (429, True)
    admin = signed_in(hub)
    assert "bị khóa 1 phút" in admin.page("/users").text
    assert admin.submit("/users/unlock", name="Hoa").status == 303
    again = Staff(hub).submit("/sign-in", name="Hoa", password=PASSWORD, code=code_of(hub, "Hoa"))
    assert again.status == 303


def test_an_admin_changes_roles_ends_sessions_and_lets_begin_again(hub: RunningHub) -> None:
    admin, tracer = signed_in(hub), signed_in(hub, HubRole.TRACER, "Sen")
    assert tracer.page("/audit").status == 403
    admin.submit("/users/role", name="Sen", role="auditor")
    assert tracer.page("/audit").status == 200
    with hub.house.database.transaction() as db:
        (number,) = db.execute("SELECT max(id) FROM hub_session WHERE user = 'sen'").fetchone()
    admin.submit("/users/sign-out", id=str(number))
    assert tracer.page("/audit").status == 303
    given = given_password(admin.submit("/users/anew", name="Sen").text)
    assert Staff(hub).submit("/sign-in", name="Sen", password=PASSWORD, code="").status == 403
    assert Staff(hub).submit("/sign-in", name="Sen", password=given, code="").status == 303
    admin.submit("/users/enabled", name="Sen", enabled="no")
    assert Staff(hub).submit("/sign-in", name="Sen", password=given, code="").status == 403


def test_what_cannot_be_is_refused_in_a_sentence(hub: RunningHub) -> None:
    admin = signed_in(hub)
    assert admin.submit("/users/add", name="An admin", role="tracer").status == 422
    assert admin.submit("/users/add", name="  ", role="tracer").status == 422
    assert admin.submit("/users/add", name="x" * 41, role="tracer").status == 422
    assert admin.submit("/users/add", name="Ok", role="king").status == 400
    assert admin.submit("/users/role", name="Nobody", role="tracer").status == 422
    for senseless in ("x", "-1", "9" * 40, ""):
        assert admin.submit("/users/sign-out", id=senseless).status == 400


def test_the_last_admin_stays(tmp_path: Path) -> None:
    with running_hub(tmp_path) as fresh:
        admin = signed_in(fresh)
        assert admin.submit("/users/role", name="An admin", role="tracer").status == 422
        assert admin.submit("/users/enabled", name="An admin", enabled="no").status == 422


def test_somebody_changes_their_own_password(hub: RunningHub) -> None:
    own, other = signed_in(hub, name="Yến"), Staff(hub)
    assert own.submit("/own/password", now="wrong one here", new=OTHER, again=OTHER).status == 422
    assert own.submit("/own/password", now=PASSWORD, new=PASSWORD, again=PASSWORD).status == 422
    assert own.submit("/own/password", now=PASSWORD, new=OTHER, again=OTHER).status == 303
    assert own.page("/own").status == 200
    assert other.submit("/sign-in", name="Yến", password=PASSWORD, code=code_of(hub, "Yến")).status == 403
    assert other.submit("/sign-in", name="Yến", password=OTHER, code=code_of(hub, "Yến")).status == 303


def test_pages_speak_the_readers_language(hub: RunningHub) -> None:
    assert "Đăng nhập" in Staff(hub).page("/sign-in").text
    english = Staff(hub, extra={"Accept-Language": "en"})
    chosen = english.submit("/own/language", language="en", next="/sign-in")
    assert "language=en" in chosen.headers["Set-Cookie"]
    admin = signed_in(hub)
    admin.submit("/own/language", language="en")
    assert '<h1 id="users-title">Users</h1>' in admin.page("/users").text


def test_the_audit_log_tells_who_did_what_and_its_checkpoint_holds_it_to_that(hub: RunningHub) -> None:
    signed_in(hub).submit("/users/add", name="Quý <b>", role="tracer")
    auditor = signed_in(hub, HubRole.AUDITOR)
    text = auditor.page("/audit").text
    assert "vai trò: Truy vết · ai: Quý &lt;b&gt;" in text
    assert "người làm: An admin" in text
    shown = re.search(r"<pre[^>]*>(hub\.example/log.*?)</pre>", auditor.page("/audit/checkpoint").text, re.DOTALL)
    assert shown
    note = html.unescape(shown[1])
    verifier = hub.house.witness.verifier
    assert checkpoint_of(opened_note(note, verifier)).size == len(hub.house.witness.leaves(10_000))
    as_file = auditor.ask("GET", "/audit/checkpoint.txt").text
    assert checkpoint_of(opened_note(as_file, verifier)).origin == "hub.example/log"


def test_everything_that_the_hub_records_has_words_on_the_page() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in HUB.rglob("*.py"))
    recorded = set(re.findall(r"""(?:"what": |_said\()"([a-z -]+)\"""", sources))
    assert {"user", "opening", "purge"} <= recorded <= set(SAID)


def test_a_case_and_the_audit_log_are_told_in_the_readers_words(tmp_path: Path) -> None:
    with running_hub(tmp_path) as fresh:
        busy(fresh)
        signed_in(fresh).submit("/users/add", name="Mai", role="auditor")
        leaves = fresh.house.witness.leaves(1000)
        assert {name for leaf in leaves for name in leaf.said} - {"what"} <= set(NAMES)
        text = rest_of_leaves(signed_in(fresh, HubRole.AUDITOR).page("/audit?all=").text)
        assert "tìm theo số giấy tờ, " in text
        assert "tình trạng: chờ người thứ hai duyệt" in text
        assert not re.search(r"\b(who|by|act|state|request|search|waiting|pages)\b|&#34;|\{", text)
        assert "Khóa ngày, niêm phong" in signed_in(fresh, HubRole.TRACER).page("/cases/1").text


def rest_of_leaves(text: str) -> str:
    return "".join(re.findall(r'<span class="rest">(.*?)</span>', text))


def test_everything_that_is_handed_out_has_words_on_the_page() -> None:
    source = (HUB / "web" / "console_api.py").read_text(encoding="utf-8")
    asked = set(re.findall(r'@routes.post\("/<int:number>/(\w+)"\)', source)) - {"export", "end"}
    assert {"keys", "people"} <= asked <= set(ACTS)


def test_the_audit_log_is_read_page_by_page_with_and_without_the_logs_of_kiosks(tmp_path: Path) -> None:
    with running_hub(tmp_path) as fresh:
        witness = fresh.house.witness
        for number in range(240):
            what = "head" if number % 2 else "export"
            witness.record(number, {"what": what, "name": f"n{number}", "odd": '"what":"head"'})
        auditor = signed_in(fresh, HubRole.AUDITOR)

        def numbers(path: str) -> list[int]:
            return [int(found) for found in re.findall(r"name: n(\d+)", auditor.page(path).text)]

        assert numbers("/audit") == list(range(238, 38, -2))
        assert numbers("/audit?before=40") == list(range(38, -2, -2))
        assert numbers("/audit?all=&before=40") == list(range(39, -1, -1))
        for senseless in ("x", "-1", "9" * 30):
            assert auditor.page(f"/audit?before={senseless}").status == 400


def console(hub: RunningHub, asked: object) -> tuple[int, dict[str, object]]:
    answer = Staff(hub).ask(
        "POST", "/console/sign-in", json.dumps(asked).encode(), {"Content-Type": "application/json"}
    )
    return answer.status, json.loads(answer.text)


def test_a_console_gets_a_token_that_opens_no_page_and_a_page_no_console(hub: RunningHub) -> None:
    user(hub, "Thảo", HubRole.TRACER)
    right = {"name": "Thảo", "password": PASSWORD, "code": code_of(hub, "Thảo")}
    assert console(hub, right | {"password": "another"})[0] == 403
    status, said = console(hub, right)
    assert (status, said["role"]) == (200, "tracer")
    token = str(said["token"])
    assert Staff(hub, token).page("/cases").status == 303
    bearer, cookie = {"Authorization": f"Bearer {token}"}, signed_in(hub, HubRole.TRACER)
    assert cookie.ask("POST", "/console/sign-out").status == 401
    assert Staff(hub).ask("POST", "/console/sign-out", headers=bearer).status == 204
    assert Staff(hub).ask("POST", "/console/sign-out", headers=bearer).status == 401


@pytest.mark.parametrize("asked", [[], {}, {"name": 1, "password": "", "code": ""}, None, "x" * 3000])
def test_a_console_that_talks_nonsense_is_told_so(hub: RunningHub, asked: object) -> None:
    assert console(hub, asked)[0] in (400, 413)
