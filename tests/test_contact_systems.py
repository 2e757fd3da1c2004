"""What other systems get of a list is in the words of their own templates and schemas."""

from __future__ import annotations

import csv
import io
import json
import warnings
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from contact_lists import ASKED, crowd, somebody, usual, with_second_order, with_texts
from hostile import ATTACKS

from kiosk.exports.contacts import dhis2, fhir, godata, sormas
from kiosk.exports.contacts.handing_over import Dhis2, File, Receiver, Refused, Sormas
from kiosk.exports.contacts.people import birth_parts, family_and_given, local_phone
from kiosk.rules.contact_list import Unnamed
from kiosk.rules.tracing import By

CONTRACTS = Path(__file__).parent.parent.parent / "shared" / "contracts"
CASE = Receiver(sormas=Sormas(case_uuid="ABCDEF-GHIJKL-MNOPQR"))
SERVER = Dhis2(
    *("nEenWmSyUEp", "IpHINAT79UW", "DiszpKrYNg8", "dDrh5UyCyQV", "PQfMcpmXeFE"),
    {"family_name": "zDhUuAYrxNC", "given_name": "w75KJ2mc4zz", "phone": "P2cwLGskgxn", "birth_date": "iESIqZ0R0R0"},
)


def contract(name: str) -> dict[str, Any]:
    path = CONTRACTS / name
    if not path.exists():
        pytest.skip(f"{path} is not here: it lists the columns of another project, which we do not ship")
    return dict(json.loads(path.read_text(encoding="utf-8")))


def good(done: File | Refused) -> File:
    assert isinstance(done, File)
    return done


def of_sormas(receiver: Receiver = CASE) -> list[dict[str, str]]:
    text = good(sormas.write(usual(), receiver)).content.decode()
    return list(csv.DictReader(io.StringIO("\n".join(line for line in text.split("\n") if line[:2] != "##"))))


def test_sormas_knows_every_column_and_every_value_of_a_list() -> None:
    known = contract("sormas_contact_import.json")
    lines = of_sormas()
    assert set(lines[0]) <= set(known["columns_seen_int"])
    assert {line["contactClassification"] for line in lines} <= set(known["enums"]["ContactClassification"])
    assert {line["contactProximity"] for line in lines} <= set(known["enums"]["ContactProximity"])


def test_sormas_gets_what_it_requires_of_everybody() -> None:
    required = (
        "caseIdExternalSystem",
        "disease",
        "reportDateTime",
        "person.firstName",
        "person.lastName",
        "person.sex",
    )
    assert all(line[column] for line in of_sormas() for column in required)
    for line in of_sormas():
        for column in ("reportDateTime", "firstContactDate", "lastContactDate"):
            datetime.strptime(line[column], "%d/%m/%Y")


def test_sormas_is_told_of_a_room_only_where_rooms_were_asked_about() -> None:
    whole_site = replace(usual(), asked=replace(usual().asked, by=By.SITE))
    assert {line["contactProximity"] for line in of_sormas()} == {"SAME_ROOM"}
    assert b"SAME_ROOM" not in good(sormas.write(whole_site, CASE)).content


def test_without_a_case_sormas_needs_disease_and_place() -> None:
    assert isinstance(sormas.write(usual(), Receiver()), Refused)
    placed = Receiver(sormas=Sormas(disease="CORONAVIRUS", region="Tỉnh Ví Dụ", district="Huyện Mẫu"))
    assert {line["region"] for line in of_sormas(placed)} == {"Tỉnh Ví Dụ"}


def test_godata_suggests_a_field_of_its_own_for_every_label() -> None:
    known = contract("godata_fields.json")
    fields = {**known["contact"], **known["relationship"]}
    labels = {field["label_en"] for field in fields.values()}
    told = {label for contact in of_godata() for label in contact}
    assert told - {godata.CONTACT_DATE, godata.LIST} <= labels
    assert known["relationship"]["contactDate"]["label_en"].lower() in godata.CONTACT_DATE.lower()


def test_godata_knows_every_value_of_its_own_lists() -> None:
    known = contract("godata_fields.json")["reference"]
    for label, category in {
        "Gender": "GENDER",
        "Certainty level": "CERTAINTY_LEVEL",
        "Exposure frequency": "EXPOSURE_FREQUENCY",
        "Exposure duration": "EXPOSURE_DURATION",
        "Context of exposure": "CONTEXT_OF_TRANSMISSION",
    }.items():
        values = {contact[label] for contact in of_godata() if label in contact}
        assert values and values <= set(known[f"LNG_REFERENCE_DATA_CATEGORY_{category}"])


def of_godata() -> list[dict[str, Any]]:
    return list(json.loads(good(godata.write(usual(), Receiver())).content))


def test_nobody_is_called_a_certain_contact() -> None:
    assert {contact["Certainty level"] for contact in of_godata()} == {"1 - Low", "2 - Medium"}


def of_dhis2() -> dict[str, list[dict[str, Any]]]:
    return dict(json.loads(good(dhis2.write(usual(), Receiver(dhis2=SERVER))).content))


def test_dhis2_gets_a_flat_payload_whose_parts_refer_to_each_other() -> None:
    payload = of_dhis2()
    people = {one["trackedEntity"] for one in payload["trackedEntities"]}
    assert len(people) == 4
    assert {one["trackedEntity"] for one in payload["enrollments"]} == people
    assert {one["to"]["trackedEntity"]["trackedEntity"] for one in payload["relationships"]} == people
    assert {one["from"]["trackedEntity"]["trackedEntity"] for one in payload["relationships"]} == {SERVER.case_entity}


