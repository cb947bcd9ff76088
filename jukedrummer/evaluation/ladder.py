"""The baselines: all rungs that need no language model. All experiments share them."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from jukedrummer.audio.io import peak_gain, read_audio, write_audio
from jukedrummer.beats.clips import SongRow
from jukedrummer.beats.factory import make_judge, make_tracker
from jukedrummer.beats.tracker import Tracker
from jukedrummer.config import BeatsConfig, EvaluateConfig
from jukedrummer.corpus.pairs import all_pairs
from jukedrummer.errors import UserError
from jukedrummer.evaluation.bars import nearest_tempo
from jukedrummer.evaluation.measure import measure_songs, metrics_json, write_songs
from jukedrummer.evaluation.reference import Reference, references
from jukedrummer.evaluation.rungs import LADDER, Codec, Ingredients
from jukedrummer.evaluation.stroke_reader import StrokeReader
from jukedrummer.evaluation.tracks import track_batches
from jukedrummer.storage.files import write_json
from jukedrummer.storage.tables import read_table


def write_baselines(
    pairs: Sequence[Path],
    songs: Sequence[Path],
    through_codec: Codec,
    folder: Path,
    evaluate: EvaluateConfig,
    beats: BeatsConfig,
    reader: StrokeReader | None = None,
) -> None:
    """Make and measure the baselines of each held-out song.

    Args:
        pairs: folders of the shards.
        songs: tables of songs from the stage features.
        through_codec: drums (N,) to drums (about N,): encode, quantise, decode, vocoder.
        folder: `{rung}/{song}.flac`, `metrics.json` and `songs.tsv` are written here.
        evaluate: tolerance and resamples.
        beats: settings of the models' tracker. The rungs use its beats.
        reader: the transcriber. Without it, strokes are not measured.

    Raises:
        UserError: fewer than two held-out songs, none for training, or a file that cannot be read
            or written.
    """
    judge = make_judge()
    held_out = references(pairs, judge, reader)
    if len(held_out) < 2:
        raise UserError(
            f"{pairs[0].parent}: has 1 held-out song, 2 are needed; raise corpus.test_share"
        )
    write_rungs(
        folder, held_out, donors(held_out, pairs, songs), through_codec, make_tracker(beats)
    )
    measured = {}
    for rung in tqdm([rung.name for rung in LADDER if rung.make], desc="measuring", unit="rung"):
        files = {song.song: folder / rung / f"{song.song}.flac" for song in held_out}
        measured[rung] = measure_songs(files, held_out, judge, evaluate.tolerance_ms, reader)
    write_songs(folder / "songs.tsv", measured, held_out)
    write_json(folder / "metrics.json", metrics_json(held_out, measured, evaluate, reader))


def donors(
    held_out: Sequence[Reference], pairs: Sequence[Path], songs: Sequence[Path]
) -> dict[str, Path]:
    """For each held-out song the folder of the training song that is nearest in tempo.

    Raises:
        UserError: a table is missing or damaged; or no table has one of the held-out songs, or a
            training song.
    """
    rows = {row.song: row for table in songs for row in read_table(table, SongRow)}
    folders = {pair.song: folder for pair, folder in all_pairs(pairs)}
    training = [row for row in rows.values() if row.split == "train" and row.song in folders]
    missing = [reference.song for reference in held_out if reference.song not in rows]
    if missing or not training:
        lacking = f"song {missing[0]}" if missing else "a song of split train"
        raise UserError(
            f"{songs[0].parent}: no table of songs has {lacking}; make the features again"
        )
    return {song.song: folders[nearest_tempo(rows[song.song], training).song] for song in held_out}


def write_rungs(
    folder: Path,
    held_out: Sequence[Reference],
    donor_folders: Mapping[str, Path],
    through_codec: Codec,
    tracker: Tracker,
) -> None:
    """Write `{rung}/{song}.flac` for all baselines and songs."""
    beats = _track([*(song.folder for song in held_out), *donor_folders.values()], tracker)
    for index, song in enumerate(tqdm(held_out, desc="baselines", unit="song")):
        donor = donor_folders[song.song]
        ingredients = Ingredients(
            real=song.drums(),
            beats=beats[song.folder],
            true_beats=song.beats,
            other=held_out[half_way_round(index, len(held_out))].drums(),
            donor=read_audio(donor / "drums.flac"),
            donor_beats=beats[donor],
            through_codec=through_codec,
        )
        for rung in LADDER:
            if rung.make:
                audio = rung.make(ingredients)
                write_audio(folder / rung.name / f"{song.song}.flac", audio * peak_gain(audio))


def _track(folders: Iterable[Path], tracker: Tracker) -> dict[Path, np.ndarray]:
    """Folder of a pair to the beats (n, 2) of its drumless recording, as in the models' input."""
    tracked = track_batches(
        sorted(set(folders)), lambda folder: read_audio(folder / "drumless.flac"), tracker
    )
    return {folder: beats for folder, _, beats in tracked}


def half_way_round(index: int, songs: int) -> int:
    """The other song for song `index`: the one half-way round the list.

    Neighbours in a list often share the album, artist or style. Songs half-way round rarely do.
    """
    return (index + songs // 2) % songs
