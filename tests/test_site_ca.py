"""The site's CA: made once, bound to the site's names, and its certificate good whatever a kiosk's clock shows."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.verification import PolicyBuilder, VerificationError
from cryptography.x509.verification import Store as Trusted
from hypothesis import example, given
from hypothesis import strategies as st

from kiosk.devices import clock
from kiosk.rules.site_names import (
    BEGUN_MS,
    LOCAL_NAMES,
    RELEASED_MS,
    RENEW_MS,
    Span,
    address_of,
    fingerprint_lines,
    is_due,
    scope_of,
    site_names,
    span_from,
)
from kiosk.vault import VaultError
from kiosk.vault.site_ca import CA_FILE, SERVER_FILE, SiteCa

DAY_MS = 86_400_000
OWN = ("gate.clinic.example",)
NAMES = ("gate.clinic.example", "kiosk.local", "192.168.7.20")
IN_1970, IN_2038 = DAY_MS, 2_147_483_647_000
NOW_MS = clock.now().wall_ms // 1000 * 1000  # certificates know seconds
years = st.integers(0, 4_000_000_000_000)


def open_ca(data: Path) -> SiteCa:
    return SiteCa.open(data, "Điểm tiêm chủng · kiosk-1", OWN)


@pytest.fixture
def ca(tmp_path: Path) -> SiteCa:
    return open_ca(tmp_path)


def shown(data: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((data / SERVER_FILE).read_bytes())


def believed(ca: SiteCa, data: Path, name: str, at_ms: int) -> bool:
    """Whether a client that trusts *ca* alone believes that it talks to *name*, its clock showing *at_ms*."""
    address = address_of(name)
    subject = x509.DNSName(name) if address is None else x509.IPAddress(address)
    trusted = Trusted([x509.load_der_x509_certificate(ca.certificate)])
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    try:
        PolicyBuilder().store(trusted).time(at).build_server_verifier(subject).verify(shown(data), [])
    except VerificationError:
        return False
    return True


def openssl_believes(ca: SiteCa, data: Path, name: str) -> bool:
    """The same of OpenSSL, by a handshake in memory, now."""
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cadata=ca.certificate)
    server.load_cert_chain(data / SERVER_FILE)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = (
        client.wrap_bio(back, there, server_hostname=name),
        server.wrap_bio(there, back, server_side=True),
    )
    for side in sides * 3:
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLCertVerificationError:
            return False
    return sides[0].version() is not None


def test_the_authority_survives(tmp_path: Path) -> None:
    first, again = open_ca(tmp_path), SiteCa.open(tmp_path, "another name", ("another.example",))
    assert again.certificate == first.certificate


@pytest.mark.parametrize("name", [CA_FILE, SERVER_FILE])
def test_nobody_else_may_read_its_keys(ca: SiteCa, tmp_path: Path, name: str) -> None:
    ca.issue(NAMES, span_from(NOW_MS))
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


def test_an_exposed_key_is_refused(ca: SiteCa, tmp_path: Path) -> None:
    (tmp_path / CA_FILE).chmod(0o644)
    with pytest.raises(VaultError, match="must be mode 600"):
        open_ca(tmp_path)


@pytest.mark.parametrize("content", [b"", b"-----BEGIN CERTIFICATE-----", b"\xff" * 300])
def test_a_damaged_authority_is_a_sentence_and_is_never_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / CA_FILE).write_bytes(content)
    (tmp_path / CA_FILE).chmod(0o600)
    with pytest.raises(VaultError, match="is damaged"):
        open_ca(tmp_path)
    assert (tmp_path / CA_FILE).read_bytes() == content


def test_the_authority_signs_certificates_of_servers_and_nothing_else(ca: SiteCa) -> None:
    own = x509.load_der_x509_certificate(ca.certificate)
    assert own.extensions.get_extension_for_class(x509.BasicConstraints).value == x509.BasicConstraints(
        ca=True, path_length=0
    )
    usage = own.extensions.get_extension_for_class(x509.KeyUsage)
    assert (usage.critical, usage.value.key_cert_sign, usage.value.digital_signature) == (True, True, False)
    assert own.extensions.get_extension_for_class(x509.NameConstraints).critical
    assert isinstance(own.public_key(), ec.EllipticCurvePublicKey)


def test_people_compare_what_every_system_shows(ca: SiteCa) -> None:
    digits = x509.load_der_x509_certificate(ca.certificate).fingerprint(hashes.SHA256()).hex().upper()
    assert ca.fingerprint.replace(" ", "") == digits
    assert [len(line) for line in fingerprint_lines(ca.fingerprint)] == [19] * 4


@pytest.mark.parametrize("name", NAMES)
def test_a_tablet_that_trusts_the_authority_believes_the_kiosk(ca: SiteCa, tmp_path: Path, name: str) -> None:
    ca.issue(NAMES, span_from(NOW_MS))
    assert believed(ca, tmp_path, name, NOW_MS)
    assert openssl_believes(ca, tmp_path, name)


def test_a_tablet_that_does_not_trust_it_does_not(
    ca: SiteCa, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    ca.issue(NAMES, span_from(NOW_MS))
    other = open_ca(tmp_path_factory.mktemp("other"))
    assert not openssl_believes(other, tmp_path, "kiosk.local")


@pytest.mark.parametrize("name", ["bank.example", "clinic.example", "8.8.8.8"])
def test_who_trusts_the_authority_trusts_nobody_about_anything_else(ca: SiteCa, tmp_path: Path, name: str) -> None:
    ca.issue((name, "kiosk.local"), span_from(NOW_MS))
    assert not believed(ca, tmp_path, name, NOW_MS)
    assert not openssl_believes(ca, tmp_path, name)
    assert not ca.scope.covers(name)


def test_the_scope_is_read_back_as_it_was_made(ca: SiteCa) -> None:
    assert ca.scope == scope_of(OWN)


@given(st.sampled_from(LOCAL_NAMES), st.from_regex(r"[a-z]{1,9}", fullmatch=True))
def test_the_scope_ends_at_a_dot(suffix: str, label: str) -> None:
    scope = scope_of(())
    assert scope.covers(f"{label}.{suffix}")
    assert not scope.covers(f"{suffix}.{label}x")
    assert not scope.covers(f"{label}x{suffix}")


@given(years, years)
@example(IN_1970, NOW_MS)
@example(IN_2038, NOW_MS)
def test_once_the_clock_is_right_the_certificate_is_good(made_ms: int, now_ms: int) -> None:
    """Whatever the clock showed when it was made: it is either good for a month, or made anew."""
    now_ms = max(now_ms, RELEASED_MS)
    span = span_from(made_ms)
    if is_due(span, now_ms):
        span = span_from(now_ms)
    assert span.begins_ms <= now_ms < span.ends_ms - RENEW_MS
    assert not is_due(span, now_ms)


@given(years)
def test_no_certificate_is_longer_than_browsers_take(wall_ms: int) -> None:
    span = span_from(wall_ms)
    assert span.ends_ms - span.begins_ms <= 397 * DAY_MS


@given(years, st.integers(0, RELEASED_MS - 1))
def test_a_clock_from_1970_changes_nothing(made_ms: int, wall_ms: int) -> None:
    assert not is_due(span_from(made_ms), wall_ms)


def test_a_kiosk_without_a_clock_is_believed_at_once(ca: SiteCa, tmp_path: Path) -> None:
    ca.issue(NAMES, span_from(IN_1970))
    assert believed(ca, tmp_path, "kiosk.local", NOW_MS)


def test_a_tablet_whose_clock_is_behind_believes_it_too(ca: SiteCa, tmp_path: Path) -> None:
    ca.issue(NAMES, span_from(NOW_MS))
    assert believed(ca, tmp_path, "kiosk.local", NOW_MS - BEGUN_MS + DAY_MS)


def test_what_is_in_use_says_its_names_and_dates(ca: SiteCa, tmp_path: Path) -> None:
    span = span_from(NOW_MS)
    ca.issue(NAMES, span)
    issued = ca.issued()
    assert issued is not None
    assert (issued.names, issued.span) == (frozenset(NAMES), span)


@pytest.mark.parametrize("damage", ["missing", "empty", "another authority's"])
def test_a_certificate_that_is_not_ours_counts_as_none(
    ca: SiteCa, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, damage: str
) -> None:
    if damage == "empty":
        (tmp_path / SERVER_FILE).touch(mode=0o600)
    elif damage == "another authority's":
        elsewhere = tmp_path_factory.mktemp("other")
        open_ca(elsewhere).issue(NAMES, Span(NOW_MS, NOW_MS + DAY_MS))
        (elsewhere / SERVER_FILE).rename(tmp_path / SERVER_FILE)
    assert ca.issued() is None


@pytest.mark.parametrize(
    ("hostname", "local"),
    [
        ("Kiosk-1", ["kiosk-1.local"]),
        ("kiosk_1.fritz.box", ["kiosk-1.local"]),
        ("điểm", ["i-m.local"]),
        ("---", []),
        ("localhost", []),
        ("x" * 80, [f"{'x' * 63}.local"]),
    ],
)
def test_the_machine_is_called_by_its_own_name(hostname: str, local: list[str]) -> None:
    assert list(site_names((), hostname, ())) == [*local, "localhost", "127.0.0.1"]


def test_the_name_in_the_settings_is_told_first_and_none_twice() -> None:
    assert site_names(("gate.lan", "10.0.0.2"), "gate", ("10.0.0.2", "10.0.0.3")) == (
        "gate.lan", "10.0.0.2", "10.0.0.3", "gate.local", "localhost", "127.0.0.1",
    )  # fmt: skip
