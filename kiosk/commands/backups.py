"""``kiosk backup`` and ``kiosk restore``."""

from __future__ import annotations

import argparse
import fcntl
import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kiosk.backup import Made, Sources, make_backup, note_failed, note_made, state_of
from kiosk.backup_folder import check_folder
from kiosk.backup_watch import BackupFault, BackupWatch
from kiosk.commands import FAILURES, CommandError, Context, UsageError, say, sentence
from kiosk.commands.arguments import SETTINGS_FILE
from kiosk.commands.way_in import print_code
from kiosk.devices import clock
from kiosk.door_socket import DoorClient
from kiosk.restored_settings import place_settings
from kiosk.restoring import look_at, refuse_where_something_is
from kiosk.restoring import restore as restore_backup
from kiosk.rules.code_paper import recovery_paper
from kiosk.rules.ticket import local_time
from kiosk.store.schema import DATABASE
from kiosk.vault import VaultError
from kiosk.vault.recovery import Unlocked, keep_lock, new_code, unlock

LARGEST_CODE_FILE_BYTES = 100


def backup_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk backup`` takes."""
    sub.add_argument("--to", metavar="DIR", help="a folder, instead of [backup] to")
    sub.add_argument("--new-code", action="store_true", help="make the recovery code that opens backups from now on")
    sub.add_argument("--paper", action="store_true", help="with --new-code: print it instead of showing it here")


def backup(context: Context, arguments: argparse.Namespace) -> int:
    """Make a backup, or a new recovery code for those to come."""
    if not (context.data / DATABASE).exists():
        raise CommandError(f"{context.data}: there is no log here yet that could be backed up")
    if arguments.new_code:
        return _make_code(context, on_paper=arguments.paper)
    folder, mounted = _folder(context, arguments)
    now = clock.now()
    try:
        with _alone(context.data):
            check_folder(folder, mounted=mounted)
            made = make_backup(Sources(context.data, context.settings, context.settings_file), folder, now)
    except FAILURES as error:
        with suppress(VaultError):  # the failure itself is what is told
            note_failed(context.data, sentence(error), now.wall_ms)
        raise
    note_made(context.data, made, now.wall_ms)
    _tell(context, made)
    if made.fault:
        raise CommandError(f"the backup is made, but the log itself is not whole, so older ones are kept: {made.fault}")
    return 0


def _folder(context: Context, arguments: argparse.Namespace) -> tuple[Path, bool]:
    """Where to, and whether something must be mounted there."""
    if arguments.to:
        return Path(arguments.to), False
    settings = context.settings.backup
    if not settings.to:
        raise UsageError("say where to: --to DIR, or [backup] to in the settings")
    return Path(settings.to), settings.mounted


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    descriptor = os.open(data / "backup.lock", os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    with os.fdopen(descriptor) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandError("another backup is being made") from error
        yield


def _tell(context: Context, made: Made) -> None:
    record = {
        "file": str(made.path),
        "entries": made.sequence,
        "bytes": made.size_bytes,
        "thinned_out": list(made.thinned_out),
    }
    gone = f"; {len(made.thinned_out)} older ones gone" if made.thinned_out else ""
    say(context, record, f"{made.path}: {made.sequence} entries, {made.size_bytes >> 10} KiB{gone}")


def check_backups(context: Context) -> str:
    """When the last good backup was made. Raises CommandError where it is too old."""
    settings, good = context.settings.backup, state_of(context.data).get("good")
    if not settings.to:
        return "no place for them is set: [backup] to"
    try:
        BackupWatch(context.settings, context.data).look(clock.now())
    except BackupFault as error:
        raise CommandError(str(error)) from error
    return f"the last one: {local_time(good['at_ms'], context.settings.zone)}" if good else "none"


def _make_code(context: Context, *, on_paper: bool) -> int:
    code = new_code()
    lock = unlock(code).lock
    if on_paper:
        settings = context.settings
        printed = local_time(clock.now().wall_ms, settings.zone)
        paper = recovery_paper(settings.site.name, printed, code, lock.name)
        print_code(context, paper, "print_recovery", code=code, name=lock.name)
    keep_lock(context.data, lock)
    record = {"lock": lock.name} | ({"printed": True} if on_paper else {"code": code})
    told = "it is on the paper" if on_paper else code
    say(context, record, f"{told}\nKeep it away from the kiosk: it opens every backup made from now on.")
    return 0


def restore_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk restore`` takes."""
    sub.add_argument("file", metavar="FILE", help="a backup")
    sub.add_argument("--code-file", metavar="FILE", help="where the recovery code stands; - for standard input")
    sub.add_argument("--replace", action="store_true", help="put aside what the data directory holds")
    sub.add_argument("--damaged", action="store_true", help="take a log that is not whole, too")


def restore(context: Context, arguments: argparse.Namespace) -> int:
    """Prove a backup, and make the data directory what it was."""
    file = Path(arguments.file)
    about = look_at(file)
    refuse_where_something_is(context.data, replace=arguments.replace)
    refuse_while_the_door_runs(context)
    came = restore_backup(
        file, read_code(arguments), context.data, clock.now(), replace=arguments.replace, damaged=arguments.damaged
    )
    placed = list(place_settings(context.data, context.settings_file or SETTINGS_FILE))
    record = {
        "site": about.get("site"),
        "kiosk": about.get("kiosk"),
        "at": about.get("at"),
        "entries": came.verdict.entries,
        "fault": came.verdict.fault or None,
        "began": came.sequence,
        "aside": str(came.aside) if came.aside else None,
        "notes": placed,
    }
    lines = [
        f"{came.verdict.entries} entries are back and proven; entry {came.sequence} begins a new epoch",
        "The day key was not in the backup: the door begins a new one, and who was inside comes in anew.",
        *([f"What was here is in {came.aside}; its day key is destroyed."] if came.aside else []),
        *placed,
    ]
    say(context, record, "\n".join(lines))
    return 0


def refuse_while_the_door_runs(context: Context) -> None:
    """Raises CommandError while a door works on the data directory."""
    if context.data.exists() and DoorClient(context.data).answers():
        raise CommandError(f"{context.data}: the door is at work on it; stop it first: systemctl stop kiosk.target")


def read_code(arguments: argparse.Namespace) -> Unlocked:
    """What the code is good for, from the file named or typed unseen. Raises VaultError for a mistyped one."""
    if arguments.code_file == "-":
        return unlock(sys.stdin.readline(LARGEST_CODE_FILE_BYTES))
    if arguments.code_file:
        with Path(arguments.code_file).open(encoding="utf-8", errors="replace") as file:
            return unlock(file.read(LARGEST_CODE_FILE_BYTES))
    if not sys.stdin.isatty():
        raise UsageError("say where the code stands: --code-file FILE, or - for standard input")
    return unlock(getpass.getpass("code: "))
