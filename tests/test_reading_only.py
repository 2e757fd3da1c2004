"""Commands that read make nothing, destroy nothing, and need no right to write."""

from __future__ import annotations

import hashlib
import json
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import OpenSite, Site
from terminal import Terminal

from kiosk.rules import invented
from kiosk.rules.model import Kind
from kiosk.vault import Vault, VaultError

CARD = invented.codes(invented.person(1))[Kind.ID_CARD].decode()
READING = (
    ("visits",),
    ("log",),
    ("tickets",),
    ("occupancy",),
    ("verify",),
    ("keys", "show"),
    ("check",),
    ("read", "-"),
)


@pytest.fixture
def kiosk(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path / "data")


def fingerprints(directory: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in directory.iterdir() if path.is_file()}


@pytest.mark.parametrize("command", [*READING, ("purge",), ("rebuild",), ("keys", "test", "--key", "none")])
def test_only_run_scan_and_demo_begin_anything(kiosk: Terminal, command: tuple[str, ...]) -> None:
    kiosk(*command, stdin=CARD)
    assert not kiosk.data.exists()
    kiosk.data.mkdir()
    kiosk(*command, stdin=CARD)
    assert list(kiosk.data.iterdir()) == []


def test_keys_are_shown_before_the_first_scan(kiosk: Terminal, tmp_path: Path) -> None:
    assert kiosk("keys", "new", "--out", str(tmp_path / "private.json")).returncode == 0
    (shown,) = kiosk.lines("keys", "show", "--json")
    assert len(shown["slip_key"]) == 44


@pytest.mark.parametrize("with_log_open", [False, True], ids=["closed", "power was cut"])
def test_a_card_that_cannot_be_written_is_read_to_the_last_entry(
    kiosk: Terminal, tmp_path: Path, *, with_log_open: bool
) -> None:
    kiosk.lines("scan", "--json", "-", stdin=CARD)
    if with_log_open:
        end_without_a_checkpoint(kiosk)
    before = fingerprints(kiosk.data)
    image = Terminal(tmp_path / "image")
    shutil.copytree(kiosk.data, image.data)
    for name in image.data.glob("*-shm"):
        name.unlink()
    answers = [mounted_for_reading(image, *command, "--json") for command in READING[:6]]
    assert [done.returncode for done in answers] == [0] * 6, answers
    assert len(answers[0].stdout.splitlines()) == (2 if with_log_open else 1)
    assert json.loads(answers[0].stdout.splitlines()[0])["holder"]
    assert fingerprints(kiosk.data) == before


def end_without_a_checkpoint(kiosk: Terminal) -> None:
    """Somebody passes; then the process is gone with its write-ahead log left behind."""
    other = invented.codes(invented.person(2))[Kind.ID_CARD].decode()
    with subprocess.Popen(
        [sys.executable, "-m", "kiosk", "scan", "--json", "-"],
        env=kiosk.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as scan:
        assert scan.stdin and scan.stdout
        scan.stdin.write(other + "\n")
        scan.stdin.flush()
        scan.stdout.readline()
        scan.kill()
    assert (kiosk.data / "kiosk.db-wal").stat().st_size > 0


def mounted_for_reading(kiosk: Terminal, *arguments: str) -> subprocess.CompletedProcess[str]:
    """*arguments* while the data directory is a mount without the right to write; skips where none can be made."""
    read_only = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0"'
    space = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    if shutil.which("unshare") is None or subprocess.run([*space, read_only, kiosk.data], check=False).returncode:
        pytest.skip("this machine lets us make no mounts of our own")
    return subprocess.run(
        [*space, f'{read_only} && exec "$@"', kiosk.data, sys.executable, "-m", "kiosk", *arguments],
        env=kiosk.environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def site_with_two_keys(open_site: OpenSite) -> Iterator[Site]:
    """A door that is about to turn the day key: the new one is in the file, and not yet in the log."""
    site = open_site()
    site.show(CARD.encode(), "in", "08:00")
    site.house.vault.new_day_key()
    yield site


def test_who_reads_destroys_no_key(site_with_two_keys: Site) -> None:
    site, data = site_with_two_keys, site_with_two_keys.house.data
    before = fingerprints(data)["day.key"]
    reading = Vault.open(data, site=site.house.settings.site.id, read_only=True)
    assert reading.use(site.reader.head().key_id)
    assert reading.reveal(site.reader.inside()[0].shown or b"") is not None
    assert not reading.use(bytes(8))
    assert fingerprints(data)["day.key"] == before
    with pytest.raises(VaultError, match="reading only"):
        reading.new_day_key()


def test_a_reader_waits_for_no_key_that_is_missing(site: Site) -> None:
    data = site.house.data
    (data / "kiosk.key").unlink()
    (data / "day.key").unlink()
    reading = Vault.open(data, site=site.house.settings.site.id, read_only=True)
    assert (reading.use(site.reader.head().key_id), reading.slip_key) == (False, "")
    with pytest.raises(VaultError, match="missing"):
        reading.head_seal(b"head")
    assert not (data / "kiosk.key").exists()


def test_an_export_of_names_is_for_its_owner_alone(kiosk: Terminal, tmp_path: Path) -> None:
    kiosk.lines("scan", "--json", "-", stdin=CARD)
    out = tmp_path / "visits.csv"
    kiosk.lines("export", "csv", "--json", "--out", str(out))
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_whoever_has_read_enough_may_stop(kiosk: Terminal) -> None:
    kiosk.lines("demo", "1", "--json")
    command = f"{sys.executable} -m kiosk log | head -n 1"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        env=kiosk.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr, len(done.stdout.splitlines())) == (0, "", 1)
