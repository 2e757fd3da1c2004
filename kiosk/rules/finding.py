"""Finding a person of today by what somebody types: parts of the name, last digits, the ticket.

A person is found by one text (``traces``) whose pieces stand between marks that no piece has; what is typed becomes a
``Query``, each word of which must be there. A search tells no more than the masked line: of a number, the last
digits, which are shown anyway, or all of it, as it stands on the card in somebody's hand. So nobody can complete a
masked number by typing one digit after the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kiosk.rules.identity import initials, masked, match_key

LONGEST_QUERY = 80
MOST_WORDS = 8
_WORD = re.compile(r"[^\W_]+")
_TICKET = re.compile(r"([A-Z]+)0*([0-9]+)")


@dataclass(frozen=True, slots=True)
class Query:
    """What was typed: for each word, the pieces of ``traces`` of which one must be there."""

    words: tuple[tuple[str, ...], ...] = ()

    def finds(self, traces: str) -> bool:
        """Tell whether the person with these *traces* is meant; a query without a word means everybody."""
        for pieces in self.words:  # with generators, 10,000 people would take three times as long
            for piece in pieces:
                if piece in traces:
                    break
            else:
                return False
        return True


def traces(name: str, number: str, birth: str, ticket: str) -> str:
    """By what a person is found: words of the name, initials, birth year, ticket, last digits, the whole number."""
    key = match_key(name)
    found = [f" {' '.join(_WORD.findall(key))} ", f".{initials(key).replace('.', '')}.", f"'{birth[:4]}'"]
    if shown := _TICKET.fullmatch(ticket.upper()):
        found.append(f"#{shown[1]}{shown[2]}#{shown[2]}#")
    if number:
        found.append(f"{masked(number).lstrip('*')}|" + ("" if "*" in number else f"={match_key(number)}="))
    return "".join(found)


def query(text: str, *, whole_words: bool = False) -> Query:
    """What *text* asks for, whatever it is. With *whole_words*, no name is found by the beginning of a word.

    So nobody who may not see names can spell one out letter by letter.
    """
    words = _WORD.findall(match_key(text[:LONGEST_QUERY]).replace(".", ""))
    return Query(tuple(tuple(_pieces(word, " " if whole_words else "")) for word in words[:MOST_WORDS]))


def _pieces(word: str, end: str) -> Iterator[str]:
    """What *word* may be of a person; *end* follows it where it is part of a name."""
    if not word.isdecimal():
        yield from (f" {word}{end}", f".{word}", f"={word}=")
        if ticket := _TICKET.fullmatch(word):
            yield f"#{ticket[1]}{ticket[2]}#"
        return
    yield f"#{word.lstrip('0')}#"
    yield f"={word}=" if len(word) > 4 else f"{word}|"
    if len(word) == 4:
        yield f"'{word}'"
