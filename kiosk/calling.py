"""The story of a call after its commit: said aloud, one after the other, by a thread that nobody waits for."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from kiosk.devices.base import DeviceError, Voice
from kiosk.health import Health
from kiosk.heartbeat import Heart
from kiosk.rules.announcing import Call, Calls, Manner, Sentence, sentences, sound_check
from kiosk.rules.model import TicketNumber

log = logging.getLogger(__name__)

IDLE_S = 30.0  # so often it shows that it lives while nobody is called
BOUND_S = 300.0


class Caller(threading.Thread):
    """Says the calls that it is told of, in the order and as often as ``Calls`` has it, in *languages*.

    A call that could not be said is tried again, behind the others, until it is said, no longer true or too old;
    after a fault the pauses grow from *first_pause_s* to *longest_pause_s*. *now_ms* is the wall clock; whether the
    quiet hours are over is looked at every *look_s*.
    """

    def __init__(
        self,
        voice: Voice,
        languages: Sequence[str],
        manner: Manner,
        *,
        now_ms: Callable[[], int],
        health: Health,
        first_pause_s: float = 0.5,
        longest_pause_s: float = 10.0,
        look_s: float = 1.0,
        heart: Heart | None = None,
    ) -> None:
        super().__init__(name="caller", daemon=True)
        self._heart = heart or Heart("caller", BOUND_S)
        self.voice = voice
        self._languages = languages
        self._manner = manner
        self._now_ms = now_ms
        self._health = health
        self._first_pause_s = first_pause_s
        self._longest_pause_s = longest_pause_s
        self._look_s = look_s
        self._calls = Calls(manner)
        self._changed = threading.Condition()
        self._stopped = False

    def called(self, call: Call) -> None:
        """*call* was recorded: say it when its turn comes. Returns at once."""
        with self._changed:
            self._calls = self._calls.called(call, self._now_ms())
            self._changed.notify_all()

    def withdrawn(self, ticket: TicketNumber) -> None:
        """*ticket* has come, is held, absent or moved on: it is not called any more. Returns at once."""
        with self._changed:
            self._calls = self._calls.withdrawn(ticket)

    def try_once(self) -> bool:
        """Whether three digits were heard: not in the quiet hours, nor once stopped. Raises DeviceError."""
        if self._manner.quiet(self._now_ms()):
            return False
        try:
            self._speak(sound_check(self._languages))
        except DeviceError as error:
            self._health.failed(self.voice.name, str(error))
            raise
        return not self._stopped

    def stop(self, wait_s: float = 2.0) -> None:
        """Fall silent at once, in the midst of a sentence too, and wait at most *wait_s* for the thread's end."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self.voice.close()
        if self.is_alive():
            self.join(wait_s)

    def run(self) -> None:
        """Call until stopped."""
        pause_s = self._first_pause_s
        while call := self._next():
            if self._say(call):
                pause_s = self._first_pause_s
            else:
                self._pause(pause_s)
                pause_s = min(2 * pause_s, self._longest_pause_s)

    def _next(self) -> Call | None:
        """The call to say now, once there is one; None when stopped."""
        with self._changed:
            while not self._stopped:
                self._calls, call = self._calls.begin(self._now_ms())
                if call:
                    return call
                self._heart.beat()
                self._changed.wait(self._look_s if self._calls.waiting else IDLE_S)
        return None

    def _say(self, call: Call) -> bool:
        said = self._could_say(call)
        with self._changed:
            self._calls = self._calls.ended() if said else self._calls.unsaid()
        return said

    def _could_say(self, call: Call) -> bool:
        try:
            self._speak(sentences(call, self._languages))
        except DeviceError as error:
            self._health.failed(self.voice.name, str(error))
        except Exception as error:  # a thread that ends here would be silent from now on
            log.exception("a call could not be said")
            self._health.failed(self.voice.name, f"{type(error).__name__}: {error}")
        else:
            return True
        return False

    def _speak(self, said: Sequence[Sentence]) -> None:
        self.voice.say(said)
        if not self._stopped:  # else it may have been cut short
            self._health.works(self.voice.name)

    def _pause(self, pause_s: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopped, pause_s)
