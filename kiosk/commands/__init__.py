"""What the commands do, once they are parsed. ``COMMANDS`` in ``kiosk/cli.py`` lists them."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from kiosk.config import Settings
from kiosk.failures import Failure

YEARS = range(1970, 2200)  # a time outside is a slip of the finger, and nothing could be recorded after it


class CommandError(Failure):
    """The work failed; one sentence for stderr, exit 1."""


class UsageError(CommandError):
    """What stands on the command line makes no sense; one sentence for stderr, exit 2."""


# What may end a command's work; each is told in one sentence, by ``sentence``.
FAILURES = (Failure, sqlite3.Error, OSError)


def sentence(failure: Exception) -> str:
    """One of FAILURES in one sentence."""
    if isinstance(failure, sqlite3.Error):
        return f"the log's database is damaged or cannot be used: {failure}"
    if isinstance(failure, OSError) and failure.strerror:
        return f"{failure.filename or 'the machine'}: {failure.strerror}"
    return str(failure)


@dataclass(frozen=True, slots=True)
class Context:
    """Where a command works, how it answers, and in which file the settings stand, if in any.

    *fault* is why they cannot be read: then they are the defaults, for a command that works all the same.
    """

    settings: Settings
    data: Path
    as_json: bool
    settings_file: Path | None = None
    fault: str = ""


def say(context: Context, record: dict[str, Any], line: str) -> None:
    """Print *record* as a JSON line where JSON was asked for, else *line*; both made harmless for a terminal."""
    print(json_line(record) if context.as_json else plain(line), flush=True)


def json_line(record: dict[str, Any]) -> str:
    """*record* as one line of JSON, in UTF-8 but for what a terminal would obey, which is escaped."""
    text = json.dumps(record, ensure_ascii=False)
    return "".join(letter if letter.isprintable() else json.dumps(letter)[1:-1] for letter in text)


def plain(text: str) -> str:
    """*text* without anything a terminal would obey: control, direction and other unprintable characters."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "\N{REPLACEMENT CHARACTER}" for letter in text)


def complain(sentence: str) -> None:
    """One sentence on stderr."""
    print(f"kiosk: {plain(sentence)}", file=sys.stderr, flush=True)


def for_the_owner_alone(path: str, flags: int) -> int:
    """An opener for files with people's names in them."""
    return os.open(path, flags, 0o600)


def parse_time(context: Context, text: str) -> int:
    """ISO 8601 to milliseconds since 1970; without an offset it is the site's local time.

    Raises UsageError for what is no time, or lies outside YEARS.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is not a time as 2026-11-21T08:30 (ISO 8601)") from error
    if at.tzinfo is None:
        at = at.replace(tzinfo=context.settings.zone)
    at_ms = round(at.timestamp() * 1000) if at.year in YEARS else -1
    if at_ms < 0:
        raise UsageError(f"{text!r} lies outside the years {YEARS.start} to {YEARS.stop - 1}")
    return at_ms
