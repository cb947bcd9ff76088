"""The baseline ladder: what numbers mean. Shared by all experiments, since no language model is in it."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from jukedrummer.audio.io import SAMPLE_RATE, peak_gain, read_audio, write_audio
from jukedrummer.beats.clips import SongRow
from jukedrummer.beats.tracker import Tracker, make_judge, make_tracker
from jukedrummer.config import BeatsConfig, EvaluateConfig
from jukedrummer.corpus.pairs import pair_folders
from jukedrummer.errors import UserError
from jukedrummer.evaluation.measure import (
    Reference,
    batches,
    describe_reference,
    fit,
    measure_rung,
    references,
    summarise,
    write_songs,
)
from jukedrummer.evaluation.metrics import downbeats
from jukedrummer.evaluation.rungs import click_kit, moved_to_bars, nearest_tempo
from jukedrummer.storage.files import atomic_folder, read_rows, write_json

# From nothing to the ceiling. `generated` stands before the codec.
RUNGS = ("silence", "other_song", "click_kit", "nearest_tempo", "codec", "real")
Codec = Callable[[np.ndarray], np.ndarray]


def baselines(
    manifest: Path,
    pairs: Sequence[Path],
    songs: Sequence[Path],
    through_codec: Codec,
    output: Path,
    *,
    evaluate: EvaluateConfig,
    beats: BeatsConfig,
) -> None:
    """Write and measure the ladder's rungs for each held-out song.

    * `silence`: nothing is played.
    * `other_song`: the drums of another held-out song, looped or cut to length: no relation but genre.
    * `click_kit`: a drum machine on the tracked beats: what the tracker is worth without a model.
    * `nearest_tempo`: a training song's drums, the nearest in tempo, bar by bar on the tracked bars.
    * `codec`: the real drums through VQ-VAE and vocoder: the best that any language model can sound.
    * `real`: the real drums.

    Args:
        manifest: the corpus.
        pairs: folders of the shards.
        songs: tables that the stage features wrote beside its shards.
        through_codec: drums (N,) to drums (about N,): encode, quantise, decode, vocoder.
        output: folder for `{rung}/{song}.flac`, `metrics.json`, `songs.tsv`; whole or not at all.
        evaluate: tolerance and resamples.
        beats: the tracker that the models are told of, whose beats the rungs follow. Madmom's, with the same
            settings, listens to the drums.

    Raises:
        UserError: fewer than two held-out songs, none for training, or a file that cannot be read or written.
    """
    judge = make_judge(beats)
    found = references(manifest, pairs, judge)
    if len(found) < 2:
        raise UserError(f"{manifest}: has 1 held-out song, 2 are needed; raise corpus.test_share")
    with atomic_folder(output) as folder:
        write_rungs(folder, found, donors(found, pairs, songs), through_codec, make_tracker(beats))
        measured = {}
        for rung in tqdm(RUNGS, desc="measuring", unit="rung"):
            files = {
                reference.song: folder / rung / f"{reference.song}.flac" for reference in found
            }
            measured[rung] = measure_rung(files, found, judge, evaluate.tolerance_ms)
        write_songs(folder / "songs.tsv", measured, found)
        write_json(
            folder / "metrics.json",
            {
                "songs": len(found),
                "reference": describe_reference(found),
                "tolerance_ms": evaluate.tolerance_ms,
                "rungs": {rung: summarise(songs, evaluate) for rung, songs in measured.items()},
            },
        )


def donors(
    found: Sequence[Reference], pairs: Sequence[Path], songs: Sequence[Path]
) -> dict[str, Path]:
    """For each held-out song the folder of the training song that is nearest in tempo.

    Raises:
        UserError: a table is missing or damaged, lacks a held-out song, or none has a training song.
    """
    rows = {row.song: row for table in songs for row in read_rows(table, SongRow)}
    folders = pair_folders(pairs)
    training = [row for row in rows.values() if row.split == "train" and row.song in folders]
    missing = [reference.song for reference in found if reference.song not in rows]
    if missing or not training:
        lacking = f"song {missing[0]}" if missing else "a song of split train"
        raise UserError(
            f"{songs[0].parent}: no table of songs has {lacking}; make the features again"
        )
    return {song.song: folders[nearest_tempo(rows[song.song], training).song] for song in found}


def write_rungs(
    folder: Path,
    found: Sequence[Reference],
    donors: dict[str, Path],
    through_codec: Codec,
    tracker: Tracker,
) -> None:
    """Write `{rung}/{song}.flac` for all rungs and songs."""
    beats = _tracked([*(reference.folder for reference in found), *donors.values()], tracker)
    for index, reference in enumerate(tqdm(found, desc="baselines", unit="song")):
        real = reference.drums()
        other = found[other_song(index, len(found))].drums()
        donor = donors[reference.song]
        mine, theirs = beats[reference.folder], beats[donor]
        rungs = (
            np.zeros_like(real),
            np.resize(other, len(real)),
            click_kit(mine, len(real)),
            moved_to_bars(
                read_audio(donor / "drums.flac"), downbeats(theirs), downbeats(mine), len(real)
            ),
            fit(through_codec(real), len(real)),
            real,
        )
        for rung, audio in zip(RUNGS, rungs, strict=True):
            write_audio(folder / rung / f"{reference.song}.flac", audio * peak_gain(audio))


def _tracked(folders: Iterable[Path], tracker: Tracker) -> dict[Path, np.ndarray]:
    """Folder of a pair to the beats (n, 2) of its drumless recording, which is all that the models hear."""
    found: dict[Path, np.ndarray] = {}
    for some in batches(sorted(set(folders))):
        songs = [read_audio(folder / "drumless.flac") for folder in some]
        tracked = tracker.track_many(songs, SAMPLE_RATE)
        found.update((folder, song.beats) for folder, song in zip(some, tracked, strict=True))
    return found


def other_song(index: int, songs: int) -> int:
    """Whose drums stand in for song `index`: the one half-way round the list.

    Neighbours in a list are often of one album, artist or style; half-way round they rarely are.
    """
    return (index + songs // 2) % songs
