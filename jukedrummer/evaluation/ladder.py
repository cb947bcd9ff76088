"""The baselines: all rungs that need no language model. All experiments share them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from jukedrummer.audio.io import peak_gain, read_audio, write_audio
from jukedrummer.beats.clips import SongRow
from jukedrummer.beats.factory import make_judge, make_tracker
from jukedrummer.beats.tracker import Tracker
from jukedrummer.config import SAMPLE_RATE, BeatsConfig, EvaluateConfig
from jukedrummer.corpus.manifest import AWAY, HOME
from jukedrummer.corpus.pairs import all_pairs
from jukedrummer.corpus.render import default_soundfont
from jukedrummer.errors import UserError
from jukedrummer.evaluation.bars import nearest_tempo
from jukedrummer.evaluation.home_away import Results, other_songs, with_away
from jukedrummer.evaluation.known_strokes import score_of
from jukedrummer.evaluation.measure import measure_songs, measured_of, metrics_json, write_songs
from jukedrummer.evaluation.reference import Reference, references
from jukedrummer.evaluation.rungs import Codec, Ingredients, Rung, baseline_rungs
from jukedrummer.evaluation.stroke_reader import StrokeReader
from jukedrummer.evaluation.style import style_features, style_json, style_windows
from jukedrummer.evaluation.tracks import track_batches
from jukedrummer.kits.formats import load_kit
from jukedrummer.kits.kit import PlayableKit
from jukedrummer.kits.mixing import stem_chunks
from jukedrummer.model.drum_score import Strokes, write_strokes
from jukedrummer.model.score_writer import ScoreWriter
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
    writer: ScoreWriter | None = None,
) -> None:
    """Make and measure the baselines of each held-out song.

    Args:
        pairs: folders of the shards.
        songs: tables of songs from the stage features.
        through_codec: drums (N,) to drums (about N,): encode, quantise, decode, vocoder.
        folder: `{rung}/{song}.flac`, `metrics.json` and `songs.tsv` are written here, and
            `{rung}/{song}.tsv`, the drum scores of rungs whose strokes are known.
        evaluate: tolerance and resamples.
        beats: settings of the models' tracker. The rungs use its beats.
        reader: the transcriber. Without it, strokes are not measured.
        writer: the score model. Without it, its rungs are left out.

    Raises:
        UserError: fewer than two home songs, a single away song, none for training, or a file that
            cannot be read or written.
    """
    judge = make_judge()
    held_out = references(pairs, judge, reader)
    _check_count(pairs[0].parent, held_out)
    rungs = baseline_rungs(writer is not None)
    given = donors(held_out, pairs, songs)
    write_rungs(folder, rungs, held_out, given, through_codec, make_tracker(beats), writer)
    files = {
        rung.name: {song.song: folder / rung.name / f"{song.song}.flac" for song in held_out}
        for rung in rungs
    }
    measured = {
        rung: measure_songs(files[rung], held_out, judge, evaluate.tolerance_ms, reader)
        for rung in tqdm(files, desc="measuring", unit="rung")
    }
    write_songs(folder / "songs.tsv", measured, held_out)
    windows = style_windows(files, held_out, style_features(reader, evaluate.clap))
    known = [rung.name for rung in rungs if rung.strokes]

    def results(own: Sequence[Reference]) -> Results:
        of_rungs = metrics_json(own, measured_of(measured, own), evaluate, reader, known)
        return of_rungs | {"style": style_json(windows, own, evaluate.bootstrap)}

    write_json(folder / "metrics.json", with_away(held_out, results))


def _check_count(folder: Path, held_out: Sequence[Reference]) -> None:
    # The drums of another song of the same split are a rung, so two songs are needed.
    counts = Counter(song.split for song in held_out)
    if counts[HOME] < 2:
        raise UserError(f"{folder}: has 1 held-out song, 2 are needed; raise corpus.test_share")
    if counts[AWAY] == 1:
        raise UserError(
            f"{folder}: has 1 away song that can be measured, 2 are needed, or none; add songs to "
            "the sources with split: away"
        )


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
    rungs: Sequence[Rung],
    held_out: Sequence[Reference],
    donor_folders: Mapping[str, Path],
    through_codec: Codec,
    tracker: Tracker,
    writer: ScoreWriter | None,
) -> None:
    """Write the audio, and the strokes that are known, of all baselines and songs."""
    kit = load_kit(default_soundfont(), SAMPLE_RATE)
    beats = _track([*(song.folder for song in held_out), *donor_folders.values()], tracker)
    others = other_songs(held_out)
    for song in tqdm(held_out, desc="baselines", unit="song"):
        donor = donor_folders[song.song]
        real = song.drums()
        ingredients = Ingredients(
            real=real,
            beats=beats[song.folder],
            true_beats=song.beats,
            other=others[song.song].drums(),
            donor=read_audio(donor / "drums.flac"),
            donor_beats=beats[donor],
            through_codec=through_codec,
            score=partial(_write_score, writer, song.folder) if writer else None,
            sound=partial(played_by_kit, kit, samples=len(real)),
        )
        for rung in rungs:
            _write_rung(folder / rung.name / f"{song.song}.flac", rung, ingredients)


def _write_rung(file: Path, rung: Rung, song: Ingredients) -> None:
    strokes = rung.strokes(song) if rung.strokes else None
    if strokes is not None:
        write_strokes(score_of(file), strokes)
    if rung.make:
        audio = rung.make(song)
    else:
        assert strokes is not None, "a baseline makes audio or strokes"
        audio = song.sound(strokes)
    write_audio(file, audio * peak_gain(audio))


def _write_score(writer: ScoreWriter, pair: Path, beats: np.ndarray, receives: bool) -> Strokes:
    return writer.write(read_audio(pair / "drumless.flac"), beats, receives=receives)


def played_by_kit(kit: PlayableKit, strokes: Strokes, samples: int) -> np.ndarray:
    """Strokes as mono drums (samples,) float32."""
    chunks = (sum(stems.values()) for stems in stem_chunks(kit, strokes, samples))
    return np.concatenate([np.asarray(chunk).mean(axis=1) for chunk in chunks]).astype(np.float32)


def _track(folders: Iterable[Path], tracker: Tracker) -> dict[Path, np.ndarray]:
    """Folder of a pair to the beats (n, 2) of its drumless recording, as in the models' input."""
    tracked = track_batches(
        sorted(set(folders)), lambda folder: read_audio(folder / "drumless.flac"), tracker
    )
    return {folder: beats for folder, _, beats in tracked}
