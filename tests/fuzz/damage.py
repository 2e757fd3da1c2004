"""Good input, damaged: what a stranger's printer, a torn file or an enemy makes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

# What breaks parsers: ends of numbers, of texts, of lines and of structures.
TOKENS: tuple[bytes, ...] = (
    *(b"", b"\x00", b"\xff" * 8, b"\x7f\xff\xff\xff", b"\x80", b"\xc3", "Đ\u0301\u202e".encode(), b"\xed\xa0\x80"),
    *(
        b"|",
        b"$",
        b":",
        b";",
        b"=",
        b"\n",
        b"\r\n ",
        b"\\",
        b'"',
        b"/",
        b".",
        b"..",
        b"{",
        b"}",
        b"[",
        b"]",
        b"<",
        b"&",
    ),
    *(b"0", b"-1", b"1e999", b"NaN", b"9" * 30, b"null", b"true", b"%s", b"A" * 300, b"(" * 300),
    *(
        b"\x9f",
        b"\xbf",
        b"\x5f",
        b"\xd8\x1c",
        b"\xd8\x1d",
        b"\xc2",
        b"\xc5",
        b"\xfb\x7f\xf0",
        b"\x9b\x7f" + b"\xff" * 7,
    ),
)


def damaged(good: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """One of *good* with one to eight cuts, copies, flips and insertions, or pieces of two of them."""
    source = st.sampled_from(list(good))
    return st.one_of(
        st.builds(_apply, source, st.lists(_changes(), min_size=1, max_size=8)),
        st.builds(lambda one, other, at: one[:at] + other[at:], source, source, st.integers(0, 2000)),
    )


def _changes() -> st.SearchStrategy[tuple[int, int, bytes]]:
    """Where, how much is taken away there (negative: doubled), and what is put there."""
    piece = st.one_of(st.sampled_from(TOKENS), st.binary(min_size=1, max_size=4))
    return st.tuples(st.integers(0, 1 << 16), st.sampled_from([0, 1, 1, 1, 2, 5, 40, 1 << 16, -1, -60]), piece)


def _apply(data: bytes, changes: Sequence[tuple[int, int, bytes]]) -> bytes:
    for where, length, piece in changes:
        at = where % (len(data) + 1)
        data = data[:at] + piece + data[at + length if length > 0 else max(0, at + length) :]
    return data


def values() -> st.SearchStrategy[Any]:
    """Whatever CBOR and JSON can say, nested a little."""
    leaves = st.one_of(
        st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=20),
        st.sampled_from(["", "2021-02-31", "1985-03-02", "VN", "ES256", "x" * 200]),
    )  # fmt: skip
    return st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys(), inner, max_size=3))


def _keys() -> st.SearchStrategy[str]:
    return st.text(max_size=5) | st.sampled_from(["v", "t", "nam", "dob", "name", "vc", "type", "resource", "pid"])


def altered(good: Mapping[Any, Any]) -> st.SearchStrategy[dict[Any, Any]]:
    """*good* with one to three of its members, at any depth, taken away or replaced by something else."""
    paths = list(_paths(good))
    change = st.tuples(st.sampled_from(paths), st.one_of(st.just(...), values()))
    return st.lists(change, min_size=1, max_size=3).map(lambda changes: _altered(good, changes))


def _paths(value: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    members = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, inner in members for found in ((*before, key), *_paths(inner, (*before, key)))]


def _altered(good: Any, changes: Sequence[tuple[tuple[Any, ...], Any]]) -> Any:
    for path, value in changes:
        good = _replaced(good, path, value)
    return good


def _replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """*value* with *new* at *path*, without it where *new* is ``...``, as it was where there is no such path."""
    if not path:
        return new
    first, rest = path[0], path[1:]
    if isinstance(value, Mapping) and first in value:
        members = {key: _replaced(each, rest, new) if key == first else each for key, each in value.items()}
        return {key: each for key, each in members.items() if each is not ...}
    if isinstance(value, list) and isinstance(first, int) and first < len(value):
        items = [_replaced(each, rest, new) if place == first else each for place, each in enumerate(value)]
        return [each for each in items if each is not ...]
    return value