def test_dhis2_finds_in_each_part_what_it_requires() -> None:
    payload = of_dhis2()
    required = {
        "trackedEntities": {"trackedEntity", "trackedEntityType", "orgUnit", "attributes"},
        "enrollments": {"enrollment", "program", "trackedEntity", "orgUnit", "enrolledAt", "occurredAt", "notes"},
        "relationships": {"relationship", "relationshipType", "from", "to"},
    }
    assert {part: set(payload[part][0]) for part in payload} == required
    assert all(dhis2.UID.fullmatch(one["enrollment"]) for one in payload["enrollments"])


def test_a_payload_imported_twice_is_the_same_payload() -> None:
    assert of_dhis2() == of_dhis2()
    many = [dhis2.uid("entity", "CA-1", f"{number:016x}") for number in range(25_000)]
    assert len(set(many)) == 25_000 and all(map(dhis2.UID.fullmatch, many))


@pytest.mark.parametrize(
    "wrong", [{"program": ""}, {"org_unit": "too short"}, {"relationship_type": ""}, {"attributes": {"name": "x"}}]
)
def test_dhis2_is_refused_what_its_settings_do_not_name(wrong: dict[str, Any]) -> None:
    done = dhis2.write(usual(), Receiver(dhis2=replace(SERVER, **wrong)))
    assert isinstance(done, Refused) and next(iter(wrong.get("attributes", wrong))) in done.why.en


@pytest.mark.parametrize("write", [sormas.write, godata.write, dhis2.write], ids=["sormas", "godata", "dhis2"])
def test_a_system_of_named_people_is_told_how_many_are_left_out(write: Any) -> None:
    receiver = Receiver(CASE.sormas, SERVER)
    done = good(write(usual(), receiver))
    assert (done.rows, done.left_out) == (4, 1)
    assert done.fingerprint.text.encode() in done.content
    assert isinstance(write(with_second_order(), receiver), Refused)
    nobody_opened = replace(usual(), found=tuple(replace(one, who=CLOSED) for one in usual().found))
    assert isinstance(write(nobody_opened, receiver), Refused)
    assert good(write(crowd(0), receiver)).rows == 0


CLOSED = somebody(9, Unnamed.NOT_OPENED)


def test_fhir_resources_have_the_structure_of_r4() -> None:
    resources = pytest.importorskip(
        "fhir.resources", reason="fhir.resources is not installed: the bundle was not held against its schema"
    )
    assert resources
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's own, of a newer pydantic
        from fhir.resources.R4B.bundle import Bundle

        hostile = [with_texts(attack.decode(errors="surrogateescape")) for attack in ATTACKS.values()]
        for answer in (usual(), with_second_order(), crowd(0), *hostile):
            content = json.loads(good(fhir.write(answer, Receiver())).content)
            Bundle.model_validate(content)
            content["entry"][0]["resource"]["recorded"] = "yesterday"
            with pytest.raises(ValueError, match="recorded"):
                Bundle.model_validate(content)


def test_every_reference_in_a_bundle_leads_somewhere() -> None:
    bundle = json.loads(good(fhir.write(with_second_order(), Receiver())).content)
    known = [entry["fullUrl"] for entry in bundle["entry"]]
    told = json.dumps(bundle).split('"reference": "')[1:]
    assert len(known) == len(set(known))
    assert {reference.partition('"')[0] for reference in told} <= set(known)


def test_a_bundle_has_an_observation_for_each_encounter_and_tells_who_opened_it() -> None:
    answer = with_second_order()
    bundle = json.loads(good(fhir.write(answer, Receiver())).content)
    kinds = [entry["resource"]["resourceType"] for entry in bundle["entry"]]
    assert kinds.count("Observation") == sum(len(one.encounters) for one in answer.found)
    assert kinds.count("Patient") == len(answer.found) + len(answer.case)
    assert [agent["who"]["display"] for agent in bundle["entry"][0]["resource"]["agent"]] == [
        ASKED.asked_by,
        ASKED.approved_by,
    ]


@pytest.mark.parametrize(
    ("name", "divided"),
    [
        ("Nguyễn Thị Ánh", ("Nguyễn", "Thị Ánh")),
        ("  Lê   Sen ", ("Lê", "Sen")),
        ("Sen", ("Sen", "Sen")),
        ("", ("", "")),
    ],
)
def test_a_vietnamese_name_begins_with_the_family(name: str, divided: tuple[str, str]) -> None:
    assert family_and_given(name) == divided


@pytest.mark.parametrize(
    ("birth", "parts"),
    [("1985-03-02", ("1985", "3", "2")), ("1985", ("1985", "", "")), ("=1985", ("", "", "")), ("", ("", "", ""))],
)
def test_a_birth_date_is_as_precise_as_it_was(birth: str, parts: tuple[str, str, str]) -> None:
    assert birth_parts(birth) == parts


@pytest.mark.parametrize(
    ("phone", "local"),
    [("+84990000123", "0990000123"), ("+84 99 000", "099000"), ("+1 202", "001 202"), ("099", "099")],
)
def test_a_phone_number_is_no_formula(phone: str, local: str) -> None:
    assert local_phone(phone) == local
