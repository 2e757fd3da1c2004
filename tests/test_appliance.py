"""What the units run beside door and pages: starts that are counted, an alarm, how the kiosk is, and a page of it."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import OpenSite, settings_with
from doors import at_work
from hypothesis import given
from hypothesis import strategies as st
from kiosk_runs import kiosk_run
from patience import PATIENCE_S, eventually
from terminal import Terminal

from kiosk import boots, observer
from kiosk.config.devices import SourceSettings
from kiosk.door_socket import DoorClient
from kiosk.observer import Observer, page
from kiosk.rules import alarm
from kiosk.services import make_door
from kiosk.store.schema import connect

CAMERA, SCANNER = SourceSettings("camera", "in"), SourceSettings("keyboard", "in", "/dev/kiosk/scanner")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory that holds a log."""
    folder = tmp_path / "data"
    folder.mkdir()
    connect(folder / "kiosk.db").close()
    return folder


def starts(data: Path, *names: str) -> list[int]:
    """How many starts in a row are told at each of those called *names*."""
    return [boots.begin(data, data.parent, name) for name in names]


def is_safe(data: Path) -> bool:
    return (data.parent / boots.SAFE_FILE).exists()


def test_the_third_start_in_a_row_that_did_not_last_is_a_safe_one(data: Path) -> None:
    assert (starts(data, "one", "two"), is_safe(data)) == ([1, 2], False)
    assert (starts(data, "three"), is_safe(data)) == ([3], True)
    assert (data.parent / boots.SAFE_FILE).read_text() == "KIOSK_SAFE=yes\n"


def test_a_start_that_has_lasted_ends_the_counting_and_the_next_is_whole(data: Path) -> None:
    starts(data, "one", "two", "three")
    boots.lasted(data, "three")
    assert (starts(data, "four"), is_safe(data)) == ([1], False)


def test_a_service_that_is_started_again_is_no_start_of_the_machine(data: Path) -> None:
    assert starts(data, "one", "one", "one", "one") == [1, 1, 1, 1]
    boots.lasted(data, "one")
    assert starts(data, "one") == [0]


