"""What a hub says of its log can be checked by anybody who knows its key, with other people's programs, too."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.rules.checkpoints import Checkpoint, NoteRefused, checkpoint_of, verifier_of
from kiosk.vault.notes import Signer, opened_note

# From the documentation of Go's sumdb/note.
NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SAID = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
SIGNED = (
    f"{SAID}\n— PeterNeumann"
    " x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
CHECKPOINT = Checkpoint("hub.example/log", 20_852_163, bytes(range(32)))


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer(tmp_path / "hub.key", "hub.example")


def test_a_note_of_somebody_elses_program() -> None:
    assert opened_note(SIGNED, NEUMANN) == SAID


def test_what_the_hub_signs_its_key_opens(signer: Signer, tmp_path: Path) -> None:
    note = signer.sign(CHECKPOINT.text)
    again = Signer(tmp_path / "hub.key", "hub.example")
    assert checkpoint_of(opened_note(note, again.verifier)) == CHECKPOINT
    assert len(note) < 250  # fits a small QR code


def test_a_witness_signs_beside_the_hub(signer: Signer, tmp_path: Path) -> None:
    witness = Signer(tmp_path / "witness.key", "kiosk-1")
    both = signer.sign(CHECKPOINT.text) + witness.sign(CHECKPOINT.text).rpartition("\n\n")[2]
    assert opened_note(both, signer.verifier) == opened_note(both, witness.verifier) == CHECKPOINT.text


def test_another_key_of_the_same_name_has_not_signed(signer: Signer, tmp_path: Path) -> None:
    note, other = signer.sign(CHECKPOINT.text), Signer(tmp_path / "other.key", "hub.example")
    with pytest.raises(NoteRefused, match=r"hub\.example has not signed"):
        opened_note(note, other.verifier)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_no_changed_letter_goes_unnoticed(at: int, flip: int) -> None:
    blob = bytearray(SIGNED.encode())
    blob[at % len(blob)] ^= flip
    try:
        changed = blob.decode()
    except UnicodeDecodeError:
        return
    try:
        assert opened_note(changed, NEUMANN) == SAID  # only what stands under the text was changed, and means the same
    except NoteRefused as refused:
        assert str(refused)


@pytest.mark.parametrize(
    "text", ["", "origin\n1\n", "\n1\nAAAA\n", "origin\n-1\nAAAA\n", "origin\n01\n" + "A" * 43 + "=\n", "o\n1\n????\n"]
)
def test_what_is_no_checkpoint_is_not_taken_for_one(text: str) -> None:
    with pytest.raises(NoteRefused):
        checkpoint_of(text)


@pytest.mark.parametrize("text", ["", "a+b+c", NEUMANN[:-1], NEUMANN.replace("Peter", "Paul"), f"{NEUMANN}AAAA"])
def test_a_damaged_key_is_refused(text: str) -> None:
    with pytest.raises(NoteRefused):
        verifier_of(text)
