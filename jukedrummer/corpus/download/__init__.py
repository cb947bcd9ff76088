"""Data sets from the internet: an archive is downloaded, checked and unpacked, once.

`obtaining` decides which of these steps are needed. `fetching` downloads over HTTP. `part` is the
file that grows during the download. `problems` has the errors of a download. `checking` compares
length and checksum. `members` reads zip and tar files. `unpacking` writes their files. `record` is
the file in the unpacked folder that names the archive.
"""

from jukedrummer.corpus.download.disk import FreeSpace, free_bytes
from jukedrummer.corpus.download.fetching import Retries, fetch
from jukedrummer.corpus.download.members import BadArchive
from jukedrummer.corpus.download.obtaining import Origin, find_origin, obtain, obtain_source
from jukedrummer.corpus.download.record import RECORD, Record
from jukedrummer.corpus.download.unpacking import Limits, unpack

__all__ = [
    "RECORD",
    "BadArchive",
    "FreeSpace",
    "Limits",
    "Origin",
    "Record",
    "Retries",
    "fetch",
    "find_origin",
    "free_bytes",
    "obtain",
    "obtain_source",
    "unpack",
]
