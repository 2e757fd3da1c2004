"""The house keeps its floors: who imports whom, where each outside library lives, and that importing does nothing."""

from __future__ import annotations

import ast
import graphlib
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent

# From the ground up. A module belongs to the longest name here that it begins with; it imports from floors below,
# and on its own floor only from its own folder.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("kiosk", "kiosk.rules.model"),
    ("kiosk.rules", "kiosk.failures", "kiosk.files"),
    ("kiosk.store", "kiosk.vault", "kiosk.devices", "kiosk.exports", "kiosk.lists", "kiosk.lake", "kiosk.config"),
    (
        "kiosk.accounts",
        "kiosk.backup",
        "kiosk.backup_folder",
        "kiosk.backup_watch",
        "kiosk.by_hand",
        "kiosk.boots",
        "kiosk.calling",
        "kiosk.checkin",
        "kiosk.clock_watch",
        "kiosk.code_printing",
        "kiosk.correcting",
        "kiosk.correction_desk",
        "kiosk.counter_desk",
        "kiosk.day_settings",
        "kiosk.demo",
        "kiosk.demo_hall",
        "kiosk.desk",
        "kiosk.door",
        "kiosk.door_answers",
        "kiosk.door_process",
        "kiosk.door_server",
        "kiosk.door_socket",
        "kiosk.erasing",
        "kiosk.evacuating",
        "kiosk.expecting",
        "kiosk.feedback",
        "kiosk.fetching_down",
        "kiosk.first_settings",
        "kiosk.health",
        "kiosk.heartbeat",
        "kiosk.help_calls",
        "kiosk.helping",
        "kiosk.house",
        "kiosk.house_desk",
        "kiosk.hub_day",
        "kiosk.hub_lists",
        "kiosk.hub_link",
        "kiosk.hub_word",
        "kiosk.invitations",
        "kiosk.joined",
        "kiosk.joining",
        "kiosk.list_answers",
        "kiosk.list_desk",
        "kiosk.list_drafts",
        "kiosk.list_import",
        "kiosk.list_office",
        "kiosk.list_taking",
        "kiosk.machine_watch",
        "kiosk.memory",
        "kiosk.noting",
        "kiosk.numbers",
        "kiosk.observer",
        "kiosk.pairing",
        "kiosk.packing",
        "kiosk.papers",
        "kiosk.preparing",
        "kiosk.printing",
        "kiosk.privacy_desk",
        "kiosk.proving",
        "kiosk.queue",
        "kiosk.replacing",
        "kiosk.report",
        "kiosk.reprinting",
        "kiosk.requests",
        "kiosk.restored",
        "kiosk.restored_settings",
        "kiosk.restoring",
        "kiosk.retention",
        "kiosk.roster",
        "kiosk.scan",
        "kiosk.session",
        "kiosk.set_up_needed",
        "kiosk.setting_up",
        "kiosk.signing_in",
        "kiosk.sticks",
        "kiosk.sync",
        "kiosk.sync_round",
        "kiosk.sync_watch",
        "kiosk.taken_down",
        "kiosk.taking_down",
        "kiosk.tempos",
        "kiosk.tracing",
        "kiosk.trust",
        "kiosk.times",
        "kiosk.vanishing",
    ),
    ("kiosk.hub",),
    ("kiosk.web",),
    ("kiosk.hub.web",),
    ("kiosk.wiring",),
    ("kiosk.services",),
    ("kiosk.commands",),
    ("kiosk.__main__", "kiosk.cli"),
)

# The only folder that may import each outside library; what serves the kiosk's pages serves the hub, too.
SERVING = {"babel", "flask", "jinja2", "markupsafe", "waitress", "werkzeug"}
LIBRARIES = {
    "PIL": "kiosk.devices",
    "av": "kiosk.devices",
    "babel": "kiosk.web",
    "base45": "kiosk.rules",
    "cbor2": "kiosk.rules",
    "cryptography": "kiosk.vault",
    "duckdb": "kiosk.lake",
    "escpos": "kiosk.devices",
    "evdev": "kiosk.devices",
    "flask": "kiosk.web",
    "gpiozero": "kiosk.devices",
    "jinja2": "kiosk.web",
    "libcamera": "kiosk.devices",
    "lgpio": "kiosk.devices",
    "markupsafe": "kiosk.web",
    "numpy": "kiosk.devices",
    "picamera2": "kiosk.devices",
    "py4j": "kiosk.lake",
    "pyarrow": "kiosk.lake",
    "pyrage": "kiosk.vault",
    "pyspark": "kiosk.lake",
    "pyzbar": "kiosk.devices",
    "re2": "kiosk.rules",
    "segno": "kiosk.devices",
    "serial": "kiosk.devices",
    "sqlglot": "kiosk.lake",
    "sqlite_utils": "kiosk.store",
    "waitress": "kiosk.web",
    "werkzeug": "kiosk.web",
    "xlsxwriter": "kiosk.exports",
    "zxingcpp": "kiosk.devices",
}

