"""Every parser that reads what strangers wrote, with good input to damage, and what must hold of any input."""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cbor2
import hostile
import segno
from hypothesis import strategies as st
from PIL import Image
from signing import did_document, jwk, make_crl, make_issuer, thumbprint
from signing_cose import DID, dcc_claims, dcc_cose, hc1, make_dcc, make_nzcp, nzcp, nzcp_claims, nzcp_cose
from signing_json import claims as shc_claims
from signing_json import deflate, digits, in_parts, make_jws, seal, shc, to_json, vaccination

from fuzz.damage import altered, damaged, values
from kiosk.config import SettingsError, load
from kiosk.devices.base import DeviceError
from kiosk.devices.decoding import Decoder
from kiosk.devices.pictures import frame_from_image_bytes
from kiosk.door_socket import read_message
from kiosk.lists.base import ListError
from kiosk.lists.opening import open_list
from kiosk.rules import invented
from kiosk.rules.credentials import Trust, names_somebody, persons_of, read_credential
from kiosk.rules.model import Check, Credential, Kind
from kiosk.rules.parts import Parts
from kiosk.vault.trust import TrustFolder

NOW_MS = 1_790_000_000_000  # September 2026, when all that is good here is in force
ISSUER = make_issuer("fuzz")
STRANGER = make_issuer("stranger")


@dataclass(frozen=True)
class Target:
    """A parser: what to throw at it, and what must hold of each; *check* raises where it does not."""

    inputs: st.SearchStrategy[Any]
    check: Callable[[Any], object]


@cache
def trust() -> Trust:
    """A site that believes ISSUER, by certificate, by key set and as the issuer of passes."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in _trust_files().items():
            Path(folder, name).write_bytes(content)
        believed = TrustFolder.read(Path(folder))
    return Trust(signers=believed.signers, enclosed=believed.enclosed)


def _trust_files() -> dict[str, bytes]:
    ca = make_issuer("fuzz ca", ca=True)
    keys = {"keys": [jwk(ISSUER.key, kid=thumbprint(ISSUER.jwk)), jwk(make_issuer("fuzz rsa", rsa=True).key, kid="r")]}
    return {
        "signer.pem": ISSUER.pem,
        "signer.der": ISSUER.der,
        "keys.json": to_json(keys),
        "did.json": to_json(did_document(DID, {"key-1": ISSUER})),
        "revoked.crl": make_crl(ca, [STRANGER]),
        "ca.pem": ca.pem,
    }


def reads_any_code(data: bytes) -> Credential:
    """A code of whatever bytes is answered, harmlessly; and never as valid where nobody signed it."""
    credential = read_credential(data, trust=trust(), at_ms=NOW_MS)
    names_somebody(data)
    persons_of([credential, credential])
    for text in (*credential.fields.values(), credential.person.name, credential.detail):
        hostile.assert_harmless(text)
    assert (credential.refusal is None) == bool(credential.holder_id)
    return credential


def never_valid(data: bytes) -> None:
    """What was damaged after its signing is never believed, unless it says the very same."""
    credential = reads_any_code(data)
    if credential.check in (Check.VALID, Check.EXPIRED, Check.NOT_YET_VALID):
        said = (credential.person, credential.fields)
        assert said in [(each.person, each.fields) for each in map(reads_any_code, _signed())], data


@cache
def _signed() -> Sequence[bytes]:
    texts = [make_dcc(ISSUER), make_nzcp(ISSUER), to_json(seal(ISSUER, vaccination())).decode()]
    return [*(text.encode() for text in texts), shc(ISSUER)]


@cache
def _codes() -> Sequence[bytes]:
    people = [code for index in range(12) for code in invented.codes(invented.person(index)).values()]
    contacts = [
        b"BEGIN:VCARD\nVERSION:3.0\nN:Nguyen;An\nFN:An\nTEL:0990000123\nBDAY:1985-03-02\nEND:VCARD",
        b"MECARD:N:Nguyen,An;TEL:0990000123;BDAY:19850302;;",
        b"NZCOVIDTRACER:eyJvcG4iOiJYIiwiYWRyIjoiWSIsImdsbiI6IjEiLCJ2ZXIiOiJjMTk6MSIsInR5cCI6ImVudHJ5In0=",
    ]
    return [*people, *contacts, *_signed(), *in_parts(shc(ISSUER), 3), *(code for code in hostile.CORPUS.values())]


def _signed_json(card: dict[str, Any]) -> bytes:
    with contextlib.suppress(ValueError):  # what JSON cannot say is no card
        return f"shc:/{digits(make_jws(ISSUER, deflate(to_json(card))))}".encode()
    return b""


def shows_in_parts(codes: Sequence[tuple[bytes, int]]) -> None:
    """Parts of cards in any order and at any time are put together or left as they are."""
    parts, at_ms = Parts(), NOW_MS
    for code, later_ms in codes:
        at_ms += later_ms
        for each in parts.whole([code, code], at_ms):
            reads_any_code(each)


def reads_any_trust_file(content: bytes) -> None:
    """A file of the trust folder is told about, and what is damaged of it vouches for no stranger."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "file").write_bytes(content)
        believed = TrustFolder.read(Path(folder))
    assert believed.findings(NOW_MS)
    enclosed = believed.enclosed(STRANGER.der)
    assert enclosed is None or not enclosed.vouched


def opens_any_certificate(der: bytes) -> None:
    """A certificate in a code is read or not."""
    signer = trust().enclosed(der)
    assert signer is None or signer.verify("ES256", b"x", b"y") is False  # type: ignore[arg-type]


