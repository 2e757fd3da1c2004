"""Normalising and validating what codes, lists and people say: texts, names, dates, numbers, phones.

Patterns name ``[0-9]`` on purpose: ``\\d`` would take the digits of every script. What a list says is
judged by the functions that answer a Verdict; nothing is guessed, and nothing silently rewritten.
"""

from kiosk.rules.identity.dates import parse_date, read_date
from kiosk.rules.identity.names import (
    clean_name,
    has_lost_letters,
    initials,
    looks_like_old_font,
    match_key,
    read_name,
    tidy_name,
)
from kiosk.rules.identity.numbers import (
    ID_NUMBER,
    birth_and_sex,
    check_id_number,
    check_insurance_number,
    holder_of_insurance,
    is_of_a_province,
    masked,
)
from kiosk.rules.identity.people import (
    disagreement,
    holder_line,
    name_key,
    parse_sex,
    partial_holder,
    possible_duplicate,
    read_sex,
)
from kiosk.rules.identity.phones import parse_phone, read_phone
from kiosk.rules.identity.texts import LONGEST_NAME, LONGEST_NUMBER, LONGEST_TEXT, clean_text
from kiosk.rules.identity.verdicts import Heading, Problem, Verdict

__all__ = [
    "ID_NUMBER",
    "LONGEST_NAME",
    "LONGEST_NUMBER",
    "LONGEST_TEXT",
    "Heading",
    "Problem",
    "Verdict",
    "birth_and_sex",
    "check_id_number",
    "check_insurance_number",
    "clean_name",
    "clean_text",
    "disagreement",
    "has_lost_letters",
    "holder_line",
    "holder_of_insurance",
    "initials",
    "is_of_a_province",
    "looks_like_old_font",
    "masked",
    "match_key",
    "name_key",
    "parse_date",
    "parse_phone",
    "parse_sex",
    "partial_holder",
    "possible_duplicate",
    "read_date",
    "read_name",
    "read_phone",
    "read_sex",
    "tidy_name",
]
