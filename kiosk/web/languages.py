"""The pages' languages: every sentence in English, its Vietnamese in the catalogues of ``kiosk/locales``.

Babel reads the catalogues as they are written, so that there is nothing to compile.
"""

from __future__ import annotations

import io
from functools import cache, partial
from gettext import GNUTranslations
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, Response, g, request
from werkzeug.exceptions import BadRequest

from kiosk.web.words import Words

LANGUAGES = {"vi": "Tiếng Việt", "en": "English"}
FIRST = "vi"
YEAR_S = 365 * 86_400
LOCALES = Path(__file__).parent.parent / "locales"


@cache
def translations(language: str) -> GNUTranslations | None:
    """The sentences of *language*; None for English, in which they are written."""
    if language == "en":
        return None
    catalog, compiled = Catalog(locale=language), io.BytesIO()
    for path in sorted((LOCALES / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                if message.id:
                    catalog[message.id] = message
    write_mo(compiled, catalog)
    compiled.seek(0)
    return GNUTranslations(compiled)


def speak(app: Flask) -> None:
    """Give the templates of *app* what they say sentences with. Before anything else asks for its templates."""
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.jinja_env.globals.update(
        _=gettext,
        in_vietnamese=partial(translate, "vi"),
        in_english=partial(translate, "en"),
        language=language,
        LANGUAGES=LANGUAGES,
    )
    app.jinja_env.filters["said"] = said


def language() -> str:
    """The language of who reads the page that is being answered."""
    return str(g.get("language", FIRST))


def chosen() -> str:
    """The language that a form asks for as ``language``. Raises BadRequest where there is no such."""
    asked = request.form.get("language", "")
    if asked not in LANGUAGES:
        raise BadRequest
    return asked


def keep(response: Response, language: str) -> None:
    """Let *response* have this browser go on in *language* for a year, while nobody is signed in."""
    response.set_cookie("language", language, YEAR_S, secure=request.is_secure, httponly=True, samesite="Strict")


def translate(language: str, sentence: str, **named: object) -> str:
    """*sentence*, which is English, in *language*; *named* go where it has ``%(name)s``."""
    known = translations(language)
    said = known.gettext(sentence) if known else sentence
    return said % named if named else said


def gettext(sentence: str, **named: object) -> str:
    """*sentence* in the language of the page that is being answered."""
    return translate(language(), sentence, **named)


def said(words: Words) -> str:
    """One thing that is given twice, in the language of the page that is being answered."""
    return words.en if language() == "en" else words.vi
