"""Strangers' pages, oversized and senseless requests get one sentence; nothing is kept, nothing leaks."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from running import Kiosk, card_of, running_kiosk

from kiosk.web.app import make_app
from kiosk.web.guard import HEADERS, LARGEST_BODY_BYTES
from kiosk.web.marks import for_all

POSTS = ("person", "stray", "number", "picture", "slip", "printer", "help")
PAGES = ("/", "/?show=all", "/guide", "/simulator", "/health.json", "/static/kiosk.css", "/nowhere", "/static/../x")
STRANGERS = ("evil.example", "localhost.evil.example:{port}", "localhost:1", "127.0.0.1", "", "a b")
NOT_OURS = ("/static/../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd", "/simulator/../../x")

# What would load something from elsewhere, or need the policy to be softened.
MARKUP = ("style=", "<style", "onclick", "javascript:", "http:", "https:", "//cdn")
SCRIPT = ("http:", "https:", "innerHTML", "eval(", "@import")


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path_factory.mktemp("kiosk") / "data") as running:
        yield running


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]"])
def test_the_kiosk_answers_to_its_own_names(kiosk: Kiosk, name: str) -> None:
    assert kiosk.get("/", Host=kiosk.url.replace("http://127.0.0.1", name)).status == 200


@pytest.mark.parametrize("host", STRANGERS)
def test_a_name_that_was_bound_to_us_from_outside_is_refused(kiosk: Kiosk, host: str) -> None:
    answer = kiosk.get("/", Host=host.format(port=kiosk.url.rpartition(":")[2]))
    assert answer.status == 400
    assert b"data-sequence" not in answer.read()


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Kiosk": ""},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
@pytest.mark.parametrize("path", POSTS)
def test_only_our_own_pages_may_present_a_code(kiosk: Kiosk, path: str, headers: dict[str, str]) -> None:
    last = kiosk.reader.last_sequence()
    own = {"X-Kiosk": "page", "Content-Type": "application/json"} | headers
    if not own["X-Kiosk"]:
        del own["X-Kiosk"]
    answer = kiosk.ask("POST", f"/simulator/{path}", b'{"person": 1, "code": "cccd"}', own)
    assert (answer.status, kiosk.reader.last_sequence()) == (403, last)


def test_our_own_page_may(kiosk: Kiosk) -> None:
    own = {"Origin": kiosk.url, "Sec-Fetch-Site": "same-origin"}
    status, answer = kiosk.post("/simulator/person", {"person": 1, "code": "cccd", "gate": "in"}, **own)
    assert (status, answer["outcome"]) == (200, "admitted")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
def test_every_answer_carries_the_headers(kiosk: Kiosk, path: str, method: str) -> None:
    answer = kiosk.ask(method, path)
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    if not path.startswith("/static/"):
        assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Server"] is None


def test_nothing_is_loaded_from_elsewhere_and_no_script_or_style_is_inline() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "http" not in policy
    web = Path(__file__).parent.parent / "kiosk" / "web"
    for page in (web / "templates").iterdir():
        text = page.read_text(encoding="utf-8")
        assert not [
            found
            for found in ("style=", "<style", "onclick", "javascript:", "http:", "https:", "//cdn")
            if found in text
        ]
    for part in (web / "static").iterdir():
        text = part.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not [found for found in SCRIPT if found in text]


def test_too_large_a_picture_is_refused_with_a_sentence(kiosk: Kiosk) -> None:
    status, answer = kiosk.post("/simulator/picture", b"x" * (LARGEST_BODY_BYTES + 1))
    assert (status, answer["error"]["en"]) == (413, "The picture or text is too large (at most 2 MB).")


def test_far_too_large_a_body_is_refused_before_it_is_read(kiosk: Kiosk) -> None:
    host, port = "127.0.0.1", int(kiosk.url.rpartition(":")[2])
    with socket.create_connection((host, port), timeout=10) as connection:
        head = f"POST /simulator/picture HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 1000000000\r\n\r\n"
        connection.sendall(head.encode())
        assert b" 413 " in connection.recv(100)


def test_too_long_a_text_is_refused(kiosk: Kiosk) -> None:
    assert kiosk.post("/simulator/number", {"number": "1" * 40_000})[0] == 413


def test_a_frame_is_never_written(kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")  # a server that spools bodies would fail
    status, answer = kiosk.post("/simulator/picture", b"x" * (LARGEST_BODY_BYTES - 1))
    assert (status, answer["error"]["vi"]) == (422, "Cửa không làm được việc này.")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
asked = st.fixed_dictionaries({}, optional=dict.fromkeys(("person", "code", "gate", "number", "status"), json_values))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(POSTS), body=asked | json_values)
def test_senseless_requests_are_refused_not_broken(kiosk: Kiosk, path: str, body: Any) -> None:
    status, answer = kiosk.post(f"/simulator/{path}", body)
    assert status in (200, 400, 404, 413, 422)
    assert status == 200 or set(answer["error"]) == {"vi", "en", "detail"}


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 20_000, b'{"person": 1e999, "code": "cccd"}'])
def test_what_is_not_json_is_refused(kiosk: Kiosk, body: bytes) -> None:
    assert kiosk.post("/simulator/person", body)[0] == 400


def test_a_fault_is_one_sentence_without_a_traceback(kiosk: Kiosk) -> None:
    context = kiosk.context()
    app = make_app(context)
    app.add_url_rule("/broken", view_func=for_all(lambda: str(1 // 0)))
    answer = app.test_client().get("/broken")
    context.news.close()
    assert answer.status_code == 500
    assert "Máy gặp lỗi khi làm việc này; đã ghi vào nhật ký." in answer.text
    assert "ZeroDivisionError" not in answer.text


@pytest.mark.parametrize("path", NOT_OURS)
def test_no_file_but_the_pages_own_can_be_had(kiosk: Kiosk, path: str) -> None:
    assert kiosk.get(path).status in (308, 404)


def test_a_door_that_is_away_is_a_sentence_and_comes_back(kiosk: Kiosk) -> None:
    kiosk.close_door()
    status, answer = kiosk.post("/simulator/person", {"person": 2, "code": "cccd", "gate": "in"})
    page = kiosk.get("/simulator")
    kiosk.open_door()
    assert (status, answer["error"]["vi"]) == (503, "Cửa chưa trả lời. Trang sẽ tự nối lại.")
    assert page.status == 200
    assert kiosk.show(card_of(3))["outcome"] == "admitted"
