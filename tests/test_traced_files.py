"""A case on a kiosk's own log, from the scans at its door to files and to the tracing team's page."""

from __future__ import annotations

import http.client
import io
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from kiosk.cli import main
from kiosk.exports.contacts.table import fingerprint
from kiosk.rules import invented
from kiosk.rules.model import Kind
from kiosk.tracing.handing_on import FORMS

DAY = "2026-11-20"
PASSAGES = (("08:00", 1), ("08:05", 2), ("08:30", 3), ("09:00", 1), ("09:10", 2))
NAMED = {invented.person(index).person.name for index in (2, 3)}
NEEDS_SETTINGS = ("dhis2", "sormas")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A day at a demo kiosk: the case from 8 to 9, somebody until 9:10, somebody whom nobody saw leave."""
    folder = tmp_path_factory.mktemp("kiosk") / "data"
    cards = {index: invented.codes(invented.person(index))[Kind.ID_CARD].decode() for _, index in PASSAGES}
    lines = "".join(json.dumps({"text": cards[index], "at": f"{DAY}T{at}"}) + "\n" for at, index in PASSAGES)
    command = [sys.executable, "-m", "kiosk", "--data", str(folder), "scan", "-"]
    subprocess.run(command, input=lines, text=True, check=True, capture_output=True)
    return folder


def asking(data: Path, *more: str) -> list[str]:
    window = ("--from", f"{DAY}T00:00", "--until", f"{DAY}T23:59", "--by", "site")
    person = ("--number", invented.person(1).person.number, "--case", "CA-9", "--reason", "Xác minh")
    return ["--data", str(data), "trace", "--key", str(data / "demo-tracing.key"), *window, *person, *more]


@pytest.mark.parametrize("form", sorted(set(FORMS) - set(NEEDS_SETTINGS)))
def test_a_case_leaves_in_every_form(data: Path, tmp_path: Path, form: str) -> None:
    out = tmp_path / f"list{FORMS[form].ending}"
    assert main(asking(data, "--format", form, "--out", str(out))) == 0
    assert out.stat().st_size and Path(f"{out}.sha256").read_text().endswith(f"  {out.name}\n")


def test_the_file_has_who_was_there_and_how_sure_that_is(data: Path, tmp_path: Path) -> None:
    assert main(asking(data, "--format", "json", "--out", str(tmp_path / "list.json"))) == 0
    told = json.loads((tmp_path / "list.json").read_bytes())
    assert {one["name"] for one in told["found"]} == NAMED
    assert [one["certain_ms"] > 0 for one in told["found"]] == [True, False]
    assert told["demo"] and told["sha256"] == fingerprint(map(tuple, told["table"]["rows"])).sha256


def test_that_a_file_was_made_is_in_the_log(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(asking(data, "--json", "--format", "csv", "--out", str(tmp_path / "list.csv"))) == 0
    made = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert main(["--data", str(data), "log", "--json"]) == 0
    noted = [json.loads(line)["body"] for line in capsys.readouterr().out.splitlines()]
    assert any(made["sha256"][:16] in json.dumps(body) for body in noted)


@pytest.mark.parametrize("form", NEEDS_SETTINGS)
def test_what_a_receiver_needs_and_is_not_there_is_one_sentence(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    assert main(asking(data, "--format", form, "--out", str(tmp_path / "list"))) == 1
    assert "needs" in capsys.readouterr().err and not list(tmp_path.iterdir())


@contextmanager
def page(data: Path) -> Iterator[str]:
    """``kiosk trace --page`` as a process, ended as at a terminal; the address that it prints."""
    command = [sys.executable, "-m", "kiosk", *asking(data)[:5], "--page"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield process.stdout.readline().strip()
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "")


def test_the_page_works_through_a_case_of_the_log(data: Path) -> None:
    with page(data) as url:
        address = urlsplit(url)
        origin = f"http://{address.netloc}"
        cookie = ask(address.netloc, "GET", address.path)[1].partition(";")[0]
        form = {"Cookie": cookie, "Origin": origin, "Content-Type": "application/x-www-form-urlencoded"}
        typed = {"case_number": "CA-9", "reason": "Xác minh", "search": "number", "by": "site", "minutes": "15"}
        typed |= {"what": invented.person(1).person.number, "since": f"{DAY}T00:00", "until": f"{DAY}T23:59"}
        assert ask(address.netloc, "POST", "/ask", urlencode(typed), form)[0] == 303
        counted = ask(address.netloc, "GET", "/", headers=form)[2]
        assert ask(address.netloc, "POST", "/name", "", form)[0] == 303
        named = ask(address.netloc, "GET", "/", headers=form)[2]
        assert not any(name in counted for name in NAMED)
        assert all(name in named for name in NAMED)
        assert ask(address.netloc, "POST", "/make", "form=xlsx", form)[0] == 303


def ask(
    netloc: str, method: str, path: str, body: str = "", headers: dict[str, str] | None = None
) -> tuple[int, str, str]:
    with closing(http.client.HTTPConnection(netloc, timeout=60)) as connection:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Set-Cookie", ""), answer.read().decode()


def test_a_page_without_the_key_asks_about_today_alone(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The key of that day is gone, or not the one that is asked with: nobody of it is named."""
    assert main(["--data", str(data), "trace", "--number", invented.person(1).person.number, "--onset", DAY]) == 1
    assert not any(name in io.StringIO(capsys.readouterr().out).read() for name in NAMED)
