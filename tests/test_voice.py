"""The loudspeaker: what ALSA is given to play, by Debian's espeak-ng and by a site's own clips, and what can break.

The tests' loudspeaker is a file: ALSA writes into it what it would have played.
"""

from __future__ import annotations

import array
import logging
import math
import shutil
import signal
import subprocess
import threading
import time
import wave
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from patience import PATIENCE_S, eventually

from kiosk.devices.base import DeviceError
from kiosk.devices.voice import Loudspeaker, SimulatedVoice
from kiosk.rules.announcing import Call, Sentence, sentences
from kiosk.rules.model import TicketNumber
from kiosk.rules.spelling import letter_name

needs_espeak = pytest.mark.skipif(not shutil.which("espeak-ng"), reason="needs Debian's package espeak-ng")
needs_aplay = pytest.mark.skipif(not shutil.which("aplay"), reason="needs aplay, of Debian's package alsa-utils")

CALL = Call(TicketNumber("Đón tiếp", "A", 1), "q2", "Quầy 2")
BOTH = sentences(CALL, ("vi", "en"))
VI = BOTH[:1]
RATE = 22_050  # of espeak-ng


@pytest.fixture
def speaker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A loudspeaker for ALSA, which takes what is played into ``heard.wav``; each sound replaces the one before."""
    heard = tmp_path / "heard.wav"
    (tmp_path / "alsa.conf").write_text(
        f"pcm.null {{ type null }}\npcm.!default {{ type file slave.pcm null file {heard} format wav }}\n"
    )
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(tmp_path / "alsa.conf"))
    return heard


def program(folder: Path, name: str, script: str) -> None:
    """A program that stands before Debian's in the path."""
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in which programs are looked for."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def samples(file: Path) -> array.array[int]:
    with wave.open(str(file)) as wav:
        assert (wav.getnchannels(), wav.getsampwidth()) == (1, 2)
        return array.array("h", wav.readframes(wav.getnframes()))


def loudness(of: array.array[int]) -> float:
    """Root mean square, of 32,767 at most."""
    return math.sqrt(sum(sample * sample for sample in of) / max(1, len(of)))


