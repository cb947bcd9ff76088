"""Drums for the held-out songs, generated from the drumless recordings alone."""

import zlib
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from jukedrummer.audio.io import peak_gain, read_audio, write_audio
from jukedrummer.beats.annotations import write_beats
from jukedrummer.songs.drummer import Drummer
from jukedrummer.storage.files import write_json

BATCH = 16  # songs whose drums are sampled at once


def play_held_out(drummer: Drummer, songs: Sequence[Path], output: Path) -> None:
    """Generate drums; write `{song}/drums.flac`, `beats.tsv` and `accompaniment.json`.

    Args:
        drummer: the system that generates them.
        songs: folders of the songs' pairs.
        output: folder to write into.
    """
    for first in range(0, len(songs), BATCH):
        _play(drummer, songs[first : first + BATCH], output)


def _play(drummer: Drummer, songs: Sequence[Path], output: Path) -> None:
    recordings = [
        drummer.encode(read_audio(song / "drumless.flac"))
        for song in tqdm(songs, desc="encoding", unit="song")
    ]
    # The seed depends on the song's name, so other songs do not change a song's drums.
    seeds = [drummer.generate.seed + zlib.crc32(song.name.encode()) for song in songs]
    pieces = drummer.sample(recordings, drummer.generate, seeds, progress=True)
    for song, seed, recording, codes in zip(songs, seeds, recordings, pieces, strict=True):
        drums = drummer.decode(codes, recording)
        write_audio(output / song.name / "drums.flac", drums * peak_gain(drums))
        write_beats(output / song.name / "beats.tsv", recording.beats)
        facts = {"seed": seed, "beats": len(recording.beats), "confidence": recording.confidence}
        write_json(output / song.name / "accompaniment.json", facts)
