"""What the operating system is told: each file is read by the tool that it is for, and each line says its reason."""

from __future__ import annotations

import configparser
import itertools
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from forgetting import ForgettingSystem, forgetting_system

FOLDER = Path(__file__).parent.parent / "firmware_config"
OF_CONTAINERS = Path(__file__).parent.parent / "build/system"
BOOT = ("boot/kiosk.txt", "boot/cmdline.add", "boot/cmdline-overlay.add", "boot/fstab.add")
KEYFILES = ("NetworkManager/conf.d/90-kiosk.conf", "NetworkManager/system-connections/kiosk-setup.nmconnection")
DROP_INS = ("journald", "system", "logind", "coredump", "timesyncd")
UNITS = tuple(str(file.relative_to(FOLDER)) for file in sorted((FOLDER / "system").rglob("*.conf")))
LINES = (
    *BOOT,
    *KEYFILES,
    *UNITS,
    *(f"{name}.conf.d/90-kiosk.conf" for name in DROP_INS),
    "NetworkManager/dnsmasq-shared.d/kiosk.conf",
    "apt/52kiosk-unattended-upgrades",
    "avahi/kiosk.service",
    "nftables/kiosk.nft",
    "sysctl.d/60-kiosk.conf",
    "sysusers.d/kiosk.conf",
    "tmpfiles.d/kiosk.conf",
    "udev/72-kiosk.rules",
)
COMMENT = re.compile(r"#|//|<!-- .* -->$")
# What opens and closes says nothing by itself.
FRAME = re.compile(r"$|\[[\w-]+\]$|[{}]+$|</?service(-group)?>$|<\?xml|<!DOCTYPE")


