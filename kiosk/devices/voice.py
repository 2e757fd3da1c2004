"""The loudspeaker: sentences by the site's recorded clips, else by espeak-ng, played by ALSA's aplay.

Both are programs of Debian (packages espeak-ng, alsa-utils). espeak-ng only computes the sound: where there is
no loudspeaker it plays into nothing and says that all went well, while aplay fails.
"""

from __future__ import annotations

import io
import logging
import subprocess
import threading
import wave
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from kiosk.devices.base import DeviceError
from kiosk.rules.announcing import Sentence

REMEMBERED = 1000
LONGEST_CLIP_S = 30.0
_VOICES = {"vi": "vi", "en": "en-us"}
_WORD_GAP = "3"  # of 10 ms: digits are told apart through the noise of a hall
_PACKAGES = {"espeak-ng": "espeak-ng", "aplay": "alsa-utils"}
_DYING_S = 2.0  # a process that hangs in its driver cannot even be killed

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sound:
    """Samples as WAV has them: channels, bytes a sample, samples a second, and the bytes."""

    form: tuple[int, int, int]
    samples: bytes

    @property
    def seconds(self) -> float:
        """How long it takes to play."""
        channels, width, rate = self.form
        return len(self.samples) / (channels * width * rate)

    def silence(self) -> Sound:
        """A tenth of a second of nothing, in the same form."""
        channels, width, rate = self.form
        rest = b"\x80" if width == 1 else bytes(width)  # of 8 bits 0 is not the middle, but a click
        return Sound(self.form, rest * channels * (rate // 10))

    def wav(self) -> bytes:
        """The sound as a WAV file."""
        out = io.BytesIO()
        with wave.open(out, "wb") as file:
            file.setnchannels(self.form[0])
            file.setsampwidth(self.form[1])
            file.setframerate(self.form[2])
            file.writeframes(self.samples)
        return out.getvalue()


class Loudspeaker:
    """A Voice that is heard. A sentence is said by clips where all of its clips are usable, else by espeak-ng.

    *clips* is a folder with a folder of WAV files for each language (``vi/call.wav``), or None;
    *device* is the name that ALSA gives to the loudspeaker. Each step of a sentence is killed when it
    takes *spare_s* longer than it should.
    """

    def __init__(
        self,
        *,
        words_per_minute: int = 130,
        clips: Path | None = None,
        device: str = "default",
        spare_s: float = 5.0,
        name: str = "voice",
    ) -> None:
        self.name = name
        self._words_per_minute = words_per_minute
        self._clips = clips
        self._device = device
        self._spare_s = spare_s
        self._faults_told: set[str] = set()
        self._turn = threading.Lock()
        self._lock = threading.Lock()
        self._running: subprocess.Popen[bytes] | None = None
        self._closed = False

    def say(self, sentences: Sequence[Sentence]) -> None:
        """Say *sentences* one after the other; returns when all have been heard. Raises DeviceError.

        Nothing is heard unless all can be said, and nothing after ``close``; clips that cannot be used are logged once.
        Who calls it while another is speaking waits.
        """
        with self._turn:
            try:
                for sound in [self._sound(sentence) for sentence in sentences]:
                    self._play(sound)
            except DeviceError:
                if not self._closed:
                    raise

    def rehearse(self, sentences: Sequence[Sentence]) -> None:
        """All of ``say`` but the noise: the loudspeaker is given a moment of silence. Raises DeviceError."""
        with self._turn:
            for sound in [self._recorded(sentence)[0] or self._synthetic(sentence) for sentence in sentences]:
                self._play(sound.silence())

    def clip_faults(self, sentences: Iterable[Sentence]) -> tuple[str, ...]:
        """Why clips for *sentences* cannot be used, one sentence for each reason; none where no clips are set."""
        faults = [fault for sentence in sentences for fault in self._recorded(sentence)[1]]
        return tuple(dict.fromkeys(faults))

    def close(self) -> None:
        """Fall silent at once, in the midst of a sentence too. May be called twice."""
        with self._lock:
            self._closed = True
            if self._running:
                self._running.kill()

    def _sound(self, sentence: Sentence) -> Sound:
        recorded, faults = self._recorded(sentence)
        for fault in faults:
            if fault not in self._faults_told:
                self._faults_told.add(fault)
                log.warning("%s: %s", self.name, fault)
        return recorded or self._synthetic(sentence)

    def _recorded(self, sentence: Sentence) -> tuple[Sound | None, list[str]]:
        """The sentence from clips, or why not."""
        if self._clips is None:
            return None, []
        files = [self._clips / sentence.language / f"{clip}.wav" for clip in sentence.clips]
        sounds, faults = [], []
        for file in files:
            try:
                sounds.append(_read_clip(file))
            except DeviceError as error:
                faults.append(str(error))
        if faults or not sounds:
            return None, faults
        for file, sound in zip(files, sounds, strict=True):
            if sound.form != sounds[0].form:
                faults.append(f"{file}: is recorded {_described(sound)}, but {files[0]} {_described(sounds[0])}")
        return (None if faults else Sound(sounds[0].form, b"".join(sound.samples for sound in sounds))), faults

    def _synthetic(self, sentence: Sentence) -> Sound:
        speed = str(self._words_per_minute)
        command = ["espeak-ng", "-v", _VOICES[sentence.language], "-s", speed, "-g", _WORD_GAP, "--stdin", "--stdout"]
        wav = self._run(command, sentence.text.encode(), self._spare_s)
        try:
            return _sound_of(io.BytesIO(wav))
        except (wave.Error, EOFError) as error:
            raise DeviceError("Không đọc được thành tiếng · espeak-ng gave no sound") from error

    def _play(self, sound: Sound) -> None:
        command = ["aplay", "-q", "-D", self._device, "-"]
        self._run(command, sound.wav(), sound.seconds + self._spare_s)

    def _run(self, command: list[str], given: bytes, limit_s: float) -> bytes:
        program = command[0]
        process = self._start(command)
        try:
            said, complaint = process.communicate(given, limit_s)
        except subprocess.TimeoutExpired as error:
            raise DeviceError(f"Loa không trả lời · {program} did not end within {limit_s:.1f} s") from error
        finally:
            _end(process)
            with self._lock:
                self._running = None
        if process.returncode:
            lines = complaint.decode(errors="replace").strip().splitlines() or [f"it ended with {process.returncode}"]
            raise DeviceError(f"Loa không phát được tiếng · {program} failed: {lines[-1][:200]}")
        return said

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        with self._lock:
            if self._closed:
                raise DeviceError("Loa đã tắt · The voice is closed")
            try:
                self._running = subprocess.Popen(  # noqa: S603 - programs of Debian, with our own options
                    command, stdin=pipe, stdout=pipe, stderr=pipe
                )
            except OSError as error:
                package = _PACKAGES[command[0]]
                raise DeviceError(
                    f"Chưa cài chương trình {command[0]} · {command[0]} cannot be started ({error.strerror}): "
                    f"apt-get install {package}"
                ) from error
            return self._running


class SimulatedVoice:
    """A Voice that remembers what it was told to say (the latest thousand sentences)."""

    def __init__(self, name: str = "voice") -> None:
        self.name = name
        self.said: deque[Sentence] = deque(maxlen=REMEMBERED)

    def say(self, sentences: Sequence[Sentence]) -> None:
        """As if all had been heard."""
        self.said.extend(sentences)

    def close(self) -> None:
        """Nothing to let go."""


def _read_clip(file: Path) -> Sound:
    try:
        with file.open("rb") as opened:
            return _sound_of(opened, LONGEST_CLIP_S)
    except OSError as error:
        raise DeviceError(f"{file}: cannot be read: {error.strerror}") from error
    except (wave.Error, EOFError) as error:
        raise DeviceError(f"{file}: is no WAV file of plain PCM: {str(error) or 'it ends early'}") from error


def _sound_of(file: IO[bytes], longest_s: float = 60.0) -> Sound:
    """The samples in a WAV file. Raises wave.Error and EOFError, also where there are none or too many.

    What it says of its own length is not believed: written to a pipe, it is not known yet.
    """
    with wave.open(file, "rb") as wav:
        form = (wav.getnchannels(), wav.getsampwidth(), wav.getframerate())
        if form[0] > 2 or not 8_000 <= form[2] <= 192_000:
            raise wave.Error(f"it has {form[0]} channels of {form[2]} Hz")
        samples = wav.readframes(min(wav.getnframes(), int(longest_s * form[2]) + 1))
    sound = Sound(form, samples)
    if not 0 < sound.seconds <= longest_s:
        raise wave.Error(f"it lasts {sound.seconds:.0f} s, not up to {longest_s:.0f} s")
    return sound


def _described(sound: Sound) -> str:
    channels, width, rate = sound.form
    return f"at {rate} Hz, {8 * width} bit, {channels} channel{'s' * (channels > 1)}"


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill *process* if it still runs, and let it go."""
    process.kill()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_DYING_S)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe:
            with suppress(OSError):
                pipe.close()
