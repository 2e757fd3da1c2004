"""What vanishes with the day key can leave the kiosk before: one file, which only the tracing team opens."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.client import HTTPResponse
from pathlib import Path

import pytest
from conftest import Site, local_ms
from hypothesis import given
from hypothesis import strategies as st
from running import Kiosk, running_kiosk
from terminal import Terminal

from kiosk.config import Settings
from kiosk.devices import clock
from kiosk.retention import turn_if_due
from kiosk.rules import invented
from kiosk.rules.access import Role
from kiosk.rules.model import ClockState, Kind, Moment
from kiosk.store.head import Head
from kiosk.times import Times
from kiosk.vanishing import sealed_day, turns_ms
from kiosk.vault import Vault, VaultError, new_tracing_keys, open_day_file, read_private_key
from kiosk.vault.day_file import WHAT
from kiosk.vault.tracing import DEMO_FILE

SETTINGS = Settings()
SOMEBODY = invented.person(1)
CARD = invented.codes(SOMEBODY)[Kind.ID_CARD]
HOUR_MS = 3_600_000


def sealed(site: Site) -> bytes:
    house = site.house
    visits = site.reader.today()
    repaired = Times(site.reader, believed=True).of_visits(visits)
    return sealed_day(zip(visits, repaired, strict=True), house.vault, house.settings.zone)


@pytest.fixture
def day_file(site: Site, tmp_path: Path) -> Path:
    """A day of one who came and left, sealed to the demo's tracing team."""
    site.show(CARD, "in", "08:05")
    site.show(CARD, "out", "08:40")
    path = tmp_path / "day.kiosk"
    path.write_bytes(sealed(site))
    return path


def test_the_tracing_team_reads_what_staff_saw(site: Site, day_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "people.jsonl"
    key = site.house.data / DEMO_FILE
    done = Terminal(tmp_path / "elsewhere")("keys", "open", str(day_file), "--key", str(key), "--out", str(out))
    assert done.returncode == 0, done.stderr
    (visit,) = map(json.loads, out.read_text("utf-8").splitlines())
    person = SOMEBODY.person
    assert (visit["name"], visit["number"], visit["birth"]) == (person.name, person.number, person.birth)
    assert (visit["entered"], visit["left"]) == ("2026-11-20T08:05:00.000+07:00", "2026-11-20T08:40:00.000+07:00")
    assert (visit["ticket"], visit["gate_in"], visit["gate_out"], visit["inferred"]) == ("A001", "in", "out", False)
    assert out.stat().st_mode & 0o077 == 0


def test_a_file_that_is_there_is_not_written_over(site: Site, day_file: Path, tmp_path: Path) -> None:
    key = str(site.house.data / DEMO_FILE)
    done = Terminal(tmp_path)("keys", "open", str(day_file), "--key", key, "--out", str(day_file))
    assert (done.returncode, "already" in done.stderr) == (1, True)


def test_nobody_else_reads_it(day_file: Path, tmp_path: Path) -> None:
    content = day_file.read_bytes()
    assert not any(word.encode() in content for word in (*SOMEBODY.person.name.split(), SOMEBODY.person.number))
    new_tracing_keys(tmp_path / "other", tmp_path / "other.key")
    with pytest.raises(VaultError, match="another tracing key"):
        open_day_file(read_private_key(tmp_path / "other.key"), content)


def test_it_cannot_be_passed_off_as_another_site_s(site: Site, day_file: Path) -> None:
    private = read_private_key(site.house.data / DEMO_FILE)
    other = day_file.read_bytes().replace(b'"site": "', b'"site": "else', 1)
    with pytest.raises(VaultError, match="another site"):
        open_day_file(private, other)


@given(st.binary(max_size=300))
def test_whatever_the_file_is_one_sentence_says_so(key: Path, content: bytes) -> None:
    for file in (content, b'{"what": ' + content, b'{"what":"x","site":1,"key":2}\n' + content):
        with pytest.raises(VaultError):
            open_day_file(read_private_key(key), file)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    new_tracing_keys(folder / "data", folder / "tracing.key")
    return folder / "tracing.key"


def test_only_the_present_day_is_in_it(site: Site) -> None:
    site.show(CARD, "in", "08:05")
    tomorrow = clock.stated(site.ms("2026-11-21T08:00"))
    assert turn_if_due(site.house.store, site.house.vault, site.house.settings, tomorrow)
    assert site.reader.today() == []
    _, content = open_day_file(read_private_key(site.house.data / DEMO_FILE), sealed(site))
    assert content == b""


def test_without_a_day_key_nothing_is_sealed(tmp_path: Path) -> None:
    new_tracing_keys(tmp_path / "data", tmp_path / "tracing.key")
    with pytest.raises(VaultError, match="no day key"):
        sealed_day([], Vault.open(tmp_path / "data", site="x"), SETTINGS.zone)


def test_a_day_that_is_too_large_is_refused(site: Site) -> None:
    with pytest.raises(VaultError, match="too large"):
        site.house.vault.seal_today(bytes(33 << 20))


def head(ran_ms: int = 0, monotonic_ms: int = 0, boot: str = "boot") -> Head:
    return Head("k", "e", 1, b"", 0, monotonic_ms, boot, b"key", "2026-11-20", ran_ms)


def at(text: str, state: ClockState = ClockState.SET, monotonic_ms: int = 0) -> Moment:
    return Moment(local_ms(text, SETTINGS), monotonic_ms, "boot", state)


@pytest.mark.parametrize(
    ("now", "turns"),
    [
        ("2026-11-20T17:00", "2026-11-21T03:00"),
        ("2026-11-21T02:59", "2026-11-21T03:00"),
        ("2026-11-21T03:00", "2026-11-22T03:00"),
    ],
)
def test_the_key_turns_at_its_hour(now: str, turns: str) -> None:
    assert turns_ms(head(), SETTINGS, at(now)) == local_ms(turns, SETTINGS)


def test_a_key_that_ran_long_turns_before() -> None:
    longest_ms = round(SETTINGS.vault.longest_key_s * 1000)
    now = at("2026-11-20T17:00", monotonic_ms=1000)
    assert turns_ms(head(longest_ms - 5000, monotonic_ms=0), SETTINGS, now) == now.wall_ms + 4000


def test_without_a_sure_date_only_its_running_time_turns_it() -> None:
    now = at("2026-11-21T02:59", ClockState.UNKNOWN)
    assert turns_ms(head(), SETTINGS, now) == now.wall_ms + round(SETTINGS.vault.longest_key_s * 1000)


@given(st.integers(0, 400 * 24 * 60), st.integers(0, 129_600_000), st.sampled_from(ClockState))
def test_it_always_turns_within_its_longest_running_time(minutes: int, ran_ms: int, state: ClockState) -> None:
    now = Moment(local_ms("2026-01-01T00:00", SETTINGS) + minutes * 60_000, 0, "boot", state)
    left_ms = turns_ms(head(ran_ms), SETTINGS, now) - now.wall_ms
    assert 0 <= left_ms <= 129_600_000 - ran_ms
    assert state is ClockState.UNKNOWN or left_ms <= 24 * HOUR_MS


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path / "running") as running:
        yield running