def reads_any_list(content: bytes) -> None:
    """A list is read row by row or refused in one sentence."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "list")
        path.write_bytes(content)
        try:
            with open_list(path) as opened:
                for sheet in opened.sheets:
                    for _ in opened.rows(sheet):
                        pass
        except ListError as error:
            assert "\n" not in str(error)


def reads_any_settings(content: bytes) -> None:
    """Settings are taken or refused in one sentence."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "kiosk.toml")
        path.write_bytes(content)
        with contextlib.suppress(SettingsError):
            load(path)


DECODER = Decoder(("zxing", "pyzbar"), ("blur", "stretch", "half", "blue", "inverted", "pyzbar"))


def reads_any_picture(content: bytes) -> None:
    """A picture is read or refused in one sentence."""
    with contextlib.suppress(DeviceError):
        frame = frame_from_image_bytes(content)
        for code in DECODER.decode_still(frame, names_somebody):
            reads_any_code(code.data)


def reads_any_message(content: bytes) -> None:
    """What is written to the door's socket is a message or none."""
    with contextlib.suppress(ValueError):
        read_message(io.BytesIO(content))


@cache
def _pictures() -> Sequence[bytes]:
    made = []
    for code in (invented.codes(invented.person(1))[Kind.ID_CARD], make_dcc(ISSUER).encode()):
        drawn = io.BytesIO()
        segno.make(code, mode="byte").save(drawn, kind="png", scale=3)
        for form in ("PNG", "JPEG", "WEBP", "GIF", "BMP"):
            saved = io.BytesIO()
            Image.open(drawn).convert("L").save(saved, form)
            made.append(saved.getvalue())
    return made


@cache
def _lists() -> Sequence[bytes]:
    import openpyxl

    book, saved = openpyxl.Workbook(), io.BytesIO()
    rows = [
        ("Họ và tên", "Ngày sinh", "Số CCCD", "SĐT"),
        ("Nguyễn Văn Thử", "02/03/1985", "001085012345", "0990000123"),
    ]
    for row in rows:
        book.active.append(row)
    book.save(saved)
    plain = "\n".join(";".join(row) for row in rows)
    return [
        saved.getvalue(),
        plain.encode(),
        plain.encode("utf-16"),
        b"\xef\xbb\xbf" + plain.replace(";", ",").encode(),
    ]


def _example() -> bytes:
    return (Path(__file__).parents[2] / "firmware_config" / "kiosk.example.toml").read_bytes()


def targets() -> dict[str, Target]:
    """All of them, by name."""
    from fuzz.hub_targets import hub_targets  # which needs Target

    dcc, pass_, seal_ = dcc_claims(), nzcp_claims(), seal(ISSUER, vaccination())
    signed = [*(dcc_cose(ISSUER, dcc), nzcp_cose(ISSUER, pass_))]
    signed_texts = st.one_of(
        altered(dcc).map(lambda claims: hc1(dcc_cose(ISSUER, claims)).encode()),
        altered(pass_).map(lambda claims: nzcp(nzcp_cose(ISSUER, claims)).encode()),
        altered(shc_claims()).map(_signed_json),
        values().map(lambda value: hc1(dcc_cose(ISSUER, {1: "VN", 4: 2e9, 6: 1.0, -260: {1: value}})).encode()),
        damaged([cbor2.dumps(dcc)]).map(lambda payload: _as_dcc(payload)),
    )
    part = st.tuples(st.one_of(st.sampled_from(in_parts(shc(ISSUER), 3)), damaged(in_parts(shc(ISSUER), 2))), _delays())
    files = list(_trust_files().values())
    return {
        "codes": Target(st.one_of(damaged(_codes()), hostile.codes()), reads_any_code),
        "certificates damaged": Target(damaged(_signed()), never_valid),
        "certificates damaged within": Target(
            damaged(signed).map(lambda cose: [hc1(cose).encode(), nzcp(cose).encode()]),
            lambda codes: deque(map(never_valid, codes)),
        ),
        "certificates of strange content": Target(signed_texts, reads_any_code),
        "seals of strange content": Target(
            st.one_of(altered(seal_).map(_json_or_nothing), altered(vaccination()).map(_sealed)), reads_any_code
        ),
        "cards in parts": Target(st.lists(part, max_size=8), shows_in_parts),
        "certificates enclosed": Target(damaged([ISSUER.der]), opens_any_certificate),
        "trust files": Target(st.one_of(damaged(files), values().map(_json_or_nothing)), reads_any_trust_file),
        "lists": Target(damaged(_lists()), reads_any_list),
        "settings": Target(damaged([_example()]), reads_any_settings),
        "pictures": Target(damaged(_pictures()), reads_any_picture),
        "messages": Target(damaged([b'{"do": "present_text", "bytes": 3}\nabc']), reads_any_message),
        **hub_targets(),
    }


def _delays() -> st.SearchStrategy[int]:
    return st.sampled_from([0, 1000, 59_999, 60_001, -5000])


def _as_dcc(payload: bytes) -> bytes:
    from signing_cose import signed_claims

    return signed_claims(ISSUER, payload).encode()


def _sealed(data: Any) -> bytes:
    with contextlib.suppress(ValueError):
        return to_json(seal(ISSUER, data))
    return b""


def _json_or_nothing(value: Any) -> bytes:
    with contextlib.suppress(ValueError):
        return to_json(value)
    return b""
