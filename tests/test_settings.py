"""Settings: each has a default and a sentence; a wrong or unknown one is named with what was expected and found."""

from __future__ import annotations

import dataclasses
import json
import re
import tomllib
import typing
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.config import PatternSettings, Settings, SettingsError, as_table, load
from kiosk.config.devices import SourceSettings
from kiosk.config.queueing import CounterSettings, ServiceSettings, StageSettings
from kiosk.rules.model import Direction

EXAMPLE = Path(__file__).parent.parent / "firmware_config" / "kiosk.example.toml"


TABLES_OF_ROWS = ("gates", "sources", "patterns", "stages", "services", "counters")


class Setting(typing.NamedTuple):
    """One setting as a line of the file: its table, its name, and its field."""

    table: str
    name: str
    field: dataclasses.Field[Any]
    hint: Any

    @property
    def header(self) -> str:
        return f"[[{self.table}]]" if self.table in TABLES_OF_ROWS else f"[{self.table}]"


def every_setting() -> list[Setting]:
    found = []
    for table, hint in typing.get_type_hints(Settings).items():
        kind = typing.get_args(hint)[0] if typing.get_origin(hint) is tuple else hint
        hints = typing.get_type_hints(kind)
        found += [Setting(table, field.name, field, hints[field.name]) for field in dataclasses.fields(kind)]
    return found


SETTINGS = every_setting()
the_settings = st.sampled_from(SETTINGS)


