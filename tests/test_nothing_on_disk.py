"""Whatever is shown, good, forged or of no known signer: the disk tells no name, no code and nothing medical."""

from __future__ import annotations

import base64
import gc
import itertools
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import OpenSite
from pictures_of_codes import as_file, code_picture
from running import running_kiosk
from signing import did_document, make_issuer, write_certificates, write_json, write_jwks
from signing_cose import DID, EXPIRES_S, make_certificate, make_dcc, make_nzcp, nzcp_claims
from signing_json import claims, in_parts, patient, shc, vaccination, vds
from terminal import Terminal

from kiosk.devices import clock
from kiosk.rules.admission import LastSeen
from kiosk.rules.model import Outcome, Reading

COUNTRY, CLINIC, MINISTRY, STATE, STRANGER = map(make_issuer, ("country", "clinic", "aotearoa", "state", "stranger"))
NAMES = ("Nguyễn", "NGUYEN", "Thị Sen", "THI SEN", "THI<SEN", "Aroha", "Ngata", "NGATA", "VAN THU", "Lê Văn Danh")
CODES = ("B1234567", "URN:UVCI", "VN0000000001", "BN482913", "0990001234")
MEDICAL = ("1119349007", "EU/1/20/1528", "ORG-100030215", "840539006", "2021-09-09", "260415000", "LOT7", "XM68M6")

CARD = shc(CLINIC, claims(patient(), {"resourceType": "Immunization", "lotNumber": "LOT7" * 99}))
SHOWN = {
    "EU certificates": [make_dcc(COUNTRY, make_certificate(group)).encode() for group in "vtr"],
    "an expired one": [make_dcc(COUNTRY, exp=EXPIRES_S // 2).encode()],
    "one of nobody": [make_dcc(STRANGER).encode()],
    "a forged one": [make_dcc(COUNTRY).encode()[:-40] + make_dcc(STRANGER).encode()[-40:]],
    "one against the schema": [make_dcc(COUNTRY, make_certificate(dob="1985-13-77", tg=None)).encode()],
    "passes": [
        make_nzcp(MINISTRY).encode(),
        make_nzcp(STRANGER).encode(),
        make_nzcp(MINISTRY, nzcp_claims(nbf="x")).encode(),
    ],
    "health cards": [shc(CLINIC), shc(STRANGER), shc(CLINIC, claims(iss="clinic"))],
    "a card in parts, and another's part": [*in_parts(CARD, 2), in_parts(shc(STRANGER), 2)[0]],
    "seals": [vds(STATE), vds(STRANGER), vds(STATE, vaccination(n=""))],
    "contact cards": [
        "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Lê Văn Danh\r\nTEL:0990001234\r\nNOTE:LOT7\r\nEND:VCARD".encode(),
        "MECARD:N:Lê Văn Danh;TEL:0990001234;NOTE:LOT7;;".encode(),
    ],
    "an unknown code": [b"BN482913"],
}


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    folder = tmp_path / "trust"
    write_certificates(folder / "signers.pem", COUNTRY, STATE)
    write_jwks(folder / "clinic.json", CLINIC.jwk)
    write_json(folder / "did.json", did_document(DID, {"key-1": MINISTRY}))
    return folder


def spellings(text: str) -> Iterator[bytes]:
    """*text* as files may hold it."""
    yield from (text.encode(), text.encode("utf-16-le"), text.encode().hex().encode(), json.dumps(text)[1:-1].encode())
    for shift in range(3):  # in base64 by itself, whatever stands before it
        yield base64.b64encode(b"\0" * shift + text.encode())[4 * bool(shift) : -4]


def found_in(content: bytes, words: tuple[str, ...]) -> list[str]:
    return [word for word in words if any(len(each) > 5 and each in content for each in spellings(word))]


def pieces(code: bytes) -> tuple[str, ...]:
    """Stretches of a code of which none may stand anywhere."""
    text = code.decode()
    return tuple(text[at : at + 16] for at in range(8, len(text) - 16, 101))


def test_no_file_of_the_kiosk_tells_a_name_a_code_or_an_illness(
    tmp_path: Path, trust: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    data = tmp_path / "data"
    told = []
    codes = list(itertools.chain(*SHOWN.values()))
    with running_kiosk(data, trust={"folder": str(trust)}, site={"unlisted": "ask_staff"}) as kiosk:
        for code, gate in itertools.product(codes, ("in", "both", "out")):
            told.append(kiosk.show(code, gate))
        kiosk.client.present_picture(as_file(code_picture(codes[0], scale=3), "PNG"), "in")
        told.append(kiosk.show(codes[0], "in"))
        kiosk.client.accompany(told[-1]["seq"], "in", name="Lê Văn Danh", birth="2021")
        open_files = contents(data)
    terminal = Terminal(data)
    printed = [terminal(*command).stdout for command in (("log", "--json"), ("visits", "--json"), ("verify",))]
    terminal("export", "csv", "--out", str(tmp_path / "visits.csv"))
    assert {answer["check"] for answer in told} >= {
        "valid",
        "expired",
        "no_key",
        "bad_signature",
        "malformed",
        "unsigned",
    }
    words = NAMES + CODES + MEDICAL + tuple(itertools.chain(*map(pieces, codes)))
    for content in (*open_files, *contents(data), caplog.text.encode(), printed[0].encode(), printed[2].encode()):
        assert found_in(content, words) == []
    for text in (json.dumps(told), printed[1], (tmp_path / "visits.csv").read_text("utf-8")):
        assert found_in(text.encode(), CODES + MEDICAL + words[len(NAMES + CODES + MEDICAL) :]) == []


def contents(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


def remembered(code: bytes) -> list[object]:
    """What is left in this process of a presentation of *code*."""
    return [each for each in gc.get_objects() if isinstance(each, Reading | LastSeen) and each.data == code]


def test_who_was_sent_to_staff_or_asked_does_not_stay_in_memory(open_site: OpenSite) -> None:
    site = open_site(site={"require_id": True})
    code = make_dcc(STRANGER).encode()
    assert site.show(code, "in", "08:00").decision.outcome is Outcome.ASK_STAFF
    assert remembered(code)
    site.door.keep_house(clock.stated(site.ms("08:20")))
    assert not remembered(code)
