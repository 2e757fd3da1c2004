"""What ends a piece of work, and is told in one sentence."""

from __future__ import annotations


class Failure(Exception):  # noqa: N818  # its kinds are errors, and states of the house
    """The work has ended; what this says is the sentence."""