def run(*command: str | Path, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """What a tool of the system says of a file."""
    return subprocess.run(
        [str(word) for word in command], input=stdin, capture_output=True, text=True, timeout=60, check=False
    )


def needs(tool: str, package: str) -> str:
    """The path of *tool*; a loud skip where it is not installed."""
    found = shutil.which(tool) or shutil.which(tool, path="/usr/sbin:/sbin")
    return found or pytest.skip(f"{tool} is not here to read the file: apt-get install {package}")


def in_debian(*paths: str) -> tuple[Path, Path]:
    """The first of Debian's own files *paths* that there is, and the system it is of: this machine's, or that which the
    tests boot as containers."""
    for root, path in itertools.product((Path("/"), *sorted(OF_CONTAINERS.glob("*/"))), paths):
        if (root / path).exists():
            return root / path, root
    pytest.skip(f"there is no /{paths[-1]}, nor the Debian for containers, which make test makes as root")


def needs_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can try this file")


def unexplained(text: str) -> Iterator[str]:
    """The lines that have no reason: neither behind them nor in a comment right above."""
    explained = False
    for line in (line.strip() for line in text.splitlines()):
        if COMMENT.match(line):
            explained = True
        elif FRAME.match(line):
            explained = False
        else:
            if not explained and " # " not in line:
                yield line
            explained = False


@pytest.mark.parametrize("name", LINES)
def test_every_line_has_its_reason(name: str) -> None:
    assert not list(unexplained((FOLDER / name).read_text(encoding="utf-8")))


def test_a_line_without_a_reason_is_found() -> None:
    assert list(unexplained("# why a\na=1\nb=2\n\n[c]\nd=3 # because\n")) == ["b=2"]


def test_no_file_is_forgotten_here() -> None:
    folders = {name.split("/")[0] for name in LINES}
    files = {str(f.relative_to(FOLDER)) for folder in folders for f in (FOLDER / folder).rglob("*") if f.is_file()}
    assert files == set(LINES)


def test_systemd_makes_the_users(tmp_path: Path) -> None:
    needs_root()
    (tmp_path / "etc").mkdir()
    made = run(needs("systemd-sysusers", "systemd"), f"--root={tmp_path}", FOLDER / "sysusers.d/kiosk.conf")
    assert made.returncode == 0, made.stderr
    users = [line.split(":") for line in (tmp_path / "etc/passwd").read_text(encoding="utf-8").splitlines()]
    group_of = {user[0]: user[3] for user in users}
    assert set(group_of) == {"kiosk", "kiosk-web", "kiosk-sync", "kiosk-display", "kiosk-hub"}
    assert group_of["kiosk"] == group_of["kiosk-web"] == group_of["kiosk-sync"], "they share the group of the log"
    assert group_of["kiosk"] != group_of["kiosk-display"], "the screen's browser has no part in it"
    assert group_of["kiosk"] != group_of["kiosk-hub"], "nor has a hub on the same machine"


def test_systemd_makes_the_folders(tmp_path: Path) -> None:
    needs_root()
    (tmp_path / "etc").mkdir()
    run(needs("systemd-sysusers", "systemd"), f"--root={tmp_path}", FOLDER / "sysusers.d/kiosk.conf")
    made = run(needs("systemd-tmpfiles", "systemd"), f"--root={tmp_path}", "--create", FOLDER / "tmpfiles.d/kiosk.conf")
    assert made.returncode == 0, made.stderr
    modes = {name: oct((tmp_path / name).stat().st_mode & 0o7777) for name in ("etc/kiosk", "var/lib/kiosk")}
    assert modes == {"etc/kiosk": "0o2770", "var/lib/kiosk": "0o2770"}


def test_udev_knows_every_word() -> None:
    udevadm = needs("udevadm", "udev")
    if "verify" not in run(udevadm, "--help").stdout:
        pytest.skip("this udevadm cannot verify rules; that of Debian 13 does in make test-machine")
    verified = run(udevadm, "verify", "--resolve-names=never", FOLDER / "udev/72-kiosk.rules")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_every_jump_of_the_device_names_has_its_end() -> None:
    rules = (FOLDER / "udev/72-kiosk.rules").read_text(encoding="utf-8")
    assert set(re.findall(r'GOTO="(\w+)"', rules)) == set(re.findall(r'LABEL="(\w+)"', rules))


@pytest.mark.parametrize("name", DROP_INS)
def test_systemd_knows_every_setting(name: str) -> None:
    """Its own file names each setting with its default, commented out."""
    known, _ = in_debian(f"etc/systemd/{name}.conf", f"usr/lib/systemd/{name}.conf")
    theirs = set(re.findall(r"^#?(\w+)=", known.read_text(encoding="utf-8"), re.MULTILINE))
    ours = re.findall(r"^(\w+)=", (FOLDER / f"{name}.conf.d/90-kiosk.conf").read_text(encoding="utf-8"), re.MULTILINE)
    assert ours
    assert set(ours) <= theirs


def test_the_journal_is_kept_although_raspberry_pi_os_keeps_it_in_memory(tmp_path: Path) -> None:
    folder = tmp_path / "usr/lib/systemd/journald.conf.d"
    folder.mkdir(parents=True)
    (folder / "40-rpi-volatile-storage.conf").write_text("[Journal]\nStorage=volatile\n", encoding="utf-8")
    shutil.copy(FOLDER / "journald.conf.d/90-kiosk.conf", folder)
    shown = run(
        needs("systemd-analyze", "systemd"), f"--root={tmp_path}", "cat-config", "systemd/journald.conf"
    )  # fmt: skip
    assert re.findall(r"^Storage=(\w+)", shown.stdout, re.MULTILINE)[-1] == "persistent", shown.stderr


@pytest.mark.parametrize("name", [name for name in UNITS if ".timer.d" in name])
def test_the_nights_of_upgrades_are_times(name: str) -> None:
    times = re.findall(r"^OnCalendar=(.+)$", (FOLDER / name).read_text(encoding="utf-8"), re.MULTILINE)
    assert run(needs("systemd-analyze", "systemd"), "calendar", *times).returncode == 0


LOGINS = ("getty@tty1.service", "serial-getty@ttyAMA0.service")
NIGHTS = ("apt-daily.timer", "apt-daily-upgrade.timer")
LET_IN = "mkdir -p /etc/kiosk; touch /etc/kiosk/console-login"


@pytest.mark.parametrize(
    ("unit", "where", "starts"),
    [
        *((unit, "true", False) for unit in LOGINS),
        *((unit, LET_IN, True) for unit in LOGINS),
        *((unit, "true", True) for unit in NIGHTS),
        *((unit, ForgettingSystem.CARD, False) for unit in NIGHTS),
    ],
)
def test_no_login_where_codes_come_in_and_no_upgrade_that_is_forgotten(
    tmp_path: Path, unit: str, where: str, *, starts: bool
) -> None:
    """systemd itself says whether it would start *unit*, *where* that is so."""
    needs("systemd-analyze", "systemd")
    asks = f"{FOLDER}/place.sh / >/dev/null; {where}; systemd-analyze condition --unit={unit}"
    with forgetting_system(tmp_path) as system:
        asked = system.run("sh", "-ec", asks)
    assert (asked.returncode == 0) == starts, asked.stderr
    assert "failed" in asked.stderr or starts


def test_who_maintains_a_card_without_a_password_becomes_root(tmp_path: Path) -> None:
    """As cloud-init makes the account of user-data."""
    account = (FOLDER / "cloud-init/user-data").read_text(encoding="utf-8").split("users:")[1].split("ssh_pwauth:")[0]
    assert "lock_passwd: true" in account
    rule = re.findall(r"^    sudo: (.*)$", account, re.MULTILINE)
    assert len(rule) == 1
    needs("sudo", "sudo")
    with forgetting_system(tmp_path) as system:
        system.run("useradd", "--groups", "sudo", "maintainer")
        system.write("/etc/sudoers.d/90-cloud-init-users", f"maintainer {rule[0]}\n", 0o440)
        became = system.run("su", "maintainer", "-c", "sudo -n id -u")
    assert became.stdout == "0\n", became.stderr


def test_the_kernel_knows_every_setting() -> None:
    names = re.findall(r"^([\w.]+) =", (FOLDER / "sysctl.d/60-kiosk.conf").read_text(encoding="utf-8"), re.MULTILINE)
    assert names
    absent = {name for name in names if not Path("/proc/sys", name.replace(".", "/")).exists()}
    assert absent <= {"kernel.sysrq"}, "only a kernel that was built without these keys may lack them"


def test_the_firewall_reads_its_rules(tmp_path: Path) -> None:
    needs_root()
    read = run(needs("nft", "nftables"), "-c", "-f", FOLDER / "nftables/kiosk.nft")
    if "Operation not supported" in read.stderr or "cache initialization failed" in read.stderr:
        pytest.skip(f"the kernel here has no firewall: {read.stderr.splitlines()[0]}")
    assert read.returncode == 0, read.stderr


def test_network_manager_keeps_every_line_of_the_hotspot() -> None:
    """It leaves out what it does not know, and says nothing."""
    text = (FOLDER / KEYFILES[1]).read_text(encoding="utf-8")
    nmcli, root = in_debian("usr/bin/nmcli")
    begin: tuple[str | Path, ...] = (nmcli,)
    if root != Path("/"):
        needs_root()
        begin = ("chroot", root, "nmcli")
    read = run(*begin, "--offline", "connection", "modify", "connection.zone", "", stdin=text)
    assert read.returncode == 0, read.stderr
    ours, theirs = configparser.ConfigParser(), configparser.ConfigParser()
    ours.read_string(text)
    theirs.read_string(read.stdout)
    assert {name: set(ours[name]) - set(theirs[name]) for name in ours.sections()} == {
        name: set() for name in ours.sections()
    }


def test_the_hotspot_is_never_up_by_itself_and_its_password_is_saved_nowhere() -> None:
    hotspot = configparser.ConfigParser()
    hotspot.read_string((FOLDER / KEYFILES[1]).read_text(encoding="utf-8"))
    assert hotspot["connection"]["autoconnect"] == "false"
    assert hotspot["wifi-security"]["psk-flags"] == "2"
    assert "psk" not in hotspot["wifi-security"]


def test_every_part_names_the_same_address_of_the_hotspot() -> None:
    named = [
        (FOLDER / name).read_text(encoding="utf-8")
        for name in (KEYFILES[1], "NetworkManager/dnsmasq-shared.d/kiosk.conf", "nftables/kiosk.nft")
    ]
    assert all("10.42.0.1" in text for text in named)


def test_dnsmasq_reads_its_lines() -> None:
    read = run(needs("dnsmasq", "dnsmasq-base"), "--test", "-C", FOLDER / "NetworkManager/dnsmasq-shared.d/kiosk.conf")
    assert read.returncode == 0, read.stderr


def test_avahi_knows_every_element() -> None:
    xmllint = needs("xmllint", "libxml2-utils")
    definition, _ = in_debian("usr/share/avahi/avahi-service.dtd")
    read = run(xmllint, "--noout", "--nonet", "--dtdvalid", definition, FOLDER / "avahi/kiosk.service")
    assert read.returncode == 0, read.stderr


def test_apt_reads_its_lines() -> None:
    read = run(needs("apt-config", "apt"), "-c", FOLDER / "apt/52kiosk-unattended-upgrades", "dump")
    assert 'Unattended-Upgrade::Automatic-Reboot-Time "03:30";' in read.stdout


def test_no_word_for_the_kernels_line_holds_a_blank() -> None:
    for name in ("boot/cmdline.add", "boot/cmdline-overlay.add"):
        lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if line and not line.startswith("#") and " " in line] == []


