"""The length that a file's header states. A file with less audio was cut off, or is damaged."""

import re
from pathlib import Path

import soundfile

from jukedrummer.errors import UserError

LARGEST_SHORTFALL = 0.5  # seconds; the length in some headers is not exact
UNKNOWN_BYTES = 0x7FFF_0000  # programs that write to a pipe state this length or a larger one
# A line of libsndfile's log: the stated bytes of wav and its relatives, and those that are there.
SHORTER = re.compile(
    r"^\s*(?:data|SSND|Data Size|riff|Riff size)\s*: (\d+) \(should be (\d+)\)", re.MULTILINE
)
UNKNOWN_FRAMES = 1 << 62  # or more: libsndfile's number for a FLAC file that was written to a pipe
LENGTH_TAGS = b"Xing", b"Info"  # of MP3; one is in the first frame if the file states its length
FIRST_FRAME = 2_048  # bytes
# Faults, after the name of the file.
CUT_OFF = "ends too early; was a download or a copy cut off?"
DAMAGED = "is damaged, parts cannot be decoded; copy it again"


class IncompleteAudio(UserError):
    """A file ends too early, or parts of it are damaged. All that can be read was read."""


def stated_seconds(path: Path, file: soundfile.SoundFile) -> float | None:
    """The length that the header of a file states, seconds; None if it is not stated.

    Args:
        path: the file.
        file: the same, opened by soundfile.
    """
    if file.format == "OGG" or (file.format == "MP3" and not _has_length_tag(path)):
        return None  # libsndfile takes the last page for the end of ogg, and estimates that of MP3
    if file.frames >= UNKNOWN_FRAMES:
        return None
    seconds: float = file.frames / file.samplerate
    if shorter := SHORTER.search(file.extra_info):
        stated, present = map(int, shorter.groups())
        return seconds * stated / present if 0 < present < stated < UNKNOWN_BYTES else None
    return seconds


def _has_length_tag(path: Path) -> bool:
    with open(path, "rb") as file:
        start = file.read(10)
        if start[:3] == b"ID3":  # the length of this tag has 7 bits in each byte
            length = sum(byte << 7 * place for place, byte in enumerate(reversed(start[6:])))
            file.seek(len(start) + length)
        frame = file.read(FIRST_FRAME)
    return any(tag in frame for tag in LENGTH_TAGS)


def check_seconds(path: Path, stated: float | None, found: float, fault: str) -> None:
    """Check that a file is complete.

    Args:
        path: the file.
        stated: from `stated_seconds`.
        found: seconds that were read.
        fault: what the decoder or the format's own checks report, or "".

    Raises:
        IncompleteAudio: more than `LARGEST_SHORTFALL` is missing, or there is a fault.
    """
    if stated is not None and stated - found > LARGEST_SHORTFALL:
        raise IncompleteAudio(
            f"{path}: its header states {stated:.2f} s, but only {found:.2f} s can be read; was a "
            "download or a copy cut off?"
        )
    # With all stated samples, the fault is in other bytes, such as a tag after the audio.
    if fault and (stated is None or found < stated):
        raise IncompleteAudio(f"{path}: {fault}")