def download(kiosk: Kiosk, role: Role) -> HTTPResponse:
    form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": kiosk.url}
    return kiosk.as_(role).ask("POST", "/today/sealed", b"", form)


def test_staff_take_the_day_along_by_a_page_and_it_is_recorded_first(kiosk: Kiosk) -> None:
    kiosk.show(CARD)
    assert "Những gì mất đi" in kiosk.as_(Role.STAFF).get("/today/sealed").read().decode()
    answer = download(kiosk, Role.STAFF)
    assert answer.headers["Content-Disposition"].endswith('.sealed"')
    assert "no-store" in answer.headers["Cache-Control"]
    day, content = open_day_file(read_private_key(kiosk.house.data / DEMO_FILE), answer.read())
    assert json.loads(content)["name"] == SOMEBODY.person.name
    assert day.site == kiosk.house.settings.site.id
    (note,) = [entry.body for entry in kiosk.reader.events_after(0) if entry.header.kind == "staff"]
    assert note is not None
    assert (note["act"], note["about"]) == ("sealed_export", "1")


def test_a_volunteer_takes_nothing_along(kiosk: Kiosk) -> None:
    assert download(kiosk, Role.VOLUNTEER).status == 403
    assert kiosk.as_(Role.VOLUNTEER).get("/today/sealed").status == 403


def test_what_cannot_be_recorded_is_not_taken_along(kiosk: Kiosk) -> None:
    kiosk.close_door()
    answer = download(kiosk, Role.STAFF)
    assert answer.status == 503
    assert WHAT.encode() not in answer.read()


@pytest.mark.parametrize(("longest_s", "told"), [(3600.0, True), (7200.0, False)])
def test_in_the_last_hour_the_page_says_until_when_names_can_be_read(
    tmp_path: Path, longest_s: float, told: bool
) -> None:
    far_away = (datetime.now(SETTINGS.zone) + timedelta(hours=5)).strftime("%H:%M")
    with running_kiosk(tmp_path / "data", vault={"turn_at": far_away, "longest_key_s": longest_s}) as kiosk:
        page = kiosk.get("/").read().decode()
    assert bool(re.search(r'data-f="vanishes">(\d\d/\d\d )?\d\d:\d\d</b>', page)) == told
    assert ('id="vanishes" hidden' in page) != told
