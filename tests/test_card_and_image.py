"""What makes a stock card or an image a kiosk: YAML as its tools read it, and nothing named that is not there."""

from __future__ import annotations

import re
import subprocess
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from kiosk import __version__

CONFIG = Path(__file__).parent.parent / "firmware_config"
CARD, LAYER = CONFIG / "cloud-init/user-data", CONFIG / "image/layer/kiosk.yaml"
IMAGE = CONFIG / "image/config/kiosk.yaml"
PACKAGE = f"kiosk_{__version__}-1_arm64.deb"

# What it does not know cloud-init passes over with a warning that nobody reads (its modules' reference).
CARD_WORDS = {"hostname", "timezone", "users", "ssh_pwauth", "write_files", "runcmd", "power_state"}
USER_WORDS = {"name", "groups", "shell", "sudo", "lock_passwd", "ssh_authorized_keys"}


def read(file: Path) -> dict[str, Any]:
    found = yaml.safe_load(file.read_text(encoding="utf-8").partition("\n---\n")[2] or file.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def commands(file: Path) -> list[str]:
    """What is run, in its order, as one would type it."""
    found = read(file)
    steps = found["runcmd"] if file == CARD else found["mmdebstrap"]["customize-hooks"]
    return [step if isinstance(step, str) else " ".join(step) for step in steps]


@pytest.fixture(scope="module")
def placed() -> set[str]:
    """Every file that the package puts into the system."""
    command, dry = [str(CONFIG / "place.sh"), "/"], {"DRY_RUN": "yes", "PATH": "/usr/bin:/bin"}
    return set(subprocess.run(command, env=dry, capture_output=True, text=True, check=True).stdout.split())


def test_the_card_says_words_that_cloud_init_knows() -> None:
    assert CARD.read_text(encoding="utf-8").startswith("#cloud-config\n"), "else it is taken for a script"
    found = read(CARD)
    assert set(found) == CARD_WORDS
    assert all(set(user) <= USER_WORDS and user["lock_passwd"] is True for user in found["users"])
    assert (found["ssh_pwauth"], found["power_state"]["mode"]) == (False, "reboot")


def test_each_command_of_the_card_is_a_list_of_words() -> None:
    """YAML makes numbers, dates and truths of words that look like them."""
    assert all(isinstance(word, str) for step in read(CARD)["runcmd"] for word in step)


@pytest.mark.parametrize("file", [CARD, LAYER], ids=["card", "image"])
def test_what_they_run_is_in_the_package(file: Path, placed: set[str]) -> None:
    text = "\n".join([*commands(file), read(file).get("power_state", {}).get("condition", "")])
    programs = set(re.findall(r"/usr/[\w/-]*kiosk[\w/-]*", text))
    units = {f"/usr/lib/systemd/system/{unit}" for unit in re.findall(r"kiosk[\w-]*\.(?:service|target|socket)", text)}
    assert "/usr/lib/kiosk/tools/boot-lines" in programs
    assert "/usr/lib/systemd/system/kiosk-firewall.service" in units
    assert programs | units <= placed


@pytest.mark.parametrize("file", [CARD, LAYER], ids=["card", "image"])
def test_the_package_is_there_before_what_is_in_it_is_run(file: Path) -> None:
    steps = commands(file)
    install = next(number for number, step in enumerate(steps) if "apt-get" in step and "install" in step)
    assert [step for step in steps[:install] if re.search(r"/usr/lib/kiosk|kiosk-", step)] == []


def test_the_card_takes_the_package_by_the_name_that_it_gets() -> None:
    named = re.findall(r"/boot/firmware/(\S+\.deb)", "\n".join(commands(CARD)))
    assert named
    assert all(fnmatch(PACKAGE, name) for name in named)


def test_what_the_card_writes_is_read_by_the_firewall() -> None:
    (included,) = re.findall(r'include "(.*)"', (CONFIG / "nftables/kiosk.nft").read_text(encoding="utf-8"))
    assert [fnmatch(file["path"], included) for file in read(CARD)["write_files"]] == [True]


def test_the_image_takes_the_layer_and_the_layer_its_package() -> None:
    about = dict(re.findall(r"^# X-Env-([\w-]+):[ ]*(.*)$", LAYER.read_text(encoding="utf-8"), re.MULTILINE))
    assert read(IMAGE)["layer"]["app"] == about["Layer-Name"]
    variable = f"IGconf_{about['VarPrefix']}_deb"
    assert "Var-deb" in about
    assert f'"${variable}"' in "\n".join(commands(LAYER))
    assert f"{variable}=" in IMAGE.read_text(encoding="utf-8")


def test_what_the_image_copies_is_there() -> None:
    copied = re.findall(r"install -D -m 644 (\S+) ", "\n".join(commands(LAYER)))
    assert [(CONFIG / "image" / name).is_file() for name in copied] == [True]
