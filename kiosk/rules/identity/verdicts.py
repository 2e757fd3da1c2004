"""What is wrong, or only doubtful, with something that a list says of a person."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Heading(Enum):
    """The three classes of dirty data that the ministry names (letter 2262/BYT-CNTT, 4/5/2022)."""

    NO_NUMBER = ("Thiếu số giấy tờ", "No ID number")
    WRONG_FORMAT = ("Số không đúng định dạng", "Number in a wrong format")
    WRONG_DATA = ("Thông tin cơ bản sai", "Wrong basic data")

    def __init__(self, vi: str, en: str) -> None:
        self.vi = vi
        self.en = en


class Problem(Enum):
    """One thing to tell the keeper of a list. Where *hard*, the value cannot be used; otherwise look at it again."""

    NO_NUMBER = (Heading.NO_NUMBER, True, "Không có số giấy tờ.", "No ID number.")

    NUMBER_FORMAT = (
        Heading.WRONG_FORMAT, True, "Số không có 9 hay 12 chữ số.", "The number has neither 9 nor 12 digits."
    )  # fmt: skip
    LOST_ZEROS = (
        Heading.WRONG_FORMAT, False, "Số bị mất số 0 ở đầu, đã thêm lại.", "Leading zeros were lost; they are put back."
    )  # fmt: skip
    PASSPORT = (
        Heading.WRONG_FORMAT, False, "Số hộ chiếu, không kiểm tra được.", "A passport number; it cannot be checked."
    )  # fmt: skip
    INSURANCE_FORMAT = (
        Heading.WRONG_FORMAT, True, "Số thẻ BHYT không đúng.", "This is no health insurance number."
    )  # fmt: skip
    PHONE_FORMAT = (Heading.WRONG_FORMAT, True, "Số điện thoại không đúng.", "This is no phone number.")
    OLD_PHONE = (
        Heading.WRONG_FORMAT, True, "Số 11 chữ số dùng trước năm 2018.", "An 11-digit number of before 2018."
    )  # fmt: skip
    FIXED_PHONE = (
        Heading.WRONG_FORMAT, False, "Điện thoại cố định, không nhận được tin nhắn.", "A fixed line gets no messages."
    )  # fmt: skip

    UNBORN = (Heading.WRONG_DATA, True, "Năm sinh trong số ở tương lai.", "The number says born in the future.")
    UNKNOWN_PLACE = (
        Heading.WRONG_DATA, False, "Ba số đầu không phải mã tỉnh.", "The first three digits are no province's."
    )  # fmt: skip
    DISAGREEMENT = (
        Heading.WRONG_DATA, False,
        "Số giấy tờ không khớp năm sinh hoặc giới tính.", "The number says another birth year or sex.",
    )  # fmt: skip
    NO_NAME = (Heading.WRONG_DATA, True, "Không có họ tên.", "No name.")
    OLD_FONT = (
        Heading.WRONG_DATA, True,
        "Chữ của phông TCVN3, VNI hoặc sai bảng mã: hãy chuyển sang Unicode.",
        "Letters of a TCVN3 or VNI font, or of a wrong encoding: convert the list to Unicode.",
    )  # fmt: skip
    LOST_LETTERS = (Heading.WRONG_DATA, False, "Họ tên bị mất chữ.", "Letters of the name were lost.")
    NO_LETTERS = (Heading.WRONG_DATA, False, "Họ tên có chữ số hoặc ký hiệu.", "Digits or signs in the name.")
    TONE_MARK = (Heading.WRONG_DATA, False, "Dấu thanh đặt sai chữ.", "A tone mark stands on the wrong letter.")
    NO_DATE = (Heading.WRONG_DATA, True, "Không có ngày.", "No date.")
    DATE_FORMAT = (Heading.WRONG_DATA, True, "Ngày không đọc được.", "The date cannot be read.")
    SHORT_YEAR = (Heading.WRONG_DATA, True, "Năm chỉ có hai chữ số.", "The year has only two digits.")
    NO_SUCH_DAY = (Heading.WRONG_DATA, True, "Không có ngày này.", "There is no such day.")
    FUTURE_DATE = (Heading.WRONG_DATA, True, "Ngày ở tương lai.", "The day is in the future.")
    TIME_FORMAT = (Heading.WRONG_DATA, True, "Giờ hẹn không đọc được.", "The time cannot be read.")
    FORMULA = (
        Heading.WRONG_DATA, True, "Ô là công thức: hãy ghi giá trị vào ô.", "A formula: write its value in the cell."
    )  # fmt: skip
    SEX_FORMAT = (Heading.WRONG_DATA, False, "Giới tính không rõ.", "The sex cannot be read.")

    SAME_NUMBER = (Heading.WRONG_DATA, False, "Có thể trùng: cùng số giấy tờ.", "Possible duplicate: same number.")
    SAME_OLD_NUMBER = (
        Heading.WRONG_DATA, False, "Có thể trùng: cùng số CMND cũ.", "Possible duplicate: same old number."
    )  # fmt: skip
    SAME_PHONE = (
        Heading.WRONG_DATA, False,
        "Có thể trùng: cùng họ tên, năm sinh, điện thoại.", "Possible duplicate: same name, birth year and phone.",
    )  # fmt: skip
    SAME_ENDING = (
        Heading.WRONG_DATA, False,
        "Có thể trùng: cùng họ tên, năm sinh, số cuối giấy tờ.",
        "Possible duplicate: same name, birth year and end of the number.",
    )  # fmt: skip

    def __init__(self, heading: Heading, hard: bool, vi: str, en: str) -> None:
        self.heading = heading
        self.hard = hard
        self.vi = vi
        self.en = en


@dataclass(frozen=True, slots=True)
class Verdict:
    """What something written means, and what is wrong with it.

    ``value`` is its normal form, empty where it cannot be used. ``offer`` is what may have been meant:
    for a person to take or leave, never taken by the program.
    """

    value: str = ""
    problems: tuple[Problem, ...] = ()
    offer: str = ""

    @property
    def hard(self) -> bool:
        """Whether the value cannot be used as it stands."""
        return any(problem.hard for problem in self.problems)


def refused(problem: Problem, offer: str = "") -> Verdict:
    """A verdict without a value."""
    return Verdict("", (problem,), offer)
