"""Settings as a file: written only after the same checks as when they are read, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from kiosk.config import Settings, SettingsError, load

# Whoever writes settings: people who look after the kiosk may read them, the services must.
SETTINGS_MODE = 0o640


def write_settings(path: Path, table: Mapping[str, Any], heading: str) -> Settings:
    """Put *table* in place of the settings in *path* and return them as they will be read.

    What was there before stays beside it as ``NAME.before``. A power cut leaves the old file or the new one.
    Raises SettingsError, with the old file in force, where *table* would not be taken or *path* cannot be written.
    """
    draft = path.with_name(f".{path.name}.new")
    text = "".join(f"# {line}\n" for line in heading.splitlines()) + "\n" + as_toml(table)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_flushed(draft, text.encode())
        settings = load(draft)
        if path.exists():
            _write_flushed(path.with_name(f"{path.name}.before"), path.read_bytes())
        draft.replace(path)
        _flush(path.parent)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be written: {error.strerror}") from error
    except SettingsError as error:
        raise SettingsError(str(error).replace(str(draft), str(path))) from error
    finally:
        with suppress(OSError):
            draft.unlink()
    return settings


def _write_flushed(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, SETTINGS_MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def as_toml(table: Mapping[str, Any]) -> str:
    """*table* as TOML 1.0: values, tables, and lists of either; what ``tomllib`` reads back is equal to it."""
    return "\n".join(_lines(table, ()))


def _lines(table: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    lines = [f"{_key(name)} = {_value(value)}" for name, value in table.items() if not _is_table(value)]
    for name, value in table.items():
        inner = (*path, name)
        if isinstance(value, dict):
            lines += ["", f"[{_dotted(inner)}]", *_lines(value, inner)]
        elif _is_table(value):
            for row in value:
                lines += ["", f"[[{_dotted(inner)}]]", *_lines(row, inner)]
    return lines if path else [*lines, ""]


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def _dotted(path: tuple[str, ...]) -> str:
    return ".".join(map(_key, path))


def _key(name: str) -> str:
    return name if name and name.replace("_", "").replace("-", "").isalnum() and name.isascii() else _text(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return repr(value)


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(_escaped(letter) for letter in escaped) + '"'


def _escaped(letter: str) -> str:
    return f"\\u{ord(letter):04x}" if ord(letter) < 0x20 or ord(letter) == 0x7F else letter
