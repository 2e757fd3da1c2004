"""A door whose records would go with the power says so and does not open; a laptop is asked nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import settings_with
from forgetting import forgetting_system

from kiosk.cli import main
from kiosk.devices.data_disk import fault_of_data_disk, system_is_in_memory
from kiosk.house import HouseError, demand_own_disk

ROOT = Path(__file__).parent.parent


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Path]:
    """A file system in memory, mounted."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a file system to try this on")
    place = tmp_path / "mounted"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", place], check=False).returncode:
        pytest.skip("nothing can be mounted here")
    yield place
    subprocess.run(["umount", place], check=True)


ASK = "from kiosk.devices.data_disk import system_is_in_memory; print(system_is_in_memory())"


def test_a_system_that_overlayroot_has_put_into_memory_is_known(tmp_path: Path) -> None:
    with forgetting_system(tmp_path) as system:
        asked = system.run("env", f"PYTHONPATH={ROOT}", sys.executable, "-c", ASK)
    assert asked.stdout == "True\n", asked.stderr


@pytest.mark.parametrize("root", ["ext4 /dev/mmcblk0p2 rw", "overlay overlay rw,lowerdir=/a,upperdir=/b,workdir=/c"])
def test_others_are_not_whatever_the_kernel_was_told(root: str, tmp_path: Path) -> None:
    """Without Debian's overlayroot its word does nothing; a container's root is an overlay, too."""
    (tmp_path / "cmdline").write_text("overlayroot=tmpfs:recurse=0 root=/dev/mmcblk0p2", encoding="utf-8")
    (tmp_path / "self").mkdir()
    mounts = f"21 1 179:2 / / rw,noatime shared:1 - {root}\n30 21 0:40 / /mnt rw - overlay overlayroot rw\n"
    (tmp_path / "self/mountinfo").write_text(mounts, encoding="utf-8")
    assert not system_is_in_memory(tmp_path)


def test_a_folder_of_the_system_is_no_device_of_its_own(tmp_path: Path) -> None:
    assert fault_of_data_disk(tmp_path / "not" / "there" / "yet", root=tmp_path) == "it lies on the system's own device"


def test_memory_is_no_disk(mounted: Path) -> None:
    assert fault_of_data_disk(mounted, root=mounted.parent) == "it lies in memory (tmpfs)"


@pytest.mark.parametrize(("kind", "fault"), [("ext4", ""), ("overlay", "it lies in memory (overlay)")])
def test_a_device_of_its_own_will_do_where_it_is_a_disk(kind: str, fault: str, tmp_path: Path) -> None:
    """This machine's disk as a disk or as what it is called here, seen from a system that is elsewhere."""
    device = tmp_path.stat().st_dev
    (tmp_path / "self").mkdir()
    mounted = f"30 21 {os.major(device)}:{os.minor(device)} / {tmp_path} rw - {kind} /dev/mmcblk0p3 rw\n"
    (tmp_path / "self/mountinfo").write_text(mounted, encoding="utf-8")
    assert fault_of_data_disk(tmp_path, tmp_path, root=Path("/proc")) == fault


def test_a_laptop_is_asked_nothing(tmp_path: Path) -> None:
    demand_own_disk(settings_with(kiosk={"data_disk": "auto"}), tmp_path)
    demand_own_disk(settings_with(kiosk={"data_disk": "any"}), tmp_path)


def test_the_door_refuses_with_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings, data = tmp_path / "kiosk.toml", Path("/run") / "kiosk-is-not-there"
    settings.write_text('[kiosk]\ndata_disk = "own"\n', encoding="utf-8")
    assert main(["--config", str(settings), "--data", str(data), "door"]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"kiosk: {data} would be lost with the power")
    assert said.count("\n") == 1
    assert not data.exists()


def test_kiosk_check_tells_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = tmp_path / "kiosk.toml"
    settings.write_text('[kiosk]\ndata_disk = "own"\n[printer]\nkind = "none"\n', encoding="utf-8")
    with pytest.raises(HouseError):
        demand_own_disk(settings_with(kiosk={"data_disk": "own"}), Path("/"))
    assert main(["--config", str(settings), "--data", "/", "check"]) == 1
    assert "FAIL disk: / would be lost with the power" in capsys.readouterr().out