def toml(value: object) -> str:
    """*value* as TOML writes it."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(key)} = {toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower() if isinstance(value, bool) else str(value)


def read(text: str, folder: Path) -> Settings:
    file = folder / "kiosk.toml"
    file.write_text(text, encoding="utf-8")
    return load(file)


def complaint(text: str, folder: Path) -> str:
    """The sentence with which *text* is refused, without the folder."""
    with pytest.raises(SettingsError) as refused:
        read(text, folder)
    return str(refused.value).removeprefix(f"{folder}/")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("settings")


def test_no_file_and_an_empty_file_mean_the_defaults(folder: Path) -> None:
    assert load(None) == read("", folder) == Settings()


def test_what_is_written_is_in_force_and_the_rest_keeps_its_default(folder: Path) -> None:
    settings = read('[door]\nquiet_s = 5\n[[gates]]\nid = "east"\ndirection = "in"\n', folder)
    assert (settings.door.quiet_s, settings.door.min_stay_s) == (5.0, 60.0)
    assert settings.gate("east").direction is Direction.IN


def test_the_settings_in_force_can_be_printed_and_read_again(folder: Path) -> None:
    settings = read('[site]\nid = "north"\n[[sources]]\nkind = "serial"\n[[sources]]\nkind = "keyboard"\n', folder)
    printed = "\n".join(f"{name} = {toml(value)}" for name, value in as_table(settings).items())
    assert read(printed, folder) == settings


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: f"{setting.table}.{setting.name}")
def test_every_setting_has_a_sentence(setting: Setting) -> None:
    sentence = setting.field.metadata["sentence"]
    assert re.fullmatch(r"\S.{8,}\.", sentence)


def test_the_example_file_is_the_defaults() -> None:
    assert load(EXAMPLE) == Settings()


def test_the_example_file_has_every_setting_after_its_sentence() -> None:
    # A table that by default is not there at all stands in the file behind #, without a space.
    lines = [line.removeprefix("#") if not line.startswith("# ") else line for line in EXAMPLE.read_text().splitlines()]
    given = {
        table: rows[0] if isinstance(rows, list) else rows for table, rows in tomllib.loads("\n".join(lines)).items()
    }
    one_of_each = Settings(
        sources=(SourceSettings(),),
        patterns=(PatternSettings(),),
        stages=(StageSettings(),),
        services=(ServiceSettings(),),
        counters=(CounterSettings(),),
    )
    defaults = as_table(one_of_each)
    assert given == {table: rows[0] if isinstance(rows, list) else rows for table, rows in defaults.items()}

    for setting in SETTINGS:
        start = lines.index(setting.header)
        line = lines.index(f"{setting.name} = {toml(setting.field.default)}", start)
        assert lines[line - 1] == f"# {setting.field.metadata['sentence']}", setting.name


# (what is written, what the sentence says after the file's name)
PUBLIC_KEY = "a public key in base64, as 'kiosk keys show' prints it"
KIND = "a short name of your own, or one of cccd, bhyt, typed, place, payment, wifi, link"
REFUSED = {
    '[door]\nquiet_s = "fast"': "[door] quiet_s must be a number of seconds from 0 to 1000000000, not 'fast'",
    "[door]\nquiet_s = -1": "[door] quiet_s must be a number of seconds from 0 to 1000000000, not -1.0",
    "[door]\nquiet_s = inf": "[door] quiet_s must be a number of seconds from 0 to 1000000000, not inf",
    "[door]\nquiet_s = nan": "[door] quiet_s must be a number of seconds from 0 to 1000000000, not nan",
    "[door]\nquiet_s = true": "[door] quiet_s must be a number of seconds from 0 to 1000000000, not True",
    "[site]\nkeep_days = 1.5": "[site] keep_days must be a whole number of days from 1 to 1000000000, not 1.5",
    "[site]\nname = 3": "[site] name must be a text, not 3",
    '[site]\nid = "the north gate"': "[site] id must be a short name of letters, digits, - and _, not 'the north gate'",
    '[site]\nid = "north\\n"': "[site] id must be a short name of letters, digits, - and _, not 'north\\n'",
    '[site]\ntimezone = "Asia"': "[site] timezone must be an IANA time zone as Asia/Ho_Chi_Minh, not 'Asia'",
    '[site]\ncloses = "25:00"': "[site] closes must be a time of day as HH:MM, or empty, not '25:00'",
    '[site]\nslip_keys = "abc"': "[site] slip_keys must be a list, not 'abc'",
    "[site]\nslip_keys = [1]": f"[site] slip_keys must be {PUBLIC_KEY}, not 1",
    '[site]\nslip_keys = ["abc="]': f"[site] slip_keys must be {PUBLIC_KEY}, not 'abc='",
    '[site]\nslip_keys = ["AAAA"]': f"[site] slip_keys must be {PUBLIC_KEY}, not 'AAAA'",
    '[site]\nconsent = "maybe"': "[site] consent must be one of notice, ask, order, not 'maybe'",
    '[vault]\nturn_at = ""': "[vault] turn_at must be a time of day as HH:MM, not ''",
    "[printer]\npaper_mm = 57": "[printer] paper_mm must be one of 58, 80, not 57",
    "[web]\nport = 70000": "[web] port must be a whole number from 0 to 65535, not 70000",
    '[decoding]\ndecoders = ["quirc"]': "[decoding] decoders must be one of zxing, pyzbar, not 'quirc'",
    "[decoding]\ndecoders = []": "[decoding] decoders must name at least one of zxing, pyzbar, not none",
    '[voice]\nlanguages = ["fr"]': "[voice] languages must be one of vi, en, not 'fr'",
    "[voice]\nlanguages = []": "[voice] languages must name at least one of vi, en, not none",
    '[voice]\nquiet_to = "13:30"': "[voice] quiet_from and quiet_to must both be given, or neither",
    "site = 1": "[site] must be a table, not 1",
    "gates = 1": "gates must be a list, not 1",
    "gates = []": "[[gates]] must name at least one gate, not none",
    '[[gates]]\nid="a"\n[[gates]]\nid="a"': "[[gates]] id must be different for each gate, not a, a",
    '[[patterns]]\nregex = "BN("': "[[patterns]] regex must be a regular expression of RE2, not 'BN(': missing ): BN(",
    '[[patterns]]\nregex = ""': "[[patterns]] regex must be a regular expression of RE2, not '': it is empty",
    '[[patterns]]\nregex = "a"\nkind = "dcc"': f"[[patterns]] kind must be {KIND}, not 'dcc'",
    '[[patterns]]\nregex = "a"\nkind = "the patients"': f"[[patterns]] kind must be {KIND}, not 'the patients'",
    '[[patterns]]\nkind = "patient"': "[[patterns]] regex must be given, not ''",
    "[queue]\nordinary_every = 0": "[queue] ordinary_every must be a whole number from 1 to 1000000000, not 0",
    '[queue]\nhelp = "x"': "[queue] help must be one of several services (Đón tiếp), not 'x'",
    '[queue]\nhelp = "a"\n[[services]]\nid="a"': "[queue] help must be one of several services (a), not 'a'",
    '[[services]]\nseries = "A1"': "[[services]] series must be one to three letters, not 'A1'",
    '[[services]]\nreset = "week"': "[[services]] reset must be one of day, noon, not 'week'",
    '[[services]]\nid="a"\n[[services]]\nid="a"': (
        "[[services]] id must be different for each row of the table, not a, a"
    ),
    '[queue]\nowner = "main"\n[[gates]]\nseries = "a"': (
        "[[gates]] series must be no service's of the queue's owner, not 'a'"
    ),
    '[[services]]\nid="a"\n[[services]]\nid="b"\nseries="a"': (
        "[[services]] series must be different for each row of the first stage, not A, A"
    ),
    '[[services]]\nstage = "x"': "[[services]] stage must be empty where there are no [[stages]], not 'x'",
    '[[stages]]\nid = "in"\n[[services]]\nstage = "x"': "[[services]] stage must be one of in, not 'x'",
    '[[services]]\nopens = "12:00"\ncloses = "08:00"': "[[services]] closes must be after 12:00, not '08:00'",
    '[[counters]]\nservices = ["x"]': "[[counters]] services must be one of Đón tiếp, not 'x'",
    "[[counters]]\n[[counters]]": "[[counters]] id must be different for each row of the table, not 1, 1",
    '[[sources]]\ngate = "back"': "[[sources]] gate must be one of main, not 'back'",
}


@pytest.mark.parametrize(("written", "sentence"), REFUSED.items(), ids=REFUSED.values())
def test_a_wrong_setting_is_refused_with_what_was_expected_and_found(written: str, sentence: str, folder: Path) -> None:
    assert complaint(written, folder) == f"kiosk.toml: {sentence}"


def test_an_unknown_setting_is_refused_with_the_known_ones(folder: Path) -> None:
    sentence = complaint("[kiosk]\nidd = 1", folder)
    assert sentence == "kiosk.toml: [kiosk] idd is not a setting; known: id, data_disk"


def test_an_unknown_table_is_refused_with_the_known_ones(folder: Path) -> None:
    sentence = complaint("[printers]", folder)
    assert sentence.startswith("kiosk.toml: printers is not a setting; known: site, kiosk, gates")


def test_a_file_that_is_not_there_is_named(folder: Path) -> None:
    with pytest.raises(SettingsError, match=r"absent\.toml: cannot be read: No such file or directory"):
        load(folder / "absent.toml")


def test_an_unknown_gate_is_answered_with_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="there is no gate 'back'; known gates: main"):
        Settings().gate("back")


values = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec="utf-8")) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc_", min_size=1), inner, max_size=3),
    max_leaves=4,
)


@given(setting=the_settings, value=values)
def test_any_value_is_taken_as_it_is_or_refused_with_its_place(setting: Setting, value: object, folder: Path) -> None:
    try:
        settings = read(f"{setting.header}\n{setting.name} = {toml(value)}", folder)
    except SettingsError as refused:
        assert re.match(rf"kiosk\.toml: {re.escape(setting.header)}.* must ", str(refused).removeprefix(f"{folder}/"))
    else:
        table = getattr(settings, setting.table)
        taken = getattr(table[0] if isinstance(table, tuple) else table, setting.name)
        assert toml(taken) == toml(float(value) if setting.hint is float and isinstance(value, int) else value)


wrong = {
    str: st.booleans() | st.integers() | st.floats() | st.lists(st.text("ab")) | st.dates(),
    int: st.booleans() | st.floats() | st.text("0123456789.") | st.lists(st.integers()) | st.dates(),
    float: st.booleans() | st.text("0123456789.") | st.lists(st.floats()) | st.just(date(2026, 1, 2)),
    bool: st.integers() | st.floats() | st.text("ab") | st.lists(st.booleans()) | st.dates(),
    tuple: st.booleans() | st.integers() | st.text("ab") | st.lists(st.integers(), min_size=1),
}


@given(setting=the_settings, data=st.data())
def test_a_value_of_another_type_is_never_taken(setting: Setting, data: st.DataObject, folder: Path) -> None:
    kind = typing.get_origin(setting.hint) or (str if issubclass(setting.hint, Enum) else setting.hint)
    value = data.draw(wrong[kind])
    found = value[0] if kind is tuple and isinstance(value, list) else value
    sentence = complaint(f"{setting.header}\n{setting.name} = {toml(value)}", folder)
    assert sentence.startswith(f"kiosk.toml: {setting.header} {setting.name} must be ")
    assert sentence.endswith(f", not {found!r}")


@given(content=st.binary(max_size=60) | st.text(st.sampled_from('[]{}="\\.,#\n1eE_site'), max_size=60).map(str.encode))
def test_any_bytes_are_settings_or_refused(content: bytes, folder: Path) -> None:
    file = folder / "any.toml"
    file.write_bytes(content)
    try:
        load(file)
    except SettingsError as refused:
        assert str(refused).startswith(f"{file}: ")


@pytest.mark.parametrize("content", ["x = " + "9" * 5000, "x = " + "[" * 5000], ids=["digits", "depth"])
def test_what_python_cannot_hold_is_refused(content: str, folder: Path) -> None:
    assert complaint(content, folder).startswith("kiosk.toml: is not TOML: ")
