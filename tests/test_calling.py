"""Calls on their way to the loudspeaker: one after the other, none lost, nobody kept waiting by a voice that hangs."""

from __future__ import annotations

import array
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import wave
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from conftest import OpenSite, Site
from doors import at_work
from patience import PATIENCE_S, eventually
from terminal import Terminal

from kiosk.calling import Caller
from kiosk.devices.base import DeviceError, Voice
from kiosk.devices.voice import SimulatedVoice
from kiosk.door_socket import DoorAway, DoorClient
from kiosk.rules.announcing import Call, Manner, Sentence
from kiosk.rules.model import TicketNumber
from kiosk.services import make_door

needs_espeak = pytest.mark.skipif(not shutil.which("espeak-ng"), reason="needs Debian's package espeak-ng")
needs_aplay = pytest.mark.skipif(not shutil.which("aplay"), reason="needs aplay, of Debian's package alsa-utils")

HOUR_MS = 3_600_000
ONE = "Mời số A không không một, đến quầy số hai"
ONE_AGAIN = "Xin nhắc lại, mời số A không không một, đến quầy số hai"
TWO = "Mời số A không không hai, đến quầy số hai"
NEW = "Mời số A không không bốn, đến quầy số hai"


def call(number: int, counter: int = 2, *, recall: bool = False) -> Call:
    return Call(TicketNumber("Đón tiếp", "A", number), f"q{counter}", f"Quầy {counter}", recall)


class Speaker(SimulatedVoice):
    """A voice that speaks until it is told that the sentence is over, or that it must fall silent."""

    def __init__(self) -> None:
        super().__init__()
        self.begun: list[str] = []
        self._over = threading.Semaphore(0)

    def say(self, sentences: Sequence[Sentence]) -> None:
        self.begun.append(sentences[0].text)
        self._over.acquire()
        super().say(sentences)

    def finish(self, times: int = 1) -> None:
        self._over.release(times)

    def close(self) -> None:
        self.finish()


class BrokenVoice(SimulatedVoice):
    """A voice that fails, at everything or at texts with *fails_at*, until it is mended."""

    def __init__(self, fails_at: str = "", error: type[Exception] = DeviceError) -> None:
        super().__init__()
        self.broken = True
        self.tried = 0
        self._fails_at = fails_at
        self._error = error

    def say(self, sentences: Sequence[Sentence]) -> None:
        self.tried += 1
        if self.broken and self._fails_at in sentences[0].text:
            raise self._error("the plug is out")
        super().say(sentences)


class Hall:
    """A waiting hall with a voice, where the time is what the test says."""

    def __init__(self, site: Site, voice: Voice, manner: Manner, languages: Sequence[str] = ("vi",)) -> None:
        self.now_ms = 12 * HOUR_MS
        self.caller = Caller(
            voice, languages, manner, now_ms=lambda: self.now_ms, health=site.house.health,
            first_pause_s=0.01, longest_pause_s=0.05, look_s=0.01,
        )  # fmt: skip


OpenHall = Callable[..., Hall]


@pytest.fixture
def open_hall(site: Site) -> Iterator[OpenHall]:
    """Opens a hall whose calls are said once: ``open_hall(voice, Manner(times=2))``."""
    with ExitStack() as halls:

        def open_(voice: Voice, manner: Manner | None = None) -> Hall:
            hall = Hall(site, voice, manner or Manner(times=1))
            hall.caller.start()
            halls.callback(hall.caller.stop)
            return hall

        yield open_


def texts(voice: SimulatedVoice) -> list[str]:
    return [sentence.text for sentence in voice.said]


def test_a_call_is_said_as_often_as_the_site_wants(open_hall: OpenHall) -> None:
    voice = SimulatedVoice()
    open_hall(voice, Manner(times=3)).caller.called(call(1))
    assert eventually(lambda: texts(voice) == [ONE] * 3)


def test_counters_that_call_at_once_are_heard_one_after_the_other_and_none_is_lost(open_hall: OpenHall) -> None:
    voice = Speaker()
    caller = open_hall(voice).caller
    with ThreadPoolExecutor(4) as counters:
        list(counters.map(caller.called, [call(number, number % 4) for number in range(1, 41)]))
    for heard in range(40):
        assert eventually(lambda heard=heard: len(voice.begun) == heard + 1)  # type: ignore[misc]
        voice.finish()
    assert eventually(lambda: len(voice.said) == 40)
    assert len(set(voice.begun)) == 40


def test_while_one_is_said_no_other_begins(open_hall: OpenHall) -> None:
    voice = Speaker()
    caller = open_hall(voice).caller
    caller.called(call(1))
    caller.called(call(2))
    assert not eventually(lambda: len(voice.begun) > 1, within_s=0.3)


