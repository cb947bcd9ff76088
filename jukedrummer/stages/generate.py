"""Drum tracks for the held-out songs, the way a user gets them: from the drumless audio alone."""

import zlib
from pathlib import Path

from tqdm import tqdm

from jukedrummer.audio.io import peak_gain, read_audio, write_audio
from jukedrummer.beats.annotations import write_beats
from jukedrummer.config import BeatsConfig, GenerateConfig
from jukedrummer.corpus.pairs import read_pairs
from jukedrummer.errors import UserError
from jukedrummer.songs.drummer import Drummer, Heard
from jukedrummer.storage.files import atomic_folder, write_json
from jukedrummer.storage.weights import default_device

BATCH = 16  # songs that are played at once


def held_out(pairs: list[Path]) -> list[Path]:
    """Folders of the test songs' pairs, sorted by song.

    Raises:
        UserError: there is none.
    """
    found = [
        folder / pair.song
        for folder in pairs
        for pair in read_pairs(folder)
        if pair.split == "test"
    ]
    if not found:
        raise UserError(
            f"no song of split 'test' in {len(pairs)} shard(s) of pairs: too few songs?"
        )
    return sorted(found, key=lambda folder: folder.name)


def generate(
    pairs: list[Path],
    models: dict[str, Path],
    output: Path,
    beats: BeatsConfig,
    generate: GenerateConfig,
) -> None:
    """Play along with every held-out song; writes `{song}/drums.flac`, `beats.tsv`, `accompaniment.json`.

    Args:
        pairs: folders of the shards.
        models: folders of the trained parts: drums, drumless, lm, vocoder.
        output: folder to write, whole or not at all.
    """
    drummer = Drummer.from_folders(models, beats, generate, default_device())
    songs = held_out(pairs)
    with atomic_folder(output) as folder:
        for first in range(0, len(songs), BATCH):
            _play(drummer, songs[first : first + BATCH], folder)


def _play(drummer: Drummer, songs: list[Path], output: Path) -> None:
    heard: list[Heard] = [
        drummer.listen(read_audio(song / "drumless.flac"))
        for song in tqdm(songs, desc="listening", unit="song")
    ]
    seeds = [drummer.generate.seed + zlib.crc32(song.name.encode()) for song in songs]
    codes = drummer.play(heard, drummer.generate, seeds, progress=True)
    for song, seed, piece, played in zip(songs, seeds, heard, codes, strict=True):
        drums = drummer.sound(played, piece)
        write_audio(output / song.name / "drums.flac", drums * peak_gain(drums))
        write_beats(output / song.name / "beats.tsv", piece.beats)
        facts = {"seed": seed, "beats": len(piece.beats), "confidence": piece.confidence}
        write_json(output / song.name / "accompaniment.json", facts)
