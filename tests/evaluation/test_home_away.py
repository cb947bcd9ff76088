"""Home and away songs in one evaluation: the same numbers for both, and no song in both."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jukedrummer.audio.io import read_audio
from jukedrummer.beats.factory import JUDGE
from jukedrummer.config import EvaluateConfig
from jukedrummer.corpus.pairs import held_out
from jukedrummer.errors import UserError
from jukedrummer.evaluation import ladder
from jukedrummer.evaluation.copying import CopiedRuns
from jukedrummer.evaluation.home_away import of_songs, song_sets, with_away
from jukedrummer.evaluation.judgement import write_evaluation
from jukedrummer.evaluation.likelihood import CONDITIONS, Predictions
from jukedrummer.evaluation.measure import read_measured_songs
from jukedrummer.evaluation.reference import ANNOTATED, Reference
from jukedrummer.storage.files import read_json
from tests.evaluation.helpers.corpus import (
    AWAY_SECONDS,
    AWAY_SOURCES,
    CLICK_READER,
    SECONDS,
    Corpus,
    tables_of,
    write_away_songs,
    write_generated,
)
from tests.tiny import write_pairs_table

ALL = SECONDS | AWAY_SECONDS


def make_baselines(shards: Corpus, folder: Path, evaluate: EvaluateConfig) -> Path:
    tables = tables_of(shards)
    codec = lambda audio: 0.5 * audio  # noqa: E731
    ladder.write_baselines(shards, tables, codec, folder, evaluate, JUDGE, CLICK_READER)
    return folder


@pytest.fixture(scope="module")
def both(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """The corpus with away songs. Their shard comes first: the order of shards has no effect."""
    folder = tmp_path_factory.mktemp("both")
    shutil.copytree(corpus[0].parents[1], folder, dirs_exist_ok=True)
    return [write_away_songs(folder), *(folder / "pairs" / shard.name for shard in corpus)]


@pytest.fixture(scope="module")
def both_baselines(
    both: Corpus, click_tracker: None, evaluate: EvaluateConfig, tmp_path_factory
) -> Path:
    return make_baselines(both, tmp_path_factory.mktemp("both_ladder"), evaluate)


@pytest.fixture(scope="module")
def metrics(
    both: Corpus, both_baselines: Path, evaluate: EvaluateConfig, tmp_path_factory
) -> dict[str, Any]:
    """The evaluation. The drums are late in the away songs, and the model knows them less well."""
    folder = tmp_path_factory.mktemp("both_evaluation")
    generated = write_generated(folder / "generated")
    write_generated(generated, late=0.09, songs=AWAY_SECONDS)
    bits = {
        name: {song: 1.0 + (song in AWAY_SECONDS) + 0.5 * place for song in ALL}
        for place, name in enumerate(CONDITIONS)
    }
    predictions = Predictions(bits, {"true_input": dict.fromkeys(ALL, 0.5)})
    copies = CopiedRuns(dict.fromkeys(ALL, 1.0), dict.fromkeys(SECONDS, 2.0))
    write_evaluation(
        both, generated, both_baselines, predictions, folder, evaluate, copies, CLICK_READER
    )
    return read_json(folder / "metrics.json")


def test_home_songs_come_first_and_the_home_results_keep_their_place(
    both: Corpus, metrics: dict[str, Any], evaluate: EvaluateConfig
) -> None:
    assert [pair.song for pair, _ in held_out(both)] == [*sorted(SECONDS), *sorted(AWAY_SECONDS)]
    away, by_source = metrics["away"], metrics["away_by_source"]
    assert (metrics["songs"], away["songs"]) == (3, 3)
    assert {source: results["songs"] for source, results in by_source.items()} == {
        "ball": 1,
        "folk": 2,
    }
    home = {name: value for name, value in metrics.items() if not name.startswith("away")}
    for results in (away, *by_source.values()):
        assert list(results) == list(home)
        assert list(results["rungs"]) == list(home["rungs"])
    assert metrics["rungs"]["generated"]["beat_f1"]["mean"] == 1
    assert away["rungs"]["generated"]["beat_f1"]["mean"] == 0
    assert away["rungs"]["real"]["beat_f1"]["mean"] == 1
    assert metrics["listening"]["bits"]["true_input"]["mean"] == 1
    assert away["listening"]["bits"]["true_input"]["mean"] == 2
    assert away["comparisons"]["strokes"]["pattern"]["nearest_tempo"]["n"] == 3
    assert by_source["folk"]["comparisons"]["strokes"]["pattern"]["nearest_tempo"]["n"] == 2
    assert away["copying"]["real"]["n"] == 0
    assert away["reference"] == {"annotated": 3, "tracked on the mix": 0}


def test_away_songs_change_no_number_of_the_home_songs(
    baselines: Path, both_baselines: Path
) -> None:
    alone, beside = (read_json(path / "metrics.json") for path in (baselines, both_baselines))
    assert "away" not in alone
    for rung, values in alone["rungs"].items():
        if rung != "codec":  # another codec
            assert beside["rungs"][rung] == values, rung


def test_the_table_of_songs_has_split_and_source(both_baselines: Path) -> None:
    rows = read_measured_songs(both_baselines / "songs.tsv")
    assert {row.song: row.split for row, _ in rows} == dict.fromkeys(SECONDS, "test") | (
        dict.fromkeys(AWAY_SOURCES, "away")
    )
    assert {row.song: row.source for row, _ in rows if row.split == "away"} == AWAY_SOURCES


def test_the_other_song_is_of_the_same_split_and_the_donor_a_training_song(
    both: Corpus, both_baselines: Path, click_tracker: None
) -> None:
    references = [
        Reference(pair.song, folder, np.zeros((0, 2)), ANNOTATED, split=pair.split)
        for pair, folder in held_out(both)
    ]
    others = ladder.other_songs(references)
    assert all(others[song.song].split == song.split for song in references)
    assert all(others[song.song].song != song.song for song in references)
    donors = ladder.donors(references, both, tables_of(both))
    assert {folder.name for folder in donors.values()} == {"train"}
    jig = read_audio(both_baselines / "other_song" / "jig.flac")
    real = read_audio(both_baselines / "real" / f"{others['jig'].song}.flac")
    np.testing.assert_array_equal(jig, np.resize(real, len(jig)))


def test_a_single_away_song_is_too_few(
    both: Corpus, click_tracker: None, evaluate: EvaluateConfig, tmp_path: Path
) -> None:
    shards = [*both[1:], shutil.copytree(both[0], tmp_path / "pairs")]
    songs = [pair for pair, _ in held_out(both) if pair.song == "jig"]
    write_pairs_table(shards[-1], *songs)
    with pytest.raises(UserError, match="has 1 away song that can be measured, 2 are needed"):
        ladder.write_baselines(
            shards, tables_of(both), lambda audio: audio, tmp_path / "out", evaluate, JUDGE
        )
    assert not (tmp_path / "out").exists()


def test_results_by_set_of_songs() -> None:
    songs = [
        Reference(name, Path(), np.zeros((0, 2)), ANNOTATED, source=source, split=split)
        for name, split, source in (
            ("a", "test", "own"),
            ("b", "away", "folk"),
            ("c", "away", "ball"),
        )
    ]

    def names(chosen) -> dict[str, Any]:
        return {"names": "".join(song.song for song in chosen)}

    assert with_away(songs[:1], names) == {"names": "a"}
    assert with_away(songs[:2], names) == {"names": "a", "away": {"names": "b"}}
    whole = with_away(songs, names)
    assert whole["away_by_source"] == {"ball": {"names": "c"}, "folk": {"names": "b"}}
    titles = {title: results["names"] for title, results in song_sets(whole).items()}
    assert titles == {"Home": "a", "Away": "bc", "Away: ball": "c", "Away: folk": "b"}
    assert list(song_sets({"names": "a"})) == ["Home"]
    assert of_songs({"c": 1, "a": 2, "other": 3}, songs) == {"a": 2, "c": 1}
