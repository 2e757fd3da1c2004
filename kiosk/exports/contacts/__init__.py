"""One writer per format of a contact list. A format is a file here and a line in ``CONTACT_EXPORTS``."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from kiosk.exports.contacts import csv_file, dhis2, fhir, godata, html_file, json_file, sormas, xlsx_file
from kiosk.exports.contacts.handing_over import File, Receiver, Refused
from kiosk.rules.contact_list import ContactList

Write = Callable[[ContactList, Receiver], File | Refused]


class Form(NamedTuple):
    """A format: its writer, and how its file's name ends."""

    write: Write
    ending: str


CONTACT_EXPORTS: dict[str, Form] = {
    "csv": Form(csv_file.write, csv_file.ENDING),
    "xlsx": Form(xlsx_file.write, xlsx_file.ENDING),
    "json": Form(json_file.write, json_file.ENDING),
    "html": Form(html_file.write, html_file.ENDING),
    "godata": Form(godata.write, godata.ENDING),
    "sormas": Form(sormas.write, sormas.ENDING),
    "dhis2": Form(dhis2.write, dhis2.ENDING),
    "fhir": Form(fhir.write, fhir.ENDING),
}