# Each in one file, and only inside what needs it: a machine without the device must not need its library.
HARDWARE = {"av", "escpos", "evdev", "gpiozero", "lgpio", "libcamera", "picamera2", "pyzbar", "serial", "zxingcpp"}

# What Debian's Python has on a Raspberry Pi only.
PI_LIBRARIES = ("picamera2", "evdev", "lgpio", "libcamera", "numpy")

# A rule is told the time and has no disk, network or other process.
IMPURE = {
    "io",
    "logging",
    "os",
    "pathlib",
    "random",
    "secrets",
    "shutil",
    "socket",
    "sqlite3",
    "subprocess",
    "tempfile",
}
IMPURE |= {"asyncio", "glob", "http", "select", "threading", "time", "urllib", "uuid"}
CLOCK_READERS = {"now", "today", "utcnow"}

SQL = re.compile(
    r"\s*(SELECT |INSERT (OR \w+ )?INTO |UPDATE \w+ SET |DELETE FROM |CREATE (TABLE|INDEX)|PRAGMA |BEGIN IMM)"
)


@dataclass(frozen=True)
class Import:
    """One import statement's target: a module's full name, and whether it is inside a function or class."""

    name: str
    line: int
    inside: bool
    for_types_only: bool

    @property
    def root(self) -> str:
        """The library: the first part of the name."""
        return self.name.partition(".")[0]


