"""Settings as a file: written only after the same checks as when they are read, whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from kiosk import files
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
        draft.unlink(missing_ok=True)  # of one that was killed
        files.write_new(draft, text.encode(), SETTINGS_MODE)
        settings = load(draft)
        if path.exists():
            files.replace_whole(path.with_name(f"{path.name}.before"), path.read_bytes(), SETTINGS_MODE)
        draft.replace(path)
        files.flush(path.parent)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be written: {error.strerror}") from error
    except SettingsError as error:
        raise SettingsError(str(error).replace(str(draft), str(path))) from error
    finally:
        with suppress(OSError):
            draft.unlink()
    return settings


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
