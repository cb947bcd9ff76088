"""HDF5 shards: written once, atomically, and read one clip at a time.

docs/architecture.md has the layout of both kinds of shard (features, codes).
"""

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from jukedrummer.errors import UserError
from jukedrummer.storage.files import atomic_path, sha256

SHARD_FORMAT = 1  # version of the layout


class _Disk(io.FileIO):
    """The file that HDF5 writes to.

    HDF5 crashes the process if a write fails (a full disk, a quota, Ctrl-C). So this file stores
    the first failure and ignores all later writes. `check` raises the failure.

    Attributes:
        failure: the first failure, if there was one.
    """

    failure: BaseException | None = None

    def write(self, data: Any) -> int:
        """Write all of `data`, or store the failure."""
        rest = memoryview(data).cast("B")
        size = len(rest)
        while self.failure is None and len(rest):
            try:
                rest = rest[super().write(rest) :]
            except BaseException as error:
                self.failure = error
        return size

    def truncate(self, size: int | None = None) -> int:
        """Set the length, or store the failure."""
        try:
            return self.tell() if self.failure else super().truncate(size)
        except BaseException as error:
            self.failure = error
            return self.tell()

    def check(self) -> None:
        """Raise the first failure, if any."""
        if self.failure is not None:
            raise self.failure


class ShardWriter:
    """Appends clips to the datasets of one open HDF5 file.

    Args:
        file: the HDF5 file.
        disk: the file below it.
    """

    def __init__(self, file: h5py.File, disk: _Disk) -> None:
        self._file = file
        self._disk = disk

    def append(self, clip: Mapping[str, np.ndarray | str | int]) -> None:
        """Append one clip: a value for each dataset. The first clip determines shapes and types.

        Raises:
            TypeError, ValueError: a value does not have the shape of the first clip's.
            OSError: the file cannot be written.
        """
        for name, value in clip.items():
            text = isinstance(value, str)
            array = np.asarray(value, dtype=object if text else None)
            if name not in self._file:
                self._create(name, array, text)
            dataset = self._file[name]
            dataset.resize(len(dataset) + 1, axis=0)
            dataset[-1] = value
        self._disk.check()

    def _create(self, name: str, array: np.ndarray, text: bool) -> None:
        self._file.create_dataset(
            name,
            shape=(0, *array.shape),
            maxshape=(None, *array.shape),
            chunks=(1, *array.shape)
            if array.ndim
            else (1_024,),  # a clip is one chunk, so one read
            dtype=h5py.string_dtype() if text else array.dtype,
        )


@contextmanager
def write_shard(
    path: Path | str, kind: str, attributes: Mapping[str, Any]
) -> Iterator[ShardWriter]:
    """Create the shard `path`. It appears when the context ends without an error.

    Args:
        path: the file.
        kind: "features" or "codes".
        attributes: attributes to store, as JSON.

    Raises:
        UserError: the file cannot be written.
    """
    with atomic_path(path) as temporary, _Disk(temporary, "w+") as disk:
        with h5py.File(disk, "w", libver="latest") as file:
            file.attrs["kind"] = kind
            file.attrs["format_version"] = SHARD_FORMAT
            for name, value in attributes.items():
                file.attrs[name] = json.dumps(value)
            yield ShardWriter(file, disk)
            file.attrs["complete"] = True
        disk.check()


@dataclass(frozen=True)
class Shard:
    """A shard for reading.

    The file is opened at the first access, in each process: `h5py` handles do not survive a fork.

    Attributes:
        path: the file.
        kind: "features" or "codes".
    """

    path: Path
    kind: str

    @cached_property
    def file(self) -> h5py.File:
        """The open file, checked.

        Raises:
            UserError: the file is missing, not HDF5, cut off, of another kind or of another format
                version.
        """
        if not self.path.is_file():
            raise UserError(f"{self.path}: no such file; a shard is a file that ends in .h5")
        try:
            # No cache, because whole clips are read in random order.
            file = h5py.File(self.path, "r", rdcc_nbytes=0)
        except OSError as error:
            raise UserError(
                f"{self.path}: cannot be read as a shard ({error}); make it again"
            ) from error
        if file.attrs.get("kind") != self.kind or not file.attrs.get("complete"):
            raise UserError(f"{self.path}: is not a complete shard of {self.kind}; make it again")
        version = file.attrs["format_version"]
        if version != SHARD_FORMAT:
            raise UserError(
                f"{self.path}: has format {version}, expected {SHARD_FORMAT}; make it again"
            )
        return file

    @cached_property
    def datasets(self) -> dict[str, h5py.Dataset]:
        """The datasets by name. They are opened once, because opening is slower than reading."""
        return dict(self.file.items())

    def attribute(self, name: str) -> Any:
        """The value of an attribute that was stored as JSON."""
        return json.loads(self.file.attrs[name])

    def strings(self, name: str) -> list[str]:
        """A whole dataset of strings, one a clip; empty if the shard has no clips."""
        return list(self.file[name].asstr()) if name in self.file else []

    def __len__(self) -> int:
        """Number of clips."""
        return len(self.file["song"]) if "song" in self.file else 0


