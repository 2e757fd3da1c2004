"""What staff put right: pure rules. Each correction is an entry with who, when and why; undo is another.

decide(Wish(act, visit, other, at_ms, by, why), view, Now(...)) -> Body | Refusal
undo(Wish(Act.UNDO, undoes=sequence, by=...), view, body of that entry, Now(...)) -> Body | Refusal
Append the body as EntryKind.CORRECTION; visits (``presence.changes``) and tickets (``queueing.changes``) follow.

possible(visit, view, now)          the acts that would be granted
likely_others(act, visit, ...)      which other visits may be meant
questions(visits, now_ms)           what staff may want to look at: likely forgotten exits, exits without an entry
"""

from kiosk.rules.corrections.deciding import decide, pairs_of, undo
from kiosk.rules.corrections.questions import Questions, likely_others, possible, questions
from kiosk.rules.corrections.words import OTHERS, SENTENCES, Act, Exit, Now, Refusal, View, Wish

__all__ = [
    "OTHERS",
    "SENTENCES",
    "Act",
    "Exit",
    "Now",
    "Questions",
    "Refusal",
    "View",
    "Wish",
    "decide",
    "likely_others",
    "pairs_of",
    "possible",
    "questions",
    "undo",
]