@cache
def modules() -> dict[str, Path]:
    """Every module of the product by its full name."""
    found = {}
    for path in sorted((ROOT / "kiosk").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(modules()[module].read_text(encoding="utf-8"))


@cache
def imports(module: str) -> tuple[Import, ...]:
    return tuple(_imports(module, tree(module), inside=False, for_types_only=False))


def _imports(module: str, node: ast.AST, *, inside: bool, for_types_only: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            for name in _targets(module, child):
                yield Import(name, child.lineno, inside, for_types_only)
        else:
            deeper = inside or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            types = for_types_only or (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test))
            yield from _imports(module, child, inside=deeper, for_types_only=types)


def _targets(module: str, statement: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(statement, ast.Import):
        return [alias.name for alias in statement.names]
    base = statement.module or ""
    if statement.level:
        package = module if modules()[module].name == "__init__.py" else module.rpartition(".")[0]
        above = package.split(".")[: len(package.split(".")) - statement.level + 1]
        base = ".".join([*above, *([base] if base else [])])
    # "from kiosk.store import log" names a module, "from kiosk.store.log import Log" a thing in one.
    named = (f"{base}.{alias.name}" for alias in statement.names)
    return [name if name in modules() else base for name in named]


def place(module: str) -> tuple[int, str] | None:
    """The floor of *module* and its name on it; None where nobody has listed it."""
    found = [
        (len(name), floor, name)
        for floor, names in enumerate(FLOORS)
        for name in names
        if module == name or (module.startswith(name + ".") and name != "kiosk")
    ]
    return max(found)[1:] if found else None


def folder(name: str) -> str:
    """The folder whose files a listed name stands for: itself, or where the file lies."""
    return name if (ROOT / name.replace(".", "/")).is_dir() else name.rpartition(".")[0]


def outside() -> Iterator[tuple[str, str, Import]]:
    """Each import of a library that is neither ours nor Python's: (module, library, import)."""
    for module in modules():
        for found in imports(module):
            if found.root != "kiosk" and found.root not in sys.stdlib_module_names:
                yield module, found.root, found


def test_every_module_has_its_floor() -> None:
    strangers = [module for module in modules() if place(module) is None]
    assert not strangers, f"list {', '.join(strangers)} on a floor in FLOORS of tests/test_floors.py"


def test_a_module_imports_only_from_floors_below_and_from_its_own_folder() -> None:
    wrong = []
    for module in modules():
        floor, name = place(module) or (len(FLOORS), module)
        for found in filter(lambda found: found.root == "kiosk", imports(module)):
            their_floor, their_name = place(found.name) or (len(FLOORS), found.name)
            mates = their_floor == floor and folder(name) == folder(their_name)
            if their_floor >= floor and not mates:
                wrong.append(f"{module}:{found.line} (floor {floor}) imports {found.name} (floor {their_floor})")
    assert not wrong, "\n".join(wrong)


def test_folder_mates_do_not_import_each_other_in_a_circle() -> None:
    graph = {module: {found.name for found in imports(module) if found.name in modules()} for module in modules()}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        raise AssertionError(" imports ".join(reversed(error.args[1]))) from None


def test_an_outside_library_lives_in_one_folder() -> None:
    wrong = []
    for module, library, found in outside():
        home = LIBRARIES.get(library)
        if home is None:
            wrong.append(f"{module}:{found.line}: list {library} with its folder in LIBRARIES of tests/test_floors.py")
        elif not f"{module}.".startswith((f"{home}.", "kiosk.hub.web.") if library in SERVING else f"{home}."):
            wrong.append(f"{module}:{found.line} imports {library}, which lives in {home}")
    assert not wrong, "\n".join(wrong)


def test_a_hardware_library_is_in_one_file_and_imported_only_where_it_is_used() -> None:
    wrong, homes = [], dict[str, str]()
    for module, library, found in outside():
        if library not in HARDWARE:
            continue
        if not found.inside and not found.for_types_only:
            wrong.append(f"{module}:{found.line} imports {library} at the top of the file")
        if homes.setdefault(library, module) != module:
            wrong.append(f"{module}:{found.line} imports {library}, which is at home in {homes[library]}")
    assert not wrong, "\n".join(wrong)


def test_rules_have_no_clock_disk_or_network() -> None:
    wrong = []
    for module in filter(lambda module: module.startswith("kiosk.rules"), modules()):
        wrong += [f"{module}:{found.line} imports {found.name}" for found in imports(module) if found.root in IMPURE]
        for node in ast.walk(tree(module)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCK_READERS:
                wrong.append(f"{module}:{node.lineno} reads a clock: {ast.unparse(node)}")
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("open", "print"):
                wrong.append(f"{module}:{node.lineno} calls {node.func.id}")
    assert not wrong, "\n".join(wrong)


def test_only_the_store_and_the_lake_speak_sql() -> None:
    wrong = [
        f"{module}:{node.lineno}: {node.value[:60]!r}"
        for module in modules()
        if not module.startswith(("kiosk.store", "kiosk.lake"))
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value)
    ]
    assert not wrong, "\n".join(wrong)


# Run with the modules as arguments: a process that has none of the Pi's libraries, and tells what importing did.
IMPORTER = """
import importlib, importlib.abc, sys

missing = set(sys.argv[1].split(","))

class Laptop(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Laptop())
doing = ("socket.connect", "socket.bind", "sqlite3.connect", "subprocess.Popen", "_thread.start_new_thread", "os.mkdir",
         "os.remove", "os.rename", "os.chmod", "os.fork", "os.exec", "os.system", "os.putenv", "signal.pthread_kill")

def watch(event, given):
    writes = event == "open" and isinstance(given[1], str) and set(given[1]) & set("wax+")
    if event in doing or writes:
        print(f"{module}: {event} {given[0]!r}")

module = ""
sys.addaudithook(watch)
for module in sys.argv[2:]:
    importlib.import_module(module)
"""


def test_a_laptop_without_any_pi_library_imports_everything_and_nothing_happens() -> None:
    done = subprocess.run(
        [sys.executable, "-B", "-W", "error", "-c", IMPORTER, ",".join(PI_LIBRARIES), *modules()],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_a_module_only_defines_things() -> None:
    defining = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.AugAssign)
    guards = ("TYPE_CHECKING", "typing.TYPE_CHECKING", "__name__ == '__main__'")
    wrong = []
    for module in modules():
        for number, node in enumerate(tree(module).body):
            guard = isinstance(node, ast.If) and ast.unparse(node.test) in guards
            docstring = number == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if not (isinstance(node, defining) or guard or docstring):
                wrong.append(f"{module}:{node.lineno} acts at import: {ast.unparse(node).splitlines()[0]}")
    assert not wrong, "\n".join(wrong)
