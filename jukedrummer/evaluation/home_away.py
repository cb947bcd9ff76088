"""Results of the held-out songs: of the home songs, of the away songs, and of each away source.

Nothing is trained or tuned on these songs. Home songs (split test) are of the kind of the training
songs. Away songs (split away) are by other composers and have other sounds.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from jukedrummer.corpus.manifest import AWAY, HELD_OUT, HOME
from jukedrummer.evaluation.reference import Reference
from jukedrummer.evaluation.rungs import half_way_round

AWAY_RESULTS, AWAY_SOURCES = "away", "away_by_source"  # keys of `metrics.json`
HOME_TITLE, AWAY_TITLE = "Home", "Away"
Results = dict[str, Any]
T = TypeVar("T")


def with_away(
    songs: Sequence[Reference], results: Callable[[Sequence[Reference]], Results]
) -> Results:
    """The results of the home songs and, if there are away songs, the same of these.

    Args:
        songs: the held-out songs.
        results: some of the songs to their results, for JSON.

    Returns:
        The results of the home songs. `away` has the results of the away songs. If these are of
        several sources, `away_by_source` has the results of each source.
    """
    home, away = ([song for song in songs if song.split == split] for split in (HOME, AWAY))
    whole = results(home)
    if away:
        whole[AWAY_RESULTS] = results(away)
    sources = sorted({song.source for song in away})
    if len(sources) > 1:
        whole[AWAY_SOURCES] = {
            source: results([song for song in away if song.source == source]) for source in sources
        }
    return whole


def other_songs(held_out: Sequence[Reference]) -> dict[str, Reference]:
    """For each held-out song another song of the same split, see `half_way_round`."""
    result = {}
    for split in HELD_OUT:
        songs = [song for song in held_out if song.split == split]
        for index, song in enumerate(songs):
            result[song.song] = songs[half_way_round(index, len(songs))]
    return result


def of_songs(values: Mapping[str, T], songs: Sequence[Reference]) -> dict[str, T]:
    """The values of some songs, in the order of the songs. A song without a value is left out."""
    return {song.song: values[song.song] for song in songs if song.song in values}


def of_each(
    tables: Mapping[str, Mapping[str, T]], songs: Sequence[Reference]
) -> dict[str, dict[str, T]]:
    """`of_songs` of each item, e.g. of each rung or condition."""
    return {name: of_songs(values, songs) for name, values in tables.items()}


def song_sets(metrics: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The results of `metrics.json` by their title: Home, and Away with its sources if it has any.

    Args:
        metrics: the content of the file. Files of versions without away songs have home only.
    """
    return dict(_song_sets(metrics))


def _song_sets(metrics: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield HOME_TITLE, metrics
    if AWAY_RESULTS in metrics:
        yield AWAY_TITLE, metrics[AWAY_RESULTS]
    for source, results in metrics.get(AWAY_SOURCES, {}).items():
        yield f"{AWAY_TITLE}: {source}", results
