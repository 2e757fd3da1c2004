"""Every sentence of the pages is there in both languages; a reader is never left with the other one."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest
from babel.messages.pofile import read_po

from kiosk.web.languages import LOCALES, translate

KIOSK = Path(__file__).parent.parent / "kiosk"
SERVED = (KIOSK / "web", KIOSK / "hub" / "web")
CATALOGUES = sorted((LOCALES / "vi").glob("*.po"))
PLACEHOLDER = re.compile(r"%\(\w+\)s")
MARKS = {"_", "both"}

# The same in both.
NAMES = {"Android", "Windows", "PIN", "iPad, iPhone"}


def catalogued() -> Iterator[tuple[str, str]]:
    for path in CATALOGUES:
        with path.open("rb") as file:
            yield from ((str(message.id), str(message.string)) for message in read_po(file, "vi") if message.id)


def in_templates() -> Iterator[str]:
    environment = jinja2.Environment(autoescape=True)
    for path in sorted(path for folder in SERVED for path in (folder / "templates").glob("*.html")):
        for call in environment.parse(path.read_text(encoding="utf-8")).find_all(jinja2.nodes.Call):
            first = call.args[0] if call.args else None
            marked = isinstance(call.node, jinja2.nodes.Name) and call.node.name in MARKS
            if marked and isinstance(first, jinja2.nodes.Const):
                yield first.value


def in_modules() -> Iterator[str]:
    for path in sorted(path for folder in SERVED for path in folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in MARKS and node.args:
                yield from (str(arg.value) for arg in node.args[:1] if isinstance(arg, ast.Constant))


CATALOGUED = dict(catalogued())
SENTENCES = sorted({*in_templates(), *in_modules()})


@pytest.mark.parametrize("sentence", SENTENCES)
def test_what_a_page_says_is_there_in_vietnamese(sentence: str) -> None:
    assert sentence in CATALOGUED or sentence in NAMES


def test_nothing_is_said_in_two_ways() -> None:
    said = Counter(sentence for sentence, _ in set(catalogued()))
    assert [sentence for sentence, ways in said.items() if ways > 1] == []


def test_nothing_is_left_untranslated_and_what_is_named_is_named_in_both() -> None:
    assert [sentence for sentence, vi in CATALOGUED.items() if not vi.strip()] == []
    assert [
        sentence
        for sentence, vi in CATALOGUED.items()
        if Counter(PLACEHOLDER.findall(sentence)) != Counter(PLACEHOLDER.findall(vi))
    ] == []


def test_no_sentence_stays_behind_when_its_page_has_gone() -> None:
    sources = [path for folder in SERVED for kind in ("*.html", "*.py") for path in folder.rglob(kind)]
    written = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    stays = [one for one in CATALOGUED if f'"{one}"' not in written and f"'{one}'" not in written]
    assert stays == []


def test_what_is_named_stands_in_the_sentence() -> None:
    assert translate("vi", "%(minutes)s min", minutes=5) == "5 phút"
    assert translate("en", "%(minutes)s min", minutes=5) == "5 min"
    assert translate("vi", "Not a sentence of ours") == "Not a sentence of ours"