def record(clips: Path, sentence: Sentence, *, rate: int = RATE) -> list[int]:
    """A clip of 0.1 s for each of the sentence's, each of one level; the levels in the sentence's order."""
    (clips / sentence.language).mkdir(parents=True, exist_ok=True)
    levels = {clip: 100 * number for number, clip in enumerate(dict.fromkeys(sentence.clips), 1)}
    for clip, level in levels.items():
        with wave.open(str(clips / sentence.language / f"{clip}.wav"), "wb") as wav:
            wav.setparams((1, 2, rate, 0, "NONE", ""))
            wav.writeframes(array.array("h", [level] * (rate // 10)).tobytes())
    return [levels[clip] for clip in sentence.clips]


@needs_espeak
@needs_aplay
@pytest.mark.parametrize("sentence", BOTH, ids=lambda sentence: sentence.language)
def test_a_call_is_heard_for_some_seconds(sentence: Sentence, speaker: Path) -> None:
    Loudspeaker().say([sentence])
    heard = samples(speaker)
    assert 2.5 < len(heard) / RATE < 8
    seconds = [heard[start : start + RATE] for start in range(0, len(heard) - RATE, RATE)]
    assert all(loudness(second) > 500 for second in seconds)


@needs_espeak
@needs_aplay
def test_who_speaks_slower_takes_longer(speaker: Path) -> None:
    lengths = []
    for words_per_minute in (100, 200):
        Loudspeaker(words_per_minute=words_per_minute).say(VI)
        lengths.append(len(samples(speaker)))
    assert lengths[0] > 1.5 * lengths[1]


@needs_espeak
@needs_aplay
def test_letters_and_digits_sound_each_different(speaker: Path) -> None:
    """In the voice's own sounds: a name that it cannot speak, or speaks as another's, would be nothing or the same."""
    heard = set()
    for language in ("vi", "en"):
        for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789":
            Loudspeaker().say([Sentence(language, letter_name(letter, language), ())])
            said = samples(speaker)
            assert loudness(said) > 300, letter
            heard.add(said.tobytes())
    assert len(heard) == 2 * 36


@needs_aplay
def test_the_sites_own_clips_are_played_in_their_order_without_any_other_voice(
    speaker: Path, tmp_path: Path, programs: Path
) -> None:
    (programs / "aplay").symlink_to(shutil.which("aplay", path="/usr/bin:/bin") or "")
    levels = record(tmp_path / "clips", VI[0])
    Loudspeaker(clips=tmp_path / "clips").say(VI)
    heard = samples(speaker)
    piece = RATE // 10
    assert [heard[number * piece + piece // 2] for number in range(len(levels))] == levels
    assert not any(heard[len(levels) * piece :])  # silence, to fill the last of ALSA's periods
    assert len(levels) == 6


@needs_espeak
@needs_aplay
def test_a_sentence_that_lacks_a_clip_is_said_by_the_synthetic_voice_and_the_clip_is_named_once(
    speaker: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    record(tmp_path / "clips", VI[0])
    (tmp_path / "clips" / "vi" / "0.wav").unlink()
    voice = Loudspeaker(clips=tmp_path / "clips")
    with caplog.at_level(logging.WARNING):
        voice.say(VI)
        voice.say(VI)
    assert len(samples(speaker)) > 2 * RATE
    assert [record.message for record in caplog.records] == [
        f"voice: {tmp_path}/clips/vi/0.wav: cannot be read: No such file or directory"
    ]


def test_clips_that_cannot_be_used_are_told_before_anybody_is_called(tmp_path: Path) -> None:
    clips = tmp_path / "clips"
    record(clips, VI[0], rate=RATE)
    (clips / "vi" / "a.wav").write_bytes(b"OggS not of a kind that is played")
    (clips / "vi" / "0.wav").write_bytes((clips / "vi" / "1.wav").read_bytes()[:30])
    (clips / "vi" / "1.wav").unlink()
    faults = Loudspeaker(clips=clips).clip_faults(VI)
    assert [fault.removeprefix(f"{clips}/vi/") for fault in faults] == [
        "a.wav: is no WAV file of plain PCM: file does not start with RIFF id",
        "0.wav: is no WAV file of plain PCM: it ends early",
        "1.wav: cannot be read: No such file or directory",
    ]


def test_clips_recorded_unlike_each_other_are_told(tmp_path: Path) -> None:
    clips = tmp_path / "clips"
    record(clips, VI[0])
    with wave.open(str(clips / "vi" / "counter-q2.wav"), "wb") as wav:
        wav.setparams((2, 2, 44_100, 0, "NONE", ""))
        wav.writeframes(bytes(400))
    assert Loudspeaker(clips=clips).clip_faults(VI) == (
        f"{clips}/vi/counter-q2.wav: is recorded at 44100 Hz, 16 bit, 2 channels, "
        f"but {clips}/vi/call.wav at 22050 Hz, 16 bit, 1 channel",
    )


@pytest.mark.parametrize("seconds", [0, 31])
def test_a_clip_is_neither_empty_nor_longer_than_any_announcement(seconds: int, tmp_path: Path) -> None:
    record(tmp_path, VI[0], rate=8000)
    with wave.open(str(tmp_path / "vi" / "a.wav"), "wb") as wav:
        wav.setparams((1, 2, 8000, 0, "NONE", ""))
        wav.writeframes(bytes(2 * 8000 * seconds))
    (fault,) = Loudspeaker(clips=tmp_path).clip_faults(VI)
    assert "not up to 30 s" in fault


@pytest.mark.parametrize(("channels", "rate"), [(3, 22_050), (1, 7_999), (1, 192_001)])
def test_a_clip_that_no_loudspeaker_plays_is_told(channels: int, rate: int, tmp_path: Path) -> None:
    record(tmp_path, VI[0])
    with wave.open(str(tmp_path / "vi" / "a.wav"), "wb") as wav:
        wav.setparams((channels, 2, rate, 0, "NONE", ""))
        wav.writeframes(bytes(2 * channels * rate))
    (fault,) = Loudspeaker(clips=tmp_path).clip_faults(VI)
    assert fault.endswith(f"a.wav: is no WAV file of plain PCM: it has {channels} channels of {rate} Hz")


def test_a_site_without_clips_has_no_faults_in_them() -> None:
    assert Loudspeaker().clip_faults(BOTH) == ()


def test_a_missing_synthesizer_is_named_with_its_package(programs: Path) -> None:
    with pytest.raises(DeviceError, match=r"espeak-ng cannot be started .*: apt-get install espeak-ng$"):
        Loudspeaker().say(VI)


def test_a_missing_player_is_named_with_its_package(programs: Path, tmp_path: Path) -> None:
    record(tmp_path, VI[0])
    with pytest.raises(DeviceError, match=r"aplay cannot be started .*: apt-get install alsa-utils$"):
        Loudspeaker(clips=tmp_path).say(VI)


@needs_aplay
def test_a_loudspeaker_that_is_not_there_is_told(speaker: Path, tmp_path: Path) -> None:
    record(tmp_path, VI[0])
    with pytest.raises(DeviceError, match=r"Loa không phát được tiếng · aplay failed: .*No such"):
        Loudspeaker(clips=tmp_path, device="nowhere").say(VI)


@pytest.mark.parametrize("script", ["exit 0", "echo noise", "echo broken >&2; exit 3"])
def test_a_synthesizer_without_sound_is_told(script: str, programs: Path) -> None:
    program(programs, "espeak-ng", script)
    with pytest.raises(DeviceError, match=r"espeak-ng (gave no sound|failed: broken)"):
        Loudspeaker().say(VI)


@pytest.mark.parametrize("hanging", ["espeak-ng", "aplay"])
def test_a_program_that_hangs_is_ended_in_time(
    hanging: str, programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(programs, hanging, "exec /bin/sleep 600")
    begun, begin = list[subprocess.Popen[bytes]](), subprocess.Popen[bytes]

    def noted(*given: Any, **named: Any) -> subprocess.Popen[bytes]:
        begun.append(begin(*given, **named))
        return begun[-1]

    monkeypatch.setattr("kiosk.devices.voice.subprocess.Popen", noted)
    clips = tmp_path / "clips" if hanging == "aplay" else None
    record(tmp_path / "clips", VI[0])
    with pytest.raises(DeviceError, match=rf"{hanging} did not end within \d\.\d s"):
        Loudspeaker(clips=clips, spare_s=0.5).say(VI)
    assert eventually(lambda: begun[-1].poll() is not None)
    assert begun[-1].returncode == -signal.SIGKILL


def test_after_a_fault_the_next_call_is_tried_anew(programs: Path, tmp_path: Path) -> None:
    record(tmp_path, VI[0])
    voice = Loudspeaker(clips=tmp_path)
    with pytest.raises(DeviceError):
        voice.say(VI)
    program(programs, "aplay", "exec /bin/cat >/dev/null")
    voice.say(VI)


def test_who_closes_it_does_not_wait_for_the_end_of_a_sentence(programs: Path, tmp_path: Path) -> None:
    program(programs, "aplay", f"echo >{tmp_path}/playing; exec /bin/sleep 600")
    record(tmp_path, VI[0])
    voice = Loudspeaker(clips=tmp_path, spare_s=50)
    speaking = threading.Thread(target=voice.say, args=[BOTH[:1] * 2])
    speaking.start()
    while not (tmp_path / "playing").exists():
        time.sleep(0.01)
    voice.close()
    speaking.join(PATIENCE_S)
    assert not speaking.is_alive()
    (tmp_path / "playing").unlink()
    voice.say(VI)
    voice.close()
    assert not (tmp_path / "playing").exists()


def test_two_who_speak_at_once_are_heard_one_after_the_other(programs: Path, tmp_path: Path) -> None:
    playing = tmp_path / "playing"
    play = f"/bin/mkdir {playing} || exit 1; /bin/cat >/dev/null; /bin/sleep 0.1; /bin/rmdir {playing}"
    program(programs, "aplay", play)
    record(tmp_path, VI[0])
    voice = Loudspeaker(clips=tmp_path)
    with ThreadPoolExecutor(4) as callers:
        assert list(callers.map(voice.say, [VI] * 4)) == [None] * 4


def test_nothing_is_heard_of_a_call_of_which_a_part_cannot_be_said(programs: Path, tmp_path: Path) -> None:
    program(programs, "aplay", f"echo >{tmp_path}/played; exec /bin/cat >/dev/null")
    record(tmp_path, VI[0])
    with pytest.raises(DeviceError, match="espeak-ng cannot be started"):
        Loudspeaker(clips=tmp_path).say(BOTH)
    assert not (tmp_path / "played").exists()


def test_the_simulated_voice_remembers_what_it_said() -> None:
    voice = SimulatedVoice()
    voice.say(BOTH)
    voice.say(VI)
    assert list(voice.said) == [*BOTH, *VI]
