"""Reads the tables of all shards once, writes those of the inspection, keeps the page's data."""

import math
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import asdict, dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from jukedrummer.audio.io import probe_audio
from jukedrummer.beats.annotations import read_beats, usual_bpm
from jukedrummer.beats.clips import SongRow
from jukedrummer.corpus.manifest import Song, read_songs
from jukedrummer.corpus.rejected import Rejected, read_rejected
from jukedrummer.corpus.split import group_of
from jukedrummer.errors import UserError
from jukedrummer.report.inspection.columns import Findings, SongColumns
from jukedrummer.storage.tables import frame_text, read_table

PROBED_SONGS = 300  # songs of each source whose sample rates are read; a container takes 0.1 s
EXAMPLES = 20  # rows of each rule that are kept for the page
UNSHOWN = ("stems", "identity")  # long texts that no figure shows


@dataclass(frozen=True)
class InspectionInputs:
    """The files to inspect.

    Attributes:
        pairs: folders of all shards of pairs.
        rejected: the table of the songs that were left out.
        features: tables of the shards of features, in the same order; may be empty.
        listed: tables of all songs, also those that were left out later; may be empty.
    """

    pairs: Sequence[Path]
    rejected: Path
    features: Sequence[Path] = ()
    listed: Sequence[Path] = ()


@dataclass
class LeftOutCounts:
    """Songs and clips that were left out.

    Attributes:
        songs: their number by rule and source.
        clips: their number by rule and source.
        on_purpose: number of songs that were left out without a fault of the data.
        examples: the first rows of each rule.
    """

    songs: Counter[tuple[str, str]] = field(default_factory=Counter)
    clips: Counter[tuple[str, str]] = field(default_factory=Counter)
    on_purpose: int = 0
    examples: dict[str, list[Rejected]] = field(default_factory=dict)

    def add(self, rows: Iterable[Rejected]) -> None:
        """Count rows."""
        for row in rows:
            (self.songs if row.clip is None else self.clips)[row.rule, row.source] += 1
            self.on_purpose += row.clip is None and row.on_purpose == "yes"
            examples = self.examples.setdefault(row.rule, [])
            if len(examples) < EXAMPLES:
                examples.append(row)

    @property
    def rules(self) -> list[str]:
        """All rules: those with the most songs first, then those with the most clips."""
        songs, clips = (
            {rule: sum(n for key, n in counts.items() if key[0] == rule) for rule in self.examples}
            for counts in (self.songs, self.clips)
        )
        return sorted(self.examples, key=lambda rule: (-songs[rule], -clips[rule], rule))


@dataclass(frozen=True, eq=False)
class Inspected:
    """The data of a corpus for the page.

    Attributes:
        columns: the columns of `songs.tsv`.
        songs: a row for each song with a pair: numbers and texts of these columns, `group` (songs
            of one group are drawn for one split), and `folder`, a place in `folders`.
        folders: folders of the shards of pairs.
        left_out: songs and clips that were left out.
    """

    columns: SongColumns
    songs: pd.DataFrame
    folders: Sequence[Path]
    left_out: LeftOutCounts


class GrowingTable:
    """A table that is written some rows at a time.

    Args:
        file: an open, empty file.
        path: the name of the complete file. Paths in its cells are relative to its folder.
        kind: the dataclass of a row.
    """

    def __init__(self, file: IO[str], path: Path, kind: type) -> None:
        self._file, self._path, self._kind = file, path, kind
        self._names = [own.name for own in kind.__dataclass_fields__.values()]  # type: ignore[attr-defined]
        self._empty = True

    def add(self, rows: Sequence[dict[str, Any]]) -> None:
        """Write the next rows.

        Raises:
            UserError: a cell is not valid.
        """
        frame = pd.DataFrame(rows, columns=self._names, dtype=object)
        text = frame_text(self._path, self._kind, frame)
        self._file.write(text if self._empty else text.partition("\n")[2])
        self._empty = False


def gather(
    inputs: InspectionInputs, columns: SongColumns, songs: GrowingTable, rejected: GrowingTable
) -> Inspected:
    """Read all tables, a shard at a time, and write `songs.tsv` and `rejected.tsv`.

    Args:
        inputs: the tables.
        columns: the columns of `songs.tsv`.
        songs: `songs.tsv`: the songs with a pair, then the songs that were left out.
        rejected: `rejected.tsv`: songs, then clips.

    Raises:
        UserError: a table is missing or damaged, or a file cannot be written.
    """
    left_out, kept = LeftOutCounts(), _Kept(columns)
    left_out_songs = read_rejected(inputs.rejected)
    left_out.add(left_out_songs)
    rejected.add([asdict(row) for row in left_out_songs])
    probed: Counter[str] = Counter()
    shards = list(zip_longest(inputs.pairs, inputs.features))
    for place, (folder, features) in enumerate(tqdm(shards, desc="inspect", unit="shard")):
        clips = _left_out_clips(features)
        left_out.add(clips)
        rejected.add([asdict(row) for row in clips])
        rows = list(_song_rows(folder, features, clips, columns, probed))
        kept.add(rows, place)
        songs.add(rows)
    frame = kept.frame()
    songs.add(_left_out_rows(left_out_songs, inputs.listed, set(frame["song"]), columns))
    return Inspected(columns, frame, inputs.pairs, left_out)


