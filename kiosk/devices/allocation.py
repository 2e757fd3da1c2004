"""How this process gets memory from the machine, and gives it back."""

from __future__ import annotations

import ctypes

_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8  # as malloc.h of glibc has them
_LARGE_BYTES = 128 * 1024
_ARENAS = 2


def keep_small() -> None:
    """Give large blocks back at once, and let all threads share what is kept. Call it before there are threads.

    By itself glibc keeps a pool for each thread and, after the first large block, large ones in it: each of a
    server's threads would keep the 19 MB in which it once looked at a PIN.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries have none, and no need of it
    if mallopt:
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
        mallopt(_M_ARENA_MAX, _ARENAS)
