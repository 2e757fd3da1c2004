"""A contact list leaves as one file: whole, its maker's alone, checked by what lies beside it, sealed on request."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from contact_lists import crowd, usual, with_second_order, with_texts
from hostile import ATTACKS

from kiosk.config.exports import ExportsSettings
from kiosk.exports.contacts.handing_over import Receiver, Refused
from kiosk.exports.contacts.table import COLUMNS, fingerprint, rows
from kiosk.rules.contact_list import ContactList
from kiosk.tracing.handing_on import FORMS, Made, make, receiver_of, save
from kiosk.vault import VaultError
from kiosk.vault.age import AgeKey

pytest.importorskip("pyarrow", reason="pyarrow is not installed: no Parquet file was written (kiosk[hub])")


def made(form: str, answer: ContactList, recipient: str = "") -> Made:
    done = make(answer, form, Receiver(), recipient)
    assert isinstance(done, Made)
    return done


@pytest.mark.parametrize("answer", [usual(), with_second_order(), crowd(0)], ids=["usual", "two orders", "nobody"])
def test_a_parquet_file_has_every_row_and_knows_its_fingerprint(answer: ContactList) -> None:
    from pyarrow import parquet

    table = parquet.read_table(io.BytesIO(made("parquet", answer).content))
    cells = [tuple(map(str, line.values())) for line in table.to_pylist()]
    assert cells == rows(answer)
    assert table.schema.metadata[b"fingerprint"].decode() == fingerprint(cells).text
    assert str(table.schema.field("certain_minutes").type) == "int64" and table.column_names == list(COLUMNS)


@pytest.mark.parametrize("form", ["csv", "godata", "html", "parquet"])
def test_what_lies_beside_a_file_proves_it_whole(tmp_path: Path, form: str) -> None:
    if not shutil.which("sha256sum"):
        pytest.skip("there is no sha256sum here: the file beside was not held against it")
    beside = save(made(form, usual()), tmp_path / "list.out")
    check = ["sha256sum", "--check", "--strict", beside.name]
    assert subprocess.run(check, cwd=tmp_path, check=False, capture_output=True).returncode == 0
    with (tmp_path / "list.out").open("ab") as file:
        file.write(b" ")
    assert subprocess.run(check, cwd=tmp_path, check=False, capture_output=True).returncode == 1


def test_who_is_left_out_is_said_beside_the_file() -> None:
    assert "# 4 people in this file, of a list of 5 rows, sha256 " in made("godata", usual()).beside
    assert "# 1 without a name were left out\n" in made("godata", usual()).beside


def test_only_its_maker_reads_a_file_and_no_other_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    beside = save(made("csv", usual()), path)
    assert {one.stat().st_mode & 0o777 for one in (path, beside)} == {0o600}
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        save(made("csv", crowd(3)), path)
    assert path.read_bytes() == before and len(list(tmp_path.iterdir())) == 2


def test_where_the_file_cannot_be_there_is_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "list.csv").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        save(made("csv", usual()), tmp_path / "list.csv")
    assert [one.name for one in tmp_path.iterdir()] == ["list.csv"]


@pytest.mark.parametrize("form", FORMS)
def test_the_same_answer_makes_the_same_file(form: str) -> None:
    receiver = receiver_of(ExportsSettings(sormas_region="Tỉnh Ví Dụ", sormas_district="Huyện Mẫu"))
    first, again = (make(usual(), form, receiver) for _ in range(2))
    assert first == again


def test_a_sealed_file_is_read_by_its_recipient_alone(tmp_path: Path) -> None:
    key, other = AgeKey(tmp_path / "key"), AgeKey(tmp_path / "other")
    plain, sealed = made("csv", usual()), made("csv", usual(), key.recipient)
    assert sealed.name == plain.name + ".age" and sealed.encrypted
    assert key.decrypted(sealed.content) == plain.content
    assert usual().found[0].who.person.name.encode() not in sealed.content
    with pytest.raises(VaultError):
        other.decrypted(sealed.content)


@pytest.mark.parametrize("nobody", ["age1x", "ssh-ed25519 AAAA", "key.txt"])
def test_a_file_for_nobody_is_not_made(nobody: str) -> None:
    with pytest.raises(VaultError, match="recipient"):
        make(usual(), "csv", Receiver(), nobody)


@pytest.mark.parametrize("text", [attack.decode(errors="replace") for attack in ATTACKS.values()], ids=ATTACKS)
def test_no_case_number_is_a_way_to_another_folder(text: str) -> None:
    name = made("csv", with_texts(text)).name
    assert Path(name).name == name and name.isascii() and name.isprintable() and len(name) < 80


def test_settings_say_what_a_server_calls_things() -> None:
    attributes = ("family_name=zDhUuAYrxNC", " phone = P2cwLGskgxn ")
    settings = ExportsSettings(
        dhis2_entity_type="nEenWmSyUEp",
        dhis2_program="IpHINAT79UW",
        dhis2_org_unit="DiszpKrYNg8",
        dhis2_attributes=attributes,
    )
    assert isinstance(make(usual(), "dhis2", receiver_of(settings)), Made)
    assert isinstance(make(usual(), "dhis2", receiver_of(settings, "no UID")), Refused)
    assert isinstance(make(usual(), "sormas", receiver_of(settings, "ABCDEF")), Made)


@pytest.mark.parametrize("wrong", ["family_name", "famly_name=zDhUuAYrxNC", "=zDhUuAYrxNC", "family_name=x"])
def test_an_attribute_that_is_none_is_refused(wrong: str) -> None:
    settings = ExportsSettings(
        dhis2_entity_type="nEenWmSyUEp",
        dhis2_program="IpHINAT79UW",
        dhis2_org_unit="DiszpKrYNg8",
        dhis2_attributes=(wrong,),
    )
    assert isinstance(make(usual(), "dhis2", receiver_of(settings)), Refused)


@pytest.mark.parametrize("text", [attack.decode(errors="surrogateescape") for attack in ATTACKS.values()], ids=ATTACKS)
def test_a_parquet_file_has_any_text_as_it_was(text: str) -> None:
    from pyarrow import parquet

    answer = with_texts(text)
    table = parquet.read_table(io.BytesIO(made("parquet", answer).content))
    assert [tuple(map(str, line.values())) for line in table.to_pylist()] == rows(answer)


WITHOUT = """
import sys
sys.modules["xlsxwriter"] = sys.modules["pyarrow"] = None
from contact_lists import usual
from kiosk.config.exports import ExportsSettings
from kiosk.exports.contacts.handing_over import Receiver
from kiosk.tracing.handing_on import make
print(make(usual(), "xlsx", Receiver()).why.en, make(usual(), "parquet", Receiver()).why.en)
print(make(usual(), "csv", Receiver()).rows)
"""


def test_without_a_library_the_other_files_are_made_and_one_sentence_names_it() -> None:
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", WITHOUT], env=env, capture_output=True, text=True, check=False)
    told, count = done.stdout.splitlines()
    assert "xlsxwriter, which xlsx needs" in told and "pyarrow, which parquet needs" in told and count == "5"


def test_every_form_is_made_of_an_answer_or_refused_in_a_sentence() -> None:
    for form in FORMS:
        done = make(with_second_order(), form, Receiver())
        assert isinstance(done, Refused) == (form in ("godata", "sormas", "dhis2"))
        assert isinstance(done, Made) or (done.why.vi and done.why.en)
