"""The columns of `songs.tsv`: those that other stages store of a song, and those added here."""

from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, field, fields, make_dataclass
from types import NoneType
from typing import Any, NamedTuple, get_args, get_type_hints

from jukedrummer.beats.clips import SongRow
from jukedrummer.corpus.pairs import Pair
from jukedrummer.corpus.rejected import Rejected
from jukedrummer.storage.tables import cell

FEATURES = "features_"  # start of the names of the columns from the stage features
SHARED = ("song", "split", "seconds")  # columns of the stage features that the pairs have too
NAMED = ("song", "source", "clip")  # columns of `rejected.tsv` that are not copied


@dataclass(frozen=True, kw_only=True)
class Findings:
    """Columns of `songs.tsv` that the stage inspect adds."""

    rate: int | None = cell(
        "lowest sample rate of the song's files; empty: not read", unit="Hz", default=None
    )
    annotated: str = cell("whether the beats are annotated", check=("no", "yes"), default="no")
    annotated_bpm: float | None = cell(
        "tempo of the annotated beats", unit="beats a minute", digits=".2f", default=None
    )
    meter: int | None = cell("beats in most bars, as annotated", default=None)
    tempo_error: float | None = cell(
        "distance of the tracked from the annotated tempo; 1: half or double tempo",
        unit="octaves",
        digits=".3f",
        default=None,
    )
    left_out_clips: int | None = cell("clips that were left out", default=None)


class SongColumn(NamedTuple):
    """A column of `songs.tsv`.

    Attributes:
        name: its name.
        kind: str, int, float or Path. Every cell may be empty.
        doc: meaning of its values.
        unit: their unit, or "".
    """

    name: str
    kind: type
    doc: str
    unit: str


class SongColumns:
    """The columns of `songs.tsv`. Those of other stages are taken from their declarations.

    Args:
        pair: the row of the tables of pairs.
    """

    def __init__(self, pair: type[Pair] = Pair) -> None:
        self.pair = pair
        self._fields = {
            **dict(_own(pair)),
            **dict(_own(Findings)),
            **{f"{FEATURES}{name}": own for name, own in _own(SongRow) if name not in SHARED},
            **{name: own for name, own in _own(Rejected) if name not in NAMED},
        }

    @property
    def row(self) -> type:
        """The dataclass of a row. Every cell may be empty, because some songs have few values.

        Cells are not checked. They were checked when they were read, and songs that were left out
        may have any name.
        """
        unchecked = {"check": None, "expected": ""}
        items = [
            (name, kind | None, field(default=None, metadata={**own.metadata, **unchecked}))
            for name, (kind, own) in self._fields.items()
        ]
        return make_dataclass("InspectedSong", items, frozen=True, kw_only=True)

    def __iter__(self) -> Iterator[SongColumn]:
        doc = ""
        for name, (kind, own) in self._fields.items():
            doc = doc if own.metadata["doc"] == "likewise" else own.metadata["doc"]
            yield SongColumn(name, kind, doc, own.metadata["unit"])

    def cells(self, *parts: object) -> dict[str, Any]:
        """The cells of a row, by column: None where none of `parts` has a value.

        Args:
            *parts: rows of the tables that belong to one song.
        """
        values: dict[str, Any] = dict.fromkeys(self._fields)
        for part in parts:
            values.update(self._named(part))
        return values

    def _named(self, part: object) -> Mapping[str, Any]:
        own = vars(part)
        if isinstance(part, SongRow):
            return {f"{FEATURES}{name}": own[name] for name in own if name not in SHARED}
        return {name: value for name, value in own.items() if name in self._fields}


def _own(kind: Any) -> Iterator[tuple[str, tuple[type, "Field[Any]"]]]:
    """The name of each column of a table, its type without None, and its declaration."""
    hints = get_type_hints(kind)
    for own in fields(kind):
        options = [option for option in get_args(hints[own.name]) if option is not NoneType]
        chosen = options[0] if options else hints[own.name]
        yield own.name, (chosen if isinstance(chosen, type) else str, own)
