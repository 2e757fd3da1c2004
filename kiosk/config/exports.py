"""[exports]: what other systems that get contact lists call things. What is not said cannot be written."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.config.reading import setting


@dataclass(frozen=True, slots=True)
class ExportsSettings:
    """[exports]"""

    sormas_disease: str = setting("CORONAVIRUS", "Disease of cases, as SORMAS names it.")
    sormas_region: str = setting("", "Region, as the SORMAS server names it; needed where the case is not known there.")
    sormas_district: str = setting("", "District, as the SORMAS server names it.")
    dhis2_entity_type: str = setting("", "UID of the DHIS2 server's tracked entity type for people.")
    dhis2_program: str = setting("", "UID of its program for contacts.")
    dhis2_org_unit: str = setting("", "UID of the organisation unit that enrols them.")
    dhis2_relationship: str = setting("", "UID of the relationship type from a case to a contact.")
    dhis2_attributes: tuple[str, ...] = setting(
        (), "Its attributes by our names, as family_name=zDhUuAYrxNC; the README lists the names."
    )
