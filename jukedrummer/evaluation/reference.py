"""The reference of drum tracks: the beats and the real drums of the held-out songs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from jukedrummer.audio.io import read_audio
from jukedrummer.beats.annotations import read_beats
from jukedrummer.beats.tracker import Tracker
from jukedrummer.corpus.manifest import AWAY, HOME
from jukedrummer.corpus.pairs import KINDS, Pair, held_out
from jukedrummer.errors import UserError
from jukedrummer.evaluation.bass import bass_onsets
from jukedrummer.evaluation.stroke_reader import StrokeReader
from jukedrummer.evaluation.tracks import track_batches
from jukedrummer.model.drum_score import Strokes, read_strokes

ReferenceKind = Literal["annotated", "tracked on the mix"]
ANNOTATED: ReferenceKind = "annotated"
TRACKED: ReferenceKind = "tracked on the mix"
StrokesKind = Literal["score", "transcribed"]


@dataclass(frozen=True, eq=False)
class Reference:
    """The reference for a held-out song's drums.

    Attributes:
        song: its id.
        folder: folder of its pair: drumless.flac and drums.flac.
        beats: (n, 2) seconds, bar position.
        kind: source of the beats.
        stems: true, or separated if its real drums were separated from a mix.
        strokes: strokes of its real drums; None without a transcriber.
        strokes_kind: source of the strokes, if there are any.
        style, source: as in the table of pairs.
        split: test, or away.
    """

    song: str
    folder: Path
    beats: np.ndarray
    kind: ReferenceKind
    stems: str = "true"
    strokes: Strokes | None = None
    strokes_kind: StrokesKind = "score"
    style: str = ""
    source: str = ""
    split: str = HOME

    def drums(self) -> np.ndarray:
        """The real drums, (N,)."""
        return read_audio(self.folder / "drums.flac")

    def drumless(self) -> np.ndarray:
        """The recording without drums, (N,)."""
        return read_audio(self.folder / "drumless.flac")

    @property
    def bpm(self) -> float:
        """The median tempo of the beats; NaN with fewer than two."""
        return float(60 / np.median(np.diff(self.beats[:, 0]))) if len(self.beats) > 1 else np.nan

    @cached_property
    def bass(self) -> np.ndarray:
        """(n,) seconds, the onsets of the bass in its recording without drums."""
        return bass_onsets(self.drumless())


def references(
    shards: Sequence[Path], judge: Tracker, reader: StrokeReader | None = None
) -> list[Reference]:
    """The held-out songs: home songs (split test), then away songs, each sorted by song.

    If a song has no annotated beats, the judge tracks its full mix. These beats may be wrong. A
    song with fewer than two beats cannot be measured and is left out.

    Args:
        shards: folders of all shards of pairs.
        judge: the tracker.
        reader: the transcriber, if what is played is measured. It transcribes the real drums of
            songs that have no drum score.

    Raises:
        UserError: no home song, or none of the away songs, can be measured, or a drum score is
            damaged.
    """
    songs = held_out(shards)
    unannotated = [folder for pair, folder in songs if not pair.beats]
    tracked = {folder: beats for folder, _, beats in track_batches(unannotated, _mix, judge)}
    result = []
    for pair, folder in songs:
        beats = read_beats(pair.beats) if pair.beats else tracked[folder]
        if len(beats) >= 2:
            result.append(_reference(pair, folder, beats, reader))
    for split, hint in ((HOME, "is corpus.test_share too small?"), (AWAY, "are they music?")):
        listed = [pair for pair, _ in songs if pair.split == split]
        if listed and not any(reference.split == split for reference in result):
            raise UserError(
                f"{shards[0].parent}: none of the {len(listed)} songs of split {split} has two "
                f"beats or more; {hint}"
            )
    return result


def _reference(
    pair: Pair, folder: Path, beats: np.ndarray, reader: StrokeReader | None
) -> Reference:
    return Reference(
        pair.song,
        folder,
        beats,
        ANNOTATED if pair.beats else TRACKED,
        stems=pair.kind,
        strokes=_strokes(pair, folder, reader) if reader else None,
        strokes_kind="score" if pair.score else "transcribed",
        style=pair.style,
        source=pair.source,
        split=pair.split,
    )


def _strokes(pair: Pair, folder: Path, reader: StrokeReader) -> Strokes:
    if pair.score:
        return read_strokes(pair.score)
    return reader.transcribe(read_audio(folder / "drums.flac"))


def _mix(folder: Path) -> np.ndarray:
    mix: np.ndarray = read_audio(folder / "drumless.flac") + read_audio(folder / "drums.flac")
    return mix


def count_kinds(songs: Sequence[Reference]) -> dict[str, int]:
    """How many songs have annotated beats and how many have tracked ones, for JSON."""
    return {
        kind: sum(reference.kind == kind for reference in songs) for kind in get_args(ReferenceKind)
    }


def count_stems(songs: Sequence[Reference]) -> dict[str, int]:
    """The numbers of songs with true stems and with separated stems, for JSON."""
    return {kind: sum(reference.stems == kind for reference in songs) for kind in KINDS}


def count_strokes(songs: Sequence[Reference]) -> dict[str, int]:
    """How many songs have a drum score and how many have transcribed strokes, for JSON."""
    known = [reference.strokes_kind for reference in songs if reference.strokes is not None]
    return {kind: known.count(kind) for kind in get_args(StrokesKind)}


def describe_stems(counts: Mapping[str, int]) -> str:
    """Text to put after a number of songs if some are separated, or ""."""
    separated = counts.get("separated", 0)
    return f" ({separated} of them with separated drums)" if separated else ""


def describe_beats(counts: Mapping[str, int]) -> str:
    """A sentence or two about what the beats of drums are compared with.

    Args:
        counts: as `count_kinds`.
    """
    annotated, tracked = counts[ANNOTATED], counts[TRACKED]
    if not tracked:
        return "Beats are compared with the songs' annotations."
    songs = f"with annotations in {annotated} of them, and in {tracked} " if annotated else ""
    return (
        f"Beats are compared {songs}with the beats tracked on the full mix. Errors of the tracker "
        "are errors of these numbers."
    )


def describe_songs(
    pairs: Sequence[Pair], left_out: int, which: Literal["test", "all"], annotation: str
) -> str:
    """The songs of a table in words.

    Args:
        pairs: their rows of the table of pairs.
        left_out: number of songs without the annotation.
        which: which songs the table has.
        annotation: what is annotated, in words.
    """
    away = sum(pair.split == AWAY for pair in pairs)
    counts = f"{len(pairs)} songs with {annotation}"
    if away:
        counts += f", {away} of them away songs"
    if which == "test":
        both = f"{len(pairs) - away} home songs and {away} away songs"
        counts = both if away else f"{len(pairs)} held-out songs"
    stems = describe_stems(Counter(pair.kind for pair in pairs))
    aside = f" ({left_out} without {annotation} left out)" if left_out else ""
    return f"{counts}{stems}{aside}"
