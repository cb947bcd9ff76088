"""The reference of drum tracks: the beats and the real drums of the held-out songs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from jukedrummer.audio.io import read_audio
from jukedrummer.beats.annotations import read_beats
from jukedrummer.beats.tracker import Tracker
from jukedrummer.corpus.manifest import read_manifest
from jukedrummer.corpus.pairs import pair_folders
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
    """

    song: str
    folder: Path
    beats: np.ndarray
    kind: ReferenceKind

    def drums(self) -> np.ndarray:
        """The real drums, (N,)."""
        return read_audio(self.folder / "drums.flac")


def references(manifest: Path, pairs: Iterable[Path], judge: Tracker) -> list[Reference]:
    """The held-out songs (split test) that have a pair, in the manifest's order.

    If a song has no annotated beats, the judge tracks its full mix. These beats may be wrong. A
    song with fewer than two beats cannot be measured and is left out.

    Raises:
        UserError: no held-out song can be measured.
    """
    folders = pair_folders(pairs)
    songs = [
        song for song in read_manifest(manifest) if song.split == "test" and song.song in folders
    ]
    unannotated = [folders[song.song] for song in songs if not song.beats]
    tracked = {folder: beats for folder, _, beats in track_batches(unannotated, _mix, judge)}
    result = []
    for song in songs:
        folder = folders[song.song]
        beats, kind = (
            (read_beats(song.beats), ANNOTATED) if song.beats else (tracked[folder], TRACKED)
        )
        if len(beats) >= 2:
            result.append(Reference(song.song, folder, beats, kind))
    if not result:
        raise UserError(
            f"{manifest}: none of its {len(songs)} paired songs of split test has two beats or "
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
