"""Checks the pages of an ogg file. libsndfile reads over damaged and missing pages without a word.

Format: RFC 3533. A page has a checksum and a number, and the last page of a stream is marked.
"""

import struct
import zlib
from pathlib import Path
from typing import IO

from jukedrummer.audio.lengths import CUT_OFF, DAMAGED

# Mark, version, flags, position, stream, number, checksum, number of lengths.
PAGE_HEADER = struct.Struct("<4sBBqIIIB")
PAGE_MARK = b"OggS"
LAST_PAGE = 4  # flag of the last page of a stream
PAGE_CHECKSUM = slice(22, 26)  # of the header; it is zero while the checksum is computed
# The checksum is that of zlib with the bits of each byte, and of the result, in reverse order.
REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def ogg_fault(path: Path) -> str:
    """What is wrong with the pages of an ogg file, or "".

    Bytes after the last page of the last stream are not checked.
    """
    pages: dict[int, int] = {}  # stream that has not ended, to the number of its next page
    with open(path, "rb") as file:
        while (header := file.read(PAGE_HEADER.size)) and (pages or header[:4] == PAGE_MARK):
            page = header + _rest(file, header)
            if len(page) < PAGE_HEADER.size or len(page) < _length(page):
                return CUT_OFF
            _, _, flags, _, stream, number, checksum, _ = PAGE_HEADER.unpack_from(page)
            if (
                page[:4] != PAGE_MARK
                or number != pages.get(stream, number)
                or checksum != _sum(page)
            ):
                return DAMAGED
            pages[stream] = number + 1
            if flags & LAST_PAGE:
                del pages[stream]
    return CUT_OFF if pages else ""


def _rest(file: IO[bytes], header: bytes) -> bytes:
    """The lengths of the page's parts, and the parts."""
    lengths = file.read(header[-1]) if len(header) == PAGE_HEADER.size else b""
    return lengths + file.read(sum(lengths))


def _length(page: bytes) -> int:
    count = page[PAGE_HEADER.size - 1]
    lengths = page[PAGE_HEADER.size : PAGE_HEADER.size + count]
    return PAGE_HEADER.size + count + sum(lengths)


def _sum(page: bytes) -> int:
    zeroed = page[: PAGE_CHECKSUM.start] + bytes(4) + page[PAGE_CHECKSUM.stop :]
    value = zlib.crc32(zeroed.translate(REVERSED), 0xFFFF_FFFF) ^ 0xFFFF_FFFF
    return int(f"{value:032b}"[::-1], 2)
