"""The board's voice and the loudspeaker's rules, told the same stories, say the same."""

from __future__ import annotations

import random
from typing import Any

import pytest

from browser.board_help import VOICE
from browser.conftest import OpenPage
from kiosk.rules.announcing import Call, Calls, Manner
from kiosk.rules.model import TicketNumber

pytestmark = pytest.mark.browser

# Tells stories to a voice of the board's own script, which begins each of its sentences when the one before is over.
TELL = """async (stories) => {
  const { makeVoice } = await import('/static/board_voice.js');
  voice.holding = true;
  return stories.map(({ times, steps }) => {
    Object.assign(voice, { said: [], now: null });
    const told = makeVoice({ sound: 'on', times, stale_ms: 1e9, quiet_from: '', quiet_to: '', rate: 1, hello: [] });
    told.hear([], 0);
    for (const calls of steps) {
      if (calls) told.hear(calls, 0);
      else if (voice.now) voice.end();
    }
    return voice.said.map(([, text]) => text);
  });
}"""


class Hall:
    """Tickets of a hall where anything may happen, and what the loudspeaker's rules make of it."""

    def __init__(self, dice: random.Random) -> None:
        self.times = dice.randint(1, 3)
        self.steps: list[list[dict[str, Any]] | None] = []
        self.said: list[str] = []
        self._dice = dice
        self._calls = Calls(Manner(times=self.times, stale_ms=10**9))
        self._open: dict[int, dict[str, Any]] = {}
        for at_ms in range(40):
            dice.choice((self._call, self._call, self._recall, self._come, self._end, self._end))(at_ms)
            self._calls, begun = self._calls.begin(at_ms)
            if begun:
                self.said.append(words_of(begun))

    def _call(self, at_ms: int) -> None:
        number = self._dice.randrange(5)
        self._tell(Call(TicketNumber("", "A", number), f"q{self._dice.randrange(2)}", "Quầy 1"), at_ms)

    def _recall(self, at_ms: int) -> None:
        called = [number for number, call in self._open.items() if not call["come"]]
        if called:
            number = self._dice.choice(called)
            counter = self._open[number]["counter"]
            self._tell(Call(TicketNumber("", "A", number), counter, "Quầy 1", recall=True), at_ms)

    def _tell(self, call: Call, at_ms: int) -> None:
        self._calls = self._calls.called(call, at_ms)
        told = {"key": str(at_ms), "number": str(call.ticket), "counter": call.counter, "called_ms": at_ms}
        self._open[call.ticket.number] = told | {"come": False, "said": [["vi", words_of(call)]]}
        self._step()

    def _come(self, at_ms: int) -> None:
        if self._open:
            number = self._dice.choice(list(self._open))
            self._calls = self._calls.withdrawn(TicketNumber("", "A", number))
            if self._dice.random() < 0.5:
                self._open[number] = self._open[number] | {"come": True}
            else:
                del self._open[number]
            self._step()

    def _end(self, at_ms: int) -> None:
        self._calls = self._calls.ended()
        self.steps.append(None)

    def _step(self) -> None:
        self.steps.append(sorted(self._open.values(), key=lambda call: call["called_ms"]))


def words_of(call: Call) -> str:
    return f"{call.ticket} {call.counter} {'again' if call.recall else ''}"


def test_it_keeps_the_rules_of_the_loudspeaker_whatever_happens(open_page: OpenPage) -> None:
    page = open_page("/board?sound=off")
    page.evaluate(VOICE)
    halls = [Hall(random.Random(seed)) for seed in range(300)]
    said = page.evaluate(TELL, [{"times": hall.times, "steps": hall.steps} for hall in halls])
    assert said == [hall.said for hall in halls]
    assert sum(map(len, said)) > 1000