def test_who_calls_does_not_wait_for_the_voice(open_hall: OpenHall) -> None:
    voice = Speaker()
    caller = open_hall(voice).caller
    caller.called(call(1))
    assert eventually(lambda: voice.begun)
    for number in range(2, 1000):
        caller.called(call(number))
        caller.withdrawn(call(number).ticket)
    assert (len(voice.begun), len(voice.said)) == (1, 0)


def test_a_recall_says_that_it_is_one(open_hall: OpenHall) -> None:
    voice = Speaker()
    caller = open_hall(voice, Manner(times=2)).caller
    caller.called(call(1))
    assert eventually(lambda: voice.begun)
    caller.called(call(1, recall=True))
    voice.finish(3)
    assert eventually(lambda: texts(voice) == [ONE, ONE_AGAIN, ONE_AGAIN])


def test_who_was_withdrawn_before_it_was_said_is_not_called(open_hall: OpenHall) -> None:
    voice = Speaker()
    caller = open_hall(voice).caller
    for number in (1, 2, 4):
        caller.called(call(number))
    assert eventually(lambda: voice.begun)
    caller.withdrawn(call(2).ticket)
    voice.finish(3)
    assert eventually(lambda: texts(voice) == [ONE, NEW])


def test_who_comes_while_they_are_called_is_not_called_again(open_hall: OpenHall) -> None:
    voice = Speaker()
    caller = open_hall(voice, Manner(times=2)).caller
    caller.called(call(1))
    assert eventually(lambda: voice.begun)
    caller.withdrawn(call(1).ticket)
    voice.finish(2)
    assert not eventually(lambda: len(voice.begun) > 1, within_s=0.3)


QUIET = Manner(times=1, stale_ms=HOUR_MS, quiet_from="12:00", quiet_to="13:30")


def test_the_quiet_hours_are_waited_out(open_hall: OpenHall) -> None:
    voice = SimulatedVoice()
    hall = open_hall(voice, QUIET)
    hall.caller.called(call(1))
    hall.now_ms += HOUR_MS
    hall.caller.called(call(2))
    assert not eventually(lambda: voice.said, within_s=0.3)
    hall.now_ms += HOUR_MS // 2
    assert eventually(lambda: voice.said)
    assert texts(voice) == [TWO]  # the first is too old


def test_nothing_is_tried_in_the_quiet_hours(open_hall: OpenHall) -> None:
    voice = SimulatedVoice()
    hall = open_hall(voice, QUIET)
    assert not hall.caller.try_once()
    hall.now_ms += 2 * HOUR_MS
    assert hall.caller.try_once()
    assert texts(voice) == ["một, hai, ba"]


def states(site: Site) -> dict[str, tuple[bool, str]]:
    """What the pages show of devices."""
    return {state.name: (state.ok, state.note) for state in site.reader.devices()}


def test_a_broken_voice_is_a_state_and_its_calls_are_said_when_it_works_again(
    site: Site, open_hall: OpenHall, caplog: pytest.LogCaptureFixture
) -> None:
    voice = BrokenVoice()
    caller = open_hall(voice).caller
    caller.called(call(1))
    assert eventually(lambda: states(site).get("voice") == (False, "the plug is out"))
    assert eventually(lambda: voice.tried > 3)
    voice.broken = False
    assert eventually(lambda: states(site).get("voice") == (True, ""))
    assert texts(voice) == [ONE]
    said = [record.message for record in caplog.records if record.message.startswith("voice")]
    assert said == ["voice: the plug is out", "voice works again"]


def test_nobody_hears_old_calls_from_a_voice_that_was_broken_for_long(open_hall: OpenHall) -> None:
    voice = BrokenVoice()
    hall = open_hall(voice)
    for number in (1, 2, 3):
        hall.caller.called(call(number))
    assert eventually(lambda: voice.tried > 3)
    hall.now_ms += HOUR_MS
    voice.broken = False
    hall.caller.called(call(4))
    assert eventually(lambda: voice.said)
    assert texts(voice) == [NEW]


def test_a_broken_voice_is_not_tried_without_a_pause(open_hall: OpenHall) -> None:
    voice = BrokenVoice()
    began_s = time.monotonic()
    open_hall(voice).caller.called(call(1))
    assert eventually(lambda: voice.tried > 10)
    assert time.monotonic() - began_s > 0.3  # 10, 20, 40 ms, and 50 ms each from then on


@pytest.mark.parametrize("error", [DeviceError, RuntimeError])
def test_one_call_that_cannot_be_said_does_not_silence_the_others(open_hall: OpenHall, error: type[Exception]) -> None:
    voice = BrokenVoice(ONE, error)
    caller = open_hall(voice).caller
    caller.called(call(1))
    caller.called(call(2))
    assert eventually(lambda: texts(voice) == [TWO])


