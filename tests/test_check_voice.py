"""``kiosk check`` tells whether calls would be heard, and which recordings of the site's own are missing."""

from __future__ import annotations

import argparse
import array
import json
import shutil
import wave
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import OpenSite, settings_with
from doors import at_work

from kiosk.commands import Context
from kiosk.commands.checks import check
from kiosk.config import Settings
from kiosk.config.queueing import CounterSettings
from kiosk.rules.announcing import Piece, recordings
from kiosk.services import make_door

needs_espeak = pytest.mark.skipif(not shutil.which("espeak-ng"), reason="needs Debian's package espeak-ng")
needs_aplay = pytest.mark.skipif(not shutil.which("aplay"), reason="needs aplay, of Debian's package alsa-utils")


def settings(**voice: Any) -> Settings:
    """A site with a voice and one counter, whose numbers begin with A."""
    spoken = settings_with(voice={"kind": "espeak", "languages": ("vi",)} | voice)
    return replace(spoken, counters=(CounterSettings("q2", "Quầy 2"),))


def checked(settings: Settings, data: Path, capsys: pytest.CaptureFixture[str]) -> list[tuple[str, bool, str]]:
    """What is found about the voice."""
    capsys.readouterr()
    check(Context(settings, data, as_json=True), argparse.Namespace())
    said = capsys.readouterr()
    assert not said.err
    found = json.loads(said.out)["checks"]
    return [(each["name"], each["ok"], each["note"]) for each in found if each["name"] in ("voice", "clip")]


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What ALSA was given to play last."""
    heard = tmp_path / "heard.wav"
    (tmp_path / "alsa.conf").write_text(
        f"pcm.null {{ type null }}\npcm.!default {{ type file slave.pcm null file {heard} format wav }}\n"
    )
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(tmp_path / "alsa.conf"))
    return heard


def test_a_site_without_a_voice_has_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(settings(kind="none"), tmp_path, capsys) == [("voice", True, "none")]


@needs_espeak
@needs_aplay
def test_without_a_door_the_loudspeaker_is_given_silence(
    played: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked(settings(), tmp_path, capsys) == [
        ("voice", True, "the loudspeaker takes sound; nothing was said"),
    ]
    with wave.open(str(played)) as sound:
        assert not any(sound.readframes(22_050))


@needs_espeak
@needs_aplay
def test_a_loudspeaker_that_is_not_there_is_told(
    played: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [(_, ok, note)] = checked(settings(device="nowhere"), tmp_path, capsys)
    assert (ok, "aplay failed" in note) == (False, True)


def test_programs_that_are_missing_are_named_with_their_packages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    [(_, ok, note)] = checked(settings(), tmp_path, capsys)
    assert (ok, note.endswith("apt-get install espeak-ng")) == (False, True)


def record(clips: Path, pieces: tuple[Piece, ...], rate: int = 22_050) -> None:
    for piece in pieces:
        with wave.open(str(clips / f"{piece.clip}.wav"), "wb") as wav:
            wav.setparams((1, 2, rate, 0, "NONE", ""))
            wav.writeframes(array.array("h", [100] * 500).tobytes())


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """A folder with every Vietnamese recording of the site."""
    folder = tmp_path / "clips" / "vi"
    folder.mkdir(parents=True)
    record(folder, recordings(["A"], [("q2", "Quầy 2")], "vi"))
    return folder


@needs_aplay
def test_a_site_that_recorded_everything_needs_no_synthetic_voice(
    played: Path, clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "aplay").symlink_to(shutil.which("aplay") or "")
    monkeypatch.setenv("PATH", str(tmp_path))
    [(name, ok, _)] = checked(settings(clips=str(clips.parent)), tmp_path, capsys)
    assert (name, ok) == ("voice", True)


def test_each_recording_that_calls_lack_is_named_with_its_words(
    clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (clips / "counter-q2.wav").unlink()
    (clips / "a.wav").write_bytes(b"OggS, not of a kind that is played")
    found = checked(settings(clips=str(clips.parent)), tmp_path, capsys)[1:]
    assert found == [
        ("clip", False, f"{clips}/a.wav: is no WAV file of plain PCM: file does not start with RIFF id; its words: A"),
        ("clip", False, f"{clips}/counter-q2.wav: cannot be read: No such file or directory; "
                        "its words: đến quầy số hai"),
    ]  # fmt: skip


def test_a_recording_unlike_the_others_is_named(
    clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(clips, (Piece("recall", ""),), rate=44_100)
    [(_, ok, note)] = checked(settings(clips=str(clips.parent)), tmp_path, capsys)[1:]
    assert (ok, note.startswith(f"{clips}/recall.wav: is recorded at 44100 Hz")) == (False, True)


@pytest.mark.parametrize(
    ("quiet_to", "note"),
    [("00:00", "the running door tried it"), ("24:00", "the running door did not try it in the quiet hours")],
)
def test_a_running_door_says_a_test_but_not_in_the_quiet_hours(
    open_site: OpenSite, capsys: pytest.CaptureFixture[str], quiet_to: str, note: str
) -> None:
    house = open_site(voice={"kind": "simulated", "quiet_from": "00:00", "quiet_to": quiet_to}).house
    with at_work(make_door(house, simulate=True)):
        assert checked(house.settings, house.data, capsys) == [("voice", True, note)]
