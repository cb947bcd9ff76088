"""The reference of drum tracks: the beats and the real drums of the held-out songs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from jukedrummer.audio.io import read_audio
from jukedrummer.beats.annotations import read_beats
from jukedrummer.beats.tracker import Tracker
from jukedrummer.corpus.pairs import KINDS, held_out
from jukedrummer.errors import UserError
from jukedrummer.evaluation.tracks import track_batches

ReferenceKind = Literal["annotated", "tracked on the mix"]
ANNOTATED: ReferenceKind = "annotated"
TRACKED: ReferenceKind = "tracked on the mix"


@dataclass(frozen=True, eq=False)
class Reference:
    """The reference for a held-out song's drums.

    Attributes:
        song: its id.
        folder: folder of its pair: drumless.flac and drums.flac.
        beats: (n, 2) seconds, bar position.
        kind: source of the beats.
        stems: true, or separated if its real drums were separated from a mix.
    """

    song: str
    folder: Path
    beats: np.ndarray
    kind: ReferenceKind
    stems: str = "true"

    def drums(self) -> np.ndarray:
        """The real drums, (N,)."""
        return read_audio(self.folder / "drums.flac")


def references(shards: Sequence[Path], judge: Tracker) -> list[Reference]:
    """The held-out songs (split test), sorted by song.

    If a song has no annotated beats, the judge tracks its full mix. These beats may be wrong. A
    song with fewer than two beats cannot be measured and is left out.

    Args:
        shards: folders of all shards of pairs.
        judge: the tracker.

    Raises:
        UserError: no held-out song can be measured.
    """
    songs = held_out(shards)
    unannotated = [folder for pair, folder in songs if not pair.beats]
    tracked = {folder: beats for folder, _, beats in track_batches(unannotated, _mix, judge)}
    result = []
    for pair, folder in songs:
        beats, kind = (
            (read_beats(pair.beats), ANNOTATED) if pair.beats else (tracked[folder], TRACKED)
        )
        if len(beats) >= 2:
            result.append(Reference(pair.song, folder, beats, kind, pair.kind))
    if not result:
        raise UserError(
            f"{shards[0].parent}: none of the {len(songs)} songs of split test has two beats or "
            "more; is corpus.test_share too small?"
        )
    return result


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


def describe_stems(counts: Mapping[str, int]) -> str:
    """Text to put after a number of songs if some are separated, or ""."""
    separated = counts.get("separated", 0)
    return f" ({separated} of them with separated drums)" if separated else ""
