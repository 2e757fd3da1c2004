"""The story of settings that somebody puts on the boot partition, which every computer can write.

They are checked as settings always are. Good ones become the kiosk's own, wrong ones change nothing and are told of
beside the file. Nothing is looked at twice: what was taken or refused gets another name.
"""

from __future__ import annotations

import codecs
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kiosk import config
from kiosk.config import Settings, SettingsError
from kiosk.config.writing import SETTINGS_MODE
from kiosk.devices import clock
from kiosk.devices.mounts import kind_in_memory
from kiosk.rules.code_paper import CodePaper
from kiosk.rules.ticket import local_time
from kiosk.vault import VaultError
from kiosk.vault.files import replace_whole

BOOT = Path("/boot/firmware")

# Windows hides the end of a name, so that people who write kiosk.toml put kiosk.toml.txt there.
NAMES = ("kiosk.toml", "kiosk.toml.txt")
TAKEN, REFUSED, REASON = "kiosk.taken.toml", "kiosk.refused.toml", "kiosk.refused.txt"
LARGEST_BYTES = 1 << 20

NOT_TAKEN = (
    "Không nhận cấu hình trong thẻ nhớ; máy vẫn dùng cấu hình cũ.",
    "The settings on the card were not taken; those from before stay.",
)


@dataclass(frozen=True, slots=True)
class Found:
    """A file on the boot partition and what came of it: the *settings* that were taken, or why not."""

    file: Path
    settings: Settings | None
    refusal: str = ""


def take_first_settings(boot: Path, own: Path) -> Found | None:
    """Take the settings that lie in *boot* as the kiosk's *own* file; None where there are none.

    Wrong ones leave *own* as it is. Where *own* lies on a file system that a restart empties, or *boot* can only be
    read, the file in *boot* stays and is taken at every start. Raises VaultError where *own* cannot be written.
    """
    file = next((boot / name for name in NAMES if (boot / name).is_file()), None)
    if file is None:
        return None
    try:
        content = _read(file)
        settings = config.parse(content, str(file))
    except SettingsError as error:
        _refuse(file, str(error))
        return Found(file, None, str(error))
    replace_whole(own, content, mode=SETTINGS_MODE)
    if not kind_in_memory(own):
        with suppress(OSError):
            file.replace(boot / TAKEN)
            (boot / REFUSED).unlink(missing_ok=True)
            (boot / REASON).unlink(missing_ok=True)
    return Found(file, settings)


def standing_refusal(boot: Path) -> str:
    """Why the newest settings on the boot partition were not taken, in one sentence; empty where they were."""
    try:
        return (boot / REASON).read_text(encoding="utf-8").splitlines()[-1]
    except (OSError, ValueError, IndexError):
        return ""


def refusal_paper(settings: Settings, refusal: str) -> CodePaper:
    """What is printed where settings were refused: *refusal* in words, for whoever put them there."""
    printed = local_time(clock.now().wall_ms, settings.zone)
    lines = (*NOT_TAKEN, refusal)
    return CodePaper("CẤU HÌNH · SETTINGS", settings.site.name, printed, "", lines, demo=False)


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read: {error.strerror}") from error
    if len(content) > LARGEST_BYTES:
        raise SettingsError(f"{file}: must have at most {LARGEST_BYTES} bytes")
    return content.removeprefix(codecs.BOM_UTF8)  # Windows' editors put it in front


def _refuse(file: Path, sentence: str) -> None:
    """The file gets another name, and the reason lies beside it. A partition that is read only keeps it as it is."""
    reason = "\r\n".join((*NOT_TAKEN, sentence, ""))  # for Windows' oldest editor
    with suppress(OSError, VaultError):
        replace_whole(file.parent / REASON, reason.encode(), mode=SETTINGS_MODE)
        file.replace(file.parent / REFUSED)