def test_a_kiosk_that_is_being_set_up_may_be_switched_off_as_often_as_one_likes(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    assert starts(tmp_path / "data", "one", "two", "three", "four") == [0, 0, 0, 0]


@pytest.mark.parametrize("spoilt", [b"", b"{", b"[]", b'{"starts": "many"}', b"\xff", b"null"])
def test_a_count_that_cannot_be_read_begins_anew(data: Path, spoilt: bytes) -> None:
    (data / boots.FILE).write_bytes(spoilt)
    assert starts(data, "one") == [1]


def test_a_safe_start_does_with_scanners_and_typed_numbers() -> None:
    settings, left_out = boots.without_optional(
        replace(settings_with(voice={"kind": "espeak"}), sources=(CAMERA, SCANNER))
    )
    assert (settings.sources, settings.voice.kind, left_out) == ((SCANNER,), "none", ("camera", "voice"))
    assert boots.without_optional(settings) == (settings, ())


def test_the_door_of_a_safe_start_works_and_the_pages_say_what_is_left_out(open_site: OpenSite) -> None:
    site = open_site(sources=(CAMERA,))
    with at_work(make_door(site.house, simulate=False, start=boots.Start(safe=True))):
        assert DoorClient(site.house.data).present_text(b"079090000011", "in", typed=True)["outcome"] == "admitted"
        left_out = ("camera", False, boots.LEFT_OUT)
        assert eventually(lambda: left_out in {(one.name, one.ok, one.note) for one in site.reader.devices()})


def test_a_camera_that_stays_broken_ends_the_door_twice_and_then_no_more(open_site: OpenSite, tmp_path: Path) -> None:
    """A fresh process may have it; once that was no help, people come in by scanner and typed number."""
    now_ms, ended = 10_000, list[bool]()
    for _ in range(3):
        site = open_site(sources=(CAMERA,))
        door = make_door(site.house, simulate=False, start=boots.this_start(tmp_path, now_ms))
        ending = threading.Timer(4 if len(ended) == 2 else PATIENCE_S, door.stop)  # twice it ends by itself
        ending.start()
        fault = door.run()
        ending.cancel()
        ended.append("camera" in fault)
        if fault:
            boots.count_fault(tmp_path, now_ms)
        now_ms += 10_000
    assert ended == [True, True, False]
    assert boots.this_start(tmp_path, now_ms + alarm.CALM_MS) == boots.Start()


def test_pauses_after_faults_grow_and_are_short_again_after_a_calm_time() -> None:
    faults, pauses = 0, []
    for _ in range(6):
        faults = alarm.faults_in_a_row(faults, since_ms=2000)
        pauses.append(alarm.pause_s(faults))
    assert pauses == [1, 2, 4, 8, 8, 8]
    assert alarm.pause_s(alarm.faults_in_a_row(faults, alarm.CALM_MS)) == 1


@pytest.mark.parametrize(("result", "faults"), [("success", 0), ("watchdog", 1), ("signal", 1), ("exit-code", 1)])
def test_the_alarm_pauses_after_a_fault_only(tmp_path: Path, result: str, faults: int) -> None:
    done = Terminal(tmp_path)("alarm", "--pause", "--run", str(tmp_path), SERVICE_RESULT=result)
    assert (done.returncode, done.stderr) == (0, "")
    counted = list(tmp_path.glob("door-faults.json"))
    assert [json.loads(file.read_text())["faults"] for file in counted] == [1] * faults


def catches(pid: int, number: int) -> bool:
    """Whether that process has a handler for the signal (proc_pid_status(5))."""
    (caught,) = re.findall(r"^SigCgt:\s*(\w+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return bool(int(caught, 16) >> (number - 1) & 1)


def test_the_alarm_lasts_until_it_is_told_to_end(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-c",
        "import kiosk.cli, sys; print('.', flush=True); sys.exit(kiosk.cli.main(['alarm']))",
    ]
    with subprocess.Popen(command, env=Terminal(tmp_path).environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert eventually(lambda: catches(process.pid, signal.SIGTERM))
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1.5)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0


def test_how_it_is_can_be_told_of_a_kiosk_that_is_broken_in_every_way(tmp_path: Path) -> None:
    settings, out = tmp_path / "kiosk.toml", tmp_path / "health.json"
    settings.write_text("[site]\ncapacity = 'many'\n")
    done = Terminal(tmp_path / "data")("--config", str(settings), "health", "--out", str(out))
    assert (done.returncode, done.stdout, done.stderr, out.stat().st_mode & 0o777) == (0, "", "", 0o644)
    told = json.loads(out.read_text())
    broken = {check["name"] for check in told["checks"] if not check["ok"]}
    assert (told["ok"], broken) == (False, {"settings", "door", "pages", "disk", "keys"})


def test_how_it_is_tries_nothing_and_this_start_lasts_where_the_door_answers(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "data")
    with kiosk_run(terminal.data) as run:
        settings = run.settings.read_text().replace("[web]", f"[web]\nport = {run.pages_port}")
        run.settings.write_text(settings)
        before = DoorClient(terminal.data).panel()["change"]

        def is_well() -> bool:
            done = terminal("--config", str(run.settings), "health", "--json")
            told = {check["name"]: check["ok"] for check in json.loads(done.stdout)["checks"]}
            return bool(told["door"] and told["pages"])

        assert eventually(is_well)
        assert DoorClient(terminal.data).panel()["change"] == before
        assert eventually(lambda: terminal("--config", str(run.settings), "boots", "well").returncode == 0)
    assert terminal("--config", str(run.settings), "boots", "well").returncode == 1


HEALTH: dict[str, Any] = {
    "ok": True,
    "running_s": 1000,
    "site": "Trạm <y tế>",
    "kiosk": "kiosk-1",
    "addresses": ["https://kiosk.local:8443"],
    "checks": [{"name": "door", "ok": True, "note": "it answers"}, {"name": "paper", "ok": True, "note": "fine"}],
}


def test_the_observers_page_says_that_all_is_well_and_where_the_pages_are() -> None:
    told = page(HEALTH, 1010)
    assert observer.WELL in told
    assert "Trạm &lt;y tế&gt;" in told
    assert '<a href="https://kiosk.local:8443">' in told


def test_it_names_what_does_not_work_and_nothing_else() -> None:
    broken = HEALTH | {"ok": False, "checks": [*HEALTH["checks"], {"name": "lamps", "ok": False, "note": "GPIO <17>"}]}
    told = page(broken, 1010)
    assert observer.NOT_WELL in told
    assert "<li>lamps: GPIO &lt;17&gt;</li>" in told
    assert "paper" not in told


@pytest.mark.parametrize("now_s", [1000 + observer.OLD_S, 10_000, 999])
def test_what_is_old_is_not_believed(now_s: float) -> None:
    assert observer.WELL not in page(HEALTH, now_s)


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from((*HEALTH, "name", "note")) | st.text(), inner),
)


