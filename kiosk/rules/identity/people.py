"""What is said of one person, or of two who may be one."""

from __future__ import annotations

import re

from kiosk.rules.identity.names import initials, match_key
from kiosk.rules.identity.numbers import ID_NUMBER, birth_and_sex, holder_of_insurance
from kiosk.rules.identity.verdicts import Problem, Verdict, refused
from kiosk.rules.model import Person

_SEXES = {"NAM": "M", "NU": "F", "1": "M", "2": "F", "M": "M", "F": "F", "MALE": "M", "FEMALE": "F"}
_LONGEST_SEX = 8  # letters
_FEWEST_VISIBLE = 3  # digits of a starred number that can tell anything


def name_key(person: Person) -> str:
    """What to compare of a person's name: the key that their code gives, else the ``match_key`` of the name."""
    return person.name_key or match_key(person.name)


def holder_line(person: Person) -> str:
    """Initials and birth year, ``N.V.A. 1985``: what the door's display may show of a person."""
    return f"{initials(person.name)} {person.birth[:4]}".strip()


def parse_sex(text: str) -> str:
    """``M``, ``F`` or empty, from Nam/Nữ, 1/2 (insurance card and unified code), M/F or male/female."""
    return _SEXES.get(match_key(text), "") if len(text) <= _LONGEST_SEX else ""


def read_sex(text: str) -> Verdict:
    """A list's sex as ``M`` or ``F``; empty without a problem where nothing or 0 (unknown in Decision 1405) is said."""
    sex = parse_sex(text.strip())
    return Verdict(sex) if sex or text.strip() in ("", "0", "-") else refused(Problem.SEX_FORMAT)


def disagreement(person: Person) -> str:
    """An English sentence where a 12-digit number contradicts the printed birth year or sex, or empty.

    Only ever a warning: numbers with wrong digits were issued and stay valid.
    """
    if not (len(person.number) == 12 and ID_NUMBER.fullmatch(person.number)):
        return ""
    year, sex = birth_and_sex(person.number)
    wrong = [
        f"{said} but {printed} is printed"
        for said, printed in ((str(year), person.birth[:4]), (sex, person.sex))
        if printed and said != printed
    ]
    return f"Its number says {' and '.join(wrong)}." if wrong else ""


def partial_holder(person: Person) -> str:
    """The holder id of somebody without any number: ``partial:`` and all that is known of them.

    Enough to pair an entry with its exit of the same day. Empty without a name, and with a name alone:
    too many share one. A starred number's visible end tells namesakes of one year apart.
    """
    name = match_key(person.name)
    if not any(map(str.isalpha, name)) or not (person.birth or person.phone):
        return ""
    return "|".join((f"partial:{name}", person.birth, person.phone, person.number))


def possible_duplicate(one: Person, other: Person, *, old_numbers: tuple[str, str] = ("", "")) -> Problem | None:
    """Why two entries of lists may be one person, or None. For people to look at: nobody is merged by this.

    The same number; the old number (CMND) of one in the other; the same name, birth year and phone; the
    same name and birth year with a starred number that ends like the other. *old_numbers* are the CMNDs
    of *one* and *other* that stand beside newer numbers.
    """
    numbers = [_identifier(person.number) for person in (one, other)]
    if numbers[0] and numbers[0] == numbers[1]:
        return Problem.SAME_NUMBER
    mine, theirs = ({number, _identifier(old)} - {""} for number, old in zip(numbers, old_numbers, strict=True))
    if mine & theirs:
        return Problem.SAME_OLD_NUMBER
    if not _namesakes_of_a_year(one, other):
        return None
    if one.phone and "*" not in one.phone and one.phone == other.phone:
        return Problem.SAME_PHONE
    return Problem.SAME_ENDING if _end_alike(one.number, other.number) else None


def _identifier(number: str) -> str:
    """The same for both forms of an insurance number; empty for a starred one, which many may share."""
    return "" if "*" in number else holder_of_insurance(number) or number


def _namesakes_of_a_year(one: Person, other: Person) -> bool:
    said = (name_key(one), one.birth[:4])
    return all(said) and said == (name_key(other), other.birth[:4])


def _end_alike(one: str, other: str) -> bool:
    """Whether two numbers, at least one of them starred, may be the same by their visible ends."""
    ends = [re.sub(r".*\*", "", number) for number in (one, other)]
    shorter = min(map(len, ends))
    return "*" in one + other and shorter >= _FEWEST_VISIBLE and ends[0][-shorter:] == ends[1][-shorter:]
