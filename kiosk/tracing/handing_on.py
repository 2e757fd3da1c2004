"""A contact list becomes a file: whole or not at all, its owner's alone, its fingerprint in it and beside it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from kiosk.config.exports import ExportsSettings
from kiosk.exports.contacts import CONTACT_EXPORTS, Form
from kiosk.exports.contacts.handing_over import Dhis2, File, Receiver, Refused, Sormas, whole
from kiosk.exports.contacts.table import COLUMNS, COUNTS, fingerprint, rows, text_of
from kiosk.lake.contact_table import parquet
from kiosk.rules.contact_list import ContactList
from kiosk.rules.contact_words import TITLE, Said
from kiosk.vault.age import encrypted
from kiosk.vault.files import write_new

ENCRYPTED, BESIDE = ".age", ".sha256"


def _parquet(answer: ContactList, receiver: Receiver) -> File:
    table = rows(answer)
    mark = fingerprint(table)
    told = {"title": TITLE.both, "case_number": text_of(answer.asked.case_number), "fingerprint": mark.text}
    return whole(parquet(tuple(COLUMNS), COUNTS, table, told), mark)


FORMS: dict[str, Form] = {**CONTACT_EXPORTS, "parquet": Form(_parquet, ".parquet")}


def receiver_of(settings: ExportsSettings, their_case: str = "") -> Receiver:
    """Those who get files, as *settings* have them; *their_case* is what they call the case, where they know it."""
    named = (pair.partition("=") for pair in settings.dhis2_attributes)
    return Receiver(
        Sormas(their_case, settings.sormas_disease, settings.sormas_region, settings.sormas_district),
        Dhis2(
            settings.dhis2_entity_type,
            settings.dhis2_program,
            settings.dhis2_org_unit,
            settings.dhis2_relationship,
            their_case,
            {name.strip(): uid.strip() for name, _, uid in named},
        ),
    )


@dataclass(frozen=True, slots=True)
class Made:
    """A file ready to be handed on: its *name*, its bytes, and *beside*, what ``sha256sum -c`` checks it by."""

    name: str
    content: bytes
    beside: str
    rows: int
    left_out: int
    sha256: str
    encrypted: bool


def make(answer: ContactList, form: str, receiver: Receiver, recipient: str = "") -> Made | Refused:
    """*answer* in one of FORMS, encrypted to *recipient* (age1...) where that is given.

    Raises VaultError where that is no recipient of age.
    """
    try:
        done = FORMS[form].write(answer, receiver)
    except ImportError as error:
        return Refused(
            Said(
                f"Máy này chưa cài {error.name}, cần cho tệp {form}; nó thuộc kiosk[hub].",
                f"{error.name}, which {form} needs, is not installed here; it is part of kiosk[hub].",
            )
        )
    if isinstance(done, Refused):
        return done
    content = encrypted(done.content, [recipient]) if recipient else done.content
    name = f"{_stem(answer.asked.case_number)}{FORMS[form].ending}{ENCRYPTED if recipient else ''}"
    sha256 = hashlib.sha256(content).hexdigest()
    return Made(name, content, _beside(done, sha256, name), done.rows, done.left_out, sha256, bool(recipient))


def save(made: Made, path: Path) -> Path:
    """Write *made* as the new file *path*, with what belongs beside it; returns the latter's path.

    Raises FileExistsError, with nothing written, where either is there already, and OSError.
    """
    beside = path.with_name(path.name + BESIDE)
    write_new(beside, made.beside.replace(f"  {made.name}\n", f"  {path.name}\n").encode(), mode=0o600)
    try:
        write_new(path, made.content, mode=0o600)
    except OSError:
        beside.unlink()
        raise
    return beside


def _stem(case_number: str) -> str:
    """A file's name of what somebody called a case: letters, digits and - alone."""
    kept = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in case_number)
    return f"contacts-{kept.strip('-')[:40] or 'case'}"


def _beside(done: File, sha256: str, name: str) -> str:
    left_out = f"# {done.left_out} without a name were left out\n" if done.left_out else ""
    return f"# {done.rows} people in this file, of a list of {done.fingerprint.text}\n{left_out}{sha256}  {name}\n"