@given(anything, st.floats(0, 1e9))
def test_whatever_the_file_holds_there_is_a_page(health: Any, now_s: float) -> None:
    assert page(health, now_s).startswith("<!DOCTYPE html>")


@pytest.fixture
def observed(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A file, and the port on which an observer answers about it."""
    listener = socket.create_server(("127.0.0.1", 0))
    watching = Observer(listener, tmp_path / "health.json")
    serving = threading.Thread(target=watching.serve, daemon=True)
    serving.start()
    yield tmp_path / "health.json", listener.getsockname()[1]
    watching.asked = False
    socket.create_connection(listener.getsockname()).close()  # it waits for the next
    watching.server_close()
    listener.close()


def ask(port: int, path: str, method: str = "GET") -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    connection.request(method, path)
    return connection.getresponse()


def test_it_answers_before_there_is_anything_to_tell(observed: tuple[Path, int]) -> None:
    file, port = observed
    with ask(port, "/") as answer:
        assert (answer.status, observer.UNKNOWN in answer.read().decode()) == (200, True)
    file.write_text(json.dumps(HEALTH))
    with ask(port, "/health.json") as answer:
        assert json.loads(answer.read()) == HEALTH
    for path in ("/../etc/passwd", "/etc/passwd", "/%2e%2e/"):
        with ask(port, path) as answer:
            assert answer.status == 404
    with ask(port, "/", "HEAD") as answer:
        assert (answer.status, answer.read()) == (200, b"")


def answers(port: int) -> bool:
    with suppress(OSError, http.client.HTTPException), ask(port, "/") as answer:
        return answer.status == 200
    return False


def test_clients_that_say_nothing_hold_up_nobody_for_long(observed: tuple[Path, int]) -> None:
    silent = [socket.create_connection(("127.0.0.1", observed[1])) for _ in range(3 * observer.CLIENTS)]
    time.sleep(observer.SLOW_S + 1)
    assert eventually(lambda: answers(observed[1]))
    for one in silent:
        one.close()


def test_clients_that_say_one_letter_after_the_other_hold_up_nobody_for_long(observed: tuple[Path, int]) -> None:
    dripping = [socket.create_connection(("127.0.0.1", observed[1])) for _ in range(observer.CLIENTS)]

    def drip() -> None:
        for one in dripping:
            with suppress(OSError):  # it was left
                one.send(b"G")

    until_s = time.monotonic() + observer.SLOW_S + 2
    while time.monotonic() < until_s:
        drip()
        time.sleep(observer.SLOW_S / 20)

    def answers_meanwhile() -> bool:
        drip()
        return answers(observed[1])

    assert eventually(answers_meanwhile)
    for one in dripping:
        one.close()


def test_the_observer_needs_none_of_our_libraries() -> None:
    """It is what still answers when one of them is broken."""
    asked = "import sys; import kiosk.observer; print(*(name for name in sys.modules if name.startswith('kiosk')))"
    done = subprocess.run(
        [sys.executable, "-S", "-c", asked],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(done.stdout.split()) == {"kiosk", "kiosk.observer", "kiosk.devices", "kiosk.devices.service_manager"}