def test_the_data_partitions_lines_are_mounts(tmp_path: Path) -> None:
    table = tmp_path / "fstab"
    text = (FOLDER / "boot/fstab.add").read_text(encoding="utf-8").replace("LABEL=KIOSKDATA", "tmpfs")
    table.write_text(text, encoding="utf-8")
    verified = run(needs("findmnt", "util-linux"), "--verify", "--tab-file", table).stdout
    assert "parse error" not in verified
    assert re.findall(r"(\d+) parse errors", verified) in ([], ["0"])
    mounts = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    assert all(len(fields) == 6 and "nofail" in fields[3].split(",") for fields in mounts)
    assert mounts[0][1] == "/mnt/kiosk-data"
    assert all(fields[0].startswith("/mnt/kiosk-data/") for fields in mounts[1:])


@pytest.mark.parametrize("tool", ["data-partition", "after-setup"])
def test_a_tool_is_a_script_that_its_shell_can_read(tool: str) -> None:
    script = FOLDER / "tools" / tool
    shell = script.read_text(encoding="utf-8").splitlines()[0].removeprefix("#!")
    assert os.access(script, os.X_OK)
    assert run(shell, "-n", script).returncode == 0


def test_without_a_data_partition_nothing_is_changed(tmp_path: Path) -> None:
    needs_root()
    table = tmp_path / "fstab"
    table.write_text("# as it was\n", encoding="utf-8")
    if run(needs("blkid", "util-linux"), "-L", "KIOSKDATA").returncode == 0:
        pytest.skip("this machine has a data partition")
    refused = run(FOLDER / "tools/data-partition", table)
    assert refused.returncode == 1
    assert "mkfs.ext4 -b 1024 -L KIOSKDATA" in refused.stderr
    assert table.read_text(encoding="utf-8") == "# as it was\n"


