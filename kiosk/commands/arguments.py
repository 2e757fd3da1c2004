"""What arguments of several commands are read with."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

SETTINGS_FILE = Path("/etc/kiosk/kiosk.toml")


def add_span(sub: argparse.ArgumentParser) -> None:
    """From when, and until when."""
    sub.add_argument("--since", metavar="TIME", help="from this time on (ISO 8601)")
    sub.add_argument("--until", metavar="TIME", help="before this time (ISO 8601)")


def add_port(sub: argparse.ArgumentParser) -> None:
    """Where the pages listen."""
    sub.add_argument("--port", type=whole_number(0, 65535), metavar="P", help="port of the pages; 0 takes a free one")


def add_sources(sub: argparse.ArgumentParser) -> None:
    """What codes are read from."""
    sub.add_argument("sources", nargs="+", metavar="SOURCE", help="files, folders, videos, or - for lines on stdin")


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """What argparse reads a whole number from *least* to *most* with."""

    def read(text: str) -> int:
        number = int(text)
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"must be from {least} to {most}, not {number}")
        return number

    read.__name__ = "whole number"  # argparse says so of what is none
    return read
