"""A log that proves that it only grows: the Merkle tree of RFC 6962, section 2.1, over hashes that somebody keeps.

``Nodes`` gives the hash of every whole subtree: of level 0 the leaves, of level n those over 2**n leaves. What is
asked for is always made of at most a few dozen of them, however large the tree is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

HASH_BYTES = 32
Nodes = Callable[[int, int], bytes]  # level, index


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(b"\0" + leaf).digest()


def root(size: int, nodes: Nodes) -> bytes:
    """The hash of the tree over its first *size* leaves."""
    return _hash_of(0, size, nodes) if size else hashlib.sha256(b"").digest()


def grown(size: int, leaf: bytes, nodes: Nodes) -> list[tuple[int, int, bytes]]:
    """The whole subtrees (level, index, hash) that leaf number *size*, whose hash is *leaf*, completes."""
    level, index, value = 0, size, leaf
    made = [(level, index, value)]
    while index % 2:
        value = _node_hash(nodes(level, index - 1), value)
        level, index = level + 1, index // 2
        made.append((level, index, value))
    return made


def inclusion(index: int, size: int, nodes: Nodes) -> list[bytes]:
    """What proves that leaf *index* is in the tree over *size* leaves (RFC 6962, 2.1.1)."""
    path, begin, end = [], 0, size
    while end - begin > 1:
        middle = begin + _half(end - begin)
        if index < middle:
            path.append(_hash_of(middle, end, nodes))
            end = middle
        else:
            path.append(_hash_of(begin, middle, nodes))
            begin = middle
    return path[::-1]


def is_included(leaf: bytes, index: int, size: int, path: Sequence[bytes], whole: bytes) -> bool:
    """Whether *path* proves that the leaf with the hash *leaf* is number *index* of the tree whose root is *whole*."""
    if not 0 <= index < size:
        return False
    value, last = leaf, size - 1
    for sibling in path:
        if not last:
            return False
        if index % 2 or index == last:
            value = _node_hash(sibling, value)
            while not index % 2 and index:
                index, last = index // 2, last // 2
        else:
            value = _node_hash(value, sibling)
        index, last = index // 2, last // 2
    return last == 0 and value == whole


def consistency(old: int, new: int, nodes: Nodes) -> list[bytes]:
    """What proves that the tree over *new* leaves begins with that over *old* (RFC 6962, 2.1.2); 0 < old <= new."""
    path: list[bytes] = []
    begin, end, left_whole = 0, new, True
    while end != old:
        middle = begin + _half(end - begin)
        if old <= middle:
            path.append(_hash_of(middle, end, nodes))
            end = middle
        else:
            path.append(_hash_of(begin, middle, nodes))
            begin, left_whole = middle, False
    return ([] if left_whole else [_hash_of(begin, end, nodes)]) + path[::-1]


def is_consistent(old: int, new: int, path: Sequence[bytes], before: bytes, after: bytes) -> bool:
    """Whether *path* proves that the tree with the root *after* begins with the one whose root is *before*."""
    if old == new:
        return not path and before == after
    if not 0 < old < new:
        return False
    proof = list(path)
    at, last = old - 1, new - 1
    while at % 2:
        at, last = at // 2, last // 2
    if at and not proof:
        return False
    first = second = proof.pop(0) if at else before
    for sibling in proof:
        if not last:
            return False
        if at % 2 or at == last:
            first, second = _node_hash(sibling, first), _node_hash(sibling, second)
            while not at % 2 and at:
                at, last = at // 2, last // 2
        else:
            second = _node_hash(second, sibling)
        at, last = at // 2, last // 2
    return last == 0 and first == before and second == after


def _hash_of(begin: int, end: int, nodes: Nodes) -> bytes:
    """The hash of the leaves from *begin* to before *end*, a subtree whose right part may be unfinished."""
    size = end - begin
    if size & (size - 1) == 0:
        return nodes(size.bit_length() - 1, begin // size)
    middle = begin + _half(size)
    return _node_hash(_hash_of(begin, middle, nodes), _hash_of(middle, end, nodes))


def _node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def _half(size: int) -> int:
    """The largest power of two below *size*."""
    return 1 << (size - 1).bit_length() - 1