RIGHTS: list[tuple[str, str, dict[str, str], str]] = [
    ("kiosk", "org.freedesktop.login1.reboot", {}, "yes"),
    ("kiosk", "org.freedesktop.login1.power-off", {}, "yes"),
    ("kiosk", "org.freedesktop.timedate1.set-time", {}, "no"),
    ("kiosk", "org.freedesktop.timedate1.set-timezone", {}, "no"),
    ("kiosk", "org.freedesktop.systemd1.manage-units", {"unit": "kiosk-web.service", "verb": "restart"}, "yes"),
    ("kiosk", "org.freedesktop.systemd1.manage-units", {"unit": "kiosk-web.service", "verb": "stop"}, "no"),
    ("kiosk", "org.freedesktop.systemd1.manage-units", {"unit": "kiosk-hotspot.service", "verb": "stop"}, "yes"),
    ("kiosk", "org.freedesktop.systemd1.manage-units", {"unit": "ssh.service", "verb": "restart"}, "no"),
    (
        "kiosk",
        "org.freedesktop.systemd1.manage-units",
        {"unit": "kiosk-x.service\nssh.service", "verb": "restart"},
        "no",
    ),
    ("kiosk", "org.freedesktop.systemd1.manage-unit-files", {}, "no"),
    ("kiosk", "org.freedesktop.NetworkManager.settings.modify.system", {}, "no"),
    ("kiosk-web", "org.freedesktop.login1.reboot", {}, "not handled"),
]


@pytest.mark.parametrize(("user", "action", "details", "answer"), RIGHTS)
def test_the_door_may_ask_the_system_for_little(user: str, action: str, details: dict[str, str], answer: str) -> None:
    """The rules run in the node that drives the tests' browser, with polkit's three words."""
    driver = pytest.importorskip("playwright._impl._driver", reason="polkit's rules need a JavaScript to run in")
    node = driver.compute_driver_executable()[0]
    words = 'const polkit={Result:{YES:"yes",NO:"no",NOT_HANDLED:"not handled"},addRule:(rule)=>{polkit.rule=rule}};'
    asked = json.dumps({"id": action, "details": details, "user": user})
    ask = f"const asked={asked};console.log(polkit.rule({{id:asked.id,lookup:(name)=>asked.details[name]}},asked));"
    ran = run(node, "-e", words + (FOLDER / "polkit/50-kiosk.rules").read_text(encoding="utf-8") + ask)
    assert ran.stdout.strip() == answer, ran.stderr
