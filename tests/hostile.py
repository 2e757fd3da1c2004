"""Codes of somebody who means harm, for every test of what is made of a code: terminal, page, paper, export.

``CORPUS`` names each one; ``codes()`` is the Hypothesis strategy. ``assert_harmless`` is what may be
expected of every text that the product made of one.
"""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Iterator

from hypothesis import strategies as st

from kiosk.rules import invented

ATTACKS: dict[str, bytes] = {
    "nul bytes": b"An\x00Binh\x00",
    "terminal colours": b"\x1b[31mAn\x1b[0m",
    "terminal clears the screen": b"\x1b[2J\x1b[H",
    "terminal sets its title": b"\x1b]0;owned\x07",
    "terminal, 8-bit escape": "\x9b31mAn".encode(),
    "carriage return hides the line": b"An\rADMITTED\x08\x08",
    "line feeds forge a log line": b"An\n2026-01-01 staff opened the door",
    "right to left": "An \u202egnah\u202c \u200fB\u061c \u2066x\u2069".encode(),
    "zero width": "A\u200bn\u200d \ufeffB\u00adinh".encode(),
    "line separators": "An\u2028Binh\u2029x\u0085y".encode(),
    "tag letters": "An\U000e0041\U000e007f".encode(),
    "private and unassigned": "An\ue000\U0010ffff\u0378".encode(),
    "piled marks": ("A" + "\u0301" * 500).encode(),
    "formula": b"=cmd|' /C calc'!A0",
    "formula, plus": b"+1+1",
    "formula, minus": b"-2+3",
    "formula, at": b'@SUM(1+9)*HYPERLINK("http://evil.example","x")',
    "formula, full width": "＝1+1".encode(),
    "formula behind a tab": b"\t=1+1",
    "formula behind a hidden letter": "\u200b=1+1".encode(),
    "html": b"<script>alert(1)</script><img src=x onerror=alert(1)>",
    "html attribute": b'" onmouseover="alert(1)" x=\'',
    "server template": b"{{ 7*7 }}{% raw %}${7*7}",
    "format string": b"{0.__class__} %s %n %(x)s",
    "sql": b"x'); DROP TABLE entry;--",
    "printer resets, cuts, opens the drawer": b"\x1b@\x1dV\x00\x1bp\x00\x19\xfa",
    "printer asks for its status": b"\x10\x04\x01\x1d\x61\xff",
    "server-sent event": b"x\n\nevent: admitted\ndata: {}\n\n",
    "json": b'{"text": "x", "at": "2020-01-01", "gate": "main"}',
    "path": b"../../../etc/passwd\x00.png",
    "invalid utf-8": b"\xff\xfeAn\xc3(\xa0\xa1\xed\xa0\x80",
    "overlong utf-8": b"\xc0\xbc\xe0\x80\xbcscript>",
    "digits of other scripts": "٠٠١٠٨٥٠١٢٣٤٥ 00108501２３４５".encode(),
    "letters that grow in capitals": "ßﬃŉΐ".encode() * 40,
    "letters that grow in nfc": "\U0001d160\u0958".encode() * 40,
    "long": b"A" * 1500,
    "long utf-8": "Ệ".encode() * 700,
    "spaces": "\u00a0\u3000 \t".encode() * 200,
    "angles": b"<" * 1500,
    "stars": b"*" * 1500,
    "bare surrogates, escaped": b"\\ud800\\u0000\\x1b",
}

_SIZES: dict[str, bytes] = {
    "nothing": b"",
    "only a bom": b"\xef\xbb\xbf",
    "only nuls": b"\x00" * 2953,
    "7089 digits": b"7" * 7089,
    "4296 capitals": b"A" * 4296,
    "2953 escapes": b"\x1b" * 2953,
    "7 kB of pipes": b"|" * 7000,
    "7 kB of pipes and a dollar": b"|" * 7000 + b"$",
    "card with 7 kB of parts": b"001085012345||An|01011985|Nam|x|01012022" + b"|x" * 3500,
    "7 kB of hex": b"7912345678|" + b"41" * 3500 + b"|01/01/1985|1|$",
    "odd hex": b"7912345678|414|01/01/1985|1|-|-|-|-|-|-|$",
    "hex of nothing good": b"7912345678|ff00fe1b5b|01/01/1985|1|-|-|-|-|-|-|$",
    "7 kB of angles in a code of the apps": b"001085012345|AN|1985-01-01|0|QID1|" + b"<" * 7000,
    "a link of 7 kB": b"http://" + b"a" * 7000,
    "a link of 7 kB of ats": b"http://" + b"@" * 7000,
    "a link to no address": b"http://[::1/\\evil",
    "a slip of 7 kB": b"KSK1:" + b"A" * 7000,
    "a slip of zeros": b"KSK1:" + b"A" * 151,
    "a slip of foreign letters": "KSK1:ſıßAAAA".encode(),
    "a contact of 7 kB of escapes": b"MECARD:" + b"\\" * 7000,
    "a contact of 7 kB of separators": b"MECARD:" + b";" * 7000,
    "a contact of 7 kB of colons": b"BEGIN:VCARD\n" + b":" * 7000,
    "a contact of 7 kB of quotes": b"BEGIN:VCARD\nN" + b';"' * 3500 + b":x",
    "a contact of 7 kB of parameters": b"BEGIN:VCARD\nN" + b";a=b" * 1750,
    "a contact of 7 kB of lines": b"BEGIN:VCARD\n" + b"\n" * 7000,
    "a contact of 7 kB of folds": b"BEGIN:VCARD\nFN:An" + b"\n " * 3500,
    "a contact of 7 kB of soft breaks": b"BEGIN:VCARD\nFN;QUOTED-PRINTABLE:An" + b"=\n" * 3500,
    "a contact in a charset of code": b"BEGIN:VCARD\nFN;CHARSET=unicode_escape;QUOTED-PRINTABLE:=5Cud800\nBDAY:1985",
    "a poster of 7 kB of brackets": b"NZCOVIDTRACER:" + base64.b64encode(b"[" * 5000),
    "a poster that is a list": b"NZCOVIDTRACER:W10=",
    "a poster of numbers": b"NZCOVIDTRACER:" + base64.b64encode(b'{"opn": 1, "adr": ["x"], "gln": null}'),
    "a megabyte": b"1" * 1_000_000,
    "a megabyte of pipes": b"|" * 1_000_000,
}


