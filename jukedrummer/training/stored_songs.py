"""Annotated songs of a training, and their features on disk, for random crops."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from torch import Tensor
from tqdm import tqdm

from jukedrummer.corpus.pairs import Pair, annotated_pairs
from jukedrummer.storage.files import atomic_path, sha256


@dataclass(frozen=True, eq=False)
class TrainingSong:
    """A pair with an annotation.

    Attributes:
        folder: folder with drumless.flac and drums.flac.
        frames: T at 100 frames a second.
    """

    folder: Path
    frames: int


S = TypeVar("S", bound=TrainingSong)


def training_songs(
    shards: list[Path],
    split: str,
    read: Callable[[Pair, Path], S | None],
    *,
    annotation: str,
    hint: str,
) -> list[S]:
    """The annotated songs of one split. Prints the number of the others.

    Args and Raises: as `annotated_pairs`.
    """
    songs, others = annotated_pairs(shards, (split,), read, annotation=annotation, hint=hint)
    if others:
        tqdm.write(f"{split}: {others} of {others + len(songs)} songs lack {annotation}: left out")
    return songs


class StoredSongs(Generic[S]):
    """Features of songs, in a file. Only one crop at a time is in memory.

    Args:
        path: the file. It is created if it is missing.
        songs: the songs in a fixed order.

    Attributes:
        frame_shape: shape of the features of a frame.
        starts: (songs + 1,) first frame of each song in the file, and the number of all frames.
        values: (all frames, *frame_shape) float16.
    """

    frame_shape: tuple[int, ...]

    def __init__(self, path: Path, songs: list[S]) -> None:
        self.path, self.songs = path, songs
        self.starts = np.cumsum([0] + [song.frames for song in songs])
        if not path.exists():
            self._write()
        shape = (int(self.starts[-1]), *self.frame_shape)
        self.values = np.memmap(path, np.float16, "r", shape=shape)

    def _write(self) -> None:
        with atomic_path(self.path) as temporary, temporary.open("wb") as file:
            features = tqdm(self.features(), "features of songs", len(self.songs), unit="song")
            for song in features:
                file.write(song.half().numpy().tobytes())

    def features(self) -> Iterator[Tensor]:
        """The features of each song, (T, *frame_shape), computed from its recordings."""
        raise NotImplementedError


Stored = TypeVar("Stored", bound=StoredSongs[Any])


class Splits(NamedTuple, Generic[Stored]):
    """The songs that a model is trained on and validated with.

    Attributes:
        train, valid: songs of the two splits.
        data: hash of the tables of pairs.
    """

    train: Stored
    valid: Stored
    data: str


@contextmanager
def stored_splits(
    store: Callable[[Path, list[S]], Stored],
    songs: Callable[[list[Path], str], list[S]],
    pairs: list[Path],
    output: Path,
) -> Iterator[Splits[Stored]]:
    """Store the features of a training. They are deleted if it is complete, and kept otherwise.

    Args:
        store: stores songs in a file.
        songs: chooses the songs of a split.
        pairs: folders of the shards of pairs.
        output: folder of the model.
    """
    chosen = {split: songs(pairs, split) for split in ("train", "valid")}
    data = sha256(*(folder / "pairs.tsv" for folder in pairs))
    train, valid = (
        store(output / f"{split}_{data[:16]}.features", own) for split, own in chosen.items()
    )
    yield Splits(train, valid, data)
    for stored in (train, valid):
        stored.path.unlink(missing_ok=True)
