"""File modes that hold for root too, as far as the system can do that."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

CAPABILITIES_VERSION = 0x20080522
OVERRIDES = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


@contextmanager
def file_modes_hold() -> Iterator[bool]:
    """Within the block, this thread may not do what the modes of files forbid.

    Root gives up the right to ignore them (Linux), and takes it back. Programs that are started
    have it.

    Yields:
        Whether the modes hold.
    """
    if os.geteuid() != 0:
        yield True
        return
    if not sys.platform.startswith("linux"):
        yield False
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(CAPABILITIES_VERSION, 0)
    values = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable, twice 32 bits
    if libc.capget(header, values) != 0:
        yield False
        return
    before = values[0]
    values[0] = before & ~OVERRIDES
    holds = libc.capset(header, values) == 0
    try:
        yield holds
    finally:
        values[0] = before
        assert not holds or libc.capset(header, values) == 0
