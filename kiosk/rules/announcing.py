"""What is said aloud when a ticket is called, and in which order: numbers and counters, never a name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo

from kiosk.rules.model import TicketNumber
from kiosk.rules.spelling import letter_name, number_name


@dataclass(frozen=True, slots=True)
class Call:
    """An invitation of a ticket to a counter: its id, and its name on the board (``Quầy 2``, ``Khám 12``, or ``2``)."""

    ticket: TicketNumber
    counter: str
    name: str
    recall: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a sentence, as a clip of it would be recorded: the clip's name without its ending, and its words."""

    clip: str
    words: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence to be said: its language, its text for a synthetic voice, its clips in their order."""

    language: str
    text: str
    clips: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Phrases:
    call: str
    recall: str
    to: str  # before the counter
    elsewhere: str  # where this language has no words for the counter
    after_letters: str


# English needs the comma: a voice takes "A zero" for an article.
_PHRASES = {
    "vi": _Phrases("Mời số", "Xin nhắc lại, mời số", "đến", "xin xem bảng số", ""),
    "en": _Phrases("Number", "Once more, number", "please go to", "please look at the board", ","),
}
_PLACES_EN = {"quầy": "counter", "bàn": "desk", "phòng": "room", "cửa": "window"}
_PART = re.compile(r"[0-9]+|[^\W\d_]+")
_NOT_AGAIN = -1  # times left: fewer than after the last
_TEST = "123"


def sentences(call: Call, languages: Iterable[str]) -> tuple[Sentence, ...]:
    """What is said for *call*, in the order of *languages* (``vi``, ``en``)."""
    said = {language: pieces(call, language) for language in languages}
    return tuple(Sentence(language, _text(each), tuple(p.clip for p in each)) for language, each in said.items())


def pieces(call: Call, language: str) -> tuple[Piece, ...]:
    """The parts of what is said for *call*; those of all its calls are what a site records."""
    phrases = _PHRASES[language]
    opening = Piece("recall", phrases.recall) if call.recall else Piece("call", phrases.call)
    spelled = (letter for letter in str(call.ticket) if letter.isalnum())
    counter = Piece(f"counter-{call.counter}", _way(call.name, language))
    return opening, *(_spelled(letter, language) for letter in spelled), counter


def sound_check(languages: Iterable[str]) -> tuple[Sentence, ...]:
    """What tries a loudspeaker: three digits, for which a site has clips if it has any."""
    return tuple(Sentence(each, ", ".join(letter_name(d, each) for d in _TEST), tuple(_TEST)) for each in languages)


def _spelled(letter: str, language: str) -> Piece:
    pause = "" if letter.isdigit() else _PHRASES[language].after_letters
    return Piece(letter.lower(), letter_name(letter, language) + pause)


def _text(parts: tuple[Piece, ...]) -> str:
    *number, counter = (piece.words for piece in parts)
    return f"{' '.join(number)}, {counter}"


def _way(name: str, language: str) -> str:
    place = _place_vi(name) if language == "vi" else _place_en(name)
    return f"{_PHRASES[language].to} {place}" if place else _PHRASES[language].elsewhere


def _place_vi(name: str) -> str:
    """``Quầy 2`` as ``quầy số hai``; a lone number or letter is a counter's."""
    parts = _parts(name)
    if parts and not _is_word(parts[0]):
        parts.insert(0, "quầy")
    said: list[str] = []
    for before, part in zip(["", *parts], parts, strict=False):
        if part.isdecimal() and _is_word(before) and before != "số":
            said.append("số")
        said.append(_said(part, "vi"))
    return " ".join(said)


def _place_en(name: str) -> str:
    """``Quầy 2`` as ``counter two``; nothing where the name has words that the table does not translate."""
    parts = [part for part in _parts(name) if part != "số"]
    kind = _PLACES_EN.get(parts.pop(0), "") if parts and _is_word(parts[0]) else "counter"
    if not kind or not parts or any(map(_is_word, parts)):
        return ""
    return " ".join([kind, *(_said(part, "en") for part in parts)])


def _parts(name: str) -> list[str]:
    return _PART.findall(unicodedata.normalize("NFC", name).lower())


def _is_word(part: str) -> bool:
    return len(part) > 1 and not part.isdecimal()


def _said(part: str, language: str) -> str:
    if part.isdecimal():
        return number_name(int(part[:20]), language)
    return part if _is_word(part) else letter_name(part, language)