@dataclass(frozen=True)
class ClipRef:
    """The place of a clip: index of the shard, row of the datasets."""

    shard: int
    row: int


def splits_of(paths: Iterable[Path | str], kind: str) -> set[str]:
    """The splits of the clips of several shards.

    Args:
        paths: the shards.
        kind: "features" or "codes".

    Raises:
        UserError: a shard cannot be read.
    """
    return {split for path in paths for split in Shard(Path(path), kind).strings("split")}


class Clips:
    """All clips of one split over several shards, read on demand.

    Args:
        paths: the shards, in a fixed order.
        kind: "features" or "codes".
        split: train, valid, test or away; None for all.

    Raises:
        UserError: the split has no clips, or a shard cannot be read.
    """

    def __init__(self, paths: Iterable[Path | str], kind: str, split: str | None) -> None:
        self.shards = [Shard(Path(path), kind) for path in paths]
        self.refs = [
            ClipRef(number, row)
            for number, shard in enumerate(self.shards)
            for row, clip_split in enumerate(shard.strings("split"))
            if split is None or clip_split == split
        ]
        if not self.refs:
            raise UserError(
                f"no clips of split {split!r} in {len(self.shards)} shard(s) of {kind}: "
                "too few songs?"
            )

    def __len__(self) -> int:
        return len(self.refs)

    def read(self, index: int, name: str, where: slice = slice(None)) -> np.ndarray:
        """Values of one clip.

        Args:
            index: index of the clip.
            name: name of the dataset.
            where: slice of the last axis (mels) or of the first (codes, beats).
        """
        ref = self.refs[index]
        clip: np.ndarray = self.shards[ref.shard].datasets[name][ref.row]
        return clip[..., where] if name.endswith("_mel") else clip[where]

    def numbers(self, name: str) -> np.ndarray:
        """A whole dataset of one number a clip: (clips,).

        Raises:
            UserError: a shard lacks the dataset.
        """
        for shard in self.shards:
            if len(shard) and name not in shard.datasets:
                raise UserError(
                    f"{shard.path}: lacks the dataset {name}; was it made by an earlier version? "
                    "Make it again"
                )
        columns = [shard.datasets[name][:] if len(shard) else np.empty(0) for shard in self.shards]
        return np.array([columns[ref.shard][ref.row] for ref in self.refs])

    def check_length(self, name: str, length: int, setting: str) -> None:
        """Check that the clips of a dataset have the length that the config states.

        Args:
            name: of the dataset.
            length: frames of a mel, or codes.
            setting: what the length is called in the config.

        Raises:
            UserError: they have another length.
        """
        stored = self.read(0, name).shape[-1]
        if stored != length:
            raise UserError(
                f"{self.shards[0].path}: clips of {name} have length {stored}, but {setting} is "
                f"{length}; use the section clip that the shard was made with"
            )

    def text(self, index: int, name: str) -> str:
        """The string of one clip in the dataset `name`."""
        ref = self.refs[index]
        return str(self.shards[ref.shard].datasets[name].asstr()[ref.row])


class AlignedClips:
    """Features and codes of the same clips.

    Args:
        features: shards of features.
        codes: shards of codes, in the same order.
        split: train, valid, test or away; None for all.

    Raises:
        UserError: a shard of codes was not made from the shard of features, or there are no clips.
    """

    def __init__(self, features: list[Path], codes: list[Path], split: str | None) -> None:
        self.features = Clips(features, "features", split)
        self.codes = Clips(codes, "codes", split)
        for own, other in zip(self.features.shards, self.codes.shards, strict=True):
            if other.attribute("features_sha256") != sha256(own.path):
                raise UserError(
                    f"{other.path}: was not made from {own.path}; run the rule codes again"
                )

    def __len__(self) -> int:
        return len(self.features)

    def example(
        self, index: int, start: int, length: int, frames_per_code: int, beats: Sequence[str]
    ) -> tuple[np.ndarray, ...]:
        """A part of a clip.

        Args:
            index: index of the clip.
            start: first code.
            length: L, number of codes.
            frames_per_code: mel frames for each code.
            beats: names of the arrays of beats to read.

        Returns:
            Drum codes (L,), drumless mel (F, L * frames_per_code), drumless codes (L,) and the
            arrays of beats, (L,) or (L, width) each.
        """
        where = slice(start, start + length)
        frames = slice(start * frames_per_code, (start + length) * frames_per_code)
        drums, drumless = (
            self.codes.read(index, part, where).astype(np.int64) for part in ("drums", "drumless")
        )
        mel = self.features.read(index, "drumless_mel", frames)
        return drums, mel, drumless, *(self.features.read(index, name, where) for name in beats)
