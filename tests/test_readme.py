"""The README is true: its commands run, its files and pictures are there, its map shows the whole house."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import segno
from PIL import Image

from kiosk.rules import invented

ROOT = Path(__file__).parent.parent


@cache
def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


@cache
def blocks() -> list[str]:
    """The fenced blocks."""
    return re.findall(r"^```[^\n]*\n(.*?)^```", readme(), re.DOTALL | re.MULTILINE)


@cache
def quoted() -> set[str]:
    """What stands between single backticks."""
    prose = re.sub(r"^```.*?^```", "", readme(), flags=re.DOTALL | re.MULTILINE)
    return set(re.findall(r"`([^`\n]+)`", prose))


def command_lines() -> set[str]:
    """Every command that the README tells one to type, without prompt and comment."""
    lines = {line.strip() for block in blocks() for line in block.splitlines()} | quoted()
    bare = {re.sub(r"\s+#.*", "", line.removeprefix("$ ")).removeprefix(".venv/bin/") for line in lines}
    return {line for line in bare if re.match(r"(make|kiosk)( |$)", line)}


@cache
def help_of(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "kiosk", *command, "--help"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"kiosk {' '.join(command)} is not a command: {done.stderr}"
    return done.stdout


def links() -> list[str]:
    """What the README links to or shows within the repository."""
    found = re.findall(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"", readme())
    targets = [left or right for left, right in found]
    return [target.partition("#")[0] for target in targets if not re.match(r"[a-z]+:|#", target)]


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def test_the_two_commands_are_there() -> None:
    assert {"make run", "make test"} <= command_lines()


def test_every_make_command_is_a_target() -> None:
    named = {line.split()[1] for line in command_lines() if line.startswith("make ")}
    assert named <= targets()


def test_every_command_is_named() -> None:
    commands = re.findall(r"^ {4}([a-z-]+)\b", help_of(), re.MULTILINE)
    assert {"run", "replace"} <= set(commands)
    assert [command for command in commands if not re.search(rf"\bkiosk {command}\b", readme())] == []


def test_every_kiosk_command_and_option_is_known() -> None:
    for line in sorted(line for line in command_lines() if line.startswith("kiosk ")):
        words = re.split(r"\s*[|>&;]\s*", line)[0].split()[1:]
        commands = [word for word in words if re.fullmatch(r"[a-z][a-z-]*", word)][:1]
        known = help_of() + help_of(*commands)
        unknown = [option for option in re.findall(r"--[a-z-]+", " ".join(words)) if option not in known]
        assert not unknown, f"{line}: {', '.join(unknown)} is not an option"


def test_every_link_leads_to_a_file() -> None:
    missing = [target for target in links() if not (ROOT / target).exists()]
    assert not missing


@pytest.mark.parametrize("what", ["door", "today", "ticket"])
def test_it_shows_the_door_the_page_of_today_and_a_ticket(what: str) -> None:
    pictures = [ROOT / target for target in links() if target.endswith(".png") and what in Path(target).name]
    assert pictures, f"no picture of the {what}: a .png with '{what}' in its name"
    for picture in pictures:
        with Image.open(picture) as image:
            image.load()
            assert min(image.size) >= 200


def test_every_file_it_names_is_there() -> None:
    folders = "kiosk|tests|firmware_config|systemd|docs"
    named = {name for name in quoted() if re.fullmatch(rf"({folders})/[\w./-]*", name)}
    missing = sorted(name for name in named if not (ROOT / name).exists())
    assert not missing


def test_every_table_it_names_is_in_the_code() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "kiosk").rglob("*.py"))
    named = {name for name in quoted() if re.fullmatch(r"[A-Z]{4,}(_[A-Z]+)*", name)}
    missing = sorted(name for name in named if not re.search(rf"\b{name}\b", sources))
    assert not missing


def test_the_map_shows_every_part_of_the_house() -> None:
    drawn = "\n".join(blocks()) + "\n".join(quoted())
    parts = [path for path in (ROOT / "kiosk").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()]
    missing = sorted(path.name for path in parts if not path.name.startswith("__") and not _is_named(path.stem, drawn))
    assert not missing


def _is_named(stem: str, text: str) -> bool:
    return re.search(rf"(?<![\w]){re.escape(stem)}(\.py|/|\b)", text) is not None


@pytest.mark.parametrize("heading", ["map", "scan", "add", "decision", "limit"])
def test_it_has_the_parts_that_a_newcomer_looks_for(heading: str) -> None:
    headings = [line.lower() for line in readme().splitlines() if line.startswith("#")]
    assert any(heading in line for line in headings), f"no heading with '{heading}'"


def command_blocks() -> list[list[str]]:
    """The lines of each block that call ``kiosk``, without comments; services, which do not end, left out."""
    found = []
    for block in blocks():
        lines = [re.sub(r"\s+#.*", "", line).strip() for line in block.splitlines()]
        found.append([line for line in lines if line.startswith("kiosk ") and line.split()[1] not in SERVICES])
    return [lines for lines in found if lines]


SERVICES = ("run", "door", "web")


@pytest.mark.parametrize("lines", command_blocks(), ids=lambda lines: lines[0])
def test_every_command_does_what_it_says_one_after_another(lines: list[str], tmp_path: Path) -> None:
    segno.make(invented.person(100).id_card_text.encode(), mode="byte").save(str(tmp_path / "photo.png"), scale=6)
    Image.open(tmp_path / "photo.png").convert("L").save(tmp_path / "photo.jpg", quality=95)
    (tmp_path / "usb").mkdir()
    (tmp_path / "list.csv").write_text("Họ và tên;Số CCCD\nNguyễn Văn Mẫu;097085000001\n", encoding="utf-8")
    for line in lines:
        words = shlex.split(line.replace("/media/usb", "usb"))[1:]
        command = [sys.executable, "-m", "kiosk", "--data", "data", *words]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, f"{line}: {done.stderr}"
        assert done.stdout, f"{line} says nothing"
