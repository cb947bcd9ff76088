"""Reads the metadata of a song, YAML that may be damaged or hostile, in bounded time."""

from pathlib import Path
from typing import Any

import yaml

from jukedrummer.corpus.files import read_bounded
from jukedrummer.corpus.song import Unfit

LARGEST_METADATA = 1 << 16  # bytes; those of MedleyDB have at most 11,000
DEEPEST_METADATA = 20  # levels of lists and mappings; the parser crashes at some thousands
# All scalars are text: nothing becomes a number or an object, and "no" does not become false.
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_STARTS = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_ENDS = (yaml.MappingEndEvent, yaml.SequenceEndEvent)


def read_metadata(path: Path) -> dict[str, Any]:
    """Read a YAML mapping. Each scalar is text: `1.2` is "1.2", `no` is "no", nothing is "".

    Raises:
        Unfit: the file cannot be read, is larger than 64 KiB, is not a YAML mapping, is nested
            more than 20 levels deep, or has an alias, which can make a small file expand to
            gigabytes.
    """
    text = read_bounded(path, LARGEST_METADATA, "a song's metadata", "metadata")
    try:
        _check_structure(path, text)
        values = yaml.load(text, Loader=_LOADER)
    except (yaml.YAMLError, ValueError) as error:
        raise Unfit("metadata", f"{path}: is not YAML ({' '.join(str(error).split())})") from error
    if not isinstance(values, dict):
        raise Unfit("metadata", f"{path}: has no keys and values; was it cut off?")
    return values


def _check_structure(path: Path, text: bytes) -> None:
    # Events are made one after the other, without recursion.
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, _STARTS)
        depth -= isinstance(event, _ENDS)
        if depth > DEEPEST_METADATA:
            raise Unfit(
                "metadata",
                f"{path}: is nested more than {DEEPEST_METADATA} levels deep",
                limit=str(DEEPEST_METADATA),
            )
        if isinstance(event, yaml.AliasEvent):
            raise Unfit(
                "metadata", f"{path}: has the alias *{event.anchor}; write the value in its place"
            )
