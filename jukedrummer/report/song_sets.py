"""Home and away songs side by side in tables."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from jukedrummer.corpus.manifest import AWAY
from jukedrummer.evaluation.home_away import AWAY_TITLE, HOME_TITLE, song_sets
from jukedrummer.evaluation.reference import describe_stems
from jukedrummer.report.tables import Column, Row

SET_LABEL = "Set"  # heading of the label column that tells home and away songs apart
ABOUT_SETS = (
    "Home songs are of the kind of the training songs. Away songs are by other composers and have "
    "other sounds. Nothing was trained or tuned on either."
)
SetPlace = tuple[str, str]  # title of a set of songs, and a column's place in the set's results


def columns_by_set(
    metrics: Mapping[str, Any], columns: Mapping[str, Column]
) -> dict[SetPlace, Column]:
    """The columns for each set of songs, under its title; without away songs, as they are.

    Args:
        metrics: content of `metrics.json`.
        columns: the columns by their place in a set's results.
    """
    titles = list(song_sets(metrics))
    return {
        (title, place): replace(column, group=title) if len(titles) > 1 else column
        for title in titles
        for place, column in columns.items()
    }


def describe_sets(metrics: Mapping[str, Any]) -> str:
    """The numbers of songs in words, with those of away sources if there are several."""
    sets = song_sets(metrics)
    counts = {
        title: f"{results['songs']} {{}} songs{describe_stems(results['stems'])}"
        for title, results in sets.items()
    }
    if AWAY_TITLE not in sets:
        return counts[HOME_TITLE].format("held-out")
    sources = [
        f"{results['songs']} of {title.removeprefix(f'{AWAY_TITLE}: ')}"
        for title, results in sets.items()
        if title not in (HOME_TITLE, AWAY_TITLE)
    ]
    listed = f" ({', '.join(sources)})" if sources else ""
    return f"{counts[HOME_TITLE].format('home')} and {counts[AWAY_TITLE].format('away')}{listed}"


def about_sets(metrics: Mapping[str, Any]) -> str:
    """`ABOUT_SETS` as a further sentence, or "" without away songs."""
    return f" {ABOUT_SETS}" if AWAY_TITLE in song_sets(metrics) else ""


def count_over_sets(metrics: Mapping[str, Any], name: str) -> dict[str, int]:
    """Numbers of songs, e.g. those with annotated beats, of home and away songs together."""
    sets = song_sets(metrics)
    both = [sets[title][name] for title in (HOME_TITLE, AWAY_TITLE) if title in sets]
    return {kind: sum(counts[kind] for counts in both) for kind in both[0]}


class OfSet(Protocol):
    """A song's result."""

    @property
    def split(self) -> str:
        """The song's split."""

    @property
    def source(self) -> str:
        """The name of its source."""


S = TypeVar("S", bound=OfSet)


def rows_by_set(rows: Sequence[S]) -> dict[str, list[S]]:
    """Title of each set of songs to the rows of its songs: Home, Away, and each away source.

    Sources are only told apart if there are several. Without away songs, there is one set, whose
    title is empty.
    """
    away = [row for row in rows if row.split == AWAY]
    if not away:
        return {"": list(rows)}
    sources = sorted({row.source for row in away})
    return {
        HOME_TITLE: [row for row in rows if row.split != AWAY],
        AWAY_TITLE: away,
        **{
            f"{AWAY_TITLE}: {source}": [row for row in away if row.source == source]
            for source in sources
            if len(sources) > 1
        },
    }


def row_of_set(row: Row, title: str) -> Row:
    """The row of a set: with its title before the labels, and in a group of the set."""
    return replace(row, labels=(title, *row.labels), group=f"{row.group} {title}")


def set_label(title: str) -> tuple[str, ...]:
    """The label of a row for its set, to put before its other labels; none without a title."""
    return (title,) if title else ()
