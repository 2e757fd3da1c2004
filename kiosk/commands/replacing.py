"""``kiosk replace``: a new card comes into a running site."""

from __future__ import annotations

import argparse
from pathlib import Path

from kiosk.backup import Sources
from kiosk.backup_folder import check_folder
from kiosk.commands import CommandError, Context, UsageError, say
from kiosk.commands.arguments import SETTINGS_FILE
from kiosk.commands.backups import read_code, refuse_while_the_door_runs
from kiosk.commands.staff import noting
from kiosk.commands.way_in import print_code
from kiosk.devices import clock
from kiosk.replacing import Place, make_bundle, replace_by
from kiosk.restored_settings import place_settings
from kiosk.rules.code_paper import replacement_paper
from kiosk.rules.staff_acts import StaffAct
from kiosk.rules.ticket import local_time
from kiosk.store.schema import DATABASE
from kiosk.vault.recovery import new_code, unlock


def replace_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk replace`` takes."""
    sub.add_argument("bundle", nargs="?", metavar="BUNDLE", help="what another gate made, or a backup")
    sub.add_argument("--make", metavar="DIR", help="at a gate that works: make a bundle there, and tell its code")
    sub.add_argument("--paper", action="store_true", help="with --make: print the code instead of showing it here")
    sub.add_argument("--kiosk", metavar="ID", help="which kiosk the new card becomes")
    sub.add_argument("--gate", metavar="ID", help="its gate, of those in the settings (all of them)")
    sub.add_argument("--code-file", metavar="FILE", help="where the code stands; - for standard input")
    sub.add_argument("--replace", action="store_true", help="put aside what the data directory holds")


def replace(context: Context, arguments: argparse.Namespace) -> int:
    """At a gate that works: make a bundle. On a new card: become a kiosk of the site."""
    if arguments.make:
        return _make(context, arguments)
    if not arguments.bundle or not arguments.kiosk:
        raise UsageError("kiosk replace --make DIR at a gate that works, then here: kiosk replace BUNDLE --kiosk ID")
    refuse_while_the_door_runs(context)
    file, place = Path(arguments.bundle), Place(arguments.kiosk, arguments.gate or "")
    done = replace_by(file, read_code(arguments), context.data, place, clock.now(), replace=arguments.replace)
    notes = list(place_settings(context.data, context.settings_file or SETTINGS_FILE))
    record = {"kiosk": place.kiosk, "from": done.about["kiosk"], "slip_key": done.slip_key, "notes": notes}
    lines = [
        f"This is {place.kiosk} now; its log begins with a new epoch.",
        *([f"What was here is in {done.aside}; its day key is destroyed."] if done.aside else []),
        *notes,
        f"Put its slip key into [site] slip_keys of the other kiosks: {done.slip_key}",
        "Then: systemctl start kiosk.target",
    ]
    say(context, record, "\n".join(lines))
    return 0


def _make(context: Context, arguments: argparse.Namespace) -> int:
    if not (context.data / DATABASE).exists():
        raise CommandError(f"{context.data}: there is no kiosk here that another could come from")
    folder, code = Path(arguments.make), new_code()
    check_folder(folder, mounted=False)
    noting(context, StaffAct.REPLACEMENT)(folder.name)
    sources = Sources(context.data, context.settings, context.settings_file)
    path = make_bundle(sources, folder, unlock(code).lock, clock.now())
    if arguments.paper:
        site, printed = context.settings.site.name, local_time(clock.now().wall_ms, context.settings.zone)
        print_code(context, replacement_paper(site, printed, code), "print_replacement", code=code)
    record = {"file": str(path)} | ({"printed": True} if arguments.paper else {"code": code})
    shown = "its code is on the paper" if arguments.paper else f"its code: {code}"
    say(context, record, f"{path}\n{shown}\nOn the new card: kiosk replace {path.name} --kiosk ID")
    return 0