def _carriers(attack: bytes) -> Iterator[tuple[str, bytes]]:
    """*attack* in every place of a code where a text or a number may stand."""
    hexed = attack.hex().encode()
    yield "bare", attack
    yield "number of an id card", b"|".join((attack, b"", b"An", b"01011985", b"Nam", b"x", b"01012022"))
    yield "old number", b"|".join((b"001085012345", attack, b"An", b"01011985", b"Nam", b"x", b"01012022"))
    yield "name", b"|".join((b"001085012345", b"", attack, b"01011985", b"Nam", b"x", b"01012022"))
    yield "dates", b"|".join((b"001085012345", b"", b"An", b"01011985", attack, b"x", attack))
    yield "address", b"|".join((b"001085012345", b"", b"An", b"01011985", b"Nam", attack, b"01012022"))
    yield "insurance name", b"|".join((b"7912345678", hexed, b"1985", b"1", hexed, *[attack] * 9, b"$"))
    yield "insurance number", b"|".join((attack, b"416e", b"1985", b"1", b"-", *[b"-"] * 9, b"$"))
    yield "app name", b"|".join((b"******012345", attack, b"1985-**-**", b"0", b"QID12345", b"1<" + attack))
    yield "app qid", b"|".join((b"001085012345", b"AN", b"1985-01-01", b"0", attack, attack))
    yield "app number", b"|".join((attack, b"AN", b"1985-01-01", b"1", b"QID12345", b""))
    yield "link", b"https://" + attack + b"/x"
    yield "contact", b"BEGIN:VCARD\nVERSION:3.0\nN:" + attack + b"\nFN:" + attack + b"\nBDAY:1985-03-02\nEND:VCARD"
    yield "contact, its phone", b"BEGIN:VCARD\nFN:An\nTEL;TYPE=" + attack + b":" + attack + b"\nBDAY:" + attack
    yield "contact, quoted", b"BEGIN:VCARD\nFN;QUOTED-PRINTABLE:=41" + attack + b"\nTEL:0990000123"
    yield "contact of Japan", b"MECARD:N:" + attack + b",An;TEL:0990000123;BDAY:" + attack + b";;"
    yield "poster", b"NZCOVIDTRACER:" + base64.b64encode(b'{"opn":"' + attack + b'","adr":"' + attack + b'"}')
    yield "wifi", b"WIFI:S:" + attack + b";;"
    yield "payment", b"00020101021138" + attack
    yield "slip", b"KSK1:" + attack


CORPUS: dict[str, bytes] = _SIZES | {
    f"{name} as {place}": code for name, attack in ATTACKS.items() for place, code in _carriers(attack)
}


def codes() -> st.SearchStrategy[bytes]:
    """Random codes: bytes, texts, fields between pipes, and good codes with a few bytes changed."""
    good = st.integers(0, 999).map(invented.person).flatmap(lambda p: st.sampled_from(list(invented.codes(p).values())))
    field = st.one_of(
        st.text(max_size=40), st.from_regex(r"[0-9*/-]{1,15}"), st.sampled_from(["$", "0", "1", "Nam", ""])
    )
    piped = st.lists(field, min_size=1, max_size=20).map(lambda fields: "|".join(fields).encode(errors="replace"))
    return st.one_of(st.binary(max_size=300), piped, good.flatmap(_damaged), st.sampled_from(list(CORPUS.values())))


@st.composite
def _damaged(draw: st.DrawFn, code: bytes) -> bytes:
    start = draw(st.integers(0, len(code)))
    removed = draw(st.integers(0, 20))
    return code[:start] + draw(st.binary(max_size=12)) + code[start + removed :]


def assert_harmless(text: str) -> None:
    """*text* is one bounded line without control, direction or hidden characters, and no formula."""
    hidden = [hex(ord(letter)) for letter in text if unicodedata.category(letter)[0] == "C"]
    breaks = [hex(ord(letter)) for letter in text if unicodedata.category(letter) in ("Zl", "Zp")]
    assert not hidden, f"{text!r} carries {hidden}"
    assert not breaks, f"{text!r} carries {breaks}"
    assert not text.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠", " ")), f"{text!r} begins like a formula"
    assert len(text) <= 300, f"{len(text)} letters are no line"