def _left_out_clips(features: Path | None) -> list[Rejected]:
    # The stage features writes both tables together.
    return read_rejected(features.with_name(f"{features.stem}_rejected.tsv")) if features else []


def _song_rows(
    folder: Path,
    features: Path | None,
    clips: Sequence[Rejected],
    columns: SongColumns,
    probed: Counter[str],
) -> Iterator[dict[str, Any]]:
    """The rows of `songs.tsv` of one shard. `probed` counts the songs of each source."""
    tracked = {row.song: row for row in read_table(features, SongRow)} if features else {}
    counts = Counter(row.song for row in clips)
    pairs = read_table(folder / "pairs.tsv", columns.pair, hint="make the pairs again")
    for pair in tqdm(pairs, desc=folder.name, unit="song", delay=2, leave=False):
        song = tracked.get(pair.song)
        rate = _lowest_rate(pair) if probed[pair.source] < PROBED_SONGS else None
        probed[pair.source] += 1
        bpm, meter = _annotated(pair)
        findings = Findings(
            rate=rate,
            annotated="yes" if pair.beats else "no",
            annotated_bpm=bpm,
            meter=meter,
            tempo_error=_octaves(bpm, song.bpm if song else None),
            left_out_clips=counts[pair.song] if song else None,
        )
        yield columns.cells(pair, findings, *([song] if song else []))


def _lowest_rate(song: Song) -> int | None:
    try:
        return min(probe_audio(part.path, part.stream).rate for part in song.parts)
    except UserError:  # the data set was moved after the pairs were made, or ffprobe is missing
        return None


def _annotated(song: Song) -> tuple[float | None, int | None]:
    """Tempo and meter of the annotated beats."""
    try:
        beats = read_beats(song.beats) if song.beats else np.zeros((0, 2))
    except UserError:
        return None, None
    bars = np.diff(np.flatnonzero(beats[:, 1] == 1))
    meter = int(np.bincount(bars).argmax()) if len(bars) else None
    return usual_bpm(beats) if len(beats) > 1 else None, meter


def _octaves(annotated: float | None, tracked: float | None) -> float | None:
    return abs(math.log2(tracked / annotated)) if annotated and tracked else None


def _left_out_rows(
    left_out: Sequence[Rejected], listed: Sequence[Path], used: Set[str], columns: SongColumns
) -> list[dict[str, Any]]:
    """The rows of `songs.tsv` of songs that were left out, with their columns of the manifest."""
    names = {(row.source, row.song) for row in left_out if row.song not in used}
    known = {
        (song.source, song.song): song
        for table in (listed if names else ())
        for song in read_songs(table)
        if (song.source, song.song) in names
    }
    return [
        columns.cells(*filter(None, [known.get((row.source, row.song))]), row)
        | {"song": row.song, "source": row.source}
        for row in left_out
    ]


class _Kept:
    """The cells of `songs.tsv` that the page needs: numbers, and short texts, each stored once."""

    def __init__(self, columns: SongColumns) -> None:
        shown = [column for column in columns if column.name not in UNSHOWN]
        self._numbers = [column.name for column in shown if column.kind in (int, float)]
        self._texts = [column.name for column in shown if column.kind is str]
        self._parts: list[pd.DataFrame] = []

    def add(self, rows: Sequence[dict[str, Any]], folder: int) -> None:
        """Add the songs of one shard."""
        part: dict[str, Any] = {
            name: np.array([row[name] for row in rows], dtype=float) for name in self._numbers
        }
        for name in self._texts:
            part[name] = [sys.intern(row[name] or "") for row in rows]
        part["folder"] = np.full(len(rows), folder)
        part["group"] = [sys.intern(_group(row)) for row in rows]
        self._parts.append(pd.DataFrame(part))

    def frame(self) -> pd.DataFrame:
        return pd.concat(self._parts, ignore_index=True)


def _group(row: dict[str, Any]) -> str:
    known = ("song", "source", "split", "stems", "identity", "artist")
    return group_of(Song(**{name: row[name] for name in known}))
