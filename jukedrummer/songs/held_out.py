"""Drums for the held-out songs, generated from the drumless recordings alone."""

import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from jukedrummer.audio.io import peak_gain, read_audio, write_audio
from jukedrummer.beats.annotations import read_beats, write_beats
from jukedrummer.evaluation.rungs import TRUE_BEATS_FILE
from jukedrummer.songs.drummer import Drummer
from jukedrummer.storage.files import write_json

BATCH = 16  # songs whose drums are sampled at once


def play_held_out(
    drummer: Drummer,
    songs: Sequence[Path],
    output: Path,
    annotated: Mapping[str, Path] | None = None,
) -> None:
    """Generate drums; write `{song}/drums.flac`, `codes.npy`, `beats.tsv`, `accompaniment.json`.

    Args:
        drummer: the system that generates them.
        songs: folders of the songs' pairs.
        output: folder to write into.
        annotated: song to its annotated beats. If the model takes beats, drums on them are written
            to `{song}/drums_true_beats.flac` too, with the same seed: the drums without the
            tracker's errors.
    """
    annotated = annotated or {}
    for first in range(0, len(songs), BATCH):
        batch = songs[first : first + BATCH]
        _play(drummer, batch, output)
        if drummer.takes_beats:
            beats = {
                song: read_beats(annotated[song.name]) for song in batch if song.name in annotated
            }
            _play_on(drummer, beats, output)


def _play(drummer: Drummer, songs: Sequence[Path], output: Path) -> None:
    recordings = [
        drummer.encode(read_audio(song / "drumless.flac"))
        for song in tqdm(songs, desc="encoding", unit="song")
    ]
    seeds = _seeds(drummer, songs)
    pieces = drummer.sample(recordings, drummer.generate, seeds, progress=True)
    for song, seed, recording, codes in zip(songs, seeds, recordings, pieces, strict=True):
        drums = drummer.decode(codes, recording)
        write_audio(output / song.name / "drums.flac", drums * peak_gain(drums))
        np.save(output / song.name / "codes.npy", codes.cpu().numpy().astype(np.uint16))
        write_beats(output / song.name / "beats.tsv", recording.beats)
        facts = {"seed": seed, "beats": len(recording.beats), "confidence": recording.confidence}
        write_json(output / song.name / "accompaniment.json", facts)


def _play_on(drummer: Drummer, beats: Mapping[Path, np.ndarray], output: Path) -> None:
    songs = list(beats)
    if not songs:
        return
    recordings = [
        drummer.encode(read_audio(song / "drumless.flac"), beats[song])
        for song in tqdm(songs, desc="encoding with annotated beats", unit="song")
    ]
    pieces = drummer.sample(recordings, drummer.generate, _seeds(drummer, songs), progress=True)
    for song, recording, codes in zip(songs, recordings, pieces, strict=True):
        drums = drummer.decode(codes, recording)
        write_audio(output / song.name / TRUE_BEATS_FILE, drums * peak_gain(drums))


def _seeds(drummer: Drummer, songs: Sequence[Path]) -> list[int]:
    # The seed depends on the song's name, so other songs do not change a song's drums.
    return [drummer.generate.seed + zlib.crc32(song.name.encode()) for song in songs]
