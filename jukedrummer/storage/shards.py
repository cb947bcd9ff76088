"""HDF5 shards: written once, whole or not at all; read lazily, one clip at a time.

The layout of both kinds of shard (features, codes) stands in docs/architecture.md.
"""

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from jukedrummer.errors import UserError
from jukedrummer.storage.files import atomic_path

FORMAT_VERSION = 1


class _Disk(io.FileIO):
    """The file below HDF5. HDF5 crashes the process when a write fails (a full disk, a quota, Ctrl-C in the
    middle); so the failure is kept and the rest of the writes are dropped, until `check` raises it.
    """

    failure: BaseException | None = None

    def write(self, data: Any) -> int:
        """Write all of `data`, or keep the failure."""
        rest = memoryview(data).cast("B")
        size = len(rest)
        while self.failure is None and len(rest):
            try:
                rest = rest[super().write(rest) :]
            except BaseException as error:
                self.failure = error
        return size

    def truncate(self, size: int | None = None) -> int:
        """Set the length, or keep the failure."""
        try:
            return self.tell() if self.failure else super().truncate(size)
        except BaseException as error:
            self.failure = error
            return self.tell()

    def check(self) -> None:
        """Raise the failure that was kept, if there is one."""
        if self.failure is not None:
            raise self.failure


class ShardWriter:
    """Appends clips to the datasets of one open HDF5 file."""

    def __init__(self, file: h5py.File, disk: _Disk) -> None:
        self._file = file
        self._disk = disk

    def append(self, clip: Mapping[str, np.ndarray | str | int]) -> None:
        """Append one clip: a value for each dataset; the first clip fixes their shapes and types."""
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
            chunks=(1, *array.shape) if array.ndim else (1_024,),  # a clip a chunk: one read a clip
            dtype=h5py.string_dtype() if text else array.dtype,
        )


@contextmanager
def write_shard(
    path: Path | str, kind: str, attributes: Mapping[str, Any]
) -> Iterator[ShardWriter]:
    """Create the shard `path`; it appears when the block ends without an error.

    Attributes are stored as JSON. Raises UserError where the place cannot be written.
    """
    with atomic_path(path) as temporary, _Disk(temporary, "w+") as disk:
        with h5py.File(disk, "w", libver="latest") as file:
            file.attrs["kind"] = kind
            file.attrs["format_version"] = FORMAT_VERSION
            for name, value in attributes.items():
                file.attrs[name] = json.dumps(value)
            yield ShardWriter(file, disk)
            file.attrs["complete"] = True
        disk.check()


@dataclass(frozen=True)
class Shard:
    """A shard opened for reading, lazily and once a process (`h5py` handles do not survive a fork)."""

    path: Path
    kind: str

    @cached_property
    def file(self) -> h5py.File:
        """The open file, checked.

        Raises:
            UserError: missing, not HDF5, cut off, of another kind or of another format version.
        """
        try:
            # No cache: clips are read whole and in random order, and every open dataset would have its own.
            file = h5py.File(self.path, "r", rdcc_nbytes=0)
        except OSError as error:
            raise UserError(
                f"{self.path}: is not a shard that can be read ({error}); make it again"
            ) from error
        if file.attrs.get("kind") != self.kind or not file.attrs.get("complete"):
            raise UserError(f"{self.path}: is not a complete shard of {self.kind}; make it again")
        if file.attrs["format_version"] != FORMAT_VERSION:
            version = file.attrs["format_version"]
            raise UserError(
                f"{self.path}: has format {version}, expected {FORMAT_VERSION}; make it again"
            )
        return file

    @cached_property
    def datasets(self) -> dict[str, h5py.Dataset]:
        """By name; opened once, for that costs more than reading a clip."""
        return dict(self.file.items())

    def attribute(self, name: str) -> Any:
        """A JSON attribute."""
        return json.loads(self.file.attrs[name])

    def strings(self, name: str) -> list[str]:
        """A whole dataset of strings, (C,); empty where the shard has no clips."""
        return list(self.file[name].asstr()) if name in self.file else []

    def __len__(self) -> int:
        """C, clips."""
        return len(self.file["song"]) if "song" in self.file else 0


@dataclass(frozen=True)
class ClipRef:
    """Where a clip lies: shard and row."""

    shard: int
    row: int


class Clips:
    """All clips of one split over several shards, read on demand.

    Args:
        paths: the shards, in a fixed order.
        kind: "features" or "codes".
        split: train, valid, test; None for all.
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
                f"no clips of split {split!r} in {len(self.shards)} shard(s) of {kind}: too few songs?"
            )

    def __len__(self) -> int:
        return len(self.refs)

    def read(self, index: int, name: str, where: slice = slice(None)) -> np.ndarray:
        """One clip's dataset; `where` slices its last axis (mels) or its first (codes, beats)."""
        ref = self.refs[index]
        clip = self.shards[ref.shard].datasets[name][ref.row]
        return clip[..., where] if name.endswith("_mel") else clip[where]

    def text(self, index: int, name: str) -> str:
        """One clip's string."""
        ref = self.refs[index]
        return self.shards[ref.shard].datasets[name].asstr()[ref.row]
