"""The tree that proves that a log only grows: the roots that Certificate Transparency publishes, and every damage."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.rules.merkle import consistency, grown, inclusion, is_consistent, is_included, leaf_hash, root

# Of the reference implementations of RFC 6962.
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


class Tree:
    """Keeps every whole subtree."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.kept: dict[tuple[int, int], bytes] = {}
        for size, leaf in enumerate(leaves):
            made = grown(size, leaf_hash(leaf), self.node)
            self.kept |= {(level, index): value for level, index, value in made}

    def node(self, level: int, index: int) -> bytes:
        return self.kept[level, index]


def of(size: int) -> Tree:
    return Tree([str(number).encode() for number in range(size)])


def test_the_published_roots() -> None:
    tree = Tree([bytes.fromhex(leaf) for leaf in LEAVES])
    assert [root(size, tree.node).hex() for size in range(1, 9)] == list(ROOTS)
    assert root(0, tree.node) == hashlib.sha256().digest()


@pytest.mark.parametrize("size", range(1, 34))
def test_each_leaf_is_proven_where_it_is_and_nowhere_else(size: int) -> None:
    tree = of(size)
    whole = root(size, tree.node)
    for index in range(size):
        path = inclusion(index, size, tree.node)
        leaf = leaf_hash(str(index).encode())
        assert is_included(leaf, index, size, path, whole)
        assert not is_included(leaf_hash(b"another"), index, size, path, whole)
        assert [other for other in range(size) if is_included(leaf, other, size, path, whole)] == [index]
        assert not is_included(leaf, index, size, [*path, whole], whole)


@pytest.mark.parametrize("new", range(1, 34))
def test_growth_is_proven_from_every_size(new: int) -> None:
    tree = of(new)
    for old in range(1, new + 1):
        before, after, path = root(old, tree.node), root(new, tree.node), consistency(old, new, tree.node)
        assert is_consistent(old, new, path, before, after)
        assert not is_consistent(old, new, path, leaf_hash(b"another"), after)
        assert not is_consistent(old, new, path, before, leaf_hash(b"another"))
        assert not is_consistent(old, new, [*path, before], before, after)


@given(st.integers(2, 200), st.data())
def test_a_leaf_that_is_exchanged_breaks_every_later_proof(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size - 1))
    at = data.draw(st.integers(0, old - 1))
    honest = [str(number).encode() for number in range(size)]
    rewritten = Tree([*honest[:at], b"rewritten", *honest[at + 1 :]])
    path = consistency(old, size, rewritten.node)
    before = root(old, Tree(honest[:old]).node)
    assert not is_consistent(old, size, path, before, root(size, rewritten.node))
