"""An archive of a data set on the internet."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Archive:
    """A zip or tar file that holds a data set.

    Attributes:
        url: link of the file, http or https.
        bytes: length of the file; None if it is not known.
        checksum: "md5:..." or "sha256:..." in hexadecimal; "" if none is published.
        licence: licence of the data set, in one line; "" if it is not known.
        title: name of the data set in messages; "": the file's name in the URL.
        unpacked_bytes: length of all unpacked files, about; None if it is not known. The free disk
            space is compared with it before the download.
    """

    url: str
    bytes: int | None = None
    checksum: str = ""
    licence: str = ""
    title: str = ""
    unpacked_bytes: int | None = None
