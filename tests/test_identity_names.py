"""Names of a list: the printed spelling is kept; wrong tone marks are repaired as an offer, old fonts refused."""

from __future__ import annotations

import unicodedata

import pytest
from hostile import assert_harmless
from hypothesis import given
from hypothesis import strategies as st

from kiosk.rules import identity, invented
from kiosk.rules.identity import Problem, Verdict

# (as written, where spelling puts the tone)
WRONG = {
    "baỏ": "bảo", "lựơng": "lượng", "Qúy": "Quý", "Hùynh": "Huỳnh", "Hòan": "Hoàn", "Nghiã": "Nghĩa", "hòai": "hoài",
    "THIÊÙ": "THIỀU", "Gịa": "Giạ", "Đòan": "Đoàn", "Tòan": "Toàn", "Nguỹên": "Nguyễn", "Lựu": "Lựu", "Kìêu": "Kiều",
}  # fmt: skip
RIGHT = (
    "Hòa Hoà Khỏe Khoẻ Thủy Thuỷ Thúy Thuý Úy Uý Quý Quỳnh Quốc Giáo Giữa Giếng Gì Gìn Nghĩa Mùa Thuở Yến Kiều Duệ "
    "Tuấn Lượng Ngụy Khuỷu Xoáy Ngoài Oánh Ái Uyển Ước Huế Bùi Đào Liễu Thuyền Lũy Luỹ Phượng Ỷ Ý Quế Khoái Tiến "
    "Hoằng Xuất Luật Đoàn Đóa Đoá Mía Ngãi Lê Võ Nguyễn Êban K'Sor José François Müller Muñoz Zoë René Raúl João"
)


@pytest.mark.parametrize(("written", "tidy"), WRONG.items())
def test_a_tone_mark_on_the_wrong_vowel_is_offered_on_the_right_one(written: str, tidy: str) -> None:
    assert identity.tidy_name(written) == tidy


@pytest.mark.parametrize("name", RIGHT.split())
def test_a_right_name_and_a_foreign_one_stay(name: str) -> None:
    assert identity.tidy_name(name) == name


def test_the_printed_spelling_is_kept_and_the_tidy_one_an_offer() -> None:
    assert identity.read_name("Lựơng  Văn Baỏ") == Verdict("Lựơng Văn Baỏ", (Problem.TONE_MARK,), "Lượng Văn Bảo")


@pytest.mark.parametrize("pair", [("Hoà", "Hòa"), ("Thuỷ", "Thủy"), ("Lựơng", "Lượng"), ("Ðặng", "Đặng")])
def test_old_new_and_wrong_placing_of_tones_are_compared_as_equal(pair: tuple[str, str]) -> None:
    assert identity.match_key(pair[0]) == identity.match_key(pair[1])


@pytest.mark.parametrize(
    ("name", "key"),
    [("Øst", "OEST"), ("Ærø", "AEROE"), ("Œuvre", "OEUVRE"), ("Strauß", "STRAUSS"), ("Þór", "THOR"),
     ("Łukasz", "LUKASZ"),
     ("Đặng", "DANG"), ("Ĳssel", "IJSSEL"), ("Ǿ", "OE"), ("Müller", "MULLER"), ("Ångström", "ANGSTROM"), ("Ŧŋ", "TN")],
)  # fmt: skip
def test_letters_that_vietnamese_has_not_are_compared_as_a_passport_writes_them(name: str, key: str) -> None:
    assert identity.match_key(name) == key


# (the font or encoding, Nguyễn Văn Bình, Trần Thị Hồng as a program without it shows them)
OLD_FONTS = {
    "TCVN3": ("NguyÔn V¨n B×nh", "TrÇn ThÞ Hång", "Ph¹m §øc", "Hå Kim"),
    "VNI": ("Nguyeãn Vaên Bình", "Traàn Thò Hoàng", "Phaïm Ñöùc", "NGUYEÃN VAÊN AN", "Leâ Kim"),
    "UTF-8 as Latin-1": tuple(name.encode().decode("latin-1") for name in ("Nguyễn Văn Bình", "Trần Thị Hồng")),
    "UTF-8 as Windows-1252": ("Nguyá»…n VÄƒn BÃ¬nh",),
}


@pytest.mark.parametrize("name", [name for names in OLD_FONTS.values() for name in names])
def test_an_old_font_is_refused_with_a_hint(name: str) -> None:
    assert identity.read_name(name) == Verdict("", (Problem.OLD_FONT,))
    assert "Unicode" in Problem.OLD_FONT.vi


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_no_vietnamese_name_is_taken_for_an_old_font(form: str) -> None:
    for index in range(500):
        name = unicodedata.normalize(form, invented.person(index).person.name)  # type: ignore[arg-type]
        assert not any(map(identity.looks_like_old_font, (name, name.upper(), name.replace(" ", "\u00a0")))), name
        assert identity.tidy_name(name) == identity.clean_name(name)


@pytest.mark.parametrize("name", [name for name in RIGHT.split() if not name.isascii()])
def test_no_right_name_is_taken_for_an_old_font(name: str) -> None:
    assert not identity.looks_like_old_font(name)


@pytest.mark.parametrize(
    ("name", "problem"),
    [("Nguy?n V?n An", Problem.LOST_LETTERS), ("Nguyn Vn An", Problem.LOST_LETTERS), ("An 2", Problem.NO_LETTERS)],
)
def test_a_doubtful_name_is_kept_and_doubted(name: str, problem: Problem) -> None:
    assert identity.read_name(name) == Verdict(name, (problem,))


@pytest.mark.parametrize("name", ["", " ", "-", "12", "\u200b"])
def test_no_letters_are_no_name(name: str) -> None:
    assert identity.read_name(name).problems == (Problem.NO_NAME,)


@pytest.mark.parametrize(
    ("written", "sex"),
    [("Nam", "M"), ("NỮ", "F"), ("nu", "F"), ("1", "M"), ("2", "F"), ("M", "M"), ("f", "F"), ("male", "M"),
     ("Female", "F"), (" Nam ", "M"), ("0", ""), ("", ""), ("-", "")],
)  # fmt: skip
def test_ok__sexes(written: str, sex: str) -> None:
    assert identity.read_sex(written) == Verdict(sex)


@pytest.mark.parametrize("written", ["x", "3", "Nam/Nữ", "trai", "N?", "femalefemale"])
def test_fail__sexes(written: str) -> None:
    assert identity.read_sex(written) == Verdict("", (Problem.SEX_FORMAT,))


syllables = st.text("aăâeêioôơuưyáàảãạbcghnmqtđLHNT\u0300\u0301\u0303\u0309\u0323", max_size=7)


@given(st.lists(syllables, max_size=4).map(" ".join) | st.text(max_size=60))
def test_tidying_changes_the_place_of_marks_alone_and_is_done_at_once(name: str) -> None:
    tidy = identity.tidy_name(name)
    assert identity.match_key(tidy) == identity.match_key(name)
    assert identity.tidy_name(tidy) == tidy


@given(st.lists(syllables, max_size=4).map(" ".join) | st.text(max_size=200))
def test_any_text_is_a_name_as_it_is_or_has_a_problem(text: str) -> None:
    verdict = identity.read_name(text)
    assert verdict.value in ("", identity.clean_name(text))
    assert bool(verdict.value) != verdict.hard
    assert bool(verdict.offer) == (Problem.TONE_MARK in verdict.problems)
    assert verdict.offer != verdict.value or not verdict.offer
    for said in (verdict.value, verdict.offer):
        assert_harmless(said)