@dataclass(frozen=True, slots=True)
class Manner:
    """How a site wants to be spoken to: each call *times* over, none older than *stale_ms*, none in the quiet hours.

    Quiet hours are local times of day as HH:MM, the first within and the last without; the night may lie between.
    Where one is empty, or both are the same, there are none.
    """

    times: int = 2
    stale_ms: int = 300_000
    quiet_from: str = ""
    quiet_to: str = ""
    zone: tzinfo = UTC

    def quiet(self, at_ms: int) -> bool:
        """Whether nothing is said at *at_ms*."""
        if not (self.quiet_from and self.quiet_to):
            return False
        local = datetime.fromtimestamp(at_ms / 1000, self.zone).strftime("%H:%M")
        if self.quiet_from <= self.quiet_to:
            return self.quiet_from <= local < self.quiet_to
        return local >= self.quiet_from or local < self.quiet_to


@dataclass(frozen=True, slots=True)
class Waiting:
    """A call that is to be said *left* times more."""

    call: Call
    at_ms: int
    left: int


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls still to be said, and the one that is being said: never two.

    First sayings go before repetitions, each in the order of the calls. A call is said until it is no longer true:
    the ticket is called elsewhere or withdrawn, or nobody could say it for too long (the board shows it still).
    """

    manner: Manner = field(default_factory=Manner)
    waiting: tuple[Waiting, ...] = ()
    speaking: Waiting | None = None

    def called(self, call: Call, at_ms: int) -> Calls:
        """With *call*, made at *at_ms*, in place of every other of its ticket.

        One to the same counter that nobody has heard yet keeps its place instead, and is new again.
        """
        unheard = next((w for w in self.waiting if w.left == self.manner.times and _same(w.call, call)), None)
        if unheard:
            return replace(self, waiting=tuple(replace(w, at_ms=at_ms) if w is unheard else w for w in self.waiting))
        others = self.withdrawn(call.ticket)
        return replace(others, waiting=(*others.waiting, Waiting(call, at_ms, self.manner.times)))

    def withdrawn(self, ticket: TicketNumber) -> Calls:
        """Without calls of *ticket*: it has come, is held, absent or moved on. What is being said is not said again."""
        speaking = self.speaking
        if speaking and speaking.call.ticket == ticket:
            speaking = replace(speaking, left=_NOT_AGAIN)
        return replace(self, waiting=tuple(w for w in self.waiting if w.call.ticket != ticket), speaking=speaking)

    def begin(self, at_ms: int) -> tuple[Calls, Call | None]:
        """The call to say from now on until ``ended``; none in quiet hours, or while another is being said."""
        true = tuple(w for w in self.waiting if at_ms - w.at_ms < self.manner.stale_ms)
        if self.speaking or not true or self.manner.quiet(at_ms):
            return replace(self, waiting=true), None
        first = max(true, key=lambda w: w.left)  # of equals, max takes the earliest
        rest = tuple(w for w in true if w is not first)
        return replace(self, waiting=rest, speaking=replace(first, left=first.left - 1)), first.call

    def ended(self) -> Calls:
        """The call that was being said has been said: its repetitions wait behind the others."""
        again = (self.speaking,) if self.speaking and self.speaking.left > 0 else ()
        return replace(self, waiting=(*self.waiting, *again), speaking=None)

    def unsaid(self) -> Calls:
        """The call that was being said could not be: it waits behind the others, and this time does not count.

        Behind, as it may be the only one that cannot be said, for want of a clip of its counter.
        """
        if not self.speaking or self.speaking.left == _NOT_AGAIN:
            return self.ended()
        again = replace(self.speaking, left=self.speaking.left + 1)
        return replace(self, waiting=(*self.waiting, again), speaking=None)


def _same(one: Call, other: Call) -> bool:
    return (one.ticket, one.counter) == (other.ticket, other.counter)


def recordings(series: Iterable[str], counters: Iterable[tuple[str, str]], language: str) -> tuple[Piece, ...]:
    """What a site records so that no call of these series to these counters (id, name) needs a synthetic voice."""
    every = TicketNumber("", "".join(series), 1234567890)
    calls = [Call(every, *counter, recall=recall) for counter in counters for recall in (False, True)]
    return tuple(dict.fromkeys(piece for call in calls for piece in pieces(call, language)))
