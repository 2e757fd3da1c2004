"""Settings and trust folder come back where they are read; what was there is kept beside."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from kiosk import config
from kiosk.backup import SETTINGS_NAME, TRUST_NAME
from kiosk.config import SettingsError
from kiosk.config.writing import SETTINGS_MODE
from kiosk.restoring import OUTSIDE
from kiosk.vault import VaultError
from kiosk.vault.files import replace_whole

BEFORE = ".before-restore"


def place_settings(data: Path, settings_file: Path) -> Iterator[str]:
    """Put settings and trust folder of a restore where they belong, the settings into *settings_file*.

    Yields a sentence for each thing done or not; what could not be placed stays below *data*.
    """
    came = data / OUTSIDE / SETTINGS_NAME
    if came.exists():
        yield from _place_settings_file(came, settings_file)
    yield from _place_trust(data / OUTSIDE / TRUST_NAME, settings_file)
    if not any(path.is_file() for path in (data / OUTSIDE).rglob("*")):
        shutil.rmtree(data / OUTSIDE, ignore_errors=True)


def _place_settings_file(came: Path, settings_file: Path) -> Iterator[str]:
    content = came.read_bytes()
    try:
        config.load(came)
        if settings_file.exists() and not settings_file.is_file():
            raise OSError("it is no file")
        if settings_file.exists() and settings_file.read_bytes() != content:
            settings_file.replace(settings_file.with_name(settings_file.name + BEFORE))
        if not settings_file.exists():
            settings_file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            replace_whole(settings_file, content, mode=SETTINGS_MODE)
            yield f"settings: {settings_file}"
        came.unlink()
    except SettingsError as error:
        yield f"settings: not placed, for this version does not take them: {error}"
    except (OSError, VaultError) as error:
        yield f"settings: {settings_file} cannot be written ({error}); they are in {came}"


def _place_trust(came: Path, settings_file: Path) -> Iterator[str]:
    if not came.is_dir():
        return
    try:
        folder = Path(config.load(settings_file).trust.folder)
        if folder.is_dir() and _same(came, folder):
            shutil.rmtree(came)
            return
        if folder.is_dir() and any(folder.iterdir()):
            folder.rename(folder.with_name(folder.name + BEFORE))
        shutil.copytree(came, folder, dirs_exist_ok=True)
        shutil.rmtree(came)
        yield f"trusted keys: {folder}"
    except (OSError, SettingsError) as error:
        yield f"trusted keys: cannot be placed ({error}); they are in {came}"


def _same(one: Path, other: Path) -> bool:
    return _contents(one) == _contents(other)


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
