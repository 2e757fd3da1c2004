"""install.sh says what it would do and does only that; a Raspberry Pi's boot lines come and go whole."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from forgetting import forgetting_system

CONFIG = Path(__file__).parent.parent / "firmware_config"
CMDLINE = "console=tty1 root=PARTUUID=4e1c-02 rootfstype=ext4 fsck.repair=yes rootwait quiet\n"
FIRMWARE = "dtparam=audio=on\n\n[pi5]\ndtparam=rtc_bbat_vchg=0\n"


def run(*command: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)


@pytest.fixture
def boot(tmp_path: Path) -> Path:
    """The boot partition of a stock card."""
    (tmp_path / "cmdline.txt").write_text(CMDLINE, encoding="utf-8")
    (tmp_path / "config.txt").write_text(FIRMWARE, encoding="utf-8")
    return tmp_path


def files(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def lines_for_the_kernel() -> list[str]:
    lines = (CONFIG / "boot/cmdline.add").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@pytest.mark.skipif(Path("/var/lib/dpkg/info/kiosk.list").exists(), reason="the package is installed here")
def test_a_dry_run_says_each_step_in_order_and_takes_none() -> None:
    said = run(CONFIG / "install.sh", "--dry-run")
    assert said.returncode == 0, said.stderr
    steps = ["apt-get' '-q' '-y' 'install'", "'venv'", "--require-hashes", "/usr/bin/kiosk", "'systemd-sysusers'"]
    steps += ["'systemd-tmpfiles'", "'systemctl' 'enable'"]
    places = [said.stdout.index(step) for step in steps]
    assert places == sorted(places)
    assert not Path("/usr/lib/kiosk").exists()


@pytest.mark.skipif(Path("/var/lib/dpkg/info/kiosk.list").exists(), reason="the package is installed here")
def test_what_is_put_down_is_taken_away_but_the_log() -> None:
    put = re.findall(r"^   (/\S+)$", run(CONFIG / "install.sh", "--dry-run").stdout, re.MULTILINE)
    gone = run(CONFIG / "install.sh", "--dry-run", "--uninstall").stdout
    assert put
    assert [name for name in put if f"'rm' '-f' '{name}'" not in gone] == []
    assert not re.search(r"'rm'.*(/var/lib/kiosk|/etc/kiosk)", gone)


def test_an_unknown_option_is_refused() -> None:
    assert run(CONFIG / "install.sh", "--dryrun").returncode == 2


def test_boot_lines_are_added_once(boot: Path) -> None:
    assert run(CONFIG / "tools/boot-lines", boot).returncode == 0
    once = files(boot)
    run(CONFIG / "tools/boot-lines", boot)
    assert files(boot) == once
    assert once["config.txt"] == FIRMWARE + "[all]\ninclude kiosk.txt\n"
    assert once["cmdline.txt"].count("\n") == 1
    assert {word: once["cmdline.txt"].split().count(word) for word in lines_for_the_kernel()} == dict.fromkeys(
        lines_for_the_kernel(), 1
    )


def test_boot_lines_go_again_and_leave_what_was_there(boot: Path) -> None:
    run(CONFIG / "tools/boot-lines", boot)
    run(CONFIG / "tools/boot-lines", "--undo", boot)
    assert files(boot) == {"cmdline.txt": CMDLINE, "config.txt": FIRMWARE}


def test_a_dry_run_of_boot_lines_changes_nothing(boot: Path) -> None:
    said = run(CONFIG / "tools/boot-lines", "--dry-run", boot)
    assert "cmdline.txt: changed" in said.stdout
    assert files(boot) == {"cmdline.txt": CMDLINE, "config.txt": FIRMWARE}


OVERLAYROOT = "/usr/share/initramfs-tools/scripts/init-bottom/overlayroot"
PARTITION = "LABEL=KIOSKDATA /mnt/kiosk-data ext4 noatime 0 2\n"


@pytest.mark.parametrize(
    ("fstab", "installed", "forgets"),
    [(PARTITION, True, True), (PARTITION, False, False), ("", True, False)],
    ids=["a card with both", "without overlayroot", "without a data partition"],
)
def test_a_system_forgets_only_where_the_log_has_a_place_and_somebody_obeys(
    tmp_path: Path, *, fstab: str, installed: bool, forgets: bool
) -> None:
    with forgetting_system(tmp_path) as machine:
        machine.write("/etc/fstab", fstab)
        machine.run("rm", "-f", OVERLAYROOT)
        if installed:
            machine.write(OVERLAYROOT, "")
        machine.write("/boot/firmware/cmdline.txt", CMDLINE)
        machine.write("/boot/firmware/config.txt", FIRMWARE)
        said = machine.run(CONFIG / "tools/boot-lines")
        assert said.returncode == 0, said.stderr
        assert ("overlayroot=tmpfs:recurse=0" in machine.read("/boot/firmware/cmdline.txt").split()) == forgets
        assert bool(said.stderr) == (bool(fstab) and not forgets)


def test_the_image_has_what_the_package_recommends() -> None:
    control = (CONFIG / "debian/control").read_text(encoding="utf-8")
    recommended = control.split("Recommends:")[1].split("Suggests:")[0].split(",")
    layer = (CONFIG / "image/layer/kiosk.yaml").read_text(encoding="utf-8")
    image = re.findall(r"^    - ([\w-]+)$", layer, re.MULTILINE)
    # Its systems can only be read by themselves.
    assert {name.split()[0] for name in recommended} - {"overlayroot"} == {*image}


def test_no_raspberry_pi_gets_no_boot_lines(tmp_path: Path) -> None:
    assert run(CONFIG / "tools/boot-lines", tmp_path).returncode == 0
    assert files(tmp_path) == {}
