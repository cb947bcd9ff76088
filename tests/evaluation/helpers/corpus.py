"""A corpus of songs of clicks, a judge whose beats are the clicks, and a model's predictions."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from jukedrummer.audio.io import write_audio
from jukedrummer.beats.annotations import write_beats
from jukedrummer.beats.clips import SongRow
from jukedrummer.beats.tracker import Tracked
from jukedrummer.config import SAMPLE_RATE
from jukedrummer.corpus.pairs import Pair
from jukedrummer.evaluation.likelihood import Predictions
from jukedrummer.evaluation.onsets import detect_onsets
from jukedrummer.evaluation.stroke_reader import StrokeReader
from jukedrummer.model.drum_score import Strokes
from jukedrummer.storage.tables import write_table
from tests.tiny import pair, write_pairs_table

Corpus = list[Path]  # the folders of the shards of pairs
SECONDS = {"slow": 6.0, "fast": 5.0, "other": 4.0}
PERIODS = {"slow": 0.9, "fast": 0.53, "other": 0.71}
AWAY_SOURCES = {"jig": "folk", "reel": "folk", "waltz": "ball"}  # the songs that can be added
AWAY_SECONDS = {"jig": 2.5, "reel": 2.5, "waltz": 3.0}
AWAY_PERIODS = {"jig": 0.5, "reel": 0.4, "waltz": 0.6}
TEMPI = {"slow": 60 / 0.9, "fast": 60 / 0.53, "other": None, "train": 60 / 0.9}


class ClickTracker:
    """Each onset is a beat, in 4/4 from the first."""

    name, version = "click", "1"

    def track(self, audio: np.ndarray, sample_rate: int) -> Tracked:
        """Track one song."""
        assert sample_rate == SAMPLE_RATE
        times = detect_onsets(audio)
        beats = np.stack([times, np.arange(len(times)) % 4 + 1], axis=1)
        return Tracked(beats, None, None, 1.0, self.name, self.version)

    def track_many(self, songs: Sequence[np.ndarray], sample_rate: int) -> list[Tracked]:
        """Track several songs."""
        return [self.track(song, sample_rate) for song in songs]


def click_strokes(audio: np.ndarray) -> Strokes:
    """Each onset is a hat; every other one is also a kick, and the rest are a snare."""
    times = detect_onsets(audio)
    drums = np.arange(len(times)) % 2
    both = np.concatenate([drums, np.full(len(times), 3)])
    return Strokes.sorted(np.tile(times, 2), both, np.full(len(both), 0.5))


def level_features(audio: np.ndarray) -> np.ndarray:
    """The RMS of 10 ms, as the only feature: (T, 1)."""
    frames = audio[: len(audio) // 441 * 441].reshape(-1, 441)
    return np.asarray(np.sqrt((frames**2).mean(axis=1, keepdims=True)))


CLICK_READER = StrokeReader(click_strokes, level_features, "clicks")


def clicks(seconds: float, times: np.ndarray) -> np.ndarray:
    """Clicks of a millisecond at these times, (N,)."""
    audio = np.zeros(round(seconds * SAMPLE_RATE), np.float32)
    for time in times:
        audio[round(time * SAMPLE_RATE) :][:44] = 0.5
    return audio


def beats_of(song: str) -> np.ndarray:
    """The beats of a song of `SECONDS` or `AWAY_SECONDS`, (n, 2)."""
    seconds, periods = SECONDS | AWAY_SECONDS, PERIODS | AWAY_PERIODS
    times = np.arange(0.25, seconds[song] - 0.1, periods[song])
    return np.stack([times, np.arange(len(times)) % 4 + 1], axis=1)


def write_corpus(folder: Path) -> Corpus:
    """Three held-out songs in two shards, one without annotated beats, and one for training.

    The recordings without drums have clicks too: the beats that a tracker finds in them.

    Returns:
        The folders of the shards. The tables of the features are `tables_of` them.
    """
    shards: dict[int, list[Pair]] = {0: [], 1: []}
    for number, song in enumerate((*SECONDS, "train")):
        split, name = ("train", "slow") if song == "train" else ("test", song)
        source = folder / "songs" / song
        source.mkdir(parents=True)
        if song != "other":
            write_beats(source / "beats.tsv", beats_of(name))
        annotated = None if song == "other" else source / "beats.tsv"
        for part in ("drums", "drumless"):
            audio = clicks(SECONDS[name], beats_of(name)[:, 0])
            write_audio(folder / "pairs" / str(number % 2) / song / f"{part}.flac", audio)
        shards[number % 2].append(pair(song, split, SECONDS[name], beats=annotated))
    for shard, songs in shards.items():
        write_pairs_table(folder / "pairs" / str(shard), *songs)
        table = [SongRow(s.song, s.split, 5.0, 1, 9, TEMPI[s.song], 0.5, "") for s in songs]
        write_table(folder / "features" / f"{shard}.tsv", SongRow, table)
    return [folder / "pairs" / str(shard) for shard in shards]


def write_away_songs(folder: Path) -> Path:
    """A shard of three away songs of two sources, beside those of `write_corpus`; its folder."""
    shard, rows, table = folder / "pairs" / "2", [], []
    for song, source in AWAY_SOURCES.items():
        beats = folder / "songs" / song / "beats.tsv"
        write_beats(beats, beats_of(song))
        for part in ("drums", "drumless"):
            audio = clicks(AWAY_SECONDS[song], beats_of(song)[:, 0])
            write_audio(shard / song / f"{part}.flac", audio)
        rows.append(pair(song, "away", AWAY_SECONDS[song], beats=beats, source=source))
        tempo = 60 / AWAY_PERIODS[song]
        table.append(SongRow(song, "away", AWAY_SECONDS[song], 1, 9, tempo, 0.5, ""))
    write_table(folder / "features" / "2.tsv", SongRow, table)
    return write_pairs_table(shard, *rows)


def tables_of(shards: Corpus) -> list[Path]:
    """The tables of the songs that the stage features writes."""
    return [shard.parents[1] / "features" / f"{shard.name}.tsv" for shard in shards]


def write_generated(
    folder: Path, late: float = 0.0, silent: bool = False, songs: Mapping[str, float] = SECONDS
) -> Path:
    """Drums of a model for songs of these lengths, and the beats that it received."""
    for song, seconds in songs.items():
        times = beats_of(song)[:, 0] + late
        audio = clicks(seconds, np.zeros(0) if silent else times)
        write_audio(folder / song / "drums.flac", audio)
        write_beats(folder / song / "beats.tsv", beats_of(song))
    return folder


def bits(cost: float, beats: bool = True) -> dict[str, dict[str, float]]:
    """Cross-entropy by condition and song. Another song's recording costs the model `cost` bits."""
    extra = {"true_input": 0.0, "other_drumless": cost, "no_drumless": cost}
    extra |= {"other_beats": 2.0, "no_beats": 1.0} if beats else {}
    return {
        name: {song: 1.5 + index + value for index, song in enumerate(SECONDS)}
        for name, value in extra.items()
    }


def predictions() -> Predictions:
    """Predictions of a model that uses both parts of its input."""
    return Predictions(bits(0.5), {"true_input": {"slow": 0.5, "fast": 0.75}})
