"""Drum recordings for training a vocoder, read from disk in stretches."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
import torch
from torch import Tensor

from jukedrummer.audio.mel import log_mel
from jukedrummer.config import MelConfig
from jukedrummer.corpus.pairs import read_pairs
from jukedrummer.errors import UserError
from jukedrummer.storage.files import sha256


class Recording(NamedTuple):
    """The drums of a song.

    Attributes:
        path: the audio file.
        samples: its length.
    """

    path: Path
    samples: int


def recordings(pairs: list[Path], split: str) -> list[Recording]:
    """The drum recordings of one split, in the order of the shards.

    Raises:
        UserError: the split has no recordings.
    """
    result = [
        Recording(folder / pair.song / "drums.flac", pair.samples)
        for folder in pairs
        for pair in read_pairs(folder)
        if pair.split == split
    ]
    if not result:
        raise UserError(
            f"no song of split {split!r} in {len(pairs)} shard(s) of pairs: too few songs?"
        )
    return result


def read_stretch(track: Recording, place: float, length: int) -> np.ndarray:
    """Read a stretch of a recording. A short recording is padded with silence.

    Args:
        track: the recording.
        place: relative position in [0, 1).
        length: N, number of samples.

    Returns:
        (N,) float32.
    """
    start = int(place * max(1, track.samples - length + 1))
    samples: np.ndarray
    samples, _ = soundfile.read(
        track.path, frames=length, start=start, dtype="float32", fill_value=0.0
    )
    return samples


def track_statistics(tracks: list[Recording], mel: MelConfig) -> tuple[Tensor, Tensor]:
    """Mean and deviation of each mel band over a stretch of each of about 200 recordings.

    Args:
        tracks: the recordings.
        mel: settings of the mel, with F bands.

    Returns:
        Mean (F,) and deviation (F,), float32.
    """
    chosen = tracks[:: max(1, len(tracks) // 200)]
    stretches = [torch.from_numpy(read_stretch(track, 0.5, 512 * mel.hop)) for track in chosen]
    frames = torch.cat([log_mel(stretch[None], mel)[0] for stretch in stretches], dim=1)
    return frames.mean(1), frames.std(1)


def data_hash(pairs: list[Path], tracks: list[Recording], models: list[Path]) -> str:
    """A hash of the data, enough to notice a change.

    Args:
        pairs: folders of the shards; their tables are hashed.
        tracks: recordings; their sizes are added up.
        models: folders of models that the training starts from; their weights are hashed.
    """
    sizes = [track.path.stat().st_size for track in tracks]
    weights = [folder / "weights.safetensors" for folder in models]
    return f"{sha256(*(folder / 'pairs.tsv' for folder in pairs), *weights)}:{sum(sizes)}"
