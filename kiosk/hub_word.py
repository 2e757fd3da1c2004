"""What a hub has acknowledged, by network or on a stick, counts by its signed word, to which the next one is held."""

from __future__ import annotations

import logging
from dataclasses import replace

from kiosk.joined import Acknowledged, SyncState
from kiosk.rules.checkpoints import Checkpoint, NoteRefused, checkpoint_of
from kiosk.vault.notes import opened_note

log = logging.getLogger(__name__)


def with_acknowledged(state: SyncState, got: Acknowledged, verifier: str, *, later: bool = True) -> SyncState:
    """*state*, once the hub with *verifier* has acknowledged *got*. Raises NoteRefused where it has not signed that.

    Where it takes back its last word, that one is kept as proof. A shorter log does so only when it was signed *later*.
    """
    now, before = checkpoint_of(opened_note(got.checkpoint, verifier)), state.acknowledged
    last = _word(before.checkpoint, verifier) if before else None
    if before and last and ((later and now.size < last.size) or (now.size == last.size and now.root != last.root)):
        log.error("the hub takes back what it had signed: its tamper log is another one; it had %d", last.size)
        state = replace(state, taken_back=before.checkpoint)
    return replace(state, acknowledged=got)


def _word(note: str, verifier: str) -> Checkpoint | None:
    """The checkpoint that was kept; None where it was damaged since."""
    try:
        return checkpoint_of(opened_note(note, verifier))
    except NoteRefused:
        return None
