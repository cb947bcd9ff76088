"""Tables of the songs of a corpus: by source, split and kind, and by source alone."""

from collections.abc import Iterator

import pandas as pd

from jukedrummer.config import CorpusConfig
from jukedrummer.corpus.manifest import AWAY, SPLITS
from jukedrummer.report.inspection.gathering import Inspected
from jukedrummer.report.tables import Column, Provenance, Row, Table, Value

LICENCES = 3  # of a source, in the table of sources
SPLIT_TEXTS = {
    "artist": "drawn, an artist on one side",
    "official": "official, others follow",
    "away": "away, nothing is trained on them",
}
COUNTS = (
    Column("songs", "Songs", decimals=0),
    Column("hours", "Hours", decimals=2),
    Column("artists", "Artists", decimals=0),
    Column("annotated", "Annotated", decimals=0),
)


def overview_tables(
    inspected: Inspected, corpus: CorpusConfig, provenance: Provenance | None = None
) -> list[Table]:
    """The table by source, split and kind, and the table of sources."""
    return [
        _by_split(inspected, provenance),
        _by_source(inspected, corpus, provenance),
    ]


def _by_split(inspected: Inspected, provenance: Provenance | None) -> Table:
    songs = inspected.songs
    labels = ["source", "split", "kind"]
    groups = songs.groupby(labels)
    rows = [Row(tuple(map(str, own[labels].iloc[0])), _counts(own)) for _, own in groups]
    rows.sort(key=lambda row: (row.labels[0], SPLITS.index(row.labels[1]), row.labels[2]))
    for split in used_splits(songs):
        rows.append(Row(("all", split, ""), _counts(songs[songs["split"] == split]), "all"))
    rows.append(Row(("all", "all", ""), _counts(songs), "all", highlighted=True))
    return Table(
        name="corpus",
        title="Songs",
        caption="Songs that are used, by source, split and kind. True: from stems. Separated: "
        "from mixes, whose drums were separated. Annotated: with annotated beats.",
        labels=("Source", "Split", "Kind"),
        columns=COUNTS,
        rows=tuple(rows),
        provenance=provenance,
    )


def used_splits(songs: pd.DataFrame) -> list[str]:
    """The splits to show: away only if there are away songs."""
    return [split for split in SPLITS if split != AWAY or (songs["split"] == AWAY).any()]


def _by_source(inspected: Inspected, corpus: CorpusConfig, provenance: Provenance | None) -> Table:
    songs = inspected.songs
    splits = {source.title: SPLIT_TEXTS[source.split] for source in corpus.sources}
    any_away = any(source.is_away for source in corpus.sources)
    away = " Nothing is trained on songs of sources with split: away." if any_away else ""
    left_out = inspected.left_out.songs
    names = dict.fromkeys([*splits, *songs["source"], *(source for _, source in left_out)])
    rows = [
        Row(
            (name, splits.get(name, "unknown"), ", ".join(_licences(own)) or "unknown"),
            (*_counts(own), *_left_out(inspected, name)),
        )
        for name in names
        for own in [songs[songs["source"] == name]]
    ]
    columns = (
        *COUNTS,
        Column("left_out", "Left out", decimals=0),
        Column("duplicates", "Duplicates among them", decimals=0),
    )
    return Table(
        name="sources",
        title="Sources",
        caption="Songs that are used, by source. Splits are drawn by a hash of the artist, or are "
        "the data set's own (split: official). If an artist is in a source with official splits, "
        f"the artist's songs in other sources follow them.{away}",
        labels=("Source", "Splits", "Licences"),
        columns=columns,
        rows=tuple(rows),
        provenance=provenance,
    )


def _counts(songs: pd.DataFrame) -> tuple[Value, ...]:
    known = songs.loc[songs["artist"] != "", "group"]
    counts = (
        len(songs),
        float(songs["seconds"].sum()) / 3_600,
        known.nunique(),
        int((songs["annotated"] == "yes").sum()),
    )
    return tuple(Value(count) for count in counts)


def _left_out(inspected: Inspected, name: str) -> Iterator[Value]:
    own = {rule: n for (rule, source), n in inspected.left_out.songs.items() if source == name}
    yield Value(sum(own.values()))
    yield Value(own.get("duplicate", 0))


def _licences(songs: pd.DataFrame) -> list[str]:
    """The most frequent licences, and the number of others."""
    counts = songs.loc[songs["licence"] != "", "licence"].value_counts()
    names = [str(name) for name in counts.index[:LICENCES]]
    return names + [f"{len(counts) - LICENCES} more"] * (len(counts) > LICENCES)
