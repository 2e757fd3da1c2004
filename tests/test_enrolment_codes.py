"""A code that is read from paper is the one that was printed, or a sentence says that it is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.rules.enrolment import (
    FINGERPRINT_BYTES,
    SECRET_BYTES,
    Code,
    Request,
    code_of,
    host_of,
    request_content,
    request_of,
)

fingerprints = st.binary(min_size=FINGERPRINT_BYTES, max_size=FINGERPRINT_BYTES)
secrets = st.binary(min_size=SECRET_BYTES, max_size=SECRET_BYTES)
codes = st.builds(Code, st.sampled_from(["https://hub.lan:9443", "https://[::1]:9443"]), fingerprints, secrets)
names = st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True)


@given(codes, st.sampled_from(["", " ", "\n", "- "]))
def test_it_is_read_as_people_write_it(code: Code, between: str) -> None:
    head, _, tail = code.text.partition("/#")
    assert code_of(f" {head}/#{tail.lower().replace('-', between)}\n") == code_of(code.text) == code


@given(codes, st.integers(0, 44), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
def test_a_slip_in_typing_is_noticed(code: Code, place: int, letter: str) -> None:
    head, _, tail = code.text.replace("-", "").partition("/#")
    wrong = tail[:place] + letter + tail[place + 1 :]
    if wrong != tail:
        try:
            assert code_of(f"{head}/#{wrong}") == code  # the last letter's unused bits
        except ValueError as error:
            assert "read it again" in str(error)


@given(st.text(max_size=100))
def test_any_other_text_gets_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"no enrolment code|read it again"):
        code_of(text)


@given(st.builds(Request, names, names, secrets, st.text()))
def test_a_request_is_read_as_it_was_written(request: Request) -> None:
    assert request_of(request_content(request)) == request


@given(st.binary(max_size=200) | st.sampled_from([b"[]", b"{}", b"[" * 9000, b'{"what":"kiosk enrolment v1"}']))
def test_any_other_request_gets_a_sentence(content: bytes) -> None:
    with pytest.raises(ValueError, match="no request"):
        request_of(content)


@pytest.mark.parametrize("url", ["https://hub.lan:70000", "http://hub.lan", "https://hub.lan/x", "https://u@hub.lan"])
def test_an_address_that_leads_nowhere_gets_a_sentence(url: str) -> None:
    with pytest.raises(ValueError, match="no address of a hub"):
        host_of(url)


def test_host_and_port_are_read() -> None:
    assert [host_of("https://hub.lan"), host_of("https://[::1]:9443")] == [("hub.lan", 443), ("::1", 9443)]