def test_a_trial_that_fails_is_told_to_who_asked_and_to_the_pages(site: Site, open_hall: OpenHall) -> None:
    with pytest.raises(DeviceError, match="the plug is out"):
        open_hall(BrokenVoice()).caller.try_once()
    assert eventually(lambda: states(site).get("voice") == (False, "the plug is out"))


def test_the_door_says_a_call_when_its_caller_is_told(site: Site) -> None:
    with at_work(make_door(site.house, simulate=True)) as process:
        assert process._caller
        voice = process._caller.voice
        assert isinstance(voice, SimulatedVoice)
        process._caller.called(call(1))
        assert eventually(lambda: len(voice.said) == 4)
    assert texts(voice) == [ONE, "Number A, zero zero one, please go to counter two"] * 2


def test_the_door_tries_its_voice(site: Site) -> None:
    with at_work(make_door(site.house, simulate=True)) as process:
        assert DoorClient(site.house.data).try_device("voice")["tried"] is True
        assert process._caller
        assert texts(process._caller.voice) == ["một, hai, ba", "one, two, three"]  # type: ignore[arg-type]


def test_a_site_without_a_voice_has_none_to_try(site: Site) -> None:
    with (
        at_work(make_door(site.house, simulate=False)),
        pytest.raises(DoorAway, match="there is no device 'voice'; there are: panel"),
    ):
        DoorClient(site.house.data).try_device("voice")


def wav(file: Path) -> Path:
    with wave.open(str(file), "wb") as out:
        out.setparams((1, 2, 22_050, 0, "NONE", ""))
        out.writeframes(array.array("h", [100] * 2205).tobytes())
    return file


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Programs that stand before Debian's: an espeak-ng that says a tenth of a second, whatever it is given."""
    folder = tmp_path / "programs"
    folder.mkdir()
    program(folder, "espeak-ng", f"cat {wav(tmp_path / 'said.wav')}")
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_a_loudspeaker_that_cannot_even_be_killed_does_not_keep_the_door_from_ending(
    open_site: OpenSite, programs: Path, tmp_path: Path
) -> None:
    # Not exec: what is killed is the shell, and the sleeper holds its pipes, as a driver that hangs would.
    program(programs, "aplay", f"sleep 600 & echo $! >{tmp_path}/sleeper; wait")
    site = open_site(voice={"kind": "espeak"}, outputs={"kind": "none"}, printer={"kind": "none"})
    with at_work(make_door(site.house, simulate=False)) as process:
        assert process._caller
        process._caller.called(call(1))
        assert eventually(lambda: (tmp_path / "sleeper").exists() and (tmp_path / "sleeper").read_text().strip())
    sleeper = (tmp_path / "sleeper").read_text().strip()
    assert not has_ended(sleeper), "the door has ended before it"
    os.kill(int(sleeper), signal.SIGKILL)


def test_the_door_falls_silent_at_once_when_it_is_told_to_end(programs: Path, tmp_path: Path) -> None:
    program(programs, "aplay", f"echo $$ >{tmp_path}/pid; exec sleep 600")
    kiosk = Terminal(tmp_path / "data")
    (tmp_path / "kiosk.toml").write_text('[voice]\nkind = "espeak"\n')
    kiosk.environment |= {"KIOSK_CONFIG": str(tmp_path / "kiosk.toml")}
    command = [sys.executable, "-m", "kiosk", "run", "--port", "0"]
    with subprocess.Popen(command, env=kiosk.environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout and process.stdout.readline().startswith("http://")
            threading.Thread(target=_try_voice, args=[kiosk.data]).start()
            assert eventually(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip())
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE_S) == 0
        finally:
            process.kill()
    assert eventually(lambda: has_ended((tmp_path / "pid").read_text().strip()))


def has_ended(pid: str) -> bool:
    try:
        return ") Z " in Path("/proc", pid, "stat").read_text()  # its parent may be gone, too
    except OSError:
        return True


def _try_voice(data: Path) -> None:
    with suppress(DoorAway):
        DoorClient(data).try_device("voice")


@needs_espeak
@needs_aplay
def test_a_call_at_the_door_reaches_the_loudspeaker(
    open_site: OpenSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = tmp_path / "heard.wav"
    (tmp_path / "alsa.conf").write_text(
        f"pcm.null {{ type null }}\npcm.!default {{ type file slave.pcm null file {heard} format wav }}\n"
    )
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(tmp_path / "alsa.conf"))
    site = open_site(voice={"kind": "espeak", "languages": ("vi",), "repeat": 0}, printer={"kind": "none"})
    with at_work(make_door(site.house, simulate=False)) as process:
        assert process._caller
        process._caller.called(call(1))
        assert eventually(lambda: 2.5 < seconds(heard) < 8)


def seconds(sound: Path) -> float:
    """How long *sound* lasts; 0 while it is being written."""
    with suppress(OSError, EOFError, wave.Error), wave.open(str(sound)) as heard:
        return float(heard.getnframes() / heard.getframerate())
    return 0.0
